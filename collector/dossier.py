"""Everything that is stored about one visitor, table by table, and how far an erasure is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import orjson

from collector import personal, spool
from collector.personal import UNLOGGED, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from collector.event import Json
    from collector.store import Store


def lines(store: Store, spool_dir: Path, visitor: Visitor) -> Iterator[str]:
    """JSON objects {"table", "row"}: what waits in the spool first (as table `spool`), then every table's rows.

    Columns have their documented names; numbers of 64 bits stand as text, ids of visitor, session and page view as
    16 hex digits.

    Raises:
        StoreError: ClickHouse did not answer.
    """
    for record in _waiting(spool_dir, visitor):
        yield _line("spool", orjson.dumps(record).decode())
    conditions = personal.conditions_of_one(store)
    for table, engine in personal.tables(store).items():
        for row in _rows(store, table, engine, conditions[table], visitor):
            yield _line(table, row)


def _line(table: str, row: str) -> str:
    return f'{{"table": {json.dumps(table)}, "row": {row}}}'


def _rows(store: Store, table: str, engine: str, condition: str, visitor: Visitor) -> list[str]:
    columns = dict(
        store.execute(
            "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}",
            {"table": table},
        )
    )
    ids = [name for name in ("visitor_id", "session_id", "page_id", "person_id") if name in columns]
    shown = ", ".join(f"lower(lpad(hex({name}), 16, '0')) AS {name}" for name in ids)
    # Rows of a session are parts of it until they are merged; the others stand for themselves.
    whole = "FINAL" if engine.endswith("AggregatingMergeTree") else ""
    rows = store.execute(
        f"SELECT formatRowNoNewline('JSONEachRow', * REPLACE ({shown})) FROM "  # noqa: S608
        # Versions of an outcome that name somebody else are deleted with the others, and shown to nobody.
        f"(SELECT * FROM {table} {whole} WHERE ({condition}) AND visitor_id IN (0, {{visitor:UInt64}}))",
        personal.parameters(visitor),
        UNLOGGED | {"output_format_json_quote_64bit_integers": 1},
    )
    return [row for (row,) in rows]


def erasure(store: Store, spool_dir: Path, visitor: Visitor) -> Json:
    """How far the erasure of a visitor is.

    Returns:
        "state": unknown (nobody asked), waiting (in this collector's spool), running, or erased; "asked_at" and
        "finished_at" in Unix ms where known; "deleted": rows by table, of one that finished by itself.

    Raises:
        StoreError: ClickHouse did not answer.
    """
    asked = max((record["received"] for record in _waiting(spool_dir, visitor) if record.get("erase")), default=None)
    if asked is not None:
        return {"state": "waiting", "asked_at": asked}
    rows = store.execute(
        "SELECT toUnixTimestamp64Milli(asked_at), toUnixTimestamp64Milli(finished_at), deleted FROM erased "
        "WHERE site_id = {site:UInt32} AND visitor_hash = {hash:String} ORDER BY updated_at DESC LIMIT 1",
        {"site": visitor[0], "hash": personal.digest(visitor)},
    )
    if not rows:
        return {"state": "unknown"}
    ((asked, finished, deleted),) = rows
    if not finished:
        return {"state": "running", "asked_at": asked}
    return {"state": "erased", "asked_at": asked, "finished_at": finished, "deleted": deleted}


def _waiting(spool_dir: Path, visitor: Visitor) -> Iterator[Json]:
    """Records of the visitor that wait in this collector's spool."""
    site, number = visitor
    name = f"{number:016x}"
    asked = "SELECT payload FROM records WHERE instr(payload, ?) > 0"
    for rows in spool.each(spool_dir, lambda connection: connection.execute(asked, (name.encode(),)).fetchall()):
        for (payload,) in rows:
            try:
                record: Json = orjson.loads(payload)
            except ValueError:
                continue  # a damaged record; the loader sets it aside
            if record.get("site_id") != site:
                continue
            if name in (record.get("erase"), record.get("batch", {}).get("visitor")):
                yield record
            theirs = [one for one in record.get("outcomes", ()) if one.get("visitor") == name]
            if theirs:
                yield record | {"outcomes": theirs}
