"""The lists under `lists/` and what they say about a host.

A list is a JSON file with `version` (yyyymmdd) and `sites`: a name, and what belongs to it:

* `example.com`: this host and every host below it,
* `example.*`: the same for the registrable name under `com`, `com.xx` and the countries' suffixes,
* `app:org.example`: an Android package, as in an `android-app://` referrer,
* a word without a dot: another name that campaigns write into `utm_source`.

The longest match wins: `mail.google.com` is e-mail although `google.*` is search. A match ends at a label, so
`t.co` is not the end of `microsoft.com`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("ai", "email", "shopping", "video", "social", "search")
DETOURS = "detours"
BOTS = "bots"

_FOLDER = Path(__file__).with_name("lists")


def read(name: str) -> dict[str, Any]:
    """The list `name` as parsed JSON; OSError or ValueError when the installation is damaged."""
    found: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Site:
    """A listed site: its name in lower case and its kind, one of `KINDS` or `DETOURS`."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Lists:
    """All sites by what they are found with, and the newest list's version."""

    version: int
    by_host: dict[str, Site]
    by_app: dict[str, Site]
    by_word: dict[str, Site]


def _index(lists: dict[str, dict[str, Any]]) -> Lists:
    """One table for each way of finding a site."""
    found = Lists(max(int(content["version"]) for content in lists.values()), {}, {}, {})
    for kind, content in lists.items():
        for name, entries in content.get("sites", {}).items():
            site = Site(name, kind)
            if kind != DETOURS:
                found.by_word[name] = site
            for entry in entries:
                table, key = _place_of(entry, found)
                table[key] = site
    return found


def _place_of(entry: str, lists: Lists) -> tuple[dict[str, Site], str]:
    """The table and the key that an entry of a list belongs under."""
    if entry.startswith("app:"):
        return lists.by_app, entry.removeprefix("app:")
    return (lists.by_host if "." in entry else lists.by_word), entry


LISTS = _index({name: read(name) for name in (*KINDS, DETOURS, BOTS)})
LISTS_VERSION: int = LISTS.version
"""Version of the newest list, as yyyymmdd; fits UInt32."""


def by_host(host: str, suffix: str) -> Site | None:
    """The site of a host in lower case; `suffix` is its public suffix, such as `co.uk`, or empty."""
    for candidate in _candidates(host, suffix):
        if site := LISTS.by_host.get(candidate):
            return site
    return None


def _candidates(host: str, suffix: str) -> Iterator[str]:
    """The host and its parents, longest first, each also with `*` for the public suffix."""
    wild = _is_wild(suffix)
    while "." in host:
        yield host
        if wild and host.endswith("." + suffix):
            yield host[: -len(suffix)] + "*"
        host = host.partition(".")[2]


def _is_wild(suffix: str) -> bool:
    """Whether `name.*` covers a suffix: `com` and countries, for anyone may register a name elsewhere."""
    last = suffix.rpartition(".")[2]
    return suffix == "com" or (len(last) == 2 and last.isalpha())


def by_app(package: str) -> Site | None:
    """The site of an Android package in lower case."""
    return LISTS.by_app.get(package)


def by_word(word: str, suffix: str = "") -> Site | None:
    """The site that a `utm_source` in lower case means: a name, another name, or a domain; never a detour."""
    site = LISTS.by_word.get(word) or by_host(word, suffix)
    return None if site is None or site.kind == DETOURS else site
