"""The users that docs/privacy.md grants rights to: the loader can do its work with them, the analyst can only read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from collector import dossier, engine, load, personal, reclassify, retention, spool
from collector.event import Record
from collector.migrate import migrate
from collector.query import connect, last, page
from collector.store import Store, StoreError
from tests.support import CHROME, SITE, batch, now_ms, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parent.parent / "docs" / "privacy.md"
VISITOR = 0xA1B2C3D4E5F60718


def granted(user: str) -> str:
    """The <grants> of a user, from the documentation's own statements."""
    statements = re.findall(rf"^(GRANT .+) TO {user};$", PAGE.read_text(), re.MULTILINE)
    assert statements
    return "<grants>{}</grants>".format("".join(f"<query>{statement}</query>" for statement in statements))


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engine.Connection]:
    """An engine whose users have the documented grants and no other. The database is made by an administrator."""
    users = engine._USERS
    with pytest.MonkeyPatch.context() as patch:
        loader = users.replace("</quota>\n        </loader>", f"</quota>{granted('loader')}</loader>")
        both = re.sub(r"<allow_databases>.*</allow_databases>", granted("analyst"), loader)
        assert users.count("<grants>") + 2 == both.count("<grants>")
        administrator = "<admin><password>x</password><networks><ip>127.0.0.1</ip></networks></admin></users>"
        patch.setattr(engine, "_USERS", both.replace("</users>", administrator))
        with engine.running(tmp_path_factory.mktemp("grants")) as connection:
            admin = Store(re.sub(r"//.*@", "//admin:x@", connection.loader_url), database="default")
            admin.execute("CREATE DATABASE IF NOT EXISTS footpath")
            yield connection


@pytest.fixture(scope="module")
def migrated(documented: engine.Connection) -> engine.Connection:
    """The same with tables, made by the loader."""
    assert migrate(documented.loader_url)
    return documented


def test_the_loader_migrates_loads_erases_and_reclassifies(migrated: engine.Connection, tmp_path: Path) -> None:
    """Everything that it does, from the first table to the last deletion."""
    store = Store(migrated.loader_url)
    assert migrate(migrated.loader_url) == []
    writer = spool.Spool(tmp_path / "spool")
    worker = load.Loader(tmp_path / "spool", lambda: migrated.loader_url, lambda: {"demo-shop": SITE})
    for visitor in (VISITOR, VISITOR + 1):
        sent = batch(visitor=f"{visitor:016x}", attempt=1)
        writer.put(Record(now_ms(), 1, "demo-shop", CHROME, batch=sent).encode(), 10, now_ms())
    writer.put(Record(now_ms(), 1, "demo-shop", CHROME, erase=f"{VISITOR:016x}").encode(), 0, now_ms())
    while worker.step(everything=True):
        pass
    writer.close()
    assert spool.counters(tmp_path / "spool")["insert_errors"] == 0
    assert store.execute("SELECT sum(clicks) FROM heat_cells") == [(9,)]
    assert set(personal.counts(store, (1, VISITOR)).values()) == {0}
    assert dossier.erasure(store, tmp_path / "spool", (1, VISITOR))["state"] == "erased"
    day = datetime.now(UTC).date()
    moved = replace(SITE, origins=("https://elsewhere.example",))
    period = reclassify.Period(day - timedelta(days=1), day)
    referred = {"url": "https://shop.example/cart", "referrer": "https://elsewhere.example/"}
    sent = batch(visitor=f"{VISITOR + 2:016x}", entry=referred)
    sent["page"] |= referred
    writer = spool.Spool(tmp_path / "spool")
    writer.put(Record(now_ms(), 1, "demo-shop", CHROME, batch=sent).encode(), 10, now_ms())
    worker.step(everything=True)
    writer.close()
    assert reclassify.reclassify(store, period, {"demo-shop": moved}).visits == 1
    assert retention.apply(store, {"click": 400, "session": 400, "trail": 7, "dead": 7, "identify": 7}) != []
    assert retention.apply(store, {}) != []


@pytest.mark.parametrize("sql", [
    "CREATE DATABASE other", "CREATE TABLE default.t (x UInt8) ENGINE = Memory", "CREATE USER u",
    "DROP DATABASE footpath", "SELECT * FROM system.users",
    "SELECT * FROM url('http://127.0.0.1:1', CSV, 'x UInt8')", "SELECT * FROM file('/etc/passwd', RawBLOB)",
    "INSERT INTO FUNCTION file('x.csv') SELECT 1",
])  # fmt: skip
def test_the_loader_can_do_nothing_else(migrated: engine.Connection, sql: str) -> None:
    """ClickHouse answers that it may not: error 497."""
    with pytest.raises(StoreError) as error:
        Store(migrated.loader_url).execute(sql)
    assert error.value.code == 497


def test_the_analyst_asks_exports_and_sees_costs(migrated: engine.Connection, tmp_path: Path) -> None:
    """Reports, and everything about one visitor."""
    Store(migrated.loader_url).insert(
        "sites", {"site_id": [1], "key": ["demo-shop"], "name": ["x"], "time_zone": ["UTC"], "updated_at": [now_ms()]}
    )
    connection = connect(migrated.reader_url)
    result = connection.site("demo-shop").funnel([page("/cart"), page("/cart")], last("2d"))
    assert len(result.rows) == 2
    wait_until(lambda: result.cost is not None, what="the query log")
    connection.close()
    store = Store(migrated.reader_url)
    assert list(dossier.lines(store, tmp_path, (1, 99))) == []
    assert dossier.erasure(store, tmp_path, (1, 99)) == {"state": "unknown"}


@pytest.mark.parametrize("sql", [
    "INSERT INTO sites (site_id) VALUES (1)", "ALTER TABLE events DELETE WHERE 1", "TRUNCATE TABLE events",
    "DROP TABLE events", "DELETE FROM events WHERE 1", "CREATE TABLE t (x UInt8) ENGINE = Memory",
    "ALTER TABLE events MODIFY TTL toDateTime(ts)", "ALTER TABLE events DROP PARTITION 202611",
    "CREATE TEMPORARY TABLE t (x UInt8)", "SELECT * FROM url('http://127.0.0.1:1', CSV, 'x UInt8')",
    "SELECT * FROM file('/etc/passwd', RawBLOB)", "SYSTEM FLUSH LOGS", "KILL QUERY WHERE 1",
])  # fmt: skip
def test_the_analyst_writes_nowhere(migrated: engine.Connection, sql: str) -> None:
    """Not enough privileges (497), or a read-only user (164)."""
    with pytest.raises(StoreError) as error:
        Store(migrated.reader_url).execute(sql)
    assert error.value.code in {164, 497}
