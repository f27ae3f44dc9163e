"""What was sent reads back from ClickHouse with the same values, in the columns that the contract names."""

from __future__ import annotations

import itertools
import random
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import validate
from collector.columns import Builder
from collector.event import OWN_TABLES, Json, Record, kinds
from collector.migrate import migrations
from tests.contract import generate, tables
from tests.contract.effort import examples

if TYPE_CHECKING:
    from collector.store import Store

STORED = [kind for kind in generate.KINDS if kind not in OWN_TABLES]
PERSON = 2**64 - 2
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""A person's: the roll-ups leave robots out."""

_pages = itertools.count(1)


def sent(events: list[Json], **changes: Any) -> Record:
    """The record of a fresh page view with these events, as the request path hands it on: through the spool."""
    now = time.time_ns() // 1_000_000
    page = {"started_at": now, "url": "https://shop.example/"} | changes.get("page", {})
    changes["page"] = page | {"id": f"{next(_pages):016x}"}
    batch = generate.batch([event | {"n": n} for n, event in enumerate(events)], **changes) | {"sent_at": now}
    verdict = validate.batch(batch)
    assert verdict.rejected == []
    for event in verdict.batch["events"]:
        if event["k"] == "identify":
            event["id"] = f"{PERSON:016x}"
    return Record.decode(Record(now, 7, generate.SITE, BROWSER, batch=verdict.batch).encode())


def custom(**props: Any) -> Json:
    """A custom event with these properties."""
    return {"n": 0, "t": 0, "k": "custom", "name": "x", "props": props}


def insert(store: Store, record: Record) -> None:
    """Insert a record as the loader does."""
    builder = Builder({7: "Europe/Berlin"})
    assert builder.add(record, record.batch["events"]) == []
    for (table, _), rows in builder.tables.items():
        store.insert(table, rows.columns())


def expected(event: Json, elements: Json, types: tables.Types) -> Json:
    """What the row of an event holds in all columns that fields of any kind are stored in."""
    row = {column: tables.empty(types[column]) for column in tables.own_columns()}
    for entry in kinds()[event["k"]]:
        if entry.name not in event:
            continue
        if entry.name == "el":
            row |= element_row(elements[str(event["el"])])
        elif entry.name == "bands":
            bands = sorted((int(band), seconds) for band, seconds in event["bands"].items())
            row |= {"band": [band for band, _ in bands], "band_seconds": [seconds for _, seconds in bands]}
        elif entry.name == "id":
            row["person_id"] = PERSON
        else:
            (column,) = entry.columns
            row[column] = event[entry.name]
    whole = {name: tables.stored(value, types[name]) for name, value in row.items()}
    return whole | {"kind": event["k"], "n": event["n"], "t_ms": event["t"]}


def element_row(element: Json) -> Json:
    """The columns of an element that is described with at least these fields."""
    row: Json = {"element_key": int(element["key"], 16)}
    for name, value in element.items():
        columns = tables.ELEMENT_COLUMNS[name]
        if name != "key":
            row |= dict(zip(columns, value if name == "rect" else [value], strict=True))
    return row


def assert_reads_back(store: Store, record: Record) -> None:
    """Insert a record and compare all its rows."""
    types = tables.types(store, "events")
    insert(store, record)
    columns = sorted(tables.own_columns() | {"kind", "n", "t_ms"})
    found = tables.read_back(store, "events", record.batch["page"]["id"], columns)
    events, elements = record.batch["events"], record.batch.get("elements", {})
    assert len(found) == len(events)
    for row, event in zip(found, events, strict=True):
        assert row == expected(event, elements, types)


@pytest.mark.parametrize("kind", STORED)
def test_events_read_back(store: Store, kind: str) -> None:
    """Allowed events of a kind, several in one insert, read back with every value in its column."""

    @examples(10)
    @given(st.lists(generate.event(kind), min_size=1, max_size=5), st.data())
    def check(events: list[Json], data: st.DataObject) -> None:
        indexes = {str(event["el"]) for event in events if "el" in event}
        described = {index: data.draw(generate.element()) for index in sorted(indexes)}
        assert_reads_back(store, sent(events, elements=described))

    check()


@examples(25)
@given(st.lists(st.sampled_from(STORED).flatmap(generate.event), min_size=2, max_size=12))
def test_kinds_share_an_insert(store: Store, events: list[Json]) -> None:
    """In an insert of many kinds, columns that a kind does not have hold nothing in its rows."""
    assert_reads_back(store, sent(events))


def test_extremes_read_back(store: Store) -> None:
    """All kinds with every field at its highest and its lowest value, in one insert."""
    events = [generate.full_event(kind, high, 0) for kind in STORED for high in (True, False)]
    described = {
        str(index): {name: generate.extreme(node, high) for name, node in _element_nodes().items()}
        for index, high in ((999_999, True), (0, False))
    }
    assert_reads_back(store, sent(events, elements=described))


@pytest.mark.parametrize("props", [
    {"a": 1, "a.b": 2}, {"": 1}, {".": 1, "a.": 2, ".a": 3, "a..b": 4}, {"A": 1, "a": 2}, {"a[]": 1, "a": 2},
    {"day": "2026-11-21", "at": "2026-11-21T10:00:00Z", "number": "12", "yes": "true", "none": "null", "list": "[1]"},
    {"a`b": 1, 'a"b\\c': 2, "a b": 3, "%2e": 4, "'": 5, "{}": 6}, {"null": None, "flag": True, "one": 1, "half": 0.5},
    {"low": -(2**63), "high": 2**63 - 1, "tiny": 5e-324, "huge": 1.7976931348623157e308}, {"x\x00y": "\x00"},
    {"=cmd()": "=1+1", "<b>": "<script>", "😀": "\u202e"},
])  # fmt: skip
def test_properties_read_back(store: Store, props: Json) -> None:
    """Names and values of properties that a database could take for something else stay what they are."""
    assert_reads_back(store, sent([custom(**props)]))


def test_a_property_may_change_its_type(store: Store) -> None:
    """One property is a text, a number, a flag and nothing in the rows of one insert."""
    values = ["1", 1, 1.5, True, False, None, "", -(2**63), "2026-11-21"]
    assert_reads_back(
        store, sent([{"n": 0, "t": 0, "k": "custom", "name": "x", "props": {"p": value}} for value in values])
    )


def test_more_properties_than_columns(store: Store) -> None:
    """More different names than the JSON column keeps apart still read back."""
    names = [[f"p{row}_{number}" for number in range(64)] for row in range(5)]
    assert_reads_back(store, sent([custom(**dict.fromkeys(row, 1)) for row in names]))


def test_numbers_past_64_bits_stay_numbers(store: Store) -> None:
    """A property beyond 64 bits is kept as JavaScript has it: rounded to a double."""
    events = [
        {"n": 0, "t": 0, "k": "custom", "name": "x", "props": {"p": value}} for value in (2**63, 2**64, -(10**30))
    ]
    record = sent(events)
    assert [event["props"]["p"] for event in record.batch["events"]] == [2.0**63, 2.0**64, -1e30]
    assert_reads_back(store, record)


@examples(25)
@given(generate.page(), st.sets(st.sampled_from(["stored", "prerendered", "bfcache", "other"])))
def test_pages_read_back(store: Store, page: Json, flags: set[str]) -> None:
    """What the page block says stands in every row; a viewport is cut at what its column holds."""
    record = sent([{"n": 0, "t": 0, "k": "page_view"}], page=page, flags=sorted(flags))
    insert(store, record)
    page = record.batch["page"]
    types = tables.types(store, "events")
    row: Json = {name: tables.empty(types[name]) for columns in tables.PAGE_COLUMNS.values() for name in columns}
    for name, columns in tables.PAGE_COLUMNS.items():
        value = int(page["id"], 16) if name == "id" else page.get(name)
        if value is not None:
            row |= dict(zip(columns, value if isinstance(value, list) else [value], strict=True))
    for name in ("screen_width", "screen_height"):
        row[name] = int(row[name])
    for name in ("viewport_width", "viewport_height"):
        row[name] = min(row[name], 65_535)
    row |= {name: name in flags for name in ("stored", "prerendered", "bfcache")}
    row = {name: tables.stored(value, types[name]) for name, value in row.items()}
    row |= {
        "visitor_id": int(record.batch["visitor"], 16),
        "session_id": int(record.batch["session"], 16),
        "site_id": 7,
    }
    assert tables.read_back(store, "events", page["id"], sorted(row)) == [row]


@examples(20)
@given(st.lists(generate.event("trail"), min_size=1, max_size=3))
def test_trails_read_back(store: Store, events: list[Json]) -> None:
    """Samples read back from `trails`; times before the event's own and unknown types are cut to what there is."""
    record = sent(events)
    insert(store, record)
    found = tables.read_back(
        store, "trails", record.batch["page"]["id"], ["n", "sample_t", "sample_type", "sample_x", "sample_y"]
    )
    assert found == [
        {
            "n": n, "sample_t": [max(0, time) for time, *_ in event["samples"]],
            "sample_type": [max(0, min(255, kind)) for _, kind, *_ in event["samples"]],
            "sample_x": [x for _, _, x, _ in event["samples"]], "sample_y": [y for *_, y in event["samples"]],
        }
        for n, event in enumerate(events)
    ]  # fmt: skip


BOX = ("box_role", "box_level", "box_x", "box_y", "box_width", "box_height", "box_name")


def skeletons(store: Store, page: str) -> list[dict[str, Any]]:
    """What is stored of a page, in the order of the layouts."""
    names = ["layout", "width", "height", *BOX]
    sql = f"SELECT {', '.join(names)} FROM skeletons FINAL WHERE path = {{path:String}} ORDER BY layout"
    return [dict(zip(names, row, strict=True)) for row in store.execute(sql, {"path": page})]


@examples(20)
@given(st.lists(generate.event("skeleton"), min_size=1, max_size=3, unique_by=lambda event: event["layout"]))
def test_skeletons_read_back(store: Store, events: list[Json]) -> None:
    """Each layout's boxes read back from `skeletons`; a box without a name has an empty one."""
    path = f"/skeleton/{next(_pages)}"
    insert(store, sent(events, page={"url": f"https://shop.example{path}"}))
    assert skeletons(store, path) == [
        {name: event[name] for name in ("layout", "width", "height")}
        | {name: [[*box, ""][place] for box in event["boxes"]] for place, name in enumerate(BOX)}
        for event in sorted(events, key=lambda event: event["layout"])
    ]


def test_the_newest_sighting_of_a_layout_stays(store: Store) -> None:
    """Whatever the order in which they come; a bot's stands beside it."""
    page = {"url": "https://shop.example/newest"}
    for t, name in ((50, "second"), (90, "third"), (10, "first")):
        boxes = [["heading", 1, 0, 0, 10, 10, name]]
        event = {"n": 0, "t": t, "k": "skeleton", "layout": "ab" * 8, "width": 9, "height": 9, "boxes": boxes}
        insert(store, sent([event], page=page))
    insert(store, sent([event | {"t": 99}], page=page, flags=["bot"]))
    store.execute("OPTIMIZE TABLE skeletons FINAL")
    found = store.execute("SELECT bot_class, box_name FROM skeletons WHERE path = '/newest' ORDER BY bot_class")
    assert found == [("", ["third"]), ("automation", ["first"])]


def _element_nodes() -> Json:
    return generate.contract()["$defs"]["element"]["properties"]


def test_one_insert_holds_sessions_of_any_month(store: Store) -> None:
    """Ids are made by browsers: sessions that claim to begin in 400 different months still go in together."""
    builder = Builder({})
    first = next(_pages)
    for month in range(400):
        record = sent([{"n": 0, "t": 0, "k": "page_view"}], session=f"{month * 2_600_000_000 << 24:016x}")
        builder.add(record, record.batch["events"])
    for (table, _), rows in builder.tables.items():
        store.insert(table, rows.columns())
    assert store.execute("SELECT count() FROM events WHERE page_id > {first:UInt64}", {"first": first}) == [(400,)]


def test_the_view_of_sessions_finds_what_its_first_definition_found(store: Store) -> None:
    """First and last events by (ts, page view, number), also where times or page views are the same."""
    numbers = [0, 2**32 - 1, 7, 1, 3, 5]
    rows = [(ts, page, n) for ts in (1_790_000_000_000, 1_790_000_000_001) for page in (1, 2**64 - 1) for n in numbers]
    random.Random(7).shuffle(rows)
    words = {name: [f"{name} {place}" for place in range(len(rows))] for name in ("browser", "os", "country", "path")}
    sources = ("channel", "source", "medium", "campaign")
    store.insert(
        "events",
        {
            "site_id": [77] * len(rows),
            "kind": ["click"] * len(rows),
            "session_id": [place % 3 for place in range(len(rows))],
            "visitor_id": [place % 5 for place in range(len(rows))],
            "device": [["desktop", "mobile", "tv"][place % 3] for place in range(len(rows))],
            **dict(zip(("ts", "page_id", "n"), map(list, zip(*rows, strict=True)), strict=True)),
            **words,
            **{name: list(words["browser"]) for name in sources},
        },
    )
    first = next(step for step in migrations() if step.name == "0009_sessions_view").sql.split(" AS\n", 1)[1]
    columns = ", ".join(name for name, *_ in store.execute("DESCRIBE TABLE sessions") if name != "entry")
    found = [
        store.execute(f"SELECT {columns} FROM {rows} WHERE site_id = 77 ORDER BY 2")
        for rows in (f"({first})", "sessions FINAL")
    ]
    assert len(found[0]) == 3
    assert found[0] == found[1]
