"""What each question takes on fifty million events: CPU, rows, bytes and memory, beside the same question elsewhere.

    python bench/questions.py [--events 50000000] [--keep DIRECTORY] [--runs 5] [--only funnel]

Figures come from system.query_log, CPU is that of all threads; the median of the runs. `--keep` makes the events once
and finds them again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from bench import peers, world
from collector import engine
from collector.migrate import migrate
from collector.query import Connection
from collector.query.ask import Cost
from collector.query.report import REPORTS
from collector.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collector.query import Site

START, END = "2026-07-01", "2026-07-31"
NOW_MS = 1_790_000_000_000  # after every event
OURS = "Footpath"
STEPS = ("page:/product/*", "click:Add to cart", "conversion:purchase")
SAID: dict[str, dict[str, Any]] = {
    "attribution": {"goal": "purchase"},
    "conversion_rate": {"goal": "purchase", "unit": "visitor"},
    "elements": {"path": "/"},
    "form": {"name": "checkout"},
    "funnel": {"steps": STEPS},
    "heatmap": {"path": "/"},
    "net_score": {"unit": "visitor"},
    "scroll": {"path": "/"},
    "segments": {"goal": "purchase"},
    "sessions": {"where": ("device=mobile",)},
    "skeleton": {"path": "/"},
    "time_to_value": {"start_step": "page:/", "value_step": "conversion:purchase"},
    "zones": {"path": "/"},
}
"""What each report is asked, as texts of the command line; other reports are asked with what they have by default."""
SKIPPED = {"replay", "session", "sql"}


@click.command(help=__doc__)
@click.option("--events", default=50_000_000, show_default=True, help="how many events to make")
@click.option("--only-largest", is_flag=True, help="leave the other sites out, which no question reads")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="directory that keeps them")
@click.option("--runs", default=5, show_default=True, help="of each question")
@click.option("--only", multiple=True, help="names of reports")
@click.option("--peers/--no-peers", "with_peers", default=True, help="also the others' schemas")
@click.option("--merged", is_flag=True, help="merge all that is there before anything is asked")
@click.option("--json", "as_json", type=click.Path(dir_okay=False, path_type=Path), help="also write the figures here")
def main(
    *,
    events: int,
    only_largest: bool,
    keep: Path | None,
    runs: int,
    only: tuple[str, ...],
    with_peers: bool,
    merged: bool,
    as_json: Path | None,
) -> None:
    with _stores(keep) as (writer, reader):
        _prepare(writer, events, only_largest=only_largest, with_peers=with_peers)
        if merged:
            _merge(writer)
        site = Connection(reader, clock=lambda: NOW_MS).site(f"site-{world.LARGEST}")
        asked: dict[tuple[str, str], list[list[str]]] = {}
        names = [name for name in sorted(REPORTS) if name not in SKIPPED and (not only or name in only)]
        with click.progressbar(range(runs), label="asking", file=sys.stderr) as bar:
            for _ in bar:
                for name in names:
                    asked.setdefault((name, OURS), []).append(_ask(site, name))
                    others = peers.QUESTIONS.get(name, {}) if with_peers else {}
                    for other, sql in others.items():
                        asked.setdefault((name, other), []).append([_ask_other(reader, sql)])
        costs = _costs(writer, asked)
        _show(costs, _disk(writer))
        if as_json:
            as_json.write_text(
                json.dumps(
                    [{"question": key[0], "by": key[1], **dataclasses.asdict(cost)} for key, cost in costs.items()]
                )
            )


@contextlib.contextmanager
def _stores(keep: Path | None) -> Iterator[tuple[Store, Store]]:
    with contextlib.ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        running = stack.enter_context(engine.running(folder))
        migrate(running.loader_url)
        stores = Store(running.loader_url, timeout=3600), Store(running.loader_url, timeout=600)
        for store in stores:
            stack.callback(store.close)
        yield stores


def _prepare(store: Store, events: int, *, only_largest: bool, with_peers: bool) -> None:
    if not store.execute("SELECT count() FROM events")[0][0]:
        with click.progressbar(
            length=round(events * (world.SHARE / 1000 if only_largest else 1) / world.EVENTS_A_SESSION),
            label="making sessions",
            file=sys.stderr,
        ) as bar:
            world.fill(store, events, bar.update, only_largest=only_largest)
        _settle(store)
    databases = {name for (name,) in store.execute("SELECT name FROM system.databases")}
    for name, statements in (("posthog", peers.POSTHOG), ("plausible", peers.PLAUSIBLE)) if with_peers else ():
        if name not in databases:
            click.echo(f"copying the largest site to the {name} schema", err=True)
            for statement in statements:
                store.execute(statement)
            _settle(store)


def _settle(store: Store) -> None:
    """Wait until nothing merges, as in a table that has been there for some days."""
    quiet = 0
    while quiet < 3:
        time.sleep(1)
        quiet = 0 if store.execute("SELECT count() FROM system.merges")[0][0] else quiet + 1


def _merge(store: Store) -> None:
    for table in ("events", "sessions", "heat_cells", "scroll_bands", "page_totals"):
        store.execute(f"OPTIMIZE TABLE {table} FINAL")
    _settle(store)


def _ask(site: Site, name: str) -> list[str]:
    report = REPORTS[name]
    said = {"period": f"{START}..{END}", **SAID.get(name, {})}
    known = {option.name for option in report.options}
    result = getattr(site, name)(**report.from_texts({key: value for key, value in said.items() if key in known}))
    return [statement.query_id for statement in result.statements]


def _ask_other(store: Store, sql: str) -> str:
    query_id = f"other-{uuid.uuid4().hex}"
    store.ask(sql, {"start": f"{START} 00:00:00", "end": f"{END} 00:00:00"}, {}, query_id)
    return query_id


def _costs(store: Store, asked: dict[tuple[str, str], list[list[str]]]) -> dict[tuple[str, str], Cost]:
    store.execute("SYSTEM FLUSH LOGS")
    found = {
        row[0]: row[1:]
        for row in store.execute("""SELECT query_id, read_rows, read_bytes,
    (ProfileEvents['UserTimeMicroseconds'] + ProfileEvents['SystemTimeMicroseconds']) / 1000, memory_usage
FROM system.query_log WHERE type = 'QueryFinish' AND event_time > now() - INTERVAL 1 DAY""")
    }
    return {key: _median([_together([found[each] for each in ids]) for ids in runs]) for key, runs in asked.items()}


def _together(statements: Sequence[tuple[Any, ...]]) -> Cost:
    rows, read, cpu, memory = zip(*statements, strict=True)
    return Cost(sum(rows), sum(read), sum(cpu), max(memory))


def _median(runs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(run, each.name) for run in runs) for each in dataclasses.fields(Cost)))


def _disk(store: Store) -> dict[str, float]:
    """Bytes an event of each table."""
    (events,) = store.execute("SELECT count() FROM events")[0]
    found = store.execute("""SELECT table, sum(bytes_on_disk) FROM system.parts
WHERE active AND database = currentDatabase() GROUP BY table HAVING sum(rows) > 1000 ORDER BY 2 DESC""")
    return {table: size / events for table, size in found}


def _show(costs: dict[tuple[str, str], Cost], disk: dict[str, float]) -> None:
    console = Console(width=110)
    table = Table("question", "by", "CPU ms", "of ours", "rows read", "MB read", "memory MB")
    for (name, by), cost in costs.items():
        ours = costs[name, OURS].cpu_ms
        ratio = "" if by == OURS else f"{cost.cpu_ms / ours:.1f}"
        figures = (f"{cost.cpu_ms:,.0f}", ratio, f"{cost.rows:,.0f}", f"{cost.bytes / 1e6:,.0f}")
        table.add_row(name if by == OURS else "", by, *figures, f"{cost.peak_memory / 1e6:,.0f}")
    console.print(table)
    shown = ", ".join(f"{name} {size:.2f}" for name, size in disk.items())
    console.print(f"disk, bytes an event: {sum(disk.values()):.1f} ({shown})")


if __name__ == "__main__":
    main()
