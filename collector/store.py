"""The wall around clickhouse-driver: the only module that talks to ClickHouse.

Errors, as the rest of the program sees them::

    StoreError             code (ClickHouse's number, 0 unknown), message
    ├── Unreachable        nobody answers, or not now: worth trying again
    ├── Poison             a value in the rows cannot be stored: find the row, set it aside
    └── Refused            anything else: a person must act (password, grant, missing table, full disk)
"""

from __future__ import annotations

import copy
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from clickhouse_driver import Client
from clickhouse_driver import errors as driver_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")

# Timeouts, network, too many parts or queries, memory, and ZooKeeper's "try again".
_TRANSIENT = frozenset({159, 202, 203, 209, 210, 236, 241, 242, 252, 279, 319, 394, 425, 999})
# Errors about a value of a row: CANNOT_PARSE_* (6, 26, 27, 38, 41, 72, 117, 130), TYPE_MISMATCH (53),
# ARGUMENT_OUT_OF_BOUND (69), CANNOT_CONVERT_TYPE (70), VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE (321),
# CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN (349), VIOLATED_CONSTRAINT (469), DECIMAL_OVERFLOW (407),
# INCORRECT_DATA (117), UNKNOWN_ELEMENT_OF_ENUM (691), TOO_DEEP_RECURSION in JSON (306).
ALL_CONNECTION_TRIES_FAILED = 279
"""A Distributed table found no server of one of its shards."""
POISON_CODES = frozenset({6, 26, 27, 38, 41, 53, 69, 70, 72, 117, 130, 306, 321, 349, 407, 469, 691})

# What holds for every statement on a cluster, and means nothing elsewhere. A subquery about Distributed tables is asked
# once and its answer sent to all shards (GLOBAL), wherever the rows lie; and without a shard there is no answer, since
# one without its rows would be wrong.
_ON_CLUSTERS = {"distributed_product_mode": "global", "skip_unavailable_shards": 0}

_INSERT_SETTINGS = {
    # Otherwise a Distributed table says yes, and sends later.
    "distributed_foreground_insert": 1,
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "optimize_on_insert": 0,
    "async_insert": 0,
    "materialized_views_ignore_errors": 0,
    # Sessions lie in the month that their id names. Browsers with wrong clocks, and hostile ones, name any of the
    # 420 months that 40 bits hold; with the default of 100 one such shipment would be refused for ever.
    "max_partitions_per_insert_block": 0,
}


class StoreError(Exception):
    """ClickHouse said no. `code` is its number for the error, 0 where there is none."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class Unreachable(StoreError):
    """Nobody answers, or not now: worth trying again."""


class Poison(StoreError):
    """A value in the rows cannot be stored."""


class Refused(StoreError):
    """A person must act: password, grant, missing table, full disk."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of a question, their column names, and the id under which system.query_log knows it."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    query_id: str


class Store:
    """A connection to one database, kept open and made anew after an error. Safe to share between threads."""

    def __init__(
        self,
        url: str,
        *,
        database: str | None = None,
        connect_timeout: float = 5.0,
        timeout: float = 300.0,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        """`url` is clickhouse://user:password@host:9000/database (clickhouses:// for TLS).

        `database` replaces the URL's; `settings` hold for every statement.

        Raises:
            ValueError: the URL is not of that form.
        """
        self._arguments = _arguments(url)
        self._arguments["database"] = database or self._arguments["database"]
        self._arguments.update(connect_timeout=connect_timeout, send_receive_timeout=timeout)
        self._arguments["settings"] = {"server_side_params": True, **_ON_CLUSTERS, **(settings or {})}
        self._open()

    def _open(self) -> None:
        self._client: Client | None = None
        self._lock = threading.Lock()
        self.database: str = self._arguments["database"]
        self.address = f"{self._arguments['host']}:{self._arguments['port']}"

    def beside(self, host: str, port: int, database: str, *, connect_timeout: float) -> Store:
        """A connection of the same user to another server, with TLS where this one has it."""
        other = copy.copy(self)
        other._arguments = {name: value for name, value in self._arguments.items() if name != "alt_hosts"}
        other._arguments.update(host=host, port=port, database=database, connect_timeout=connect_timeout)
        other._open()
        return other

    def execute(
        self, sql: str, params: Mapping[str, object] | None = None, settings: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows. `params` are bound by the server (`{name:Type}`).

        Raises:
            StoreError: see the module's list.
        """
        return self.ask(sql, params, settings).rows

    def ask(
        self,
        sql: str,
        params: Mapping[str, object] | None = None,
        settings: Mapping[str, object] | None = None,
        query_id: str | None = None,
    ) -> Answer:
        """Like `execute`, with the column names and the query's id."""

        def run(client: Client) -> Answer:
            answer = client.execute(
                sql, dict(params or {}), settings=dict(settings or {}), with_column_types=True, query_id=query_id
            )
            if not isinstance(answer, tuple):  # a statement without a result
                return Answer((), [], query_id or "")
            rows, columns = answer
            return Answer(tuple(name for name, _ in columns), rows, query_id or "")

        return self._guarded(run)

    def insert(self, table: str, columns: Mapping[str, Sequence[object]], *, token: str | None = None) -> int:
        """Insert columns of equal length; with `token` a repeated insert of the same rows is dropped by the engine.

        Returns:
            the number of rows sent.

        Raises:
            Poison: a value does not fit its column, found here or by ClickHouse.
            StoreError: see the module's list.
        """
        rows = len(next(iter(columns.values())))
        if rows == 0:
            return 0
        settings = dict(_INSERT_SETTINGS)
        if token:
            settings["insert_deduplication_token"] = token  # type: ignore[assignment]
        names = ", ".join(columns)

        def run(client: Client) -> int:
            client.execute(
                f"INSERT INTO {table} ({names}) VALUES",
                # The driver converts values in place; a retry must send what the caller gave.
                [list(column) for column in columns.values()],
                columnar=True,
                settings=settings,
                types_check=False,
            )
            return rows

        return self._guarded(run)

    def ping(self) -> None:
        """Ask for nothing.

        Raises:
            StoreError: see the module's list.
        """
        self.execute("SELECT 1")

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._lock:
            self._drop()

    def _guarded(self, run: Callable[[Client], T]) -> T:
        with self._lock:
            try:
                if self._client is None:
                    self._client = Client(**self._arguments)
                return run(self._client)
            except Exception as error:
                self._drop()
                raise _translated(error, self.address) from error

    def _drop(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client = None


def _arguments(url: str) -> dict[str, Any]:
    wrong = "a ClickHouse address looks like clickhouse://user:password@host:9000/database"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # its text may hold the password
        raise ValueError(f"{wrong}; in a password, write # / ? @ as %23 %2F %3F %40") from None
    if parts.scheme not in ("clickhouse", "clickhouses") or not parts.hostname:
        raise ValueError(wrong)
    secure = parts.scheme == "clickhouses"
    arguments: dict[str, Any] = {
        "host": parts.hostname,
        "port": port or (9440 if secure else 9000),
        "user": unquote(parts.username or "default"),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.strip("/")) or "footpath",
        "secure": secure,
    }
    for name, value in parse_qsl(parts.query):
        if name in ("alt_hosts", "ca_certs", "verify", "compression"):
            arguments[name] = value != "0" if name == "verify" else value
    return arguments


def _translated(error: Exception, address: str) -> StoreError:
    """Our error for the driver's. Values that the driver cannot pack are poison as much as ClickHouse's own."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, driver_errors.ServerException):
        kind = Poison if error.code in POISON_CODES else Unreachable if error.code in _TRANSIENT else Refused
        text = _first_line(str(error.message))
        return kind(_silent_servers(text) if error.code == ALL_CONNECTION_TRIES_FAILED else text, error.code)
    if isinstance(
        error,
        OSError
        | EOFError
        | UnicodeDecodeError
        | driver_errors.NetworkError
        | driver_errors.SocketTimeoutError
        | driver_errors.PartiallyConsumedQueryError
        | driver_errors.UnexpectedPacketFromServerError,
    ):
        return Unreachable(f"ClickHouse at {address} does not answer: {_first_line(str(error))}", 210)
    if (
        isinstance(
            error,
            driver_errors.TypeMismatchError
            | driver_errors.LogicalError
            | ValueError
            | TypeError
            | UnicodeError
            | ArithmeticError
            | LookupError
            | AttributeError,
        )
        or type(error).__module__ == "struct"
    ):
        return Poison(f"{type(error).__name__}: {_first_line(str(error))}", 53)
    return Refused(f"{type(error).__name__}: {_first_line(str(error))}", getattr(error, "code", 0) or 0)


def _silent_servers(text: str) -> str:
    """ClickHouse's log of its tries, one line each, as a sentence."""
    servers = dict.fromkeys(re.findall(r"\(([^\s(),]+:\d+)[,)]", text))
    return f"no server of a shard answers: {', '.join(servers)}" if servers else text


def _first_line(text: str) -> str:
    return text.split(" Stack trace:", maxsplit=1)[0].removeprefix("DB::Exception: ").strip()
