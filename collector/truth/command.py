"""`footpath truth`: make sites with planted effects, send their visits through a collector of its own, and score."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from collector import spool, supervise
from collector.config import Settings
from collector.demo.sending import send
from collector.query import connect
from collector.truth import planted, score, walk
from collector.truth.walked import Besides

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from collector.truth.score import Score, World
    from collector.truth.walked import Walked

_SENDERS: Final = 4
_LOAD_SECONDS: Final = 600
_SITE: Final = """\
  truth-{number}:
    id: {number}
    name: Truth {number}
    time_zone: UTC
    origins: ["*"]
    privacy: {{query: []}}
"""

_GOALS: Final = f"""\
  truth-{{number}}:
    {walk.GOAL}: {{{{class: macro, match: {{{{conversion: {walk.GOAL}}}}}}}}}
    misled: {{{{class: negative, match: {{{{click: {walk.PICTURE}}}}}}}}}
"""


def run(sites: int, visits: int, seed: str, console: Console) -> list[Score]:
    """The scores of `sites` sites with `visits` visits each, made from `seed`.

    Raises:
        collector.config.ConfigError, RuntimeError: the collector of its own does not start, or refuses a batch.
    """
    with worlds(sites, visits, seed, console) as filled, _progress(console) as progress:
        task = progress.add_task("Asking", total=len(score.SCORES))
        return list(score.scores(filled, lambda: progress.advance(task)))


@contextlib.contextmanager
def worlds(sites: int, visits: int, seed: str, console: Console) -> Iterator[list[World]]:
    """The sites, filled, for the length of a `with` block."""
    with tempfile.TemporaryDirectory() as name, _collector(Path(name), sites) as (settings, supervisor):
        now_ms = time.time_ns() // 1_000_000
        filled = _fill(settings, supervisor, sites, visits, seed=seed, now_ms=now_ms, console=console)
        with contextlib.closing(connect()) as connection:
            yield [score.World(connection.site(key), rates, walked, now_ms, besides)
                   for key, rates, walked, besides in filled]  # fmt: skip


def table(found: Sequence[Score]) -> Table:
    """The scores for a terminal."""
    shown = Table("report", "planted", "must", "found", "")
    for each in found:
        shown.add_row(each.report, each.planted, each.must, each.found, "ok" if each.good else "WRONG")
    return shown


def markdown(found: Sequence[Score]) -> str:
    """The scores as a table for a page."""
    rows = [f"| {each.report} | {each.planted} | {each.must} | {each.found} |" for each in found]
    return "\n".join(["| Report | Planted | Must | Found |", "|---|---|---|---|", *rows])


@contextlib.contextmanager
def _collector(folder: Path, sites: int) -> Iterator[tuple[Settings, supervise.Supervisor]]:
    (folder / "config").mkdir()
    for name, each in (("sites", _SITE), ("goals", _GOALS)):
        listed = "".join(each.format(number=number) for number in range(1, sites + 1))
        (folder / "config" / f"{name}.yml").write_text(f"{name}:\n{listed}")
    own = {
        "FOOTPATH_DATA_DIR": str(folder / "data"),
        "FOOTPATH_CONFIG_DIR": str(folder / "config"),
        "FOOTPATH_PORT": str(_free_port()),
        "FOOTPATH_DASHBOARD_PORT": "0",
        "FOOTPATH_RATE": "0",
        "FOOTPATH_SPOOL_SYNC": "NORMAL",
        "FOOTPATH_LOG": "error",
    }
    settings = Settings.from_environment(own)
    with _environment(own):
        supervisor = supervise.Supervisor(settings)
        supervisor.handle_signals()
        supervisor.start()
        supervisor.watch_in_background()
        try:
            yield settings, supervisor
        finally:
            supervisor.end()


@contextlib.contextmanager
def _environment(own: dict[str, str]) -> Iterator[None]:
    """The collector's processes read their settings from the environment, and nobody else's must reach them."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("FOOTPATH_")]:
        del os.environ[name]
    os.environ.update(own)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _fill(
    settings: Settings,
    supervisor: supervise.Supervisor,
    sites: int,
    visits: int,
    *,
    seed: str,
    now_ms: int,
    console: Console,
) -> list[tuple[str, planted.Planted, list[Walked], Besides]]:
    """Key, rates, visits and what came besides of each site, once all of them can be asked for."""
    endpoint = f"http://{settings.host}:{settings.port}{settings.events_path}"
    rates = {f"truth-{number}": planted.plant(Random(f"{seed}.{number}")) for number in range(1, sites + 1)}  # noqa: S311
    walked: dict[str, list[Walked]] = {key: [] for key in rates}
    besides = {key: Besides() for key in rates}
    with _progress(console) as progress:
        task = progress.add_task("Sending visits", total=sites * visits)

        def fill(key: str) -> int:
            made = walk.walk(
                key, rates[key], visits, seed=f"{seed}.{key}", now_ms=now_ms, walked=walked[key], besides=besides[key]
            )
            return send(made, endpoint, lambda _: progress.advance(task)).rejected

        with ThreadPoolExecutor(_SENDERS) as senders:
            if sum(senders.map(fill, rates)) != sum(each.refused for each in besides.values()):
                raise RuntimeError("the collector refused events: what is generated does not follow the contract")
    with console.status("Loading them into ClickHouse"):
        deadline = time.monotonic() + _LOAD_SECONDS
        while spool.counters(settings.spool_dir)["spooled_records"]:
            if supervisor.stopping.wait(0.2) or time.monotonic() > deadline:
                raise RuntimeError("the visits were not loaded in time")
    return [(key, rates[key], walked[key], besides[key]) for key in rates]


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
