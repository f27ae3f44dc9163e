"""The sites whose events are taken: sites.yml, read again when it changes. Errors name the site and the key."""

from __future__ import annotations

import difflib
import hashlib
import hmac
import logging
import re
import time
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import yaml

from collector.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Privacy:
    """What the script may do on a site; the served script carries it."""

    storage: str = "local"
    gpc: str = "off"
    dnt: str = "off"
    hash: bool = False
    query: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capture:
    """In which share of page loads, 0 to 1, the script tells what costs more; the served script carries it.

    `skeleton`: what the page looks like. `trail`: the way of the pointer and the scrolling.
    """

    skeleton: float = 0.1
    trail: float = 0


@dataclass(frozen=True, slots=True)
class Quota:
    """How many events a site may send in a UTC day and in a UTC month; None: any number."""

    day: int | None = None
    month: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """One entry of sites.yml. `id` is what the tables hold: it is permanent and never given to another site.

    `secret_keys` are SHA-256 of the keys, as hex, however the file has them.
    """

    key: str
    id: int
    name: str
    time_zone: str
    origins: tuple[str, ...]
    privacy: Privacy = field(default_factory=Privacy)
    secret_keys: tuple[str, ...] = ()
    enabled: bool = True
    quota: Quota | None = None
    capture: Capture = field(default_factory=Capture)

    def allows(self, origin: str | None) -> bool:
        """Whether a page of this origin may send events; a request without an origin is no browser's page."""
        return "*" in self.origins or origin is None or origin.rstrip("/").lower() in self.origins

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts of its origins, without port: what leads from one to another is no source of visits."""
        names = (urlsplit(origin).hostname for origin in self.origins)
        return frozenset(name for name in names if name)

    def knows(self, secret: str) -> bool:
        """Whether this is one of its secret keys; as slow for a wrong key as for a right one."""
        given = _sha256(secret)
        return sum(hmac.compare_digest(given, known) for known in self.secret_keys) > 0


class LiveSites:
    """sites.yml as it is now: looked at again every two seconds, kept as it was while the new text is wrong."""

    def __init__(self, folder: Path) -> None:
        """Read the file for the first time.

        Raises:
            ConfigError: it is missing or wrong.
        """
        self._folder = folder
        self._stamp = self._seen()
        self._looked = time.monotonic()
        self._sites = read_sites(folder)

    def __call__(self) -> dict[str, Site]:
        """The sites by key; the same object as long as nothing changed."""
        if time.monotonic() - self._looked > 2.0:
            self._looked = time.monotonic()
            stamp = self._seen()
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    self._sites = read_sites(self._folder)
                except ConfigError as error:
                    logging.getLogger("footpath").error("%s; the sites stay as they were", error)
        return self._sites

    def _seen(self) -> object:
        try:
            status = (self._folder / "sites.yml").stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


_PRIVACY_CHOICES: Final = {
    "storage": ("local", "session", "none"),
    "gpc": ("off", "reduced", "ignore"),
    "dnt": ("off", "reduced", "ignore"),
}
_SITE_KEYS: Final = {"id", "name", "time_zone", "origins", "privacy", "secret_keys", "enabled", "quota", "capture"}


def read_sites(folder: Path) -> dict[str, Site]:
    """The sites of `folder`/sites.yml by key.

    Raises:
        ConfigError: the file is missing or wrong; the message names the site and the key.
    """
    path = folder / "sites.yml"
    try:
        loaded = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing; `footpath init` writes one to start from") from None
    except (yaml.YAMLError, OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    if not isinstance(loaded, dict) or not isinstance(loaded.get("sites"), dict) or not loaded["sites"]:
        raise ConfigError(f"{path}: expected `sites:` with one entry per site")
    sites = {str(key): _site(str(key), entry, path) for key, entry in loaded["sites"].items()}
    _require_distinct_ids(sites, path)
    return sites


def known(sites: Mapping[str, Site], key: str, folder: Path) -> Site:
    """The site of this key in `folder`/sites.yml.

    Raises:
        ConfigError: there is none; the message has the nearest key and all of them.
    """
    if key not in sites:
        near = difflib.get_close_matches(key, list(sites), n=1, cutoff=0.0)[0]
        raise ConfigError(f"{key!r} is not in {folder / 'sites.yml'}, did you mean {near!r}? It has {', '.join(sites)}")
    return sites[key]


def _require_distinct_ids(sites: Mapping[str, Site], path: Path) -> None:
    by_id: dict[int, str] = {}
    for site in sites.values():
        if site.id in by_id:
            raise ConfigError(
                f"{path}: {by_id[site.id]} and {site.key} have the same id {site.id}; ids are never shared"
            )
        by_id[site.id] = site.key


def _site(key: str, entry: object, path: Path) -> Site:
    where = f"{path}: site {key}"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", key):
        raise ConfigError(f"{where}: a key has 1 to 64 of a-z, 0-9, - and _")
    if not isinstance(entry, dict):
        raise ConfigError(f"{where}: expected id, time_zone and origins")
    if unknown := set(entry) - _SITE_KEYS:
        raise ConfigError(
            f"{where}: unknown key {sorted(map(str, unknown))[0]!r}; known are {', '.join(sorted(_SITE_KEYS))}"
        )
    number = entry.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number < 2**32:
        raise ConfigError(f"{where}: id must be a number from 1 to 4294967295 that no other site ever had")
    return Site(
        key=key,
        id=number,
        name=str(entry.get("name", key)),
        time_zone=_zone(entry.get("time_zone", "UTC"), where),
        origins=_origins(entry.get("origins"), where),
        privacy=_privacy(entry.get("privacy") or {}, where),
        secret_keys=_secrets(entry.get("secret_keys", []), f"{where}: secret_keys"),
        enabled=_boolean(entry.get("enabled", True), f"{where}: enabled"),
        quota=_quota(entry.get("quota"), f"{where}: quota"),
        capture=_capture(entry.get("capture"), f"{where}: capture"),
    )


def _zone(name: object, where: str) -> str:
    try:
        return ZoneInfo(str(name)).key
    except (OSError, ValueError, LookupError):
        raise ConfigError(f"{where}: time_zone {name!r} is not known; write one such as Europe/Berlin") from None


def _origins(value: object, where: str) -> tuple[str, ...]:
    origins = [str(origin).rstrip("/").lower() for origin in _list(value, f"{where}: origins")]
    if not origins:
        raise ConfigError(
            f'{where}: origins must list where its pages live, such as ["https://shop.example"], or ["*"]'
        )
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin):
            raise ConfigError(f"{where}: origin {origin!r} must look like https://shop.example, without a path")
        try:
            urlsplit(origin)
        except ValueError as error:
            raise ConfigError(f"{where}: origin {origin!r} is no address: {error}") from None
    return tuple(origins)


def _privacy(value: object, where: str) -> Privacy:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: privacy must hold keys such as storage: local")
    for name, given in value.items():
        choices = _PRIVACY_CHOICES.get(str(name))
        # YAML reads a bare `off` as false.
        text = "off" if given is False else given
        if choices and text not in choices:
            raise ConfigError(f"{where}: privacy.{name} must be one of {', '.join(choices)}")
        if not choices and name not in ("hash", "query"):
            raise ConfigError(f"{where}: unknown key privacy.{name}; known are storage, gpc, dnt, hash, query")
    texts = {name: "off" if value[name] is False else str(value[name]) for name in _PRIVACY_CHOICES if name in value}
    return Privacy(
        **texts,
        hash=_boolean(value.get("hash", False), f"{where}: privacy.hash"),
        query=tuple(map(str, _list(value.get("query", []), f"{where}: privacy.query"))),
    )


def _quota(value: object, where: str) -> Quota | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not value or set(value) - {"day", "month"}:
        raise ConfigError(f"{where} must say how many events a day, a month, or both, such as {{day: 200000}}")
    for period, most in value.items():
        if not isinstance(most, int) or isinstance(most, bool) or most < 1:
            raise ConfigError(f"{where}: {period} must be a whole number from 1")
    return Quota(**value)


def _capture(value: object, where: str) -> Capture:
    names = [each.name for each in fields(Capture)]
    if value is None:
        return Capture()
    if not isinstance(value, dict):
        raise ConfigError(f"{where} must hold shares of page loads, such as {{skeleton: 0.1, trail: 0}}")
    for name, share in value.items():
        if name not in names:
            raise ConfigError(f"{where}: unknown key {name!r}; known are {', '.join(names)}")
        if not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ConfigError(f"{where}: {name} must be a share of page loads: a number from 0 to 1, true or false")
    return Capture(**{name: int(share) if isinstance(share, bool) else share for name, share in value.items()})


_HASHED: Final = "sha256:"
_SHORTEST_SECRET: Final = 16


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _secrets(value: object, where: str) -> tuple[str, ...]:
    """SHA-256 of each key. A plain hash is enough for keys that are random: there is no list of them to try."""
    digests = []
    for place, entry in enumerate(_list(value, where), 1):
        if not isinstance(entry, str):
            raise ConfigError(f"{where}: number {place} must be a text in quotes")
        hashed = entry.removeprefix(_HASHED).lower()
        if entry.startswith(_HASHED) and not re.fullmatch(r"[0-9a-f]{64}", hashed):
            raise ConfigError(f"{where}: number {place} must have 64 hex digits after {_HASHED}")
        if len(entry) < _SHORTEST_SECRET or not re.fullmatch(r"[!-~]+", entry):
            raise ConfigError(
                f"{where}: number {place} must have {_SHORTEST_SECRET} or more characters, ASCII without spaces; "
                "`openssl rand -hex 24` makes a good one"
            )
        digests.append(hashed if entry.startswith(_HASHED) else _sha256(entry))
    return tuple(digests)


def _list(value: object, where: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ConfigError(f"{where} must be a list")
    return value


def _boolean(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where} must be true or false")
    return value
