"""Run the processes together: ClickHouse, the loader, the web workers, the dashboard. What dies is started again.

Every child ends with its parent, however that went (`engine.end_with_parent`), so that nothing is left running.
SIGTERM and ctrl-C end things in the order in which events flow: first nothing new is accepted, then the loader brings
what waits to ClickHouse, then ClickHouse stops.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Final

from collector import connections, database, load, shipment, store, telemetry
from collector import engine as engines
from collector.config import ConfigError, Settings
from collector.enrich.place import PlaceError, Places
from collector.enrich.visitor import load_key
from collector.goals import LiveGoals
from collector.sites import LiveSites

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.process import BaseProcess

DRAIN_SECONDS: Final = 10
_RESTART_PAUSE: Final = 0.5
_RESTART_PAUSE_MOST: Final = 10.0
_STEADY_SECONDS: Final = 30.0
_START_SECONDS: Final = 90.0
# Rows and ids of a shipment are no cycles. At Python's 700 the collector walks over them dozens of times while they
# are made, a fifth of the loader's CPU.
_SHIPMENT_OBJECTS: Final = 500_000
# granian's lines go the way of all others: one form, one stream.
_THROUGH_OURS: Final = {
    "handlers": {},
    "loggers": {name: {"handlers": [], "propagate": True} for name in ("_granian", "granian.access")},
}
_WEB_MAIN: Final = "FOOTPATH_WEB_MAIN_PROCESS"
_DASHBOARD_THREADS: Final = 8

log = logging.getLogger("footpath")
_spawn = multiprocessing.get_context("spawn")


class Child:
    """A process that is started again when it ends by itself: after 0.5 s, twice that each time, 10 s at most."""

    def __init__(self, name: str, start: Callable[[], Callable[[], bool]], stop: Callable[[], None]) -> None:
        """`start` starts it and returns a function that tells whether it lives; `stop` ends it and waits."""
        self.name, self._start, self.stop = name, start, stop
        self._alive: Callable[[], bool] = lambda: False
        self._pause, self._next_try, self._started = _RESTART_PAUSE, 0.0, 0.0

    def start(self) -> None:
        """Start it for the first time; errors come out."""
        self._alive = self._start()
        self._started = time.monotonic()

    def tend(self) -> None:
        """Start it again if it ended."""
        now = time.monotonic()
        if self._alive() or now < self._next_try:
            return
        if now - self._started > _STEADY_SECONDS:
            self._pause = _RESTART_PAUSE
        log.warning("%s ended; starting it again", self.name)
        try:
            self.start()
        except (engines.EngineError, OSError) as error:
            log.error("%s does not start: %s", self.name, error)
        self._next_try = time.monotonic() + self._pause
        self._pause = min(_RESTART_PAUSE_MOST, self._pause * 2)


class Supervisor:
    """Everything that `footpath serve` runs. `start`, then `watch` until `stop` is asked for, then `end`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.stopping = threading.Event()
        self._engine = None if settings.clickhouse_url else engines.Engine(settings.data_dir, self.stopping.is_set)
        self._processes: dict[str, BaseProcess] = {}
        self._children = [self._process("loader", _run_loader), self._process("web", _run_web)]
        if settings.dashboard_port:
            self._children.append(self._process("dashboard", _run_dashboard))
        if self._engine is not None:
            self._children.insert(0, Child("ClickHouse", self._start_engine, self._engine.stop))
        self._watcher: threading.Thread | None = None

    def start(self) -> None:
        """Start everything and wait until events are taken, or until `stopping` is set.

        Raises:
            ConfigError: a setting or sites.yml is wrong, or the port is taken.
            EngineError: the program's own ClickHouse does not run here.
        """
        _require_configuration(self._settings)
        _require_free(self._settings.host, self._settings.port, "FOOTPATH_PORT")
        if self._settings.dashboard_port:
            _require_free(self._settings.host, self._settings.dashboard_port, "FOOTPATH_DASHBOARD_PORT")
        try:
            for child in self._children:
                child.start()
            self._await_ready()
        except BaseException as error:
            was_told_to_stop = self.stopping.is_set()
            self.end()
            if not (was_told_to_stop and isinstance(error, engines.EngineError)):
                raise

    def watch(self) -> None:
        """Restart what dies, until `stopping` is set."""
        while not self.stopping.wait(0.2):
            for child in self._children:
                child.tend()

    def watch_in_background(self) -> None:
        """`watch` in a thread of its own."""
        self._watcher = threading.Thread(target=self.watch, name="watch", daemon=True)
        self._watcher.start()

    def end(self) -> None:
        """End everything in the order in which events flow."""
        self.stopping.set()
        if self._watcher is not None:
            self._watcher.join()
        for child in reversed(self._children):
            with contextlib.suppress(OSError):
                child.stop()

    def handle_signals(self) -> None:
        """SIGTERM, SIGINT and SIGHUP ask for the end; nohup's wish to ignore SIGHUP is respected."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_: self.stopping.set())

    def _start_engine(self) -> Callable[[], bool]:
        engine = self._engine
        assert engine is not None  # noqa: S101 - only called where there is one
        engine.start()
        return engine.alive

    def _process(self, name: str, run: Callable[[Settings, int], None]) -> Child:
        def start() -> Callable[[], bool]:
            process = _spawn.Process(target=run, args=(self._settings, os.getpid()), name=f"footpath-{name}")
            process.start()
            self._processes[name] = process
            return process.is_alive

        def stop() -> None:
            process = self._processes.get(name)
            if process is None or process.pid is None:
                return
            process.terminate()
            process.join(DRAIN_SECONDS + 5)
            if process.is_alive():
                process.kill()
                process.join()

        return Child(name, start, stop)

    def await_dashboard(self) -> bool:
        """Wait until the dashboard answers; False where there is none, or it does not come."""
        deadline = time.monotonic() + _START_SECONDS
        while self._settings.dashboard_port and time.monotonic() < deadline and not self.stopping.is_set():
            if _listens(self._settings.host, self._settings.dashboard_port):
                return True
            time.sleep(0.05)
        return False

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and not self.stopping.is_set():
            if _listens(self._settings.host, self._settings.port):
                return
            if not self._processes["web"].is_alive():
                raise ConfigError("the web workers ended at once; the lines above say why")
            time.sleep(0.05)
        if not self.stopping.is_set():
            raise ConfigError(f"the web workers did not answer within {_START_SECONDS:.0f} s")


def run_loader(settings: Settings) -> None:
    """Load until SIGTERM, then drain for at most 10 s.

    Raises:
        SpoolError: another loader works on this spool.
        ConfigError: sites.yml is wrong.
    """
    with shipment.loader_lock(settings.spool_dir):
        _load_until_told(settings)


def _load_until_told(settings: Settings) -> None:
    gc.freeze()
    gc.set_threshold(_SHIPMENT_OBJECTS)
    sites = LiveSites(settings.config_dir)
    loader = load.Loader(
        settings.spool_dir,
        lambda: database.url(settings),
        sites,
        lambda url: database.prepare(url, settings.clickhouse_cluster, settings.retention),
        LiveGoals(settings.config_dir, sites),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loader.stopping.set())
    loader.run(DRAIN_SECONDS)


def _run_loader(settings: Settings, parent: int) -> None:
    telemetry.configure_logging(settings.log, settings.log_format)
    _leave_terminal()
    engines.end_with_parent(parent)
    run_loader(settings)


def _run_web(settings: Settings, parent: int) -> None:
    _serve(settings, parent, "web_application", settings.port, workers=settings.workers, threads=settings.threads)


def _run_dashboard(settings: Settings, parent: int) -> None:
    """One worker: what people create in the dashboard is one file, and its readers are few."""
    port = settings.dashboard_port
    _serve(settings, parent, "dashboard_application", port, workers=1, threads=_DASHBOARD_THREADS)


def _serve(settings: Settings, parent: int, application: str, port: int, *, workers: int, threads: int) -> None:
    """granian's main process with its workers, which end with it (see `_configured`)."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    telemetry.configure_logging(settings.log, settings.log_format)
    _leave_terminal()
    engines.end_with_parent(parent)
    os.environ[_WEB_MAIN] = str(os.getpid())
    Granian(
        f"collector.supervise:{application}",
        factory=True,
        address=settings.host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        respawn_failed_workers=True,
        workers_kill_timeout=DRAIN_SECONDS,
        log_enabled=settings.log == "debug",
        log_dictconfig=_THROUGH_OURS,
        backlog=2048,
        backpressure=connections.most(),
        http1_settings=HTTP1Settings(
            header_read_timeout=connections.HEADERS_SECONDS * 1000, max_buffer_size=connections.HEADERS_BYTES
        ),
    ).serve()


def web_application() -> object:
    """What a web worker serves. It ends with granian's main process."""
    from collector.app import create_app

    return create_app(_configured())


def dashboard_application() -> object:
    """What the dashboard's worker serves. It ends with granian's main process."""
    from collector.dashboard.application import create_dashboard

    return create_dashboard(_configured())


def _configured() -> Settings:
    settings = Settings.from_environment()
    telemetry.configure_logging(settings.log, settings.log_format)
    # Not getppid(): a worker that starts while its parent is killed has another one by now.
    engines.end_with_parent(int(os.environ[_WEB_MAIN]))
    connections.keep_room(connections.most(), settings.trusted_proxies)
    return settings


def _leave_terminal() -> None:
    """ctrl-C in a terminal goes to the whole process group; only the supervisor shall hear it."""
    with contextlib.suppress(OSError):
        os.setsid()


def _require_configuration(settings: Settings) -> None:
    """Find mistakes here, where a person sees them, and not in a worker that would end and be started again."""
    LiveSites(settings.config_dir)
    try:
        if settings.clickhouse_url:
            store.Store(settings.clickhouse_url)
        Places(settings.country_db)
        load_key(settings.config_dir)
    except (PlaceError, ValueError, OSError) as error:
        raise ConfigError(str(error)) from error


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _listens(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((_reachable(host), port), timeout=1):
        return True
    return False


def _require_free(host: str, port: int, setting: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(
                f"{host}:{port} cannot be used ({error.strerror}); set FOOTPATH_HOST or {setting}"
            ) from error
