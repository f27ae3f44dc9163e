"""The tables of a cluster: made, made again, brought level, and checked."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from collector import cluster, migrate, on_cluster, spool
from collector.check_cluster import Seen, replication
from collector.cli import main
from collector.cluster import Node
from collector.config import ConfigError, Settings
from collector.migrate import Migration, MigrationError, migrations
from collector.store import Refused, Store, Unreachable
from tests.cluster.servers import CLUSTER, GHOST
from tests.cluster.worlds import NOW, drain, loader, put, sample
from tests.support import SITES_YML

if TYPE_CHECKING:
    from tests.cluster.servers import Shards


def later(name: str, sql: str) -> list[Migration]:
    """The migrations of a later version."""
    known = migrations()
    return [*known, Migration(f"{len(known) + 1:04d}_{name}", sql, hashlib.sha256(sql.encode()).hexdigest())]


def engines(store: Store) -> dict[str, str]:
    return dict(
        store.execute("SELECT name, engine FROM system.tables WHERE database = {name:String}", {"name": store.database})
    )


def test_every_table_is_there_on_every_server(spread: Store, shards: Shards) -> None:
    """Rows in the one database, tables over all shards in the other, under the same names."""
    for place in (0, 1):
        rows = engines(Store(shards.url(f"{spread.database}_local", place)))
        over = engines(Store(shards.url(spread.database, place)))
        of_rows = {name for name, engine in rows.items() if engine.endswith("MergeTree")} - {"schema_migrations"}
        views = {name for name, engine in rows.items() if engine == "View"}
        assert over == dict.fromkeys(of_rows, "Distributed") | dict.fromkeys(views, "View")


def test_a_second_time_changes_nothing(spread: Store, cluster_url: str) -> None:
    """Also not the tables over the shards, which might be in use."""
    asked = "SELECT name, uuid FROM system.tables WHERE database = currentDatabase() ORDER BY 1"
    before = spread.execute(asked)
    assert on_cluster.migrate(cluster_url, CLUSTER) == []
    assert spread.execute(asked) == before


def test_several_collectors_migrate_at_once(shards: Shards) -> None:
    """As they do when they start together: none fails, and every table is there."""
    url = shards.url("at_once")
    with ThreadPoolExecutor(3) as pool:
        for made in [pool.submit(on_cluster.migrate, url, CLUSTER) for _ in range(3)]:
            made.result()
    assert on_cluster.migrate(url, CLUSTER) == []
    assert "events" in engines(Store(shards.url("at_once", 1)))
    drop(shards, "at_once")


def test_rows_of_one_server_are_brought_over(spread: Store, shards: Shards, tmp_path: Path) -> None:
    """One statement a table, from the documentation; the roll-ups are those that they were."""
    migrate.migrate(shards.url("old"))
    old = Store(shards.url("old"))
    writer = spool.Spool(tmp_path / "spool")
    for sent in sample(20):
        put(writer, sent, NOW)
    drain(loader(tmp_path, shards.url("old")))
    writer.close()
    page = (Path(__file__).resolve().parents[2] / "docs" / "operating" / "cluster.md").read_text()
    (statement,) = re.findall(r"^(INSERT INTO footpath\.events SELECT .*?);$", page, re.MULTILINE | re.DOTALL)
    (others,) = re.findall(r"^The same for (.*?)\. Roll-ups", page, re.MULTILINE)
    for table in ("events", *re.findall(r"`(\w+)`", others)):
        told = statement.replace("footpath.events", f"{spread.database}.{table}").replace("'events'", f"'{table}'")
        told = told.replace("'footpath'", "'old'").replace("old.internal:9000", f"127.0.0.1:{shards.ports[0]}")
        spread.execute(told.replace("'…'", "'l'"))
    of_rows = [name for name, engine in engines(spread).items() if engine == "Distributed"]
    for table in of_rows:
        if table != "sessions":  # its parts are merged when they are
            total = (
                f"SELECT count() FROM {table}"
                if table not in ROLL_UPS
                else f"SELECT sum({ROLL_UPS[table]}) FROM {table}"
            )
            assert spread.execute(total) == old.execute(total), table
    total = "SELECT uniqExact(session_id), sum(page_views), sum(clicks), sum(engaged_ms) FROM sessions"
    assert spread.execute(total) == old.execute(total)
    Store(shards.url("default")).execute("DROP DATABASE old SYNC")


ROLL_UPS = {"heat_cells": "clicks", "page_totals": "page_views", "scroll_bands": "reached"}


def drop(shards: Shards, database: str) -> None:
    for place in (0, 1):
        for name in (database, f"{database}_local"):
            Store(shards.url("default", place)).execute(f"DROP DATABASE {name} SYNC")


def test_a_later_version_adds_a_column(spread: Store, cluster_url: str, shards: Shards) -> None:
    """On every shard and in the table over them, with its comment."""
    known = later("lcp", "ALTER TABLE events ADD COLUMN lcp_ms UInt32 COMMENT 'ms'")
    assert [step.name for step in on_cluster.migrate(cluster_url, CLUSTER, known=known)] == [known[-1].name]
    assert on_cluster.migrate(cluster_url, CLUSTER, known=known) == []
    for place in (0, 1):
        for database in (spread.database, f"{spread.database}_local"):
            store = Store(shards.url(database, place))
            assert store.execute(
                "SELECT comment FROM system.columns "
                "WHERE database = currentDatabase() AND table = 'events' AND name = 'lcp_ms'"
            ) == [("ms",)]
    with pytest.raises(MigrationError, match="newer than this version"):
        on_cluster.migrate(cluster_url, CLUSTER)


def test_a_server_that_was_replaced_is_brought_level(spread: Store, cluster_url: str, shards: Shards) -> None:
    """An empty one gets everything, and the others nothing."""
    other = Store(shards.url("default", 1))
    for database in (spread.database, f"{spread.database}_local"):
        other.execute(f"DROP DATABASE {database} SYNC")
    assert len(on_cluster.planned(cluster_url, CLUSTER)) == len(migrations())
    assert len(on_cluster.migrate(cluster_url, CLUSTER)) == len(migrations())
    assert spread.execute("SELECT count() FROM events") == [(0,)]


def test_what_was_made_on_a_cluster_is_not_taken_for_one_server(cluster_url: str, shards: Shards) -> None:
    """Nor the other way round, nor on another cluster: rows would be hidden."""
    with pytest.raises(MigrationError, match=f"set FOOTPATH_CLICKHOUSE_CLUSTER={CLUSTER}"):
        migrate.migrate(cluster_url)
    migrate.migrate(shards.url("of_one"))
    with pytest.raises(MigrationError, match="has rows of its own"):
        on_cluster.migrate(shards.url("of_one"), CLUSTER)
    with pytest.raises(MigrationError, match=f"made on another cluster than {GHOST}"):
        on_cluster.migrate(cluster_url, GHOST)
    Store(shards.url("default")).execute("DROP DATABASE of_one SYNC")


def test_a_cluster_that_does_not_exist(shards: Shards) -> None:
    """Those that do are named."""
    with pytest.raises(Refused, match=f"has no such cluster in its remote_servers; it has .*{CLUSTER}"):
        on_cluster.migrate(shards.url("nothing"), "footpaht")


def test_a_shard_that_does_not_answer_is_named(shards: Shards) -> None:
    """Before anything was made."""
    with pytest.raises(Unreachable, match=f"shard 3 of cluster {GHOST} does not answer: 127.0.0.1:{shards.ghost}"):
        on_cluster.migrate(shards.url("nothing"), GHOST)
    assert "nothing" not in engines(Store(shards.url("default")))


def settings(folder: Path, shards: Shards, database: str, name: str = CLUSTER) -> dict[str, str]:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "sites.yml").write_text(SITES_YML)
    return {
        "FOOTPATH_CLICKHOUSE_URL": shards.url(database), "FOOTPATH_CLICKHOUSE_CLUSTER": name,
        "FOOTPATH_DATA_DIR": str(folder / "data"), "FOOTPATH_CONFIG_DIR": str(folder / "config"),
    }  # fmt: skip


def test_the_commands_know_the_cluster(spread: Store, shards: Shards, tmp_path: Path) -> None:
    """`migrate --dry-run`, `migrate` and `check`."""
    environment = settings(tmp_path, shards, "by_command")
    dry = CliRunner().invoke(main, ["migrate", "--dry-run"], env=environment)
    assert f"{len(migrations())} migrations would be applied" in dry.stderr
    assert "on every server of footpath_shards" in dry.stderr
    done = CliRunner().invoke(main, ["migrate"], env=environment)
    assert "the tables are up to date" in done.stderr
    told = CliRunner().invoke(main, ["check"], env=environment).stdout
    assert "ok  ClickHouse: " in told
    addresses = [f"127.0.0.1:{port} (" for port in shards.ports]
    assert f"ok  cluster: {CLUSTER} has 2 shards: {addresses[0]}" in told
    assert addresses[1] in told
    drop(shards, "by_command")


def test_check_tells_what_is_wrong_with_a_cluster(shards: Shards, tmp_path: Path) -> None:
    """A name that does not exist, and a server that does not answer."""
    told = CliRunner().invoke(main, ["check"], env=settings(tmp_path, shards, "none", "footpaht")).stdout
    assert "NOT cluster: FOOTPATH_CLICKHOUSE_CLUSTER=footpaht" in told
    told = CliRunner().invoke(main, ["check"], env=settings(tmp_path, shards, "none", GHOST)).stdout
    assert f"NOT cluster: shard 3, 127.0.0.1:{shards.ghost}: ClickHouse at" in told
    for port in shards.ports:
        assert f"127.0.0.1:{port} has another remote_servers" not in told


def test_the_programs_own_clickhouse_is_no_cluster() -> None:
    """The setting wants the address of a server."""
    with pytest.raises(ConfigError, match="FOOTPATH_CLICKHOUSE_CLUSTER needs FOOTPATH_CLICKHOUSE_URL"):
        Settings.from_environment({"FOOTPATH_CLICKHOUSE_CLUSTER": "mine"})
    with pytest.raises(ConfigError, match="a name of letters"):
        Settings.from_environment({"FOOTPATH_CLICKHOUSE_CLUSTER": "mine'; DROP"})


def seen(number: int, copy: int, /, *, keeper: bool = True, internal: bool = True, **macros: str) -> Seen:
    return Seen(Node(number, copy, f"ch{number}{copy}", 9000, internal), "26.9", keeper, macros, ())


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([seen(1, 1, keeper=False), seen(2, 1, keeper=False)], []),
        ([seen(1, 1, shard="1", replica="a"), seen(1, 2, shard="1", replica="b")], []),
        ([seen(1, 1, shard="1", replica="a"), seen(2, 1, shard="2", replica="a")], []),
        ([seen(1, 1, replica="a"), seen(2, 1, shard="2", replica="a")],
         ["ch11:9000 has no macro {shard}, which the names of Replicated tables need"]),
        ([seen(1, 1, shard="1", replica="a"), seen(2, 1, shard="2", replica="a", keeper=False)],
         ["ch21:9000 has no Keeper in its configuration"]),
        ([seen(1, 1, shard="1", replica="a"), seen(2, 1, shard="1", replica="a")],
         ["ch21:9000 and ch11:9000 are two shards with the same macro {shard}"]),
        ([seen(1, 1, shard="1", replica="a"), seen(1, 2, shard="2", replica="b")],
         ["ch12:9000 and ch11:9000 are one shard with different macros {shard}"]),
        ([seen(1, 1, shard="1", replica="a"), seen(1, 2, shard="1", replica="a")],
         ["ch12:9000 and ch11:9000 have the same macro {replica}"]),
        ([seen(1, 1, shard="1", replica="a", internal=False), seen(1, 2, shard="1", replica="b", internal=False)],
         ["shard 1 needs internal_replication true in remote_servers, else rows arrive twice"]),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_of_replicas(found: list[Seen], told: list[str]) -> None:
    """A shard without Keeper or macros where others have them, or a server in another's place."""
    assert replication(found) == told


def test_where_rows_lie_is_found_without_a_setting(spread: Store, cluster_url: str, shards: Shards) -> None:
    """Whoever reads needs an address alone; one server's tables lie in themselves."""
    assert cluster.spread(spread) == cluster.Spread(CLUSTER, f"{spread.database}_local")
    local = Store(shards.url(f"{spread.database}_local"))
    assert cluster.spread(local) is None
    with cluster.parts(spread) as parts:
        assert [part.store.address for part in parts] == [f"127.0.0.1:{port}" for port in shards.ports]
    with cluster.parts(local) as parts:
        assert [part.store for part in parts] == [local]
