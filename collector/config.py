"""Settings from the environment and sites from sites.yml; both say exactly what is wrong with them."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigError(ValueError):
    """A setting or sites.yml is wrong; the message names it and says what it may be."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name, default as text, meaning, and reader."""

    name: str
    default: str
    meaning: str
    read: Callable[[str], Any]


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return text

    return read


def _number(low: float, high: float, kind: type = int) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return value

    return read


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _optional_path(text: str) -> Path | None:
    return _path(text) if text else None


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"networks such as 10.0.0.0/8, separated by commas ({error})") from error


def _route(text: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9._-]+)+", text):
        raise ValueError("a path such as /v1/events")
    return text


SETTINGS: Final = (
    Setting("FOOTPATH_HOST", "127.0.0.1", "address the collector listens on", str),
    Setting("FOOTPATH_PORT", "8400", "port the collector listens on", _number(0, 65535)),
    Setting("FOOTPATH_DATA_DIR", "./footpath-data", "spool, salts, and the data of the program's own ClickHouse", _path),
    Setting("FOOTPATH_CONFIG_DIR", "./footpath-config", "folder of sites.yml and secret.key", _path),
    Setting("FOOTPATH_CLICKHOUSE_URL", "", "clickhouse://user:password@host:9000/database; empty: the program starts its own", str),
    Setting("FOOTPATH_WORKERS", "2", "processes that answer requests", _number(1, 64)),
    Setting("FOOTPATH_THREADS", "16", "threads in each of them", _number(1, 256)),
    Setting("FOOTPATH_LOG", "info", "debug, info, warning or error", _one_of("debug", "info", "warning", "error")),
    Setting("FOOTPATH_EVENTS_PATH", "/v1/events", "path that the script sends to; block lists know words such as track", _route),
    Setting("FOOTPATH_SCRIPT_PATH", "/sdk.js", "path of the script", _route),
    Setting("FOOTPATH_TRUSTED_PROXIES", "", "networks whose X-Forwarded-For is believed, such as 10.0.0.0/8", _networks),
    Setting("FOOTPATH_COUNTRY_DB", "", "a database of countries in MaxMind's format; empty: no countries", _optional_path),
    Setting("FOOTPATH_RATE", "50", "requests a second from one network to one site (burst: four times as many); 0: no limit", _number(0, 1e6, float)),
    Setting("FOOTPATH_SPOOL_SYNC", "FULL", "FULL survives a power cut, NORMAL only the death of processes", _one_of("FULL", "NORMAL")),
    Setting("FOOTPATH_SPOOL_MAX_MB", "2048", "MiB of events that may wait for ClickHouse before the collector answers 503", _number(1, 1 << 20)),
)
"""Every setting, in the order in which the documentation lists them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of `SETTINGS`, read once at start."""

    host: str
    port: int
    data_dir: Path
    config_dir: Path
    clickhouse_url: str
    workers: int
    threads: int
    log: str
    events_path: str
    script_path: str
    trusted_proxies: tuple[Network, ...]
    country_db: Path | None
    rate: float
    spool_sync: str
    spool_max_mb: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read all settings.

        Raises:
            ConfigError: names the first setting that is wrong and what it may be.
        """
        environment = os.environ if environment is None else environment
        values = {}
        for setting in SETTINGS:
            text = environment.get(setting.name, setting.default).strip()
            try:
                values[setting.name.removeprefix("FOOTPATH_").lower()] = setting.read(text)
            except ValueError as error:
                raise ConfigError(f"{setting.name}={text!r}: expected {error}") from error
        return cls(**values)

    @property
    def spool_dir(self) -> Path:
        """Where events wait for ClickHouse."""
        return self.data_dir / "spool"


@dataclass(frozen=True, slots=True)
class Privacy:
    """What the script may do on a site; the served script carries it."""

    storage: str = "local"
    gpc: str = "off"
    dnt: str = "off"
    hash: bool = False
    query: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """One entry of sites.yml. `id` is what the tables hold: it is permanent and never given to another site."""

    key: str
    id: int
    name: str
    time_zone: str
    origins: tuple[str, ...]
    privacy: Privacy = field(default_factory=Privacy)
    secret_keys: tuple[str, ...] = ()
    enabled: bool = True

    def allows(self, origin: str | None) -> bool:
        """Whether a page of this origin may send events; a request without an origin is no browser's page."""
        return "*" in self.origins or origin is None or origin.rstrip("/").lower() in self.origins


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
_SITE_KEYS: Final = {"id", "name", "time_zone", "origins", "privacy", "secret_keys", "enabled"}


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
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    if not isinstance(loaded, dict) or not isinstance(loaded.get("sites"), dict) or not loaded["sites"]:
        raise ConfigError(f"{path}: expected `sites:` with one entry per site")
    sites = {str(key): _site(str(key), entry, path) for key, entry in loaded["sites"].items()}
    _require_distinct_ids(sites, path)
    return sites


def _require_distinct_ids(sites: Mapping[str, Site], path: Path) -> None:
    by_id: dict[int, str] = {}
    for site in sites.values():
        if site.id in by_id:
            raise ConfigError(f"{path}: {by_id[site.id]} and {site.key} have the same id {site.id}; ids are never shared")
        by_id[site.id] = site.key


def _site(key: str, entry: object, path: Path) -> Site:
    where = f"{path}: site {key}"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", key):
        raise ConfigError(f"{where}: a key has 1 to 64 of a-z, 0-9, - and _")
    if not isinstance(entry, dict):
        raise ConfigError(f"{where}: expected id, time_zone and origins")
    if unknown := set(entry) - _SITE_KEYS:
        raise ConfigError(f"{where}: unknown key {sorted(map(str, unknown))[0]!r}; known are {', '.join(sorted(_SITE_KEYS))}")
    number = entry.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number < 2**32:
        raise ConfigError(f"{where}: id must be a number from 1 to 4294967295 that no other site ever had")
    return Site(
        key=key, id=number, name=str(entry.get("name", key)),
        time_zone=_zone(entry.get("time_zone", "UTC"), where),
        origins=_origins(entry.get("origins"), where),
        privacy=_privacy(entry.get("privacy") or {}, where),
        secret_keys=tuple(map(str, _list(entry.get("secret_keys", []), f"{where}: secret_keys"))),
        enabled=_boolean(entry.get("enabled", True), f"{where}: enabled"),
    )


def _zone(name: object, where: str) -> str:
    try:
        return ZoneInfo(str(name)).key
    except (OSError, ValueError, LookupError):
        raise ConfigError(f"{where}: time_zone {name!r} is not known; write one such as Europe/Berlin") from None


def _origins(value: object, where: str) -> tuple[str, ...]:
    origins = [str(origin).rstrip("/").lower() for origin in _list(value, f"{where}: origins")]
    if not origins:
        raise ConfigError(f'{where}: origins must list where its pages live, such as ["https://shop.example"], or ["*"]')
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin):
            raise ConfigError(f"{where}: origin {origin!r} must look like https://shop.example, without a path")
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
        **texts, hash=_boolean(value.get("hash", False), f"{where}: privacy.hash"),
        query=tuple(map(str, _list(value.get("query", []), f"{where}: privacy.query"))))


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
