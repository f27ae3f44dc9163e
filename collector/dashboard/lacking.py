"""What goals.yml and sites.yml lack of what a site has, as YAML to be copied into them."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from collector.query.goals import Goals
    from collector.sites import Site

_WITHOUT: Final = {
    "skeleton": (0.1, ("no skeletons", "page without a skeleton")),
    "trail": (1, ("no trails",)),
}
"""What sites.yml may capture: in which share, where `coverage` has one of these gaps."""
_NO_NAME: Final = re.compile(r"[:\x00-\x1f]")


def goals(key: str, known: Goals, conversions: Iterable[str]) -> str:
    """Entries of goals.yml for conversions that it does not explain; empty: there are none.

    They are `macro`, as questions take them without a file. The micro steps that need no file are left out: an entry
    of their name would be in their place. So are names with `*`, which would match others too.
    """
    entries: dict[str, Any] = {}
    for each in conversions:
        name = _NO_NAME.sub("_", each)[:64]
        if each and "*" not in each and not known.explains(each) and name not in {*entries, *known.known}:
            entries[name] = {"class": "macro", "match": {"conversion": each}}
    return _block({"goals": {key: entries}}) if entries else ""


def capture(site: Site, gaps: Collection[str]) -> str:
    """The site's `capture` in sites.yml with what is never captured and has no share there; empty: nothing."""
    has = asdict(site.capture)
    wanted = {
        what: share for what, (share, names) in _WITHOUT.items() if not has[what] and not set(names).isdisjoint(gaps)
    }
    return _block({"sites": {site.key: {"capture": {**has, **wanted}}}}) if wanted else ""


def line(value: Any) -> str:
    """Plain data as YAML on one line, such as `{page: /thanks}`."""
    return _yaml(value, flow=True).strip()


def _block(value: Any) -> str:
    """Plain data as YAML, the innermost lists and mappings on one line each."""
    return _yaml(value, flow=None)


def _yaml(value: Any, *, flow: bool | None) -> str:
    made: str = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True, sort_keys=False, width=1_000_000)
    return made
