"""Where a visit came from: source, medium, campaign, and one of 19 channels.

`utm_*` parameters count before advertisers' click ids, and those before the referrer; each fills only what
the one before it left empty. Matomo's parameters and those of HubSpot's advertisements stand in for `utm_*`.
Names are lower case and one per site, so that a visit from `www.google.de`, one with `utm_source=Google` and
one with `utm_source=adwords` all have the source `google`; what is on no list keeps its own name: the referring
host without `www.`, or the `utm_source` in lower case. Campaign, term and content stay as written.

Never a source: the site itself (its registrable domain and `own_hosts`), and what the site itself sends
people to and gets them back from, such as payment pages and sign-in (`lists/detours.json`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

import tldextract

from collector.enrich import sites
from collector.enrich.tags import ALIASES, UTM

MAX_URL = 2048
"""Characters of a URL that are looked at, as on the wire."""

MAX_TEXT = 256
"""Characters of a source, medium, campaign, term or content."""

MAX_CLICK_ID = 512
"""Characters of a click id."""

CACHE_SIZE = 4096
"""Results kept; at most about 5 KB each with their key, most of them under 1 KB."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a visit came from; every field is empty when absent.

    channel: one of `CHANNELS`. source, medium: lower case. campaign, term, content: utm_campaign, utm_term
    and utm_content as written. click_id_type: the parameter's name, such as gclid; click_id: its value.
    """

    channel: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    click_id_type: str = ""
    click_id: str = ""


def classify(url: str, referrer: str, own_hosts: frozenset[str] = frozenset()) -> Source:
    """The source of a visit by its first page's address and referrer; Direct when neither names one.

    `own_hosts` are further hosts of the site, in lower case without port; hosts below them count too. Any
    text will do for the addresses; it never raises.
    """
    return _classify(url[:MAX_URL], referrer[:MAX_URL], own_hosts)


def touch(url: str, referrer: str, own_hosts: frozenset[str] = frozenset()) -> Source:
    """The source of a page view within a visit: as `classify`, but all empty when nothing led in."""
    found = classify(url, referrer, own_hosts)
    return Source() if found == _DIRECT else found


_DIRECT = Source(channel="Direct")


@lru_cache(maxsize=CACHE_SIZE)
def _classify(url: str, referrer: str, own_hosts: frozenset[str]) -> Source:
    """`classify` for texts that are cut already."""
    tags = _tags(url)
    origin = _origin(url, referrer, own_hosts)
    click = _click(tags)
    named = _named(tags, click, origin)
    facts = Facts(
        kind=named.site.kind if named.site else "",
        source=named.name,
        medium=tags.get("utm_medium", "").lower() or (click.medium if click.is_ad else named.medium),
        campaign=tags.get("utm_campaign", ""),
        ad_click=click.is_ad,
    )
    return Source(
        channel=channel(facts),
        source=facts.source,
        medium=facts.medium,
        campaign=facts.campaign,
        term=tags.get("utm_term", ""),
        content=tags.get("utm_content", ""),
        click_id_type=click.type,
        click_id=click.id,
    )


# --- the address's parameters ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Click:
    """An advertiser's click id: the parameter's name and value, its network, whether only ads carry it, their medium.

    The medium counts where only ads carry it.
    """

    type: str = ""
    id: str = ""
    network: str = ""
    is_ad: bool = False
    medium: str = "cpc"


_CLICK_IDS = (
    Click("gclid", network="google", is_ad=True),
    Click("gbraid", network="google", is_ad=True),
    Click("wbraid", network="google", is_ad=True),
    Click("msclkid", network="bing", is_ad=True),
    Click("fbclid", network="facebook"),  # Meta adds it to every link, paid or not
    Click("ttclid", network="tiktok", is_ad=True),
    Click("twclid", network="x", is_ad=True),
    Click("li_fat_id", network="linkedin", is_ad=True),
    Click("dclid", network="google", is_ad=True, medium="display"),  # Campaign Manager and Display & Video 360
    Click("yclid", network="yandex", is_ad=True),
    Click("epik", network="pinterest"),  # Pinterest adds it to links of pins that nobody paid for, too
    Click("rdt_cid", network="reddit", is_ad=True),
    Click("sccid", network="snapchat", is_ad=True),  # ScCid: names are compared in lower case
)
"""The first one present wins: dclid stands beside gclid where an advertiser has both, and gclid says more."""

_CLICK_NAMES = frozenset(click.type for click in _CLICK_IDS)
_KNOWN = frozenset((*UTM, *ALIASES, *_CLICK_NAMES))


def _tags(url: str) -> dict[str, str]:
    """The known parameters of an address, the first of each name, cleaned and cut; no empty ones."""
    query = url.partition("#")[0].partition("?")[2]
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, errors="replace"):
        key = name.lower()
        if key in _KNOWN and key not in found and (text := _clean(value)):
            found[key] = text[: MAX_CLICK_ID if key in _CLICK_NAMES else MAX_TEXT]
    return _with_aliases(found) if found.keys() & ALIASES.keys() else found


def _with_aliases(tags: dict[str, str]) -> dict[str, str]:
    """The tags with other products' parameters under the names of utm_*, where those say nothing."""
    found = dict(tags)
    if "hsa_net" in tags:
        found.setdefault("utm_medium", tags.get("mtm_medium") or tags.get("pk_medium") or "cpc")
    for alias, name in ALIASES.items():
        if alias in tags:
            found.setdefault(name, tags[alias])
    return found


def _clean(text: str) -> str:
    """Text without lone surrogates, controls and bidi marks, and without space around it."""
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _click(tags: dict[str, str]) -> Click:
    """The click id among the tags, an empty one without."""
    return next((replace(click, id=tags[click.type]) for click in _CLICK_IDS if click.type in tags), Click())


# --- the referrer ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Named:
    """A source: its name, empty when there is none, its listed site, and the medium that it implies."""

    name: str = ""
    site: sites.Site | None = None
    medium: str = ""


_NOWHERE = Named()
_MEDIUMS = {"search": "organic", "email": "email"}
"""GA4's words; every other referrer's medium is `referral`."""

_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*|[0-9a-f:.]*:[0-9a-f:.]*")
_EXTRACT = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())


def _origin(url: str, referrer: str, own_hosts: frozenset[str]) -> Named:
    """What the referrer says, nothing where it is the site itself or a detour."""
    scheme, host = _scheme_and_host(referrer)
    if scheme == "android-app":
        return _known(host, sites.by_app(host))
    if scheme not in ("http", "https") or not host or _is_own(host, _scheme_and_host(url)[1], own_hosts):
        return _NOWHERE
    return _known(host.removeprefix("www."), sites.by_host(host, _suffix(host)))


def _known(name: str, site: sites.Site | None) -> Named:
    """A referrer by the site it is listed as, or by its own name."""
    if site is None:
        return Named(name[:MAX_TEXT], None, "referral")
    if site.kind == sites.DETOURS:
        return _NOWHERE
    return Named(site.name, site, _MEDIUMS.get(site.kind, "referral"))


def _scheme_and_host(url: str) -> tuple[str, str]:
    """Scheme and host of an address in lower case, without port and final dot; both empty without."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
    except ValueError:  # such as a bracket left open
        return "", ""
    return (parts.scheme, host) if len(host) <= 253 and _HOST.fullmatch(host) else ("", "")


def _is_own(host: str, page_host: str, own_hosts: frozenset[str]) -> bool:
    """Whether a host belongs to the site: the page's registrable domain, or `own_hosts` and below."""
    if host == page_host or _registrable(host) == _registrable(page_host):
        return True
    return any(_is_below(host, own.removeprefix("www.")) for own in own_hosts)


def _is_below(host: str, parent: str) -> bool:
    """Whether a host is another one or below it."""
    return bool(parent) and (host == parent or host.endswith("." + parent))


@lru_cache(maxsize=CACHE_SIZE)
def _registrable(host: str) -> str:
    """`example.co.uk` of `www.example.co.uk`, the host itself where it has none, such as an address.

    Shops under a common roof (`a.myshopify.com` and `b.myshopify.com`) are strangers to each other. A suffix
    that is on no list (`shop.internal`) counts as one label, as the Public Suffix List has it.
    """
    found = _EXTRACT.extract_str(host, include_psl_private_domains=True)
    if found.suffix:
        return f"{found.domain}.{found.suffix}" if found.domain else host
    labels = host.split(".")
    return host if ":" in host or labels[-1].isdecimal() else ".".join(labels[-2:])


@lru_cache(maxsize=CACHE_SIZE)
def _suffix(host: str) -> str:
    """`co.uk` of `www.example.co.uk`, by the registries' own suffixes only."""
    return _EXTRACT.extract_str(host, include_psl_private_domains=False).suffix


# --- source and channel ---------------------------------------------------------------------------------


def _named(tags: dict[str, str], click: Click, origin: Named) -> Named:
    """The source: utm_source, the click id's network, or the referrer."""
    if tagged := tags.get("utm_source", "").lower():
        site = sites.by_word(tagged, _suffix(tagged) if _HOST.fullmatch(tagged) else "")
        return Named(site.name if site else tagged, site)
    if click.network and not _is_of_meta(click, origin):
        return Named(click.network, sites.by_word(click.network), "referral")
    return origin


def _is_of_meta(click: Click, origin: Named) -> bool:
    """Whether the referrer says which of Meta's networks an fbclid is from."""
    return click.type == "fbclid" and origin.name in _META


_META = frozenset({"facebook", "instagram", "messenger", "threads", "whatsapp"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What the channel rests on.

    kind: of the listed site, one of `sites.KINDS` or empty. source, medium: lower case. ad_click: a click id
    that only advertisements carry.
    """

    kind: str
    source: str
    medium: str
    campaign: str
    ad_click: bool


_PAID = re.compile(r"^(.*cp.*|ppc|retargeting|paid.*)$")
_SHOP_CAMPAIGN = re.compile(r"^(.*(([^a-df-z]|^)shop|shopping).*)$")
_VIDEO_MEDIUM = re.compile(r"^(.*video.*)$")

_DISPLAY = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
_SOCIAL = frozenset({"social", "social-network", "social-media", "sm", "social network", "social media"})
_EMAIL = frozenset({"email", "e-mail", "e_mail", "e mail"})
_AFFILIATE = frozenset({"affiliate", "affiliates"})


def _is_paid(facts: Facts) -> bool:
    """Paid by its medium, or by an ad's click id unless the medium says that it is display."""
    return bool(_PAID.match(facts.medium)) or (facts.ad_click and facts.medium not in _DISPLAY)


def _is_shop(facts: Facts) -> bool:
    """A shop, or a campaign with shopping in its name (but not, say, workshop)."""
    return facts.kind == "shopping" or bool(_SHOP_CAMPAIGN.match(facts.campaign.lower()))


def _is_push(facts: Facts) -> bool:
    """A notification on a telephone."""
    words = ("mobile", "notification")
    by_medium = facts.medium.endswith("push") or any(word in facts.medium for word in words)
    return by_medium or facts.source == "firebase"


_RULES: tuple[tuple[str, Callable[[Facts], object]], ...] = (
    ("Direct", lambda f: not (f.source or f.medium or f.campaign)),
    ("Cross-network", lambda f: "cross-network" in f.campaign.lower()),
    ("Paid Shopping", lambda f: _is_shop(f) and _is_paid(f)),
    ("Paid Search", lambda f: f.kind == "search" and _is_paid(f)),
    ("Paid Social", lambda f: f.kind == "social" and _is_paid(f)),
    ("Paid Video", lambda f: f.kind == "video" and _is_paid(f)),
    ("Display", lambda f: f.medium in _DISPLAY),
    ("Paid Other", lambda f: _PAID.match(f.medium)),
    ("Affiliates", lambda f: f.medium in _AFFILIATE),
    ("Email", lambda f: f.kind == "email" or f.source in _EMAIL or f.medium in _EMAIL),
    ("SMS", lambda f: "sms" in (f.source, f.medium)),
    ("Mobile Push Notifications", _is_push),
    ("Audio", lambda f: f.medium == "audio"),
    ("AI Assistants", lambda f: f.kind == "ai"),
    ("Organic Shopping", _is_shop),
    ("Organic Social", lambda f: f.kind == "social" or f.medium in _SOCIAL),
    ("Organic Video", lambda f: f.kind == "video" or _VIDEO_MEDIUM.match(f.medium)),
    ("Organic Search", lambda f: f.kind == "search" or f.medium == "organic"),
    ("Referral", lambda f: True),
)
"""GA4's default channel group with AI Assistants, https://support.google.com/analytics/answer/9756891 .

The first rule that holds names the channel. Two things differ from GA4's page. What only a campaign's own
word names (Affiliates to Audio) is asked before what a list names, so that an e-mail with utm_source=facebook
is e-mail. And there is no Unassigned: somebody's link with an unknown medium is Referral.
"""

CHANNELS = tuple(name for name, _ in _RULES)
"""Every channel, in the order in which the rules are asked."""


def channel(facts: Facts) -> str:
    """One of `CHANNELS`."""
    return next(name for name, holds in _RULES if holds(facts))
