"""Every report says the same on two shards as on one server, over the same events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas
import pytest

from collector import migrate, on_cluster, spool
from collector.query import Connection, connect, where
from collector.query.errors import NotConnected, QueryError
from collector.query.report import REPORTS
from collector.store import Store
from tests.cluster.servers import CLUSTER
from tests.cluster.worlds import NOW, counters, drain, loader, put, sample
from tests.support import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from collector.query.result import Result
    from tests.cluster.servers import Shards

# Texts, as on the command line.
CASES: list[tuple[str, dict[str, Any]]] = [
    ("conversion_rate", {"goal": "purchase", "unit": "session", "by": "channel"}),
    ("conversion_rate", {"goal": "purchase", "unit": "visitor", "by": "device", "where": ["did:page:/cart"]}),
    ("conversion_rate", {"goal": "purchase", "unit": "person"}),
    ("activity", {"goal": "purchase", "by": "device"}),
    ("activity", {"of": "page", "where": ["did:page:/cart"]}),
    ("ad_clicks", {"goal": "add_to_cart"}),
    ("arrivals", {"within": "8w"}),
    ("health", {}),
    ("attribution", {"goal": "purchase", "by": "source", "unit": "person"}),
    ("elements", {"path": "/product/*"}),
    ("elements", {"path": "/product/*", "before": "previous"}),
    ("exit_pages", {"by": "device"}),
    ("landing_pages", {"goal": "purchase"}),
    ("retention", {"every": "day", "mode": "on_or_after", "length": "3"}),
    ("time_to_value", {"start_step": "page:/product/*", "value_step": "conversion:purchase", "within": "2d"}),
    ("traffic", {"every": "day", "by": "channel", "goal": "purchase"}),
    ("cart_abandonment", {"by": "device"}),
    ("coverage", {}),
    ("errors", {}),
    ("paths", {"end": "conversion:purchase", "depth": "4"}),
    ("segments", {"goal": "purchase", "columns": ["device", "channel"]}),
    ("segments", {"steps": ["page:/product/*", "page:/cart"], "columns": ["device"], "unit": "visitor"}),
    ("vitals", {}),
    ("zones", {"path": "/*"}),
    ("form", {"name": "checkout", "by": "device", "where": ["device=desktop,mobile"]}),
    ("funnel", {"steps": ["page:/product/*", "page:/cart", "conversion:purchase"], "by": "device", "times": True}),
    ("funnel", {"steps": ["page:/*", "conversion:purchase"], "unit": "person", "where": ["!rage:"]}),
    ("funnel", {"steps": ["page:/product/*", "page:/cart"], "unit": "session", "order": "any", "bots": True}),
    ("heatmap", {"path": "/product/*"}),
    ("heatmap", {"path": "/product/*", "where": ["!dead:"]}),
    ("friction", {"by": "device", "goal": "purchase"}),
    ("friction", {"of": "site", "steps": ["page:/product/*", "page:/cart", "conversion:purchase"]}),
    ("net_score", {"unit": "session", "by": "day"}),
    ("net_score", {"unit": "person", "where": ["device=desktop"]}),
    ("revenue", {"by": "channel", "winsorize": "0.9"}),
    ("revenue", {"unit": "person", "where": ["device=desktop"]}),
    ("scroll", {"path": "/product/*"}),
    ("scroll", {"path": "/*", "by": "country", "bots": True}),
    ("skeleton", {"path": "/cart"}),
    ("sessions", {"limit": "500"}),
    ("sessions", {"limit": "7", "where": ["did:conversion:purchase"]}),
    (
        "sql",
        {"text": "SELECT * EXCEPT (received_at, site) FROM v_events WHERE site_id = {site_id:UInt32} ORDER BY ALL"},
    ),
    ("sql", {"text": "SELECT * FROM v_sessions WHERE site = 'demo-shop' ORDER BY session_id"}),
    (
        "sql",
        {"text": "SELECT count() FROM v_events WHERE session_id IN (SELECT session_id FROM v_sessions)"},
    ),
]


def test_every_report_is_compared() -> None:
    """A new report gets its case here; `session` and `replay` are asked about those that `sessions` finds."""
    assert {name for name, _ in CASES} | {"session", "replay"} == set(REPORTS)


@pytest.fixture(scope="module")
def both(shards: Shards, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Connection, Connection]]:
    """(one server, two shards) with the same visits, asked as the analyst."""
    migrate.migrate(shards.url("alone"))
    on_cluster.migrate(shards.url("together"), CLUSTER)
    for name in ("alone", "together"):
        folder = tmp_path_factory.mktemp(name)
        writer = spool.Spool(folder / "spool")
        for batch in sample():
            put(writer, batch, NOW)
        drain(loader(folder, shards.url(name)))
        writer.close()
        found = counters(folder)
        assert found["inserted"] == found["accepted"] > 1000
        confirm_orders(Store(shards.url(name)))
    stores = [Store(shards.url(name, user="analyst", password="a")) for name in ("alone", "together")]
    yield Connection(stores[0], clock=lambda: NOW), Connection(stores[1], clock=lambda: NOW)
    for store in stores:
        store.close()


def confirm_orders(store: Store) -> None:
    """What the shop's server says of two orders in three: another amount; and of every sixth, a refund."""
    orders = store.execute("SELECT order_id FROM events WHERE kind = 'conversion' AND order_id != '' ORDER BY 1")
    assert len(orders) > 5
    for number, (order,) in enumerate(orders):
        said = [("order", 17 + number)] if number % 3 else []
        said += [("refund", 5)] if number % 6 == 1 else []
        for kind, value in said:
            row = {
                "site_id": 1, "source": "shop", "id": f"{kind} {order}", "kind": kind, "ts": NOW, "value": value,
                "currency": "EUR", "goal": "purchase", "order_id": order, "props": "{}", "received_at": NOW,
                "version": NOW * 1000,
            }  # fmt: skip
            store.insert("outcomes", {name: [each] for name, each in row.items()})


def asked(connection: Connection, name: str, options: dict[str, Any]) -> Result[Any]:
    """What a report answers."""
    if any(option.name == "period" for option in REPORTS[name].options):
        options = {"period": "5d", **options}
    answer: Result[Any] = getattr(connection.site("demo-shop"), name)(**REPORTS[name].from_texts(options))
    return answer


def test_visitors_lie_on_both_shards(both: tuple[Connection, Connection], shards: Shards) -> None:
    """Each with all that it did, and neither shard with nearly nothing."""
    stores = [Store(shards.url("together_local", place)) for place in (0, 1)]
    tables = ("events", "sessions", "seen", "identity")
    here, there = (
        [{row[0] for row in store.execute(f"SELECT DISTINCT visitor_id FROM {table}")} for table in tables]
        for store in stores
    )
    for ours, theirs in zip(here, there, strict=True):
        assert ours
        assert theirs
        assert not ours & theirs


def plain(answer: Result[Any]) -> Any:
    """An answer as JSON has it. Sums of fractions are made in another order on two shards: the last digits differ."""
    return json.loads(answer.to_json(), parse_float=lambda text: round(float(text), 9))


@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_report_says_the_same(both: tuple[Connection, Connection], name: str, options: dict[str, Any]) -> None:
    """Rows, groups, intervals and notes."""
    alone, together = (asked(connection, name, options) for connection in both)
    assert plain(together) == plain(alone)
    assert alone.rows or name == "errors"  # nothing breaks in these visits
    if name == "form":
        assert together.totals == alone.totals


def test_a_session_is_told_the_same(both: tuple[Connection, Connection]) -> None:
    """Of those that lie here and there."""
    alone, together = both
    for row in asked(alone, "sessions", {"limit": "10"}).rows:
        for name in ("session", "replay"):
            told = asked(alone, name, {"id": row.session_id})
            assert asked(together, name, {"id": row.session_id}).to_json() == told.to_json()


def test_raw_events_of_all_shards_are_exported(both: tuple[Connection, Connection], tmp_path: Path) -> None:
    """As many as there are, each once."""
    for connection, file in zip(both, ("alone", "together"), strict=True):
        count = connection.site("demo-shop").to_parquet(tmp_path / file, "5d")
        assert count > 1000
    alone, together = (
        pandas.read_parquet(tmp_path / file).drop(columns="received_at") for file in ("alone", "together")
    )
    order = ["ts", "page_id", "n"]
    pandas.testing.assert_frame_equal(
        together.sort_values(order, ignore_index=True), alone.sort_values(order, ignore_index=True)
    )


def test_an_estimate_is_of_all_shards(both: tuple[Connection, Connection]) -> None:
    """The parts' marks lie elsewhere; as many rows would be read."""
    alone, together = (
        connection.site("demo-shop").explain.scroll("/*", "5d", where=where(browser="Chrome")).estimate()
        for connection in both
    )
    assert together.rows == alone.rows > 1000


def test_outcomes_are_read_through_their_view(spread: Store) -> None:
    """All versions of one lie together, whoever they name, and the last one holds."""
    store = spread
    for version in range(1, 41):
        store.insert(
            "outcomes",
            {
                "site_id": [1] * 3, "source": ["shop"] * 3, "id": ["a", "b", "c"], "kind": ["order"] * 3,
                "ts": [NOW] * 3, "value": [version] * 3, "visitor_id": [version, version * 7, 0], "props": ["{}"] * 3,
                "received_at": [NOW] * 3, "version": [version] * 3,
            },
        )  # fmt: skip
    assert store.execute("SELECT id, value, visitor_id FROM latest_outcomes ORDER BY id") == [
        ("a", 40, 40), ("b", 40, 280), ("c", 40, 0),
    ]  # fmt: skip
    assert store.execute(
        "SELECT max(places) FROM (SELECT uniqExact(_shard_num) AS places FROM outcomes GROUP BY site_id, source, id)"
    ) == [(1,)]


def test_without_a_shard_there_is_no_answer(both: tuple[Connection, Connection], shards: Shards) -> None:
    """Numbers without its rows would be wrong. The error names the server; from the other side it is the same."""
    shards.kill(1)
    try:
        with pytest.raises(QueryError, match=f"no server of a shard answers: 127.0.0.1:{shards.ports[1]}") as told:
            asked(both[1], "scroll", {"path": "/*"})
        assert "would be wrong" in str(told.value)
        with pytest.raises(NotConnected, match=f"127.0.0.1:{shards.ports[1]} does not answer"):
            connect(shards.url("together", 1, "analyst", "a"))
    finally:
        shards.start(1)
    wait_until(lambda: _answers(both[1]), what="the answer of both shards")


def test_a_server_that_prefers_to_skip_shards_is_overruled(both: tuple[Connection, Connection], shards: Shards) -> None:
    """An operator's profile may have skip_unavailable_shards; our numbers are of all shards or are none."""
    shards.kill(1)
    try:
        lenient = Store(shards.url("together"), settings={"skip_unavailable_shards": 1})
        assert lenient.execute("SELECT count() > 0 FROM events") == [(1,)]
        with pytest.raises(QueryError, match="no server of a shard answers"):
            asked(both[1], "sessions", {})
    finally:
        shards.start(1)
    wait_until(lambda: _answers(both[1]), what="the answer of both shards")


def _answers(connection: Connection) -> bool:
    try:
        return bool(asked(connection, "sessions", {}).rows)
    except QueryError:
        return False
