"""Settings from the environment, each with its default, meaning and reader."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from collector.event import kinds

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


def _cluster(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9_.-]+", text):
        raise ValueError("a name of letters, digits, _, . and -")
    return text


def _smtp(text: str) -> str:
    where = urlsplit(text)
    if text and (where.scheme not in ("smtp", "smtps") or not where.hostname):
        raise ValueError("smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465")
    return text


def _address(text: str) -> str:
    where = urlsplit(text)
    try:
        fine = where.scheme in ("http", "https") and where.hostname and (where.port is None or where.port > 0)
    except ValueError:
        fine = False
    if text and (not fine or where.path.strip("/") or where.query or where.fragment or "@" in where.netloc):
        raise ValueError("an address without a path, such as https://dashboard.shop.example")
    return text.rstrip("/")


def _retention(text: str) -> dict[str, int]:
    names = {*kinds(), "session", "dead"}
    days = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = part.partition("=")
        if name not in names or not re.fullmatch(r"[1-9]\d{0,4}", number) or name in days:
            raise ValueError(f"days by kind such as click=400,error=90; kinds are {', '.join(sorted(names))}")
        days[name] = int(number)
    return days


SETTINGS: Final = (
    Setting("FOOTPATH_HOST", "127.0.0.1", "address the collector listens on", str),
    Setting("FOOTPATH_PORT", "8400", "port the collector listens on", _number(1, 65535)),
    Setting("FOOTPATH_DASHBOARD_PORT", "8401", "port the dashboard listens on; 0: no dashboard", _number(0, 65535)),
    Setting(
        "FOOTPATH_DASHBOARD_URL",
        "",
        "address under which browsers reach the dashboard, such as https://dashboard.shop.example; empty: its port on "
        "this machine while FOOTPATH_HOST is a loopback address, else not known",
        _address,
    ),
    Setting(
        "FOOTPATH_DATA_DIR",
        "./footpath-data",
        "spool, salts, state.db, and the data of the program's own ClickHouse",
        _path,
    ),
    Setting("FOOTPATH_CONFIG_DIR", "./footpath-config", "folder of sites.yml, goals.yml and secret.key", _path),
    Setting(
        "FOOTPATH_CLICKHOUSE_URL",
        "",
        "clickhouse://user:password@host:9000/database; empty: the program starts its own",
        str,
    ),
    Setting(
        "FOOTPATH_CLICKHOUSE_CLUSTER",
        "",
        "name in that server's remote_servers: tables are spread over this cluster's shards; empty: one server",
        _cluster,
    ),
    Setting("FOOTPATH_WORKERS", "2", "processes that answer requests", _number(1, 64)),
    Setting("FOOTPATH_THREADS", "16", "threads in each of them", _number(1, 256)),
    Setting("FOOTPATH_LOG", "info", "debug, info, warning or error", _one_of("debug", "info", "warning", "error")),
    Setting(
        "FOOTPATH_LOG_FORMAT",
        "text",
        "text or json: one JSON object a line, for programs that read logs",
        _one_of("text", "json"),
    ),
    Setting(
        "FOOTPATH_EVENTS_PATH",
        "/v1/events",
        "path that the script sends to; block lists know words such as track",
        _route,
    ),
    Setting(
        "FOOTPATH_SCRIPT_PATH", "/sdk.js", "path of the script; with /shop.js its versions are below /shop/ too", _route
    ),
    Setting(
        "FOOTPATH_TRUSTED_PROXIES", "", "networks whose X-Forwarded-For is believed, such as 10.0.0.0/8", _networks
    ),
    Setting(
        "FOOTPATH_COUNTRY_DB", "", "a database of countries in MaxMind's format; empty: no countries", _optional_path
    ),
    Setting(
        "FOOTPATH_RATE",
        "50",
        "requests a second from one network to one site, and refused ones from one network, in each worker "
        "(burst: four times as many); 0: no limit",
        _number(0, 1e6, float),
    ),
    Setting(
        "FOOTPATH_SPOOL_SYNC",
        "FULL",
        "FULL survives a power cut, NORMAL only the death of processes",
        _one_of("FULL", "NORMAL"),
    ),
    Setting(
        "FOOTPATH_SPOOL_MAX_MB",
        "2048",
        "MiB of events that may wait for ClickHouse, all workers together, before the answer is 503",
        _number(1, 1 << 20),
    ),
    Setting("FOOTPATH_IMPORT_KEY", "", "one of the site's secret_keys, for `footpath import` alone", str),
    Setting(
        "FOOTPATH_SMTP_URL",
        "",
        "mail server of `footpath summary`: smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465",
        _smtp,
    ),
    Setting("FOOTPATH_MAIL_FROM", "", "sender of its mail, such as Footpath <footpath@shop.example>", str),
    Setting(
        "FOOTPATH_RETENTION",
        "",
        "days that rows are kept, by kind, such as click=400,error=90,session=400; what is not named is kept",
        _retention,
    ),
)
"""Every setting, in the order in which the documentation lists them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of `SETTINGS`, read once at start."""

    host: str
    port: int
    dashboard_port: int
    dashboard_url: str
    data_dir: Path
    config_dir: Path
    clickhouse_url: str
    clickhouse_cluster: str
    workers: int
    threads: int
    log: str
    log_format: str
    events_path: str
    script_path: str
    trusted_proxies: tuple[Network, ...]
    country_db: Path | None
    rate: float
    spool_sync: str
    spool_max_mb: int
    import_key: str = field(repr=False)
    smtp_url: str = field(repr=False)
    mail_from: str
    retention: Mapping[str, int]

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
        if values["clickhouse_cluster"] and not values["clickhouse_url"]:
            raise ConfigError(
                "FOOTPATH_CLICKHOUSE_CLUSTER needs FOOTPATH_CLICKHOUSE_URL, the address of one of its servers: the "
                "program's own ClickHouse is no cluster"
            )
        return cls(**values)

    @property
    def spool_dir(self) -> Path:
        """Where events wait for ClickHouse."""
        return self.data_dir / "spool"

    @property
    def state_path(self) -> Path:
        """Where the dashboard keeps what people create in it."""
        return self.data_dir / "state.db"

    @property
    def dashboard(self) -> str:
        """The address under which browsers reach the dashboard, without a slash at its end; empty: not known.

        What listens on a loopback address is reached there by browsers on this machine; behind a proxy, or on all
        interfaces, only FOOTPATH_DASHBOARD_URL knows.
        """
        here = self.dashboard_port and _is_loopback(self.host)
        return self.dashboard_url or (f"http://{_host(self.host)}:{self.dashboard_port}" if here else "")

    @property
    def dashboard_here(self) -> str:
        """The dashboard's address, else the one by which this machine reaches it."""
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return self.dashboard or f"http://{_host(here)}:{self.dashboard_port}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _host(host: str) -> str:
    """As it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
