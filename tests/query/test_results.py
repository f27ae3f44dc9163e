"""Results say what they are, in every form, and no visitor's text does anything there."""

from __future__ import annotations

import builtins
import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import Connection, QueryError, TooMuch, between, conversion, did, page, where
from collector.query import ask as ask_module
from collector.query.definitions import DEFINITIONS
from collector.query.render import csv_text, printable, span, width
from collector.store import Store
from tests.query.worlds import NOW_MS, at, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.engine import Connection as EngineConnection
    from collector.query import Site

START = ms("2026-11-02T12:00:00.123")
PERIOD = between("2026-11-02", "2026-11-03")
EVIL = '=HYPERLINK("http://x")<script>alert(1)</script>\x1b[31m\u202e\n'


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {
                "at": START,
                "path": "/p",
                "n": 0,
                "channel": EVIL,
                "title": EVIL,
                "click_id_type": EVIL,
                "click_id": EVIL,
            },
            {"at": START, "path": "/p", "n": 1, "kind": "click", "element_name": EVIL, "element_key": 1},
            {"at": START, "path": "/p", "n": 2, "kind": "engagement", "reached": [0, 1]},
            {"at": START, "kind": "conversion", "goal": "purchase", "n": 3},
            {"at": START, "kind": "form", "form": "f", "step": "view", "n": 4},
            {"at": START, "kind": "field", "form": "f", "field": EVIL, "invalid": EVIL, "n": 5},
        ],
    )
    return site(shared, site_id)


ASKED: list[Callable[[Site], Any]] = [
    lambda s: s.activity(PERIOD, by="channel"),
    lambda s: s.activity(PERIOD, of="page"),
    lambda s: s.ad_clicks(PERIOD),
    lambda s: s.coverage(PERIOD),
    lambda s: s.errors(PERIOD),
    lambda s: s.friction(PERIOD, by="channel", goal="purchase"),
    lambda s: s.friction(PERIOD).elements("form_abandon"),
    lambda s: s.friction(PERIOD).sensitivity("dead"),
    lambda s: s.vitals(PERIOD),
    lambda s: s.zones("/p", PERIOD),
    lambda s: s.conversion_rate("purchase", PERIOD, "session", by="channel"),
    lambda s: s.conversion_rate("purchase", PERIOD, "person"),
    lambda s: s.conversion_rate(["purchase", "form_start"], PERIOD, "visitor", by="hour"),
    lambda s: s.replay(1),
    lambda s: s.revenue(PERIOD, by="channel"),
    lambda s: s.cart_abandonment(PERIOD, last="field", by="channel"),
    lambda s: s.revenue(PERIOD).orders(),
    lambda s: s.net_score(PERIOD, "visitor", by="channel"),
    lambda s: s.funnel([page("/p"), conversion("purchase")], PERIOD, by="channel", times=True),
    lambda s: s.funnel([page("/p"), conversion("purchase")], PERIOD).actors(2),
    lambda s: s.heatmap("/p", PERIOD),
    lambda s: s.elements("/p", PERIOD),
    lambda s: s.paths(PERIOD, start=page("/p"), of="click"),
    lambda s: s.paths(PERIOD, of="click").transitions(),
    lambda s: s.scroll("/p", PERIOD),
    lambda s: s.segments(PERIOD, goal="purchase", columns=["channel"]),
    lambda s: s.sessions(PERIOD, where=where(channel=EVIL)),
    lambda s: s.session(1),
    lambda s: s.form("f", PERIOD),
    lambda s: s.sessions(between("2020-01-01", "2020-01-02")),
    lambda s: s.traffic(PERIOD, by="channel", goal="purchase"),
    lambda s: s.traffic(PERIOD, every="hour"),
    lambda s: s.landing_pages(PERIOD, by="channel"),
    lambda s: s.exit_pages(PERIOD, by="channel"),
    lambda s: s.attribution("purchase", PERIOD),
    lambda s: s.attribution("purchase", PERIOD).conversions(EVIL),
    lambda s: s.retention(PERIOD, "day", by="channel"),
    lambda s: s.time_to_value(page("/p"), conversion("purchase"), PERIOD, by="channel"),
]


@pytest.mark.parametrize("ask", ASKED)
def test_no_form_of_a_result_lets_text_out(shop: Site, ask: Callable[[Site], Any]) -> None:
    result = ask(shop)
    for text in (repr(result), str(result), result.to_table()):
        assert not set("\x1b\u202e") & set(text)
    html = result._repr_html_()
    assert "<script" not in html
    assert "\u202e" not in html
    rows = list(csv.reader(io.StringIO(result.to_csv())))
    assert rows[0] == result.columns
    assert len(rows) == 1 + len(result.rows)
    assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for row in rows for cell in row)
    assert json.loads(result.to_json())["report"] == result.meta.report
    frame = result.to_pandas()
    assert list(frame.columns) == result.columns
    assert len(frame) == len(result.rows) == len(result.to_dicts())


@pytest.mark.parametrize("ask", ASKED)
def test_every_result_names_its_definitions_and_keeps_its_statements(shop: Site, ask: Callable[[Site], Any]) -> None:
    result = ask(shop)
    for label in result.meta.definitions:
        name, _, version = label.partition("/")
        assert DEFINITIONS[name].version == int(version)
    assert result.meta.definitions
    assert len(result.sql) == len(result.params) > 0
    assert all("purchase" not in sql and "/p'" not in sql for sql in result.sql)


def test_an_empty_result_has_the_columns_of_a_full_one(shop: Site) -> None:
    assert shop.sessions(between("2020-01-01", "2020-01-02")).columns == shop.sessions(PERIOD).columns
    never = between("2020-01-01", "2020-01-02")
    full = shop.conversion_rate("purchase", PERIOD, "session", by="channel")
    assert shop.conversion_rate("purchase", never, "session", by="channel").columns == full.columns


def test_rows_and_results_cannot_be_changed(shop: Site) -> None:
    result = shop.sessions(PERIOD)
    with pytest.raises(AttributeError):
        result.rows[0].clicks = 5  # type: ignore[misc]
    with pytest.raises(AttributeError):
        result.meta.zone = "UTC"  # type: ignore[misc]


def test_meta_says_how_the_question_was_understood(shared: Store, shop: Site) -> None:
    berlin = Connection(shared, clock=lambda: NOW_MS).site(shop.key, tz="Europe/Berlin")
    meta = berlin.heatmap("/p", "7d", where=did(page("/p"))).meta
    assert meta.period is not None
    assert (meta.zone, meta.bots_excluded, meta.rolled_up) == ("Europe/Berlin", True, False)
    assert meta.period.start.isoformat().endswith("T00:00:00+01:00")
    assert meta.incomplete_from == at(NOW_MS)
    assert meta.filter == "did page /p"
    assert berlin.heatmap("/p", PERIOD).meta.incomplete_from is None


def test_cost_comes_from_the_log_of_queries(shared: Store, shop: Site, engine: EngineConnection) -> None:
    cost = shop.sessions(PERIOD).cost
    assert cost is not None
    assert cost.rows > 0
    assert cost.bytes > 0
    assert cost.cpu_ms > 0
    assert cost.peak_memory > 0


def test_unknown_cost_is_none(shop: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    result = shop.sessions(PERIOD)
    monkeypatch.setattr(ask_module, "_COST_SECONDS", 0.0)
    object.__setattr__(result.statements[0], "query_id", "never-ran")
    assert result.cost is None


@pytest.mark.parametrize(("setting", "value"), [("max_memory_usage", 1), ("max_execution_time", 0.000001)])
def test_limits_say_what_to_narrow(shop: Site, monkeypatch: pytest.MonkeyPatch, setting: str, value: float) -> None:
    monkeypatch.setitem(ask_module.GUARDS, setting, value)
    with pytest.raises(TooMuch, match=r"sessions would take more .* than allowed: ask for a shorter period"):
        shop.sessions(PERIOD)


def test_every_statement_is_guarded_and_named(shop: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    original = Store.ask

    def spy(store: Store, sql: str, params: Any, settings: Any, query_id: Any = None) -> Any:
        seen.append(settings)
        return original(store, sql, params, settings, query_id)

    monkeypatch.setattr(Store, "ask", spy)
    shop.funnel([page("/p"), conversion("purchase")], PERIOD)
    assert len(seen) == 3
    for settings in seen:
        assert settings["log_comment"] == "footpath:funnel"
        assert {"max_execution_time", "max_memory_usage", "max_bytes_before_external_group_by"} <= set(settings)


@pytest.mark.parametrize(
    ("missing", "ask"),
    [("pandas", lambda s: s.sessions(PERIOD).to_pandas()), ("matplotlib", lambda s: s.scroll("/p", PERIOD).plot())],
)
def test_a_missing_package_is_named(
    shop: Site, monkeypatch: pytest.MonkeyPatch, missing: str, ask: Callable[[Site], Any]
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == missing:
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(QueryError, match=rf"this needs {missing}.*pip install 'footpath\[analysis\]'"):
        ask(shop)


def test_instants_keep_their_milliseconds_through_the_server(shared: Store) -> None:
    from collector.query.sql import Binder

    binder = Binder()
    rows = shared.execute(f"SELECT toUnixTimestamp64Milli({binder.instant(START)})", binder.values)
    assert rows == [(START,)]


@pytest.mark.parametrize(
    ("ms_", "text"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1500, "1.5 s"),
        (192_000, "3 min 12 s"),
        (7_500_000, "2 h 5 min"),
        (7 * 86_400_000, "7 d"),
    ],
)
def test_spans(ms_: int, text: str) -> None:
    assert span(ms_) == text


def test_tables_are_aligned_for_wide_letters(shop: Site) -> None:
    assert width("日本") == 4
    assert printable("a\tb\x1b") == "a\\tb\\x1b"
    lines = str(shop.conversion_rate("purchase", PERIOD, "session", by="channel")).splitlines()
    assert len({width(line) for line in lines[3:6]}) == 1


def test_numbers_stay_numbers_in_csv() -> None:
    from collector.query.rate import Rate
    from collector.query.reports.elements import ElementRow

    rate = Rate.of(1, 2, DEFINITIONS["click_rate"])
    row = ElementRow("", "0f", "", "-1+1", "", "", "", 1, 1.0, 0, 0, 1, rate, False, -5, 0, 1, 1, 100)
    assert csv_text([row], ["name", "x", "click_rate_rate"]) == "name,x,click_rate_rate\n'-1+1,-5,0.5\n"
