"""What a migration reads like on a cluster: text alone."""

from __future__ import annotations

import re

import pytest

from collector import sharding
from collector.migrate import Migration, migrations

PLACE = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
TABLES = [step for step in migrations() if sharding.subject(step.sql)[0] == "CREATE TABLE"]
SHARED = {"sessions"}
"""Tables whose columns were changed: what one replica does to them comes to the others."""
OTHERS = [step for step in migrations() if step not in TABLES]


@pytest.mark.parametrize("step", TABLES, ids=lambda step: step.name)
def test_every_table_of_rows_becomes_a_replicated_one(step: Migration) -> None:
    """Nothing but engine and window differ; its rows are told from copies for a week."""
    told = sharding.replicated(step.sql)
    engine = re.search(r"^(?:\) )?ENGINE = (.*)$|\) ENGINE = (Memory)$", told, re.MULTILINE)
    assert engine
    if engine[2]:
        assert told == step.sql
        return
    arguments = re.search(r"MergeTree(?:\((.*)\))?$", step.sql, re.MULTILINE)
    assert arguments
    inside = f"{PLACE}, {arguments[1]}" if arguments[1] else PLACE
    assert re.fullmatch(rf"Replicated\w*MergeTree\({re.escape(inside)}\)", engine[1])
    assert "non_replicated_deduplication_window" not in told
    assert told.count("replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800") == (
        step.sql.count("non_replicated_deduplication_window")
    )
    assert _rest(told) == _rest(step.sql)


def _rest(sql: str) -> str:
    sql = re.sub(r"^ENGINE = .*$", "", sql, flags=re.MULTILINE)
    return re.sub(r"(non_)?replicated_deduplication_window(_seconds)? = \d+,? ?", "", sql)


@pytest.mark.parametrize("step", OTHERS, ids=lambda step: step.name)
def test_views_are_what_they_are(step: Migration) -> None:
    """Each server has its own, over its own rows; so it is with settings."""
    assert sharding.replicated(step.sql) == step.sql
    verb, table = sharding.subject(step.sql)
    assert not table or (verb == "ALTER TABLE" and (table.endswith("_view") or table in SHARED))


@pytest.mark.parametrize(
    ("sql", "subject"),
    [
        ("-- Why.\nALTER TABLE events ADD COLUMN lcp Float32", ("ALTER TABLE", "events")),
        ("INSERT INTO seen SELECT 1", ("INSERT INTO", "seen")),
        ("ALTER TABLE events MODIFY SETTING min_bytes_for_wide_part = 1", ("", "")),
        ("-- Not: ALTER TABLE events\nDROP VIEW heat_cells_view", ("", "")),
    ],
)
def test_what_replicas_have_in_common(sql: str, subject: tuple[str, str]) -> None:
    """What one of them did comes to the others by itself, if the table is Replicated."""
    assert sharding.subject(sql) == subject


def test_an_engine_of_one_server_is_made_of_a_replicated_one() -> None:
    """For the tables in which roll-ups are rebuilt; an engine of one server stays as it is."""
    rest = "PARTITION BY toYYYYMM(page_day) ORDER BY (site_id, path) SETTINGS index_granularity = 8192"
    for plain in (f"SummingMergeTree(clicks) {rest}", f"SummingMergeTree((reached, seconds)) {rest}"):
        kind, _, inside = plain.partition("(")
        replicated = f"Replicated{kind}('/clickhouse/tables/{{shard}}/footpath_local/t', '{{replica}}', {inside}"
        assert sharding.unreplicated(replicated) == plain
        assert sharding.unreplicated(plain) == plain
    bare = f"ReplicatedMergeTree('/t', '{{replica}}') {rest}"
    assert sharding.unreplicated(bare) == f"MergeTree() {rest}"


@pytest.mark.parametrize(
    ("table", "columns", "sorting_key", "key"),
    [
        ("events", ["site_id", "visitor_id"], "site_id, kind, toDate(ts), visitor_id, ts", "sipHash64(visitor_id)"),
        ("sessions", ["site_id", "session_id", "visitor_id"], "site_id, session_id", "sipHash64(visitor_id)"),
        ("outcomes", ["site_id", "id", "visitor_id"], "site_id, source, id", "sipHash64(site_id, source, id)"),
        ("sites", ["site_id", "key"], "site_id", "sipHash64(site_id)"),
        ("erased", ["site_id", "visitor_hash"], "site_id, visitor_hash", "sipHash64(site_id, visitor_hash)"),
    ],
)
def test_what_decides_on_the_shard(table: str, columns: list[str], sorting_key: str, key: str) -> None:
    """The visitor; or what identifies the row."""
    assert sharding.key(table, columns, sorting_key) == key


def test_a_view_over_one_server_becomes_one_over_all() -> None:
    """Whole names only."""
    told = sharding.over_all("footpath", "footpath_local", "SELECT a FROM footpath_local.t AS my_footpath_local")
    assert told == "SELECT a FROM footpath.t AS my_footpath_local"
