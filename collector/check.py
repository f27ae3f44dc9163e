"""`footpath check`: is everything in order, and if not, what is to be done?

What is told as wrong needs a person; a hint is what is usually a mistake and may be meant so.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from collector import check_cluster, database, migrate, mounts, spool
from collector.config import ConfigError, Settings
from collector.enrich.visitor import KEY_FILE, fingerprint, load_key
from collector.goals import FILE, published, read_goals
from collector.sites import read_sites
from collector.state import State
from collector.store import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

OLD_SECONDS: Final = 60
SIGN_SECONDS: Final = 600
SKEW_SECONDS: Final = 10
BOT_SHARE: Final = 0.9
SKEW_SHARE: Final = 0.5
NEARLY_ALL: Final = {4: 7, 6: 15}
"""Prefixes, by IP version, up to which a network is nearly everybody and no proxy's."""
OLDEST: Final = "26.3"
"""The ClickHouse that brought materialized common table expressions, which `friction` and `segments` are asked with."""
FEW: Final = 20
"""Batches or visitors below which a share says nothing."""
BLOCKED: Final = (
    "ad", "ads", "analytics", "beacon", "collect", "collector", "matomo", "metrics", "piwik", "pixel", "stat", "stats",
    "telemetry", "track", "tracker", "tracking",
)  # fmt: skip
"""Words in addresses that block lists such as EasyPrivacy match."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it is well, and what was seen or is to be done.

    `hint`: it is well enough, and probably not what was meant.
    """

    what: str
    well: bool
    told: str
    hint: bool = False


def findings(settings: Settings, others: Sequence[str] = ()) -> Iterator[Finding]:
    """Look at settings, disk, spool, ClickHouse and what arrived, one after the other.

    `others`: addresses of further collectors, whose secret.key is compared by its fingerprint.
    """
    for what, look in (
        ("sites", _sites), ("goals", _goals), ("secret key", lambda each: _secret(each, others)),
        ("settings", _settings), ("data directory", _data), ("disk", _disk), ("spool", _spool), ("loader", _loader),
        ("proxy", _proxy), ("origins", _origins), ("ClickHouse", _database), ("cluster", _cluster),
        ("clock", _clock), ("arrivals", _arrivals), ("dashboard", _dashboard),
    ):  # fmt: skip
        yield _found(what, look, settings)


def _found(what: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(what, True, look(settings))
    except _Hint as hint:
        return Finding(what, True, str(hint), hint=True)
    except (ConfigError, StoreError, OSError, _Wrong, ValueError, migrate.MigrationError) as error:
        return Finding(what, False, str(error))


class _Wrong(Exception):
    pass


class _Hint(Exception):
    pass


def _sites(settings: Settings) -> str:
    path = settings.config_dir / "sites.yml"
    if not _may_read(path):
        raise _Wrong(
            f"{path} may not be read by user {os.geteuid()}; give the folder and the file to the user that runs "
            "footpath, or run this command as that user"
        )
    sites = read_sites(settings.config_dir)
    return f"{len(sites)} in {path}: {', '.join(sites)}"


def _goals(settings: Settings) -> str:
    path = settings.config_dir / FILE
    found = read_goals(settings.config_dir, read_sites(settings.config_dir))
    if not found:
        return f"no {path}: conversions are those that pages send, and the detected micro steps"
    return f"{path}: " + ", ".join(
        f"{key} {len(goals)} (version {published(goals.values()).version})" for key, goals in found.items()
    )


def _may_read(path: Path) -> bool:
    try:
        path.open("rb").close()
    except PermissionError:
        return False
    except OSError:
        pass  # read_sites says what it is
    return True


def _secret(settings: Settings, others: Sequence[str]) -> str:
    path = settings.config_dir / KEY_FILE
    if not path.exists():
        return f"{path} is made at the first start"
    own = fingerprint(load_key(settings.config_dir))
    for other in others:
        theirs = _fingerprint_of(other)
        if theirs != own:
            raise _Wrong(
                f"{path} has the fingerprint {own}, the collector at {other} has {theirs}: people get another id from "
                "each; copy one secret.key to all, and start them again"
            )
    told = f"{path} has the fingerprint {own}"
    return f"{told}, as have {', '.join(others)}" if others else f"{told}; it must be the same on every collector"


def _fingerprint_of(url: str) -> str:
    if not re.match(r"https?://", url):
        raise _Wrong(f"{url!r} is no address of a collector, such as http://10.0.0.2:8400")
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/metrics", timeout=5) as answer:  # noqa: S310 - looked at above
            found = re.search(rb'^footpath_info\{.*secret_key="([0-9a-f]+)"', answer.read(), re.MULTILINE)
    except (OSError, http.client.HTTPException) as error:
        raise _Wrong(f"{url}/metrics does not answer: {error}") from error
    if not found:
        raise _Wrong(f"{url}/metrics is not that of a collector of this version")
    return found[1].decode()


def _settings(settings: Settings) -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if settings.workers > max(2, cores):
        raise _Hint(
            f"FOOTPATH_WORKERS={settings.workers}, but this process may use {cores} cores: more workers than cores "
            f"compete for them; set FOOTPATH_WORKERS={max(2, cores)}, and FOOTPATH_THREADS for more senders at once"
        )
    for name, path in (("EVENTS", settings.events_path), ("SCRIPT", settings.script_path)):
        if words := sorted(set(re.split(r"[^a-z]+", path.lower())) & set(BLOCKED)):
            raise _Hint(
                f"FOOTPATH_{name}_PATH={path} has the word {words[0]}, which block lists match: browsers with one will "
                "not ask for it; choose a name that says nothing"
            )
    return f"{settings.workers} workers on {cores} cores; no path that block lists are known to match"


def _data(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.data_dir) as probe:
        probe.write(b"footpath")
        os.fsync(probe.fileno())
    kind = mounts.kind_of(settings.data_dir)
    if kind in mounts.REMOTE:
        raise _Wrong(
            f"{settings.data_dir} is on a file system over the network ({kind}): its locks and fsync cannot be relied "
            "on; set FOOTPATH_DATA_DIR to a local disk"
        )
    return f"{settings.data_dir} is writable ({kind or 'file system unknown'})"


def _disk(settings: Settings) -> str:
    disk = shutil.disk_usage(settings.data_dir)
    least = spool.least_free(disk.total)
    told = f"{disk.free >> 20} MiB free; below {least >> 20} MiB events are refused"
    if disk.free < least:
        raise _Wrong(f"{told}: answers are 503 now; make room, or let rows expire with FOOTPATH_RETENTION")
    if disk.free < 2 * least:
        raise _Hint(f"{told} with 503; make room soon, or let rows expire with FOOTPATH_RETENTION")
    return told


def _spool(settings: Settings) -> str:
    found = spool.counters(settings.spool_dir)
    oldest = spool.oldest_received(settings.spool_dir)
    age = time.time() - oldest / 1000 if oldest else 0
    told = f"{found['accepted']} events and outcomes accepted so far, {found['spooled']} wait"
    if age > OLD_SECONDS:
        raise _Wrong(f"{told}, the oldest for {age:.0f} s; does `footpath serve` or `footpath load` run?")
    if found["damaged_files"]:
        raise _Wrong(f"{told}; {found['damaged_files']} files of {settings.spool_dir} cannot be read, see the log")
    if found["dead"]:
        raise _Wrong(f"{told}; {found['dead']} could not be stored, see the table dead_events")
    return told


def _dashboard(settings: Settings) -> str:
    if not settings.dashboard_port:
        return "off (FOOTPATH_DASHBOARD_PORT=0)"
    address = settings.dashboard_here
    if settings.dashboard_url:
        _require_dashboard(settings.dashboard_url)
    if not settings.state_path.exists():
        return f"{address}; the first start makes {settings.state_path}"
    with contextlib.closing(State(settings.state_path)) as state:
        users = state.users()
    if not any(user.is_owner and not user.invited for user in users):
        raise _Hint(f"{address}; no owner has a password yet: `footpath invite` prints a link to choose one")
    if not settings.dashboard:
        raise _Hint(
            f"{address}; users: {len(users)}; set FOOTPATH_DASHBOARD_URL to the address under which browsers reach it: "
            "pages cannot show their clicks without, and printed links are for this machine alone"
        )
    return f"{address}; users: {len(users)}"


def _require_dashboard(url: str) -> None:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:  # noqa: S310 - a setting, http or https
            said = answer.read(16)
    except (OSError, http.client.HTTPException) as error:
        raise _Hint(f"{url} (FOOTPATH_DASHBOARD_URL) does not answer from this machine: {error}") from error
    if said != b"ok\n":
        raise _Hint(f"what answers at {url} (FOOTPATH_DASHBOARD_URL) is not the dashboard")


def _loader(settings: Settings) -> str:
    text, at = spool.notes(settings.spool_dir).get("loader", ("", 0.0))
    if text:
        raise _Wrong(f"{text} (since {time.time() - at:.0f} s)")
    return "no trouble noted"


def _proxy(settings: Settings) -> str:
    networks = ", ".join(map(str, settings.trusted_proxies)) or "none"
    if wide := [each for each in settings.trusted_proxies if each.prefixlen <= NEARLY_ALL[each.version]]:
        raise _Hint(
            f"FOOTPATH_TRUSTED_PROXIES has {wide[0]}, which is nearly everybody: whoever sends X-Forwarded-For chooses "
            "the address that counts, and with it rate limit, country and, without storage, identity; name your "
            "proxies' networks alone"
        )
    notes = spool.notes(settings.spool_dir)
    age = time.time() - notes.get("proxy", ("", 0.0))[1]
    if age < SIGN_SECONDS:
        told = f"{age:.0f} s ago X-Forwarded-For came from an address outside FOOTPATH_TRUSTED_PROXIES ({networks})"
        if settings.trusted_proxies:
            raise _Hint(f"{told}; if that was a proxy of yours, add its network, else somebody tries to hide")
        raise _Wrong(
            f"{told}: to the collector all visitors have the proxy's address, one rate limit, and without storage one "
            "identity; name the proxy's network there"
        )
    age = time.time() - notes.get("silent_proxy", ("", 0.0))[1]
    if age < SIGN_SECONDS:
        raise _Wrong(
            f"{age:.0f} s ago a page on https sent events without X-Forwarded-For: the proxy that takes TLS off does "
            "not say who they come from, so all visitors have its address, one rate limit, and without storage one "
            "identity; let it send the header, and name its network in FOOTPATH_TRUSTED_PROXIES"
        )
    return f"trusted: {networks}; nobody else sent X-Forwarded-For in the last {SIGN_SECONDS // 60} minutes"


def _origins(settings: Settings) -> str:
    notes = spool.notes(settings.spool_dir)
    for name, remedy in (
        ("origin", "if that page is yours, add its origin to sites.yml, with https:// and without a path"),
        ("site", "if that page is yours, correct the key in its tag, or add the site to sites.yml"),
        ("quota", "raise the site's quota in sites.yml, or wait for the next day or month"),
    ):
        text, at = notes.get(name, ("", 0.0))
        if time.time() - at < SIGN_SECONDS:
            raise _Hint(f"refused {time.time() - at:.0f} s ago: {text}; {remedy}")
    return f"no page was refused in the last {SIGN_SECONDS // 60} minutes"


def _database(settings: Settings) -> str:
    url = database.url(settings)
    with contextlib.closing(Store(url, database="default")) as server:
        ((version,),) = server.execute("SELECT version()")
    if is_before(version, OLDEST):
        raise _Wrong(
            f"{server.address} is ClickHouse {version}: update it to {OLDEST} or newer; reports such as friction and "
            "segments are not answered before"
        )
    pending = database.pending(url, settings.clickhouse_cluster)
    if pending:
        raise _Wrong(f"{len(pending)} migrations are pending; run `footpath migrate`")
    return f"{version} at {server.address}, database {migrate.database_name(url)}, tables up to date"


def is_before(version: str, other: str) -> bool:
    """Whether a version such as `26.9.2.1` comes before another; what is not said is 0."""
    one, two = ([int(part) for part in each.split(".") if part.isdigit()] for each in (version, other))
    return one < two


def _cluster(settings: Settings) -> str:
    name = settings.clickhouse_cluster
    return check_cluster.look(settings.clickhouse_url, name) if name else "none; the rows lie on one server"


def _clock(settings: Settings) -> str:
    before = time.time()
    ((theirs,),) = _asked(settings, "SELECT toUnixTimestamp64Milli(now64(3, 'UTC')) / 1000")
    off = theirs - (before + time.time()) / 2
    if abs(off) > SKEW_SECONDS:
        raise _Wrong(f"ClickHouse's clock is {off:+.0f} s off this machine's; let both follow NTP")
    ((visitors, wrong),) = _asked(
        settings,
        "SELECT uniqExact(visitor_id), uniqExactIf(visitor_id, clock != 'browser') FROM events "
        "WHERE ts > now() - INTERVAL 2 DAY AND received_at > now() - INTERVAL 1 DAY AND NOT stored",
    )
    if visitors >= FEW and wrong / visitors > SKEW_SHARE:
        raise _Wrong(
            f"{wrong} of {visitors} visitors of the last day have another time than this machine: it is probably this "
            "clock that is wrong; let it follow NTP"
        )
    return f"{off:+.1f} s between ClickHouse and this machine; {wrong} of {visitors} visitors' clocks were wrong"


def _arrivals(settings: Settings) -> str:
    sites = {site.id: site for site in read_sites(settings.config_dir).values() if site.enabled}
    found = {
        number: (seen, bots)
        for number, seen, bots in _asked(
            settings,
            "SELECT site_id, uniqExact(visitor_id), uniqExactIf(visitor_id, bot_class != '') FROM events "
            "WHERE ts > now() - INTERVAL 3 DAY AND received_at > now() - INTERVAL 1 DAY GROUP BY site_id",
        )
    }
    for number, site in sites.items():
        visitors, bots = found.get(number, (0, 0))
        if not visitors:
            raise _Hint(
                f"{site.key} sent nothing for a day; open one of its pages with the browser's network tab, or see "
                "`footpath tail`; `footpath snippet` prints the tag"
            )
        if visitors >= FEW and bots / visitors > BOT_SHARE:
            raise _Hint(
                f"{bots} of {visitors} visitors of {site.key} in the last day are bots, which reports leave out; does "
                "the proxy pass User-Agent on, and is it people who visit?"
            )
    return ", ".join(f"{site.key} {found[number][0]} visitors in the last day" for number, site in sites.items())


def _asked(settings: Settings, sql: str) -> list[tuple[float, ...]]:
    store = Store(database.url(settings))
    try:
        return store.execute(sql)
    finally:
        store.close()
