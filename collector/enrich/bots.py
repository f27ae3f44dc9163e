"""Which user agents are programs, and of which class.

Rules in order: our own (`lists/bots.json`), the package crawler-user-agents without the patterns that
people's browsers match, people whom the next rules would take for programs, what only programs say (`bot`,
an address to write to or to look up), and the lack of any word that browsers begin with.

Classes:

* `crawler`: search engines, SEO, advertising, feeds, archives, research
* `ai`: collects for a language model or fetches on one's behalf
* `preview`: draws the card of a shared link
* `monitor`: uptime, speed and security checks
* `library`: an HTTP client rather than a browser, or no user agent at all
* `headless`: a browser without a window
* `automation`: a browser under remote control (the wire's flag `bot` means the same)
"""

import re
from collections.abc import Iterator
from typing import Any

import crawleruseragents

from collector.enrich import sites
from collector.enrich.patterns import Patterns

CLASSES = ("crawler", "ai", "preview", "monitor", "library", "headless", "automation")
"""Every `bot_class` this package gives; empty stands for people."""

# A plus before an address is how robots say where they are explained; CUBOT makes telephones.
_WORDS = (
    ("crawler", r"(?i)(?:^|[^u])bot(?:[^a-z]|$)|(?:^|[^c])ubot(?:[^a-z]|$)"),
    ("crawler", r"(?i)robot|crawl|spider|scraper|slurp|\bfetcher\b|\+https?://"),
    ("monitor", r"(?i)monitor|check(?:er)?\b|scanner|validat|\bPTST\b|\bWPM\b"),
    ("preview", r"(?i)thumb(?:nail)?|screenshot|[ -]shot\b|web-?capture"),
    ("crawler", r"(?i)archive|extractor|sitemap|resolver|survey|harvest|backlink|analy[sz]er"),
    ("library", r"(?i)http ?client|download ?manager|Mac OS X\) (?:Word|Excel|PowerPoint)/|Microsoft Outlook"),
    ("crawler", r"(?i)https?://|\bwww\.[a-z0-9]|[a-z0-9._-]@[a-z0-9-]+\.[a-z]{2}"),
    ("crawler", r"(?i)\b[a-z0-9][a-z0-9-]+\.(?:com|org|net|info|io|biz|co\.uk)\b"),
)
# Whoever says no more than `compatible` and a name is no browser, unless it names a system or one of the old ones.
_COMPATIBLE = (
    ("", r"(?i)MSIE|Trident|Konqueror|Windows|Linux|Mac ?OS|Macintosh|Android|iPhone|iPad|X11|BSD|SunOS"),
    ("", r"(?i)Opera|OS/2|Amiga|AROS|RISC OS|BeOS|Haiku|NetFront|Netbox|Galio|Series|Symbian|BlackBerry|Nokia"),
    ("crawler", r"(?i)^Mozilla/[0-9.]+[ +]\(compatible;[^)]*[a-z]{2}[^)]*\)?$"),
)
# Every browser since Netscape has said Mozilla, or Opera; what did not ran on telephones, televisions, or text.
_BROWSERLIKE = re.compile(
    r"[mM]ozilla/|AppleWebKit|Opera[/ ]|Android|iPhone|Lynx|Links|w3m|NetSurf|Dooble|Dolphin|UCWEB|Amiga|"
    r"IBrowse|Apple ?TV|Roku|HbbTV|SMART-TV|PlayStation|Nintendo|"
    r"BlackBerry|Nokia|SAMSUNG|LG[-E]|SonyEricsson|MOT-|SEC-|HTC|ZTE|MIDP|Symbian|"
    r"DoCoMo|KDDI|J-PHONE|SoftBank|Vodafone"
)


def _own(bots: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(class, pattern) of our own rules."""
    for bot_class, *patterns in bots["own"]:
        yield bot_class, "|".join(patterns)


def _listed(bots: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(class, pattern) of crawler-user-agents; crawlers where the package has a tag that we do not know."""
    for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA:
        if entry["pattern"] not in bots["not_bots"]:
            tags = entry.get("tags", ())
            known = (bot_class for tag, bot_class in bots["classes"].items() if tag in tags)
            yield next(known, "crawler"), entry["pattern"]


def _rules() -> Iterator[tuple[str, str]]:
    """(class, pattern) of all rules in the order in which they are asked."""
    bots = sites.read(sites.BOTS)
    order = list(dict.fromkeys(bots["classes"].values()))
    yield from _own(bots)
    yield from sorted(_listed(bots), key=lambda rule: order.index(rule[0]))
    yield from (("", "|".join(patterns)) for _, *patterns in bots["people"])
    yield from _WORDS
    yield from _COMPATIBLE


_PATTERNS = Patterns(_rules())


def bot_class(user_agent: str) -> str:
    """One of `CLASSES`, or empty for what looks like a person's browser. Takes no lone surrogates."""
    return _PATTERNS.first(user_agent) or ("" if _BROWSERLIKE.search(user_agent) else "library")
