"""Who comes to the demo shop, with what device, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

    from collector.demo.layout import Device

_CHROME: Final = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"
_IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@dataclass(frozen=True)
class Machine:
    """A browser on a device. `screen` is width, height, pixel ratio."""

    device: Device
    user_agent: str
    screen: tuple[int, int, float]
    weight: float


MACHINES: Final = (
    Machine("desktop", f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36", (1920, 1080, 1), 22),
    Machine(
        "desktop",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36 Edg/156.0.0.0",
        (1920, 1080, 1.25),
        6,
    ),
    Machine(
        "desktop",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_CHROME} Safari/537.36",
        (1728, 1117, 2),
        6,
    ),
    Machine(
        "desktop",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/26.1 Safari/605.1.15",
        (1728, 1117, 2),
        6,
    ),
    Machine(
        "desktop",
        "Mozilla/5.0 (X11; Linux x86_64; rv:157.0) Gecko/20100101 Firefox/157.0",
        (2560, 1440, 1),
        5,
    ),
    Machine("mobile", f"{_IPHONE} Version/26.1 Mobile/15E148 Safari/604.1", (390, 844, 3), 22),
    Machine("mobile", f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36", (390, 844, 3), 17),
    Machine(
        "mobile",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
        "SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
        (390, 844, 3),
        6,
    ),
    Machine(
        "tablet",
        "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/26.1 Mobile/15E148 Safari/604.1",
        (820, 1180, 2),
        6,
    ),
    Machine(
        "tablet",
        "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/156.0.0.0 Safari/537.36",
        (820, 1180, 2),
        2,
    ),
)
CRAWLERS: Final = (
    Machine(
        "desktop",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; "
        "+http://www.google.com/bot.html) Chrome/156.0.0.0 Safari/537.36",
        (1440, 900, 1),
        2,
    ),
    Machine(
        "desktop",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; "
        "+http://www.bing.com/bingbot.htm) Chrome/156.0.0.0 Safari/537.36",
        (1440, 900, 1),
        1,
    ),
    Machine(
        "desktop",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
        (1440, 900, 1),
        1,
    ),
)


@dataclass(frozen=True)
class Source:
    """Where a visit comes from.

    `query` may hold `{click}`, which becomes a click id; `landing` are addresses with their weights; `drive`
    multiplies how much a visitor wants to buy.
    """

    name: str
    weight: float
    referrer: str
    query: str
    landing: tuple[tuple[str, float], ...]
    drive: float


_PRODUCTS: Final = (
    ("/product/drover-rucksack", 3.0),
    ("/product/tarn-flask", 2.0),
    ("/product/waymark-map-case", 1.0),
)
_EVERYWHERE: Final = (("/", 4.0), ("/products", 2.0), *_PRODUCTS)

SOURCES: Final = (
    Source(
        "google ads",
        17,
        "https://www.google.com/",
        "utm_source=google&utm_medium=cpc&utm_campaign=autumn-rucksacks&utm_term=canvas+rucksack&gclid={click}",
        (("/product/drover-rucksack", 3.0), ("/products", 1.0)),
        0.95,
    ),
    Source("google", 22, "https://www.google.com/", "", _EVERYWHERE, 1.0),
    Source("bing", 4, "https://www.bing.com/", "", _EVERYWHERE, 1.0),
    Source("duckduckgo", 4, "https://duckduckgo.com/", "", _EVERYWHERE, 1.0),
    Source(
        "newsletter",
        11,
        "",
        "utm_source=newsletter&utm_medium=email&utm_campaign=walk-of-the-month",
        (("/product/ember-stove", 2.0), ("/products", 1.0), ("/", 1.0)),
        1.5,
    ),
    Source("instagram", 9, "https://l.instagram.com/", "", (("/product/cairn-mug", 2.0), ("/", 2.0)), 0.55),
    Source(
        "facebook ads",
        5,
        "https://l.facebook.com/",
        "utm_source=facebook&utm_medium=paid_social&utm_campaign=mug-season&fbclid={click}",
        (("/product/cairn-mug", 1.0),),
        0.5,
    ),
    Source("assistant", 6, "https://chatgpt.com/", "utm_source=chatgpt.com", _PRODUCTS, 1.4),
    Source("assistant search", 2, "https://www.perplexity.ai/", "", _PRODUCTS, 1.3),
    Source("walking club", 4, "https://routes.fellwalkers.example/gear", "", (("/about", 1.0), ("/", 2.0)), 1.2),
    Source("direct", 16, "", "", (("/", 5.0), ("/products", 1.0)), 1.1),
)
RETURNING: Final = tuple(source for source in SOURCES if source.name in ("direct", "newsletter", "google"))

_PLACES: Final = (
    ("de-DE", "Europe/Berlin", 46.0),
    ("en-GB", "Europe/London", 16.0),
    ("fr-FR", "Europe/Paris", 10.0),
    ("nl-NL", "Europe/Amsterdam", 10.0),
    ("pl-PL", "Europe/Warsaw", 8.0),
    ("de-AT", "Europe/Vienna", 6.0),
    ("en-IE", "Europe/Dublin", 4.0),
)


@dataclass(frozen=True)
class Person:
    """Someone with one browser. `visitor` is the id that the browser keeps, 16 hex digits."""

    visitor: str
    machine: Machine
    language: str
    time_zone: str

    @property
    def touches(self) -> bool:
        """Whether they point with a finger."""
        return self.machine.device != "desktop"


def person(rng: Random) -> Person:
    """A human with a device and a language."""
    machine = rng.choices(MACHINES, [each.weight for each in MACHINES])[0]
    language, zone, _ = rng.choices(_PLACES, [each[2] for each in _PLACES])[0]
    return Person(f"{rng.getrandbits(64):016x}", machine, language, zone)


def crawler(rng: Random) -> Person:
    """A program that reads pages."""
    machine = rng.choices(CRAWLERS, [each.weight for each in CRAWLERS])[0]
    return Person(f"{rng.getrandbits(64):016x}", machine, "en-US", "America/Los_Angeles")


def source(rng: Random, *, returning: bool) -> Source:
    """Where a visit comes from; who has been here before comes more directly."""
    among = RETURNING if returning else SOURCES
    return rng.choices(among, [each.weight for each in among])[0]


def landing(rng: Random, come_from: Source) -> tuple[str, str]:
    """The page that the visit begins on, and its query string ("" or `utm_source=…`)."""
    path = rng.choices([each[0] for each in come_from.landing], [each[1] for each in come_from.landing])[0]
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
    click = "".join(rng.choices(letters, k=24))
    return path, come_from.query.replace("{click}", click)
