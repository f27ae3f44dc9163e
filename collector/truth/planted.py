"""What is planted in a generated site: every rate that visitors follow, known before the first of them comes.

Effects are planted by device and browser. Channel, campaign and source have none: whatever a report finds there is
false.
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
    ("mobile", "Safari"): (
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) {_APPLE} Mobile/15E148 Safari/604.1"
    ),
}
BROWSERS: Final = ("Chrome", "Firefox", "Safari")
CAMPAIGNS: Final = tuple(f"campaign-{number}" for number in range(8))
REFERRERS: Final = ("", "https://www.google.com/", "https://www.instagram.com/", "https://news.example/")
BANDS: Final = 20
LCP_SPREAD: Final = 0.35
"""Standard deviation of its logarithm."""
POOR_LCP_MS: Final = 4000
"""web-vitals, thresholds."""


@dataclass(frozen=True, slots=True)
class Planted:
    """The rates of one site. Each is a probability, given that the step before happened.

    Attributes:
        mobile: share of visits with a telephone.
        add: of a product's page view, by device: "Add to cart" is clicked.
        checkout: of a cart, by device: the checkout is opened and the form begun.
        leaves: of a visit to a field, except the broken one in the broken browser: given up there.
        broken_browser: on all its devices, in which `BROKEN` is left with `leaves_broken`.
        misled: of a product's page view: the picture that looks like a control is clicked, which does nothing.
        reach: of a page view, by 5 % band: it came into view.
        slow_page: path whose LCP has the median `slow_ms`; the others have `fast_ms`; both spread lognormally.
    """

    mobile: float
    add: dict[str, float]
    checkout: dict[str, float]
    leaves: float
    broken_browser: str
    leaves_broken: float
    misled: float
    reach: tuple[float, ...]
    slow_page: str
    slow_ms: float
    fast_ms: float

    def poor(self, path: str) -> float:
        """The probability that a page view's LCP is over the limit from which it is poor."""
        median = self.slow_ms if path == self.slow_page else self.fast_ms
        return 1 - NormalDist(math.log(median), LCP_SPREAD).cdf(math.log(POOR_LCP_MS))

    def leave(self, browser: str, field: str) -> float:
        """The probability that a visit to the field is the last."""
        return self.leaves_broken if field == BROKEN and browser == self.broken_browser else self.leaves

    def completes(self, browser: str) -> float:
        """Of those who began the form: it is sent."""
        return math.prod(1 - self.leave(browser, field) for field in FIELDS)

    def converts(self, who: tuple[str, str]) -> float:
        """Of all visits: a purchase."""
        return self.add[who[0]] * self.checkout[who[0]] * self.completes(who[1])


def plant(rng: Random) -> Planted:
    """Rates of a site, drawn anew for each."""
    depth = rng.uniform(1.5, 4.0)
    return Planted(
        mobile=rng.uniform(0.35, 0.65),
        add={"desktop": rng.uniform(0.3, 0.5), "mobile": rng.uniform(0.3, 0.5)},
        checkout={"desktop": rng.uniform(0.5, 0.8), "mobile": rng.uniform(0.4, 0.7)},
        leaves=rng.uniform(0.01, 0.05),
        broken_browser=rng.choice(BROWSERS),
        leaves_broken=rng.uniform(0.4, 0.7),
        misled=rng.uniform(0.08, 0.2),
        reach=tuple(1.0 if band < 5 else (1 - (band - 4) / (BANDS - 3)) ** (1 / depth) for band in range(BANDS)),
        slow_page="/cart",
        slow_ms=rng.uniform(4500, 6000),
        fast_ms=rng.uniform(1200, 1900),
    )


def who(rng: Random, planted: Planted) -> tuple[str, str]:
    """Device and browser of a visitor; browsers of a device are equally frequent."""
    device = "mobile" if rng.random() < planted.mobile else "desktop"
    return rng.choice([each for each in AGENTS if each[0] == device])
