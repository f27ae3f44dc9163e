"""The users that docs/operating/cluster.md grants rights to: enough for everything, on both shards."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from collector import engine, load, on_cluster, personal, retention, spool
from collector.check_cluster import look
from collector.event import Record
from collector.query import connect
from collector.store import Store, StoreError
from tests.cluster.servers import CLUSTER, Shards
from tests.support import CHROME, SITE, batch, now_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operating" / "cluster.md"


def granted(user: str) -> str:
    """The <grants> of a user, from the documentation's own statements."""
    statements = re.findall(rf"^(GRANT .+) TO {user};$", PAGE.read_text(), re.MULTILINE)
    assert statements
    return "<grants>{}</grants>".format("".join(f"<query>{statement}</query>" for statement in statements))


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shards]:
    """Two shards whose users have the documented grants and no other. The databases are made by an administrator."""
    users = engine._USERS.format(loader="l", analyst="a", database="x")
    users = users.replace("</quota>\n        </loader>", f"</quota>{granted('loader')}</loader>")
    users = re.sub(r"<allow_databases>.*</allow_databases>", granted("analyst"), users)
    administrator = "<admin><password>x</password><networks><ip>127.0.0.1</ip></networks></admin></users>"
    servers = Shards(tmp_path_factory.mktemp("granted"), users.replace("</users>", administrator))
    for place in (0, 1):
        servers.start(place)
        admin = Store(servers.url("default", place, "admin", "x"))
        for database in re.findall(r"^(CREATE DATABASE .+);$", PAGE.read_text(), re.MULTILINE):
            admin.execute(database)
    yield servers
    servers.stop()


def test_the_loader_migrates_loads_and_erases_and_the_analyst_asks(documented: Shards, tmp_path: Path) -> None:
    """Everything that they do, from the first table to the last deletion."""
    url = documented.url("footpath")
    assert on_cluster.migrate(url, CLUSTER)
    assert on_cluster.migrate(url, CLUSTER) == []
    store = Store(url)
    assert retention.apply(store, {"click": 400})
    assert look(url, CLUSTER).startswith(f"{CLUSTER} has 2 shards")
    writer = spool.Spool(tmp_path / "spool")
    worker = load.Loader(tmp_path / "spool", lambda: url, lambda: {"demo-shop": SITE})
    visitors = list(range(101, 111))
    for visitor in visitors:
        record = Record(now_ms(), 1, "demo-shop", CHROME, batch=batch(visitor=f"{visitor:016x}", attempt=1))
        writer.put(record.encode(), 10, now_ms())
    for visitor in visitors[:5]:
        writer.put(Record(now_ms(), 1, "demo-shop", erase=f"{visitor:016x}").encode(), 0, now_ms())
    while worker.step(everything=True):
        pass
    writer.close()
    assert spool.counters(tmp_path / "spool")["insert_errors"] == 0
    assert store.execute("SELECT sum(clicks) FROM heat_cells") == [(45,)]
    assert all(set(personal.counts(store, (1, visitor)).values()) == {0} for visitor in visitors[:5])

    site = connect(documented.url("footpath", 1, "analyst", "a")).site("demo-shop")
    assert len(site.sessions("2d").rows) == 5
    assert site.sessions("2d").meta.report == "sessions"
    analyst = Store(documented.url("footpath", 1, "analyst", "a"))
    for sql in ("INSERT INTO seen (n) VALUES (1)", "DROP TABLE footpath_local.events", "TRUNCATE TABLE seen"):
        with pytest.raises(StoreError, match=r"privileges|readonly"):
            analyst.execute(sql)
