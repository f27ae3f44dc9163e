"""What is planted in a generated site: every rate that visitors follow, known before the first of them comes.

Effects are planted by device and browser, and by the page on which a visit begins. Channel, campaign, source and
whether somebody was here before have none: whatever a report finds there is false.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

FIELDS: Final = ("email", "phone", "name", "street", "city", "card")
BROKEN: Final = "phone"
"""The field that one browser breaks: it calls right numbers invalid, and most give up there."""
_CHROME: Final = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"
_APPLE: Final = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1"
# (device, browser as reports call it): user agents.
AGENTS: Final = {
    ("desktop", "Chrome"): f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36",
    ("desktop", "Firefox"): "Mozilla/5.0 (X11; Linux x86_64; rv:157.0) Gecko/20100101 Firefox/157.0",
    ("desktop", "Safari"): f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_APPLE} Safari/605.1.15",
    ("mobile", "Chrome"): f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36",
    ("mobile", "Firefox"): "Mozilla/5.0 (Android 16; Mobile; rv:157.0) Gecko/157.0 Firefox/157.0",
    ("mobile", "Safari"): (
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) {_APPLE} Mobile/15E148 Safari/604.1"
    ),
}
CRAWLER: Final = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
CRAWLED: Final = 0.05
"""Of visits: another one follows, by a crawler, which does all that people do; no report may count it."""
SENT_TWICE: Final = 0.05
"""Of batches: their answer is lost, and they are sent again."""
BROWSERS: Final = ("Chrome", "Firefox", "Safari")
SYSTEMS: Final = {
    ("desktop", "Chrome"): "Windows",
    ("desktop", "Firefox"): "Linux",
    ("desktop", "Safari"): "macOS",
    ("mobile", "Chrome"): "Android",
    ("mobile", "Firefox"): "Android",
    ("mobile", "Safari"): "iOS",
}
CAMPAIGNS: Final = tuple(f"campaign-{number}" for number in range(8))
BANDS: Final = 20
AWAY_AT_LEAST_H: Final = 1
LCP_SPREAD: Final = 0.35
"""Standard deviation of its logarithm."""
ORDER_SPREAD: Final = 0.8
"""Standard deviation of the logarithm of an order's value."""
GOOD_LCP_MS, POOR_LCP_MS = 2500, 4000
"""web-vitals, thresholds."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a visit comes to the site: its first address's query and referrer, and what they are called in reports."""

    query: str
    referrer: str
    channel: str
    source: str
    medium: str
    campaign: str = ""


PLAIN: Final = (
    Arrival("", "", "Direct", "", ""),
    Arrival("", "https://www.google.com/", "Organic Search", "google", "organic"),
    Arrival("", "https://www.instagram.com/", "Organic Social", "instagram", "referral"),
    Arrival("", "https://news.example/", "Referral", "news.example", "referral"),
)
"""Those without a campaign; half of all."""


def _of_campaign(number: int, name: str) -> Arrival:
    """Every other campaign is a letter's, the others are of advertisements beside a search."""
    if number % 2:
        query = f"?utm_source=google&utm_medium=cpc&utm_campaign={name}"
        return Arrival(query, "https://www.google.com/", "Paid Search", "google", "cpc", name)
    return Arrival(f"?utm_source=letter&utm_medium=email&utm_campaign={name}", "", "Email", "letter", "email", name)


ADVERTISED: Final = tuple(_of_campaign(number, name) for number, name in enumerate(CAMPAIGNS))


@dataclass(frozen=True, slots=True)
class Planted:
    """The rates of one site. Each is a probability, given that the step before happened.

    Attributes:
        mobile: share of visitors with a telephone.
        guide: of visits: they begin on the guide, not on the product's page.
        reads_on: of those: they go on to the product's page.
        add: of a product's page view, by device: "Add to cart" is clicked.
        checkout: of a cart, by device: the checkout is opened and the form begun.
        leaves: of a visit to a field, except the broken one in the broken browser: given up there.
        broken_browser: on all its devices, in which `BROKEN` is left with `leaves_broken`.
        misled: of a product's page view: the picture that looks like a control is clicked, which does nothing.
        reach: of a page view, by 5 % band: it came into view.
        order_mean: of an order's value, which spreads lognormally.
        reloads: of orders: the page that reports them is loaded again.
        add_breaks: of clicks on "Add to cart": a script's error follows.
        flaky: of page views: a picture is missing.
        returns: of visits: another one of the visitor follows, once `away_h` hours (mean, exponential, beyond
            the first) have gone.
        slow_page: path whose LCP has the median `slow_ms`; the others have `fast_ms`; both spread lognormally.
    """

    mobile: float
    add: dict[str, float]
    checkout: dict[str, float]
    leaves: float
    broken_browser: str
    leaves_broken: float
    misled: float
    guide: float
    reads_on: float
    order_mean: float
    reloads: float
    add_breaks: float
    flaky: float
    returns: float
    away_h: float
    reach: tuple[float, ...]
    slow_page: str
    slow_ms: float
    fast_ms: float

    def faster(self, path: str, ms: float) -> float:
        """The probability that a page view's LCP is below so many ms."""
        median = self.slow_ms if path == self.slow_page else self.fast_ms
        return NormalDist(math.log(median), LCP_SPREAD).cdf(math.log(ms))

    def poor(self, path: str) -> float:
        """The probability that a page view's LCP is over the limit from which it is poor."""
        return 1 - self.faster(path, POOR_LCP_MS)

    def leave(self, browser: str, field: str) -> float:
        """The probability that a visit to the field is the last."""
        return self.leaves_broken if field == BROKEN and browser == self.broken_browser else self.leaves

    def completes(self, browser: str) -> float:
        """Of those who began the form: it is sent."""
        return math.prod(1 - self.leave(browser, field) for field in FIELDS)

    def buys(self, who: tuple[str, str]) -> float:
        """Of those who see the product's page: a purchase."""
        return self.add[who[0]] * self.checkout[who[0]] * self.completes(who[1])

    def converts(self, who: tuple[str, str]) -> float:
        """Of all visits: a purchase."""
        return (1 - self.guide + self.guide * self.reads_on) * self.buys(who)

    def returned(self, hours: float) -> float:
        """The probability that a visitor's second visit begins within so many hours of the first."""
        return self.returns * -math.expm1(-max(0.0, hours - AWAY_AT_LEAST_H) / self.away_h)


def plant(rng: Random) -> Planted:
    """Rates of a site, drawn anew for each."""
    depth = rng.uniform(1.5, 4.0)
    return Planted(
        mobile=rng.uniform(0.35, 0.65),
        add={"desktop": rng.uniform(0.4, 0.6), "mobile": rng.uniform(0.4, 0.6)},
        checkout={"desktop": rng.uniform(0.5, 0.8), "mobile": rng.uniform(0.4, 0.7)},
        leaves=rng.uniform(0.01, 0.05),
        broken_browser=rng.choice(BROWSERS),
        leaves_broken=rng.uniform(0.4, 0.7),
        misled=rng.uniform(0.08, 0.2),
        guide=rng.uniform(0.2, 0.4),
        reads_on=rng.uniform(0.4, 0.7),
        order_mean=rng.uniform(30, 90),
        reloads=0.1,
        add_breaks=rng.uniform(0.03, 0.1),
        flaky=rng.uniform(0.01, 0.03),
        returns=rng.uniform(0.2, 0.4),
        away_h=rng.uniform(4, 12),
        reach=tuple(1.0 if band < 5 else (1 - (band - 4) / (BANDS - 3)) ** (1 / depth) for band in range(BANDS)),
        slow_page="/cart",
        slow_ms=rng.uniform(4500, 6000),
        fast_ms=rng.uniform(1200, 1900),
    )


def arrive(rng: Random) -> Arrival:
    """How a visit comes to the site."""
    return rng.choice(PLAIN if rng.random() < 0.5 else ADVERTISED)


def who(rng: Random, planted: Planted) -> tuple[str, str]:
    """Device and browser of a visitor; browsers of a device are equally frequent."""
    device = "mobile" if rng.random() < planted.mobile else "desktop"
    return rng.choice([each for each in AGENTS if each[0] == device])
