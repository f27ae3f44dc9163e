"""How long do the dashboard's pages take: their HTML on the server, and their pictures in a browser?

    python bench/dashboard.py [--runs 5] [--visits 300] [--only PAGE …] [--no-browser]

A demo with its sample visits, nothing else asked of it. Each page is asked for as a browser does when no answer of it
is kept any more (they are for a minute). `first` is until the first HTML is there, which is the frame alone where
the answers take longer, `whole` until the page with its answers is; `again` is the page right after that. CPU is that
of all processes of the demo until then, ClickHouse included, told by the kernel in steps of 10 ms. Pictures are what
`performance.measure` says in Chromium: from the call that draws a chart or a map to its last stroke on the canvas, all
of a page together.
"""

from __future__ import annotations

import argparse
import csv
import html
import io
import os
import platform
import re
import statistics
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from bench.demo import demo
from collector.dashboard.page import found
from tests.support import CHROMIUM, CHROMIUM_OPTIONS, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.demo import Demo

PERIOD: Final = "period=7d"
SAID: Final = {
    "overview": "compare=previous",
    "heat": "path=/cart",
    "friction": "signal=dead&at=/cart",
    "funnel": "step=page:/cart&step=page:/checkout&step=conversion:purchase&by=device&times=1&lost=1",
    "paths": f"taken={quote('(entry) → / → (exit)')}",
}
"""What a page is told so that it has to say most."""
HTML_MS: Final = 200
PICTURES_MS: Final = 100
KEPT_SECONDS: Final = 91
_REST: Final = re.compile(rb'href="([^"]+)" data-whole')
_TICK_MS: Final = 1000 / os.sysconf("SC_CLK_TCK")
_DRAWN: Final = """performance.getEntriesByType("measure")
    .filter((each) => each.name.startsWith("draw ")).map((each) => each.duration)"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--visits", type=int, default=300)
    parser.add_argument("--only", nargs="+", choices=list(found()), default=list(found()), metavar="PAGE")
    parser.add_argument("--no-browser", action="store_true", help="the server's part alone")
    said = parser.parse_args(arguments)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before it began")
    with demo(said.visits) as here:
        paths = {name: path_of(here, name) for name in said.only}
        served_in = served(here, paths, said.runs)
        drawn = {} if said.no_browser else pictures(here, paths, said.runs)
    print(f"load {os.getloadavg()[0]:.1f} at the end; median of {said.runs}\n")
    print(f"| Page | HTML first, ms (target {HTML_MS}) | whole, ms | again, ms | CPU, ms "
          f"| pictures, ms (target {PICTURES_MS}) |")  # fmt: skip
    print("|---|--:|--:|--:|--:|--:|")
    for name in paths:
        shown = f"{statistics.median(drawn[name]):.0f}" if drawn.get(name) else ""
        first, whole, again = (statistics.median(getattr(each, what) for each in served_in[name])
                               for what in ("first", "whole", "again"))  # fmt: skip
        cpu = statistics.mean(each.cpu for each in served_in[name])
        print(f"| {found()[name].title} | {first:.0f} | {whole:.0f} | {again:.0f} | {cpu:.0f} | {shown} |")


def path_of(here: Demo, name: str) -> str:
    """A page with what it must be told."""
    said = [PERIOD, SAID.get(name, "")]
    if name == "session":
        table = read(here, f"sessions/sessions/csv?{PERIOD}").decode()
        said = [f"id={next(csv.DictReader(io.StringIO(table)))['session_id']}"]
    return f"{name}?{'&'.join(filter(None, said))}"


def read(here: Demo, path: str) -> bytes:
    """What the dashboard answers a browser."""
    headers = {"Authorization": f"Bearer {here.token}", "Accept": "text/html"}
    request = urllib.request.Request(f"{here.pages}/{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        content: bytes = answer.read()
    return content


Times = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Served:
    """How long a page took, in ms."""

    first: float
    whole: float
    again: float
    cpu: float


def served(here: Demo, paths: dict[str, str], runs: int) -> dict[str, list[Served]]:
    """Each page when no answer is kept, and right after; a round before is not counted."""
    found: dict[str, list[Served]] = {name: [] for name in paths}
    for run in range(runs + 1 if runs > 1 else 1):
        began = time.monotonic()
        for name, path in paths.items():
            before, sent = used(here.pid), time.perf_counter()
            shown = read(here, path)
            first = (time.perf_counter() - sent) * 1000
            if rest := _REST.search(shown):
                address = html.unescape(rest[1].decode())
                read(here, address.rpartition("/")[2])
            whole, cpu = (time.perf_counter() - sent) * 1000, used(here.pid) - before
            sent = time.perf_counter()
            read(here, path)
            if run or runs == 1:
                found[name].append(Served(first, whole, (time.perf_counter() - sent) * 1000, cpu))
        if run < runs and runs > 1:
            time.sleep(max(0.0, KEPT_SECONDS - (time.monotonic() - began)))
    return found


def used(pid: int) -> float:
    """CPU ms that a process and its descendants have used so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * _TICK_MS + sum(used(int(each)) for each in children)


def pictures(here: Demo, paths: dict[str, str], runs: int) -> Times:
    """ms that the charts and maps of each page took to be drawn, all of a page together; empty: it has none."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not needed for the server's part

    drawn: Times = {name: [] for name in paths}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
        context = browser.new_context(viewport={"width": 1360, "height": 900})
        name, value = here.cookie
        context.add_cookies([{"name": name, "value": value, "url": here.dashboard}])
        tab: Any = context.new_page()
        for _ in range(runs):
            for page, path in paths.items():
                tab.goto(f"{here.pages}/{path}")
                whole(tab, found()[page].title)
                tab.wait_for_load_state()
                tab.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
                if times := tab.evaluate(_DRAWN):
                    drawn[page].append(sum(times))
        browser.close()
    return drawn


if __name__ == "__main__":
    main()
