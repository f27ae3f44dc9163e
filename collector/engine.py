"""The program's own ClickHouse: a child process that serves the native protocol on a loopback port.

The package chdb-core carries a whole ClickHouse as one extension module. A child process loads that module alone
(importing `chdb` would open a connection that stands in the way), tells it to listen, and then runs a statement
that does not end. Everything outside talks to it as to any server; `docs/decisions/engine.md` has the figures.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.machinery
import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATABASE = "footpath"
CONNECTION_FILE = "clickhouse.json"
START_SECONDS = 30.0
LOCK_SECONDS = 10.0
LOOK_SECONDS = 2.0
LOOKS = 3

# The embedded engine reads its log's level from `log-level`, as clickhouse-local does, and not from <logger>: without
# it every statement, with the values in it, would stand in the log.
_CONFIG = """<clickhouse>
    <log-level>warning</log-level>
    <tcp_port>{port}</tcp_port>
    <listen_host>127.0.0.1</listen_host>
    <users_config>{users}</users_config>
    <logger><level>warning</level><log>{log}</log><size>10M</size><count>2</count></logger>
    <mark_cache_size>268435456</mark_cache_size>
    <max_server_memory_usage_to_ram_ratio>0.5</max_server_memory_usage_to_ram_ratio>
    <query_log>
        <database>system</database><table>query_log</table>
        <flush_interval_milliseconds>2000</flush_interval_milliseconds>
        <ttl>event_date + INTERVAL 3 DAY DELETE</ttl>
    </query_log>
</clickhouse>
"""

# CREATE USER does not work in the embedded engine, users in a file do. The analyst may read one database and
# may change settings but no data (readonly = 2). The child's own statement runs as `default`, which can have no
# password; it may do nothing but that statement.
_USERS = """<clickhouse>
    <profiles>
        <default/>
        <analyst>
            <readonly>2</readonly>
            <max_execution_time>120</max_execution_time>
            <max_memory_usage>4000000000</max_memory_usage>
        </analyst>
    </profiles>
    <quotas><default/></quotas>
    <users>
        <default>
            <password></password>
            <networks><ip>127.0.0.1</ip></networks>
            <profile>default</profile>
            <grants>
                <query>GRANT SYSTEM LISTEN ON *.*</query>
                <query>GRANT SELECT ON system.numbers</query>
            </grants>
        </default>
        <loader>
            <password>{loader}</password>
            <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
            <profile>default</profile><quota>default</quota>
        </loader>
        <analyst>
            <password>{analyst}</password>
            <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
            <profile>analyst</profile><quota>default</quota>
            <allow_databases><database>{database}</database><database>system</database></allow_databases>
        </analyst>
    </users>
</clickhouse>
"""


class EngineError(RuntimeError):
    """The engine cannot run here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a running engine. `loader_url` may write, `reader_url` may only read."""

    pid: int
    loader_url: str
    reader_url: str


class Engine:
    """A ClickHouse child process over one data directory. Stop it, or leave it to end with its parent."""

    def __init__(self, data_dir: Path, is_given_up: Callable[[], bool] = lambda: False) -> None:
        """`is_given_up` tells, while it starts, whether nobody waits for it any more."""
        self._is_given_up = is_given_up
        self._home = data_dir / "clickhouse"
        self._connection_file = data_dir / CONNECTION_FILE
        self._process: subprocess.Popen[bytes] | None = None
        self._port = self._silent = 0
        self._next_look = 0.0
        self.connection: Connection | None = None

    def start(self) -> Connection:
        """Start the engine and wait until it answers; writes the connection file (mode 0600).

        Raises:
            EngineError: no engine for this platform, the directory is in use, it did not answer in 30 s, or nobody
                waits for it any more.
        """
        _require_engine()
        self._home.mkdir(parents=True, exist_ok=True)
        self._home.chmod(0o700)
        passwords = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        port = self._port = _free_port()
        self._silent = 0
        home = self._home.resolve()
        self._process = _spawn(
            home,
            {
                "config.xml": _CONFIG.format(
                    port=port, users=escape(str(home / "users.xml")), log=escape(str(home / "engine.log"))
                ),
                "users.xml": _USERS.format(loader=passwords[0], analyst=passwords[1], database=DATABASE),
            },
        )
        self._await()
        self.connection = Connection(
            self._process.pid,
            f"clickhouse://loader:{passwords[0]}@127.0.0.1:{port}/{DATABASE}",
            f"clickhouse://analyst:{passwords[1]}@127.0.0.1:{port}/{DATABASE}",
        )
        _write_private(
            self._connection_file,
            json.dumps(
                {"pid": self.connection.pid, "loader": self.connection.loader_url, "reader": self.connection.reader_url}
            ),
        )
        return self.connection

    def alive(self) -> bool:
        """Whether the child process runs and answers: one that has not answered for 6 s is ended."""
        if self._process is None or self._process.poll() is not None:
            return False
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            self._silent = 0 if self._answers() else self._silent + 1
        if self._silent >= LOOKS:
            self._process.kill()
            self._process.wait()
            return False
        return True

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
            return True
        return False

    def stop(self, timeout: float = 15.0) -> None:
        """End the child (SIGTERM, after `timeout` seconds SIGKILL) and remove the connection file."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self.connection is not None:
            self._connection_file.unlink(missing_ok=True)

    def _await(self) -> None:
        process = self._process
        assert process is not None  # noqa: S101 - set by start
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise EngineError(_why_it_ended(self._home))
            if self._answers():
                return
            if self._is_given_up():
                process.kill()
                raise EngineError("the start of the engine was broken off")
            time.sleep(0.05)
        process.kill()
        raise EngineError(f"the engine did not answer within {START_SECONDS:.0f} s; see {self._home / 'engine.log'}")


@contextlib.contextmanager
def running(data_dir: Path) -> Iterator[Connection]:
    """Run an engine over `data_dir` for the length of a `with` block."""
    engine = Engine(data_dir)
    try:
        yield engine.start()
    finally:
        engine.stop()


def find(data_dir: Path) -> Connection | None:
    """The engine that runs over `data_dir`, or None."""
    try:
        said = json.loads((data_dir / CONNECTION_FILE).read_text())
        os.kill(said["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return Connection(said["pid"], said["loader"], said["reader"])


def _require_engine() -> None:
    if _extension() is None:
        raise EngineError(
            "this platform has no embedded ClickHouse (chdb-core needs Linux or macOS on x86-64 or arm64); "
            "set FOOTPATH_CLICKHOUSE_URL=clickhouse://user:password@host:9000/footpath to use a server"
        )


def _extension() -> Path | None:
    spec = importlib.util.find_spec("chdb")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for file in Path(folder).glob("_chdb*.so"):
            return file
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_private(path: Path, text: str) -> None:
    temporary = path.with_suffix(path.suffix + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)


def _spawn(home: Path, files: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start the child. It writes its configuration `files` itself, once it holds the directory.

    It gets its own process group, so that ctrl-C in a terminal reaches the parent alone.
    """
    program = f"import sys; sys.path[:] = {sys.path!r}; from collector.engine import _child; _child()"
    with (home / "stderr.log").open("ab") as stderr:
        stderr.truncate(0)
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", program, str(home), str(os.getpid())],
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
    assert process.stdin is not None  # noqa: S101 - PIPE was asked for
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
        pipe.write(json.dumps(files).encode())
    return process


def _why_it_ended(home: Path) -> str:
    text = (home / "stderr.log").read_text(errors="replace")
    last = text.strip().splitlines()[-1:] or ["it said nothing"]
    return f"the engine ended at once: {last[0]} (more in {home / 'stderr.log'} and {home / 'engine.log'})"


def _child() -> None:
    """The child process: hold the directory, listen, and end with the parent."""
    home, parent = Path(sys.argv[1]), int(sys.argv[2])
    end_with_parent(parent)
    with (home / "lock").open("a+") as lock:
        _hold(lock)
        for name, text in json.load(sys.stdin).items():
            _write_private(home / name, text)
        # The statement that keeps the process busy wakes every 3 s and costs nothing measurable.
        _load_extension().query(
            "SYSTEM START LISTEN TCP; "
            "SELECT count() FROM system.numbers WHERE sleepEachRow(3) SETTINGS max_block_size = 1, "
            "function_sleep_max_microseconds_per_block = 0, max_threads = 1, log_queries = 0",
            path=str(home / "data"),
        )


def _load_extension() -> Any:
    path = _extension()
    if path is None:
        sys.exit("chdb-core is not installed")
    loader = importlib.machinery.ExtensionFileLoader("_chdb", str(path))
    spec = importlib.util.spec_from_file_location("_chdb", path, loader=loader)
    if spec is None:
        sys.exit(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def _hold(lock: IO[str]) -> None:
    """Take the directory; wait a little, since a killed predecessor may still be on its way out."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                lock.seek(0)
                sys.exit(f"the data directory is in use by process {lock.read().strip() or 'unknown'}")
            time.sleep(0.1)
        else:
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            return


def end_with_parent(parent: int, *, signal_number: int = signal.SIGTERM) -> None:
    """End this process soon after `parent` (its process id) is gone, however it went."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal_number)
        time.sleep(10)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()
