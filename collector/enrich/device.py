"""Which device, browser and system a page view comes from, by user agent and client hints.

ua-parser's Rust engine names the families, user-agents' rules tell telephones, tablets and computers apart,
`bots` tells programs, and the rules here add what both lack: televisions, consoles, and the hints.

What cannot be told, or only in part:

* Safari on an iPad asks for desktop pages with the user agent of a Mac, letter by letter: it is a desktop.
* Browsers freeze versions. macOS says 10.15.7 and Chrome on Android says 10 whatever they are: without a
  hint their `os_version` is empty. Windows says 10 for 10 and 11: without a hint "10" means either.
* A browser that poses as another one is the other one, unless the hints name it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ua_parser
from ua_parser.regex import Resolver
from user_agents import parsers

from collector.enrich.bots import bot_class
from collector.enrich.hints import Hints, hints, parse
from collector.enrich.patterns import Patterns

__all__ = ["CACHE_SIZE", "MAX_TEXT", "TYPES", "Device", "classify", "hints"]

MAX_TEXT = 512
"""Characters of a user agent, and of the hints, that are looked at."""

CACHE_SIZE = 8192
"""Results kept; about 1 KB each with their key."""

TYPES = ("desktop", "mobile", "tablet", "tv", "console", "bot", "other")


@dataclass(frozen=True, slots=True)
class Device:
    """What a visitor looks through.

    type: one of `TYPES`. browser, os: family, empty when unknown. browser_version: major, <= 65535, 0 when
    unknown. os_version: major or a name such as XP, empty when unknown or frozen. bot_class: one of
    `bots.CLASSES`, empty for people.
    """

    type: str = "other"
    browser: str = ""
    browser_version: int = 0
    os: str = ""
    os_version: str = ""
    bot_class: str = ""


def classify(user_agent: str, hints: str = "") -> Device:
    """The device of a user agent and the line that `hints` wrote. Any text will do; it never raises."""
    return _classify(user_agent[:MAX_TEXT], hints[:MAX_TEXT])


@lru_cache(maxsize=CACHE_SIZE)
def _classify(user_agent: str, line: str) -> Device:
    """`classify` for texts that are cut already."""
    parsed = _parse(user_agent.encode("utf-8", "replace").decode("utf-8"))
    sent = parse(line) if line else _SILENT
    bot = _bot(parsed, sent)
    browser, browser_version = _browser(parsed, sent)
    system, system_version = _system(parsed, sent)
    return Device(
        type="bot" if bot else _type(parsed, sent),
        browser=browser,
        browser_version=browser_version,
        os=system,
        os_version=system_version,
        bot_class=bot,
    )


_SILENT = parse("")

_RESOLVER = Resolver(ua_parser.load_lazy_builtins())
"""ua-parser's Rust engine without the cache that its own parser puts before it: ours knows the hints too."""


_NOTHING = ("Other", None)


def _parse(user_agent: str) -> Any:
    """user-agents' object, filled from the engine's own matches.

    Its constructor asks ua-parser's old pure-Python functions, which take 40 times as long; ua-parser's result
    objects alone take half as long as the matching does. Of versions only the major part is asked for.
    """
    parsed = object.__new__(parsers.UserAgent)
    parsed.ua_string = user_agent
    browser, system = _RESOLVER.ua.extract(user_agent), _RESOLVER.os.extract(user_agent)
    device = _RESOLVER.de.extract(user_agent)
    family, version = (browser.family, browser.major) if browser else _NOTHING
    parsed.browser = parsers.Browser(family, _major_only(version), version or "")
    family, version = (system.family, system.major) if system else _NOTHING
    parsed.os = parsers.OperatingSystem(family, _major_only(version), version or "")
    parsed.device = parsers.Device(device.family, None, None) if device else _NO_DEVICE
    return parsed


_NO_DEVICE = parsers.Device("Other", None, None)


def _major_only(version: str | None) -> tuple[object, ...]:
    return () if version is None else (parsers.verify_attribute(version),)


def _bot(parsed: Any, sent: Hints) -> str:
    """The class of a program; a headless browser that hides in its user agent still says so in its hints."""
    found = bot_class(parsed.ua_string)
    if not found and "HeadlessChrome" in sent.brands:
        return "headless"
    return found or ("crawler" if parsed.is_bot else "")


# --- browser and system ---------------------------------------------------------------------------------

_BROWSERS = {
    "Other": "",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Android WebView",
    "Android": "Android Browser",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "WebKit WebView",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Opera Mobile": "Opera",
    "IE Mobile": "IE",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "Amazon Silk": "Silk",
    "Ecosia Android": "Ecosia",
    "Ecosia iOS": "Ecosia",
    "Apple Mail": "WebKit WebView",  # said of every WebKit without a version
}
"""ua-parser's families without the device in them, which has a field of its own."""

_SYSTEMS = {
    "Other": "",
    "Mac OS X": "macOS",
    "Mac OS": "macOS",
    "ATV OS X": "tvOS",
    "Web0S": "webOS",
    "Windows Phone OS": "Windows Phone",
    **dict.fromkeys(
        ["Ubuntu", "Kubuntu", "Debian", "Fedora", "Red Hat", "SUSE", "Arch Linux", "Linux Mint", "CentOS"],
        "Linux",
    ),
    **dict.fromkeys(["Gentoo", "Mageia", "Mandriva", "Slackware"], "Linux"),
}
"""ua-parser's families folded, as the hints name them."""

_IPAD_AS_MAC = r"Macintosh;.*\bMobile/"  # a web view in desktop mode still says Mobile
_POSERS = Patterns(
    [
        ("PlayStation", "(?i)PlayStation"),
        ("Xbox", "Xbox"),
        ("Nintendo", "Nintendo"),
        ("iOS", _IPAD_AS_MAC),
    ]
)
"""Systems that pose as others; their versions are those of the others."""

_BRANDS = {
    "HeadlessChrome": "HeadlessChrome",
    "Brave": "Brave",
    "Microsoft Edge": "Edge",
    "Opera": "Opera",
    "Opera GX": "Opera",
    "OperaMobile": "Opera",
    "Opera Mobile": "Opera",
    "Vivaldi": "Vivaldi",
    "YaBrowser": "Yandex Browser",
    "Yandex": "Yandex Browser",
    "Samsung Internet": "Samsung Internet",
    "DuckDuckGo": "DuckDuckGo",
    "Whale": "Whale",
    "Avast Secure Browser": "Avast Secure Browser",
    "AVG Secure Browser": "AVG Secure Browser",
    "CCleaner Browser": "CCleaner Browser",
    "Norton": "Norton Browser",
    "Ecosia": "Ecosia",
    "Sogou Explorer": "Sogou Explorer",
    "Google Chrome": "Chrome",
}
"""Brands that may send Chrome's user agent without their own name in it; the first one that was sent wins."""

_SHORT_VERSION = re.compile(r"[0-9A-Za-z]{1,12}")


def _browser(parsed: Any, sent: Hints) -> tuple[str, int]:
    """(family, major version); the hints' brand is believed over a user agent that says only Chrome."""
    family = _clean(_BROWSERS.get(parsed.browser.family, parsed.browser.family))
    brand = next((brand for brand in _BRANDS if brand in sent.brands), "") if sent.brands else ""
    if brand and family in ("", "Chrome"):
        return _BRANDS[brand], _major(sent.brands[brand])
    return family, _major(_first(parsed.browser.version))


def _system(parsed: Any, sent: Hints) -> tuple[str, str]:
    """(family, major version) of the operating system, with the hints where they know more."""
    if poser := _POSERS.first(parsed.ua_string):
        return poser, ""
    family = _clean(_SYSTEMS.get(parsed.os.family, parsed.os.family))
    if sent.platform and sent.platform != family:
        return sent.platform, _hinted_version(sent.platform, sent.version)
    if hinted := _hinted_version(family, sent.version):
        return family, hinted
    return family, _ios_version(parsed) if family == "iOS" else _version_unless_frozen(parsed)


def _version_unless_frozen(parsed: Any) -> str:
    """The major version, or empty where browsers give the same one whatever the real one is.

    https://www.chromium.org/updates/ua-reduction/ ; Safari and Firefox freeze macOS in the same way, and
    Chrome OS gives the number of a build.
    """
    frozen = ("Mac OS X 10_15_7", "Mac OS X 10.15;", "; Android 10; K)", "CrOS")
    return "" if any(part in parsed.ua_string for part in frozen) else _short(_first(parsed.os.version))


def _ios_version(parsed: Any) -> str:
    """From iOS 26 on the system's version stands still at 18; Safari's has the same number and moves on."""
    version, safari = _short(_first(parsed.os.version)), _major(_first(parsed.browser.version))
    moved_on = version == "18" and parsed.browser.family == "Mobile Safari" and safari > 18
    return str(safari) if moved_on else version


def _hinted_version(family: str, version: str) -> str:
    """The system's major version by Sec-CH-UA-Platform-Version; empty where that says nothing.

    On Windows it counts releases of the API contract: 13 and more are Windows 11, 1 to 10 Windows 10,
    https://learn.microsoft.com/microsoft-edge/web-platform/how-to-detect-win11 ; on Linux it is the kernel's.
    """
    number = _major(version)
    if not number or family in ("", "Linux", "Chrome OS"):
        return ""
    if family == "Windows":
        return "11" if number >= 13 else "10"
    return str(number)


def _first(version: tuple[object, ...]) -> object:
    """The major part of user-agents' version tuple."""
    return version[0] if version else ""


def _clean(name: str) -> str:
    """A family's name, empty where it is no name: visitors write parts of it. At most 64 characters."""
    return name[:64].strip() if name.isprintable() and "/" not in name else ""


def _short(version: object) -> str:
    """A major version of at most 12 letters and digits, otherwise empty."""
    text = str(version)
    return text if _SHORT_VERSION.fullmatch(text) else ""


def _major(version: object) -> int:
    """A major version that fits UInt16, otherwise 0."""
    text = str(version)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 5 else 0
    return number if number <= 65535 else 0


# --- type -----------------------------------------------------------------------------------------------

_SIGNS = Patterns(
    [
        ("console", r"(?i)PlayStation|Xbox|Nintendo|\bWii\b|\bPSP\b|\bPS[2-5]\b"),
        ("console", r"(?i)OUYA|Steam ?Deck|Retroid|GamePad|Razer Edge|Nintendo|; Switch Lite"),
        ("tv", r"(?i)Smart-?TV|HbbTV|\bTV Safari|Tizen[^)]*\bTV\b|Web0S|webOS[ .]TV|LG Browser|NetCast|NETTV"),
        ("tv", r"(?i)BRAVIA|PhilipsTV|VIDAA|Viera|Hisense.{0,20}TV|MiTV|MIBOX|SHIELD Android|TiVo|\bDTV"),
        ("tv", r"(?i)Apple ?TV|tvOS|\bRoku|CrKey|Chromecast|Android TV|Google ?TV|Fire ?TV|\bAFT[A-Z0-9]{1,6}\b"),
        ("tv", r"(?i)Opera TV|\bOMI/|InettvBrowser|CE-HTML|\bDLNA|Espial|Maple ?20|SonyCEBrowser|POV_TV|\bVIZIO"),
        ("tv", r"Safari/[0-9.]+ TV$|^TV Bro|Android [0-9.]+; [^;)]*(?:\bTV|_TV|ATV|LED[0-9]|\bSTB|[bB]ox\b|BOX\b)"),
        ("tv", r"Android [0-9.]+; (?:[XH]96|A95X|T95|ZIDOO|Formuler|MXQ)"),
        # Makers of sets put the inches into the model: 43FLES901, H32G8000Q, TLE-43FSBM, NORDMENDE_55NM6000U.
        (
            "tv",
            r"Android [0-9.]+; (?:[A-Z]{4,}[_ ]|[A-Z]{1,3}-|H)?(?:24|28|32|39|4[0-35689]|5[0-58]|6[05]|7[05]|8[0-6])"
            r"(?:[A-Z]{2,}|[A-Z][A-Z0-9]?[0-9]{3})",
        ),
        ("other", r"(?i)OculusBrowser|\bQuest [0-9](?:[^0-9]|$)|\bVR Safari|Watch ?OS|Apple ?Watch|\bSM-R[0-9]{3}"),
        ("other", r"Tesla/|QtCarBrowser"),
        ("tablet", r"iPad|PlayBook|TouchPad|\bKindle\b|\bKF[A-Z]{2,6}\b|\bXoom\b|MediaPad|MatePad|\bMi ?Pad"),
        ("tablet", r"\bTablet(?:[;)/]| [^P]|$)|Windows NT 6\.[23]; ARM"),
        ("tablet", r"\bSM-[TXP][0-9]{3}|\bGT-P[0-9]{4}|\bNexus (?:7|9|10)\b|\bPixel (?:C|Tablet)\b"),
        ("tablet", r"\bLenovo (?:TB|YT)|\bTB-?[XJ]?[0-9]{3,4}"),
        ("mobile", r"Coolpad|PhonePad|PadFone"),
        (
            "tablet",
            r"Android [0-9.]+; (?:[^;)]*; )?[^;)]*"
            r"(?:[pP]ad\b|PAD\b|[pP]ad[ _-]?[0-9]|[ _]PAD_|[tT]ab\b|\bT[aA][bB][ _]|[tT]ab[ _-]?[0-9A-Z])",
        ),
        ("tablet", r"/apad\b"),  # Yandex's browser says which of its two faces it shows
        ("tablet", _IPAD_AS_MAC),
        ("mobile", r"\bMobile\b|\bMobi/|Phone|iPod|KAIOS|BB10|webOS/|hpwOS|Symbian|Series ?60|MIDP|Maemo|MeeGo"),
        # Telephones say Mobile, https://developer.chrome.com/docs/multidevice/user-agent : what does not is a tablet.
        ("android", r"Android (?:[3-9]|[1-9][0-9])[^)]*\) AppleWebKit/.* Safari/"),
        ("desktop", r"Windows|Macintosh|X11|CrOS|Linux (?:x86_64|i[3-6]86|amd64)|(?:Free|Open|Net)BSD"),
        ("desktop", r"Haiku|Amiga|OS/2|SunOS"),
    ]
)
"""What in a user agent says the type; the first one counts, and hints and user-agents' rules join in below."""

_TYPES: tuple[tuple[str, Callable[[str, Hints, Any], object]], ...] = (
    ("console", lambda sign, sent, parsed: sign == "console"),
    ("tv", lambda sign, sent, parsed: sign == "tv"),
    ("other", lambda sign, sent, parsed: sign == "other" or sent.form & {"XR", "Automotive", "Watch"}),
    ("tablet", lambda sign, sent, parsed: "Tablet" in sent.form),
    ("mobile", lambda sign, sent, parsed: "Mobile" in sent.form),
    ("desktop", lambda sign, sent, parsed: "Desktop" in sent.form),
    ("tablet", lambda sign, sent, parsed: sent.platform == "Android" and sent.mobile == "?0"),
    ("tablet", lambda sign, sent, parsed: sign == "tablet"),
    ("mobile", lambda sign, sent, parsed: sign == "mobile" or sent.mobile == "?1"),
    ("tablet", lambda sign, sent, parsed: sign == "android"),
    ("mobile", lambda sign, sent, parsed: parsed.is_mobile),
    ("tablet", lambda sign, sent, parsed: parsed.is_tablet),
    ("desktop", lambda sign, sent, parsed: sign == "desktop" or parsed.is_pc),
)
"""What a person's device is: the first rule that says yes."""


def _type(parsed: Any, sent: Hints) -> str:
    """The type of a person's device, `other` where no rule says yes."""
    sign = _SIGNS.first(parsed.ua_string)
    return next((kind for kind, holds in _TYPES if holds(sign, sent, parsed)), "other")
