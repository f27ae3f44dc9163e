"""An IP address is never written: not to the spool, the tables, the logs, or any other file of the data directory."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from collector.engine import find
from collector.store import Store
from tests.support import SITES_YML, batch, serving, wait_until

if TYPE_CHECKING:
    from pathlib import Path

MARKS = ("203.0.113.77", "2001:db8:77::4d")
"""Addresses of visitors, told by a proxy that is trusted."""


def forms(address: str) -> dict[str, bytes]:
    """How an address may be written: as text, as bytes in either order, as hex, as a number."""
    parsed = ipaddress.ip_address(address)
    packed = parsed.packed
    return {
        "text": address.encode(), "long": parsed.exploded.encode(), "network": packed, "host": packed[::-1],
        "hex": packed.hex().encode(), "number": str(int(parsed)).encode(),
    }  # fmt: skip


def found(data: bytes) -> list[str]:
    """The forms of the marks that stand in it."""
    return [f"{mark} as {name}" for mark in MARKS for name, form in forms(mark).items() if form in data]


def files(folder: Path) -> list[str]:
    """Where in files or their names a mark stands."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    assert len(paths) > 50
    return [f"{path}: {hit}" for path in paths for hit in found(path.name.encode() + b"\n" + path.read_bytes())]


def cells(url: str) -> list[str]:
    """Where in the tables a mark stands; tables are compressed on the disk, so they are asked."""
    store = Store(url)
    tables = [name for (name,) in store.execute(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'")]  # fmt: skip
    tables.append("system.query_log")
    store.execute("SYSTEM FLUSH LOGS")
    assert store.execute("SELECT count() > 0 FROM events") == [(1,)]
    assert store.execute("SELECT count() > 0 FROM rejected_events") == [(1,)]
    hits = []
    for table in tables:
        for (row,) in store.execute(f"SELECT formatRow('TSV', *) FROM {table}", settings={"log_queries": 0}):
            hits += [f"{table}: {hit}" for hit in found(row.encode())]
    store.close()
    return hits


def test_the_search_would_find_an_address(tmp_path: Path) -> None:
    """In each of its forms."""
    for mark in MARKS:
        for form in forms(mark).values():
            assert found(b"x" + form + b"y")


def test_an_address_is_never_written(tmp_path: Path) -> None:
    """Taken, refused and rate-limited requests, with and without storage, under the most talkative log."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sites.yml").write_text(SITES_YML + "    secret_keys: [0123456789abcdef]\n")
    with serving(
        tmp_path, FOOTPATH_TRUSTED_PROXIES="127.0.0.0/8", FOOTPATH_LOG="debug", FOOTPATH_RATE="5", FOOTPATH_WORKERS="1"
    ) as server:
        statuses = []
        for mark in MARKS:
            headers = {"X-Forwarded-For": f"198.51.100.1, {mark}"}
            bodies = [
                batch(), batch(visitor="", session=""), batch([{"n": 0, "t": 0, "k": "nonsense"}]), b"no json",
                batch(site="nobody"), *(batch() for _ in range(40)),
            ]  # fmt: skip
            statuses += [server.post(body, headers)[0] for body in bodies]
        assert set(statuses) == {202, 400, 403, 429}
        assert not files(tmp_path)
        wait_until(lambda: server.metrics()["spooled"] == 0, what="loading")
        engine = find(tmp_path / "data")
        assert engine is not None
        assert cells(engine.loader_url) == []
        assert files(tmp_path) == []
    assert files(tmp_path) == []
