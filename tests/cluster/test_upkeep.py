"""What is done where the rows lie: erasure, export, retention and new sources, on two shards."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from collector import cluster, dossier, links, migrate, personal, reclassify, retention, spool
from collector.event import OWN_TABLES, Record
from collector.store import Store
from tests.cluster.worlds import NOW, counters, drain, loader, put, sample
from tests.support import SITE, batch, now_ms, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cluster.servers import Shards

ROLL_UPS = {
    "heat_cells": "site_id, page_day, path, device, fixed, cell_x, cell_y, sum(clicks)",
    "page_totals": "site_id, page_day, path, device, sum(page_views)",
    "scroll_bands": "site_id, page_day, path, device, band, sum(reached), round(sum(seconds), 3)",
}


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[spool.Spool]:
    """A worker's end of a spool."""
    writer = spool.Spool(tmp_path / "spool")
    yield writer
    writer.close()


def cells(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Every roll-up of cells, added up over the shards."""
    found = {}
    for table, columns in ROLL_UPS.items():
        keys = columns.partition(", sum(")[0]
        found[table] = store.execute(f"SELECT {columns} FROM {table} GROUP BY {keys} ORDER BY {keys}")
    return found


def visitors(store: Store) -> dict[int, int]:
    """A visitor with its number of events, for every one that is known."""
    return dict(store.execute("SELECT visitor_id, count() FROM events WHERE bot_class = '' GROUP BY 1 ORDER BY 1"))


def command(writer: spool.Spool, visitor: int) -> None:
    """Ask for an erasure as the route does."""
    now = now_ms()
    writer.put(Record(now, 1, "demo-shop", erase=f"{visitor:016x}").encode(), 0, now)


def test_visitors_of_both_shards_are_erased(
    spread: Store, cluster_url: str, shards: Shards, writer: spool.Spool, tmp_path: Path
) -> None:
    """Rows and cells are as if they had never come, on every server; a shard that is away is waited for."""
    worker = loader(tmp_path, cluster_url)
    worker.stopping.set()
    seen = sample(20)
    for sent in seen:
        put(writer, sent, NOW)
    drain(worker)
    with cluster.parts(spread) as parts:
        gone = [next(iter(visitors(part.store))) for part in parts]
    assert all(personal.counts(spread, (1, visitor))["events"] for visitor in gone)
    assert all(len(list(dossier.lines(spread, tmp_path / "spool", (1, visitor)))) > 2 for visitor in gone)
    shards.kill(1)
    try:
        for visitor in gone:
            command(writer, visitor)
        assert not worker.step(everything=True)
    finally:
        shards.start(1)
    wait_until(lambda: worker.step(everything=True), what="the erasure")
    assert counters(tmp_path)["erasures"] == 2
    for visitor in gone:
        assert set(personal.counts(spread, (1, visitor)).values()) == {0}
        told = dossier.erasure(spread, tmp_path / "spool", (1, visitor))
        assert told["state"] == "erased"
    for place in (0, 1):
        local = Store(shards.url(f"{spread.database}_local", place))
        assert local.execute("SELECT count() FROM erasing") == [(0,)]
        assert not local.execute("SELECT name FROM system.tables WHERE name LIKE '%\\_rebuilt\\_%'")
    stayed = [sent for sent in seen if int(sent["visitor"], 16) not in gone]
    put(writer, next(sent for sent in seen if int(sent["visitor"], 16) in gone) | {"attempt": 1})
    drain(worker)
    assert counters(tmp_path)["erased"] > 0
    assert spread.execute("SELECT count() FROM events")[0][0] == sum(
        event["k"] not in OWN_TABLES for sent in stayed for event in sent["events"]
    )
    assert cells(spread) == as_if_only(stayed, shards, tmp_path / "other")


def as_if_only(batches: list[dict[str, Any]], shards: Shards, folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """The cells of one server to which nothing else came."""
    migrate.migrate(shards.url("never_came"))
    writer = spool.Spool(folder / "spool")
    for sent in batches:
        put(writer, sent, NOW)
    drain(loader(folder, shards.url("never_came")))
    writer.close()
    with contextlib.closing(Store(shards.url("never_came"))) as store:
        found = cells(store)
        store.execute("DROP DATABASE never_came SYNC")
    return found


def test_an_outcome_goes_with_all_its_versions(
    spread: Store, cluster_url: str, tmp_path: Path, writer: spool.Spool
) -> None:
    """Also with those that named nobody, or somebody of the other shard."""
    for version, visitor in enumerate((0, 11, 12, 13), 1):
        spread.insert(
            "outcomes",
            {
                "site_id": [1], "source": ["shop"], "id": ["order-1"], "kind": ["order"], "ts": [NOW], "value": [1],
                "visitor_id": [visitor], "props": ["{}"], "received_at": [NOW], "version": [version],
            },
        )  # fmt: skip
    command(writer, 12)
    drain(loader(tmp_path, cluster_url))
    assert spread.execute("SELECT count() FROM outcomes") == [(0,)]


def test_links_of_both_shards_are_undone_and_made_again(spread: Store) -> None:
    """Where the visitor's rows lie, so that they merge."""
    browsers = range(1, 21)
    for browser in browsers:
        spread.insert(
            "identity",
            {"site_id": [1], "visitor_id": [browser], "person_id": [7], "ts": [NOW], "page_id": [1], "n": [1]},
        )
    held = "SELECT visitor_id FROM identity FINAL WHERE NOT undone ORDER BY visitor_id"
    for browser in browsers:
        assert links.undo(spread, (1, browser)) == {7: 1}
        assert links.undo(spread, (1, browser)) == {}
    assert spread.execute(held) == []
    for browser in browsers:
        assert links.restore(spread, (1, browser)) == {7: 1}
        assert links.restore(spread, (1, browser)) == {}
    assert spread.execute(held) == [(browser,) for browser in browsers]
    with cluster.parts(spread) as parts:
        there = [{each for (each,) in part.store.execute("SELECT visitor_id FROM identity")} for part in parts]
    assert all(there)
    assert there[0].isdisjoint(there[1])


def test_retention_is_that_of_every_shard(spread: Store, shards: Shards) -> None:
    """Applied twice it changes nothing; taken back, rows are kept again."""
    made = retention.apply(spread, {"click": 400, "session": 500})
    assert [change.table for change in made] == ["events", "sessions"] * 2
    assert retention.changes(spread, {"click": 400, "session": 500}) == []
    for place in (0, 1):
        local = Store(shards.url(f"{spread.database}_local", place))
        assert retention._current(local, "events") == "toDateTime(ts) + toIntervalDay(400) WHERE kind = 'click'"
    assert len(retention.apply(spread, {})) == 4


def test_visits_of_both_shards_are_classified_again(
    spread: Store, cluster_url: str, writer: spool.Spool, tmp_path: Path
) -> None:
    """A host that became the site's own is no source any more."""
    before = replace(SITE, origins=("https://shop.example",))
    since = replace(SITE, origins=("https://shop.example", "https://shop-de.example"))
    for _ in range(12):
        link = {"url": "https://shop.example/", "referrer": "https://shop-de.example/sale"}
        sent = batch(entry=link)
        sent["page"] |= link
        put(writer, sent)
    worker = loader(tmp_path, cluster_url)
    worker._sites = lambda: {"demo-shop": before}
    drain(worker)
    day = datetime.now(UTC).date()
    period = reclassify.Period(day - timedelta(days=1), day + timedelta(days=1))
    found = reclassify.reclassify(spread, period, {"demo-shop": since}, report=lambda _: None)
    assert (found.visits, found.channels) == (12, {("Referral", "Direct"): 12})
    assert spread.execute("SELECT DISTINCT channel FROM events") == [("Direct",)]
    assert spread.execute("SELECT count() FROM events") == [(120,)]
    assert reclassify.reclassify(spread, period, {"demo-shop": since}, report=lambda _: None).visits == 0
