"""What counts as success on each site: goals.yml, beside sites.yml. Errors name the site, the goal and the key.

Nothing here looks at events: a goal is what it matches, and questions ask for that at query time.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import logging
import re
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import yaml

from collector.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

CLASSES: Final = ("macro", "micro", "negative")
STAGES: Final = ("awareness", "consideration", "decision", "retention")
FORM_STEPS: Final = ("view", "start", "attempt", "error", "ok")
FILE: Final = "goals.yml"

_KEYS: Final = ("class", "match", "value", "stage")
# What a goal can match, with what may stand beside it. The first that an entry has is what it is about.
_MATCHES: Final[Mapping[str, tuple[str, ...]]] = {
    "left_within": (),
    "abandoned": ("without", "within"),
    "click": ("role", "key", "zone", "page"),
    "form": ("step",),
    "conversion": (),
    "event": ("props",),
    "page_type": (),
    "page": (),
}
_UNIT_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_A_DAY: Final = "24h"


@dataclass(frozen=True, slots=True)
class Happening:
    """Events of one sort. `step` is a step as plain data: `what`, its arguments, and `props`."""

    step: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Left:
    """Sessions of one page view that was looked at for at most so long."""

    within_ms: int


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The goal `of`, and not the goal `without` within so long after it."""

    of: str
    without: str
    within_ms: int


Match = Happening | Left | Abandoned


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal. `match`: any of these. `value` and `currency`: what it is worth; None: what its event says.

    `said` is the entry as it stands in the file.
    """

    name: str
    kind: str
    match: tuple[Match, ...]
    value: Decimal | None = None
    currency: str = ""
    stage: str = ""
    said: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def by_session(self) -> bool:
        """Whether it takes a session or a day to say that it was reached."""
        return any(not isinstance(each, Happening) for each in self.match)


@dataclass(frozen=True, slots=True)
class Published:
    """A site's goals as the table `goals` has them."""

    goals: str
    version: str


NOTHING: Final = Published("{}", "")


class LiveGoals:
    """goals.yml as it is now: looked at again every two seconds, kept as it was while the new text is wrong."""

    def __init__(self, folder: Path, sites: Callable[[], Collection[str]]) -> None:
        """`sites` gives the keys that exist. A file that is wrong from the start publishes nothing."""
        self._folder = folder
        self._sites = sites
        self._stamp: object = ()
        self._looked = 0.0
        self._goals: dict[str, Published] | None = None

    def __call__(self) -> Mapping[str, Published] | None:
        """What each site of the file publishes, the same object while nothing changed; None: leave what is there."""
        if self._stamp == () or time.monotonic() - self._looked > 2.0:
            self._looked = time.monotonic()
            stamp = self._seen()
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    found = read_goals(self._folder, self._sites())
                except ConfigError as error:
                    logging.getLogger("footpath").error("%s; the goals stay as they were", error)
                else:
                    self._goals = {key: published(goals.values()) for key, goals in found.items()}
        return self._goals

    def _seen(self) -> object:
        try:
            status = (self._folder / FILE).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def read_goals(folder: Path, sites: Collection[str]) -> dict[str, dict[str, Goal]]:
    """The goals of `folder`/goals.yml by site and name; none where there is no such file.

    Raises:
        ConfigError: the file is wrong; the message names the site, the goal and the key, and the nearest valid name.
    """
    path = folder / FILE
    return read_file(path, sites) if path.exists() else {}


def read_file(path: Path, sites: Collection[str]) -> dict[str, dict[str, Goal]]:
    """The goals of this file by site and name.

    Raises:
        ConfigError: as `read_goals`, and where there is no such file.
    """
    try:
        loaded = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict) or set(loaded) != {"goals"} or not isinstance(loaded["goals"] or {}, dict):
        raise ConfigError(f"{path}: expected `goals:` with one entry per site")
    found = {}
    for key, entries in (loaded["goals"] or {}).items():
        if str(key) not in sites:
            raise ConfigError(f"{path}: {_unknown('site', str(key), sites)}")
        found[str(key)] = goals_of(entries, f"{path}: site {key}")
    return found


def goals_of(entries: object, where: str) -> dict[str, Goal]:
    """A site's goals by name, from plain data.

    Raises:
        ConfigError: an entry is wrong; the message begins with `where`.
    """
    if entries is None:
        return {}
    if not isinstance(entries, dict):
        raise ConfigError(f"{where}: expected goals by name")
    goals = {str(name): _goal(str(name), entry, where) for name, entry in entries.items()}
    for goal in goals.values():
        for each in goal.match:
            for named in (each.of, each.without) if isinstance(each, Abandoned) else ():
                if named in goals and goals[named].by_session:
                    said = f"{where}: goal {goal.name}: {named!r} takes a whole session itself"
                    raise ConfigError(f"{said}; name a goal that is an event")
    return goals


def published(goals: Iterable[Goal]) -> Published:
    """Goals as the loader writes them, with the hash of what they say: the same for the same text in another order."""
    text = json.dumps({goal.name: goal.said for goal in goals}, ensure_ascii=False, sort_keys=True)
    return Published(text, hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest())


def _goal(name: str, entry: object, where: str) -> Goal:
    where = f"{where}: goal {name}"
    if not re.fullmatch(r"[^*:\x00-\x1f]{1,64}", name):
        raise ConfigError(f"{where}: a name has 1 to 64 characters, and neither * nor :")
    if not isinstance(entry, dict):
        raise ConfigError(f"{where}: expected class and match")
    for key in entry:
        if key not in _KEYS:
            raise ConfigError(f"{where}: {_unknown('key', str(key), _KEYS)}")
    listed = entry.get("match")
    matches = listed if isinstance(listed, list) else [listed]
    if not listed:
        raise ConfigError(f"{where}: match is missing; write what it matches, such as match: {{page: /thanks}}")
    value, currency = _value(entry.get("value", "event"), f"{where}: value")
    return Goal(
        name,
        _choice(entry.get("class"), CLASSES, f"{where}: class"),
        tuple(_match(each, f"{where}: match") for each in matches),
        value,
        currency,
        _choice(entry["stage"], STAGES, f"{where}: stage") if "stage" in entry else "",
        {str(key): each for key, each in entry.items()},
    )


def _match(entry: object, where: str) -> Match:
    if not isinstance(entry, dict) or not entry:
        raise ConfigError(f"{where}: {entry!r} says nothing to look for; write one such as {{page: /thanks}}")
    what = next((each for each in _MATCHES if each in entry), None)
    if what is None:
        raise ConfigError(f"{where}: {_unknown('key', str(next(iter(entry))), _MATCHES)}")
    for key in entry:
        if key != what and key not in _MATCHES[what]:
            beside = _unknown("key", str(key), (what, *_MATCHES[what]))
            raise ConfigError(f"{where}: {beside} (beside {what})")
    if what == "left_within":
        return Left(_length(entry[what], f"{where}: left_within"))
    if what == "abandoned":
        if "without" not in entry:
            raise ConfigError(f"{where}: abandoned needs without: the goal that did not follow, such as purchase")
        return Abandoned(
            _text(entry[what], f"{where}: abandoned"),
            _text(entry["without"], f"{where}: without"),
            _length(entry.get("within", _A_DAY), f"{where}: within"),
        )
    return Happening(_step(what, entry, where))


def _step(what: str, entry: Mapping[str, Any], where: str) -> dict[str, Any]:
    value = _text(entry[what], f"{where}: {what}")
    if what in ("page", "page_type"):
        return {"what": "page", "path" if what == "page" else "type": value}
    if what == "conversion":
        return {"what": "conversion", "goal": value}
    step: dict[str, Any] = {"what": what, "name": value}
    for key in _MATCHES[what]:
        if key == "props" and key in entry:
            step[key] = _props(entry[key], f"{where}: props")
        elif key in entry:
            step[key] = _text(entry[key], f"{where}: {key}")
    if "step" in step:
        _choice(step["step"], FORM_STEPS, f"{where}: step")
    if "key" in step and not re.fullmatch(r"[0-9a-f]{1,16}", step["key"]):
        raise ConfigError(f"{where}: key {step['key']!r} is none of an element: up to 16 hex digits, in quotes")
    return step


def _props(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        raise ConfigError(f"{where} must hold properties, such as {{plan: pro}}")
    for key in value:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", str(key)):
            raise ConfigError(f"{where}: {key!r} is no name of a property: letters, digits and _, not more than 64")
    return {
        str(key): str(each).lower() if isinstance(each, bool) else _text(each, f"{where}.{key}")
        for key, each in value.items()
    }


def _value(value: object, where: str) -> tuple[Decimal | None, str]:
    if value == "event":
        return None, ""
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,4})?) ([A-Z]{3})", str(value).strip())
    if not found:
        raise ConfigError(f"{where} {value!r} must be an amount and a currency, such as 12.50 EUR, or event")
    return Decimal(found[1]), found[2]


def _length(value: object, where: str) -> int:
    found = re.fullmatch(r"(\d{1,6})\s*(ms|s|m|h|d)", str(value).strip())
    if not found or not int(found[1]):
        raise ConfigError(f"{where} {value!r} is no length of time; write 5s, 30m, 24h or 7d")
    return int(found[1]) * _UNIT_MS[found[2]]


def _text(value: object, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or str(value) == "":
        raise ConfigError(f"{where} must be a text; put it in quotes")
    return str(value)


def _choice(value: object, choices: tuple[str, ...], where: str) -> str:
    if value is None:
        raise ConfigError(f"{where} is missing; write one of {', '.join(choices)}")
    if value not in choices:
        raise ConfigError(f"{where}: {_unknown('word', str(value), choices)}")
    return str(value)


def _unknown(what: str, name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)
    return f"unknown {what} {name!r}, did you mean {near[0]!r}? Known: {', '.join(known)}" if near else f"no {what} yet"


def _detected(name: str, stage: str, *matches: Mapping[str, str]) -> Goal:
    """A micro step that needs no file. A conversion event of its name counts as well."""
    return _goal(name, {"class": "micro", "match": [*matches, {"conversion": name}], "stage": stage}, "detected")


# What shops call it, in the languages of most of Europe. The first letter is left to `*`, since a page may write it
# large or small.
_ADD_TO_CART: Final = (
    "*dd to cart*", "*dd to basket*", "*dd to bag*", "*n den Warenkorb*", "*jouter au panier*", "*ñadir al carrito*",
    "*ñadir a la cesta*", "*ggiungi al carrello*", "*dicionar ao carrinho*", "*n winkelwagen*", "*n winkelmand*",
    "*odaj do koszyka*", "*ägg i varukorg*", "*æg i kurv*",
)  # fmt: skip
DETECTED: Final[Mapping[str, Goal]] = {
    goal.name: goal
    for goal in (
        _detected("product_view", "consideration", {"page_type": "product"}),
        _detected("pricing_view", "consideration", {"page_type": "pricing"}),
        _detected("faq_view", "consideration", {"page_type": "faq"}),
        _detected("cta_click", "consideration", {"click": "*", "zone": "*cta*"}),
        _detected(
            "add_to_cart", "decision", {"event": "add_to_cart"}, *({"click": name} for name in _ADD_TO_CART)
        ),
        _detected("form_start", "decision", {"form": "*", "step": "start"}),
        _detected("checkout_view", "decision", {"page_type": "checkout"}),
    )
}  # fmt: skip
"""Micro steps that every site has, from page types, forms and names of buttons; goals.yml may say them otherwise."""
