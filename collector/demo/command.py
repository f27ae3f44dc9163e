"""`footpath demo`: everything running, a shop to click through, sample visits, and what to ask."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from collector import resources, spool, supervise
from collector.config import ConfigError
from collector.dashboard import first_link
from collector.demo import shop
from collector.demo.visits import SITE, send, visits
from collector.sites import read_sites
from collector.state import StateError

if TYPE_CHECKING:
    from rich.console import Console

    from collector.config import Settings

VISITS: Final = 300
SEED: Final = 20
_LOAD_SECONDS: Final = 60

_READY: Final = """
[bold]The shop is open:[/bold] {shop}  (click around, fill the checkout, buy)
[bold]The dashboard:[/bold] {dashboard}

[bold]Three questions to try[/bold], in another terminal in this folder:
  {command} query sessions --site {site} --period 2d
  {command} query funnel --site {site} --period 2d --step page:/cart --step page:/checkout --step conversion:purchase \\
      --window 1h --by device
  {command} query elements --site {site} --period 2d --path /cart

[bold]The same in Python:[/bold]
  from collector.query import connect, last
  print(connect().site("{site}").heatmap("/cart", last("2d")))

Data in {data}. ctrl-C stops everything.
"""


def run(settings: Settings, count: int | None, shop_port: int, console: Console, command: str = "footpath") -> None:
    """Serve until SIGTERM or ctrl-C.

    `count` visits are sent; None means 300 where the spool has never taken any, else none.

    Raises:
        ConfigError: a setting or sites.yml is wrong, or a port is taken.
        RuntimeError: the engine does not start, or the collector refused the visits.
    """
    _require_site(settings)
    supervisor = supervise.Supervisor(settings)
    supervisor.handle_signals()
    collector = f"http://{settings.host}:{settings.port}"
    with console.status("Starting the collector, the loader and ClickHouse"):
        supervisor.start()
    try:
        with _shop(settings, shop_port, f"{collector}{settings.script_path}?site={SITE}") as open_shop:
            supervisor.watch_in_background()
            if count is None:
                count = VISITS if spool.counters(settings.spool_dir)["accepted"] == 0 else 0
            if count:
                _send(count, open_shop.url, collector + settings.events_path, console)
                _await_loaded(settings, supervisor, console)
            dashboard = _dashboard(settings, supervisor)
            if not supervisor.stopping.is_set():
                shown = {"shop": open_shop.url, "dashboard": dashboard, "site": SITE, "data": settings.data_dir}
                console.print(_READY.format(command=command, **shown), soft_wrap=True)
            supervisor.stopping.wait()
            console.print("Stopping.")
    finally:
        supervisor.end()


def _dashboard(settings: Settings, supervisor: supervise.Supervisor) -> str:
    """A link that is in already."""
    if not supervisor.await_dashboard():
        return "off (FOOTPATH_DASHBOARD_PORT)" if not settings.dashboard_port else "does not answer"
    try:
        return f"{first_link.demo(settings)}  (no password needed)"
    except StateError as error:
        return f"does not work: {error}"


def _require_site(settings: Settings) -> None:
    """A fresh folder gets the demo's sites.yml and goals.yml; somebody's own is left alone."""
    path = settings.config_dir / "sites.yml"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        for name in ("sites.yml", "goals.yml"):
            shutil.copyfile(resources.folder("demo") / name, path.parent / name)
    if SITE not in read_sites(settings.config_dir):
        raise ConfigError(
            f"{path} has no site {SITE}; run the demo in another folder, or set FOOTPATH_CONFIG_DIR and "
            "FOOTPATH_DATA_DIR to new ones"
        )


def _shop(settings: Settings, port: int, sdk_url: str) -> shop.Shop:
    try:
        return shop.serve(resources.folder("demo"), settings.host, port, sdk_url, settings.dashboard)
    except OSError as error:
        raise ConfigError(
            f"the shop cannot use {settings.host}:{port} ({error.strerror}); try --shop-port 0"
        ) from error


def _send(count: int, shop_url: str, endpoint: str, console: Console) -> None:
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    ) as progress:  # fmt: skip
        task = progress.add_task("Sending sample visits", total=count)
        generated = visits(count, SEED, time.time_ns() // 1_000_000, shop_url)
        sent = send(generated, endpoint, lambda done: progress.update(task, completed=done))
    console.print(f"{sent.accepted:,} events of {sent.visits:,} visits accepted, {sent.rejected} refused.")


def _await_loaded(settings: Settings, supervisor: supervise.Supervisor, console: Console) -> None:
    with console.status("Loading them into ClickHouse"):
        deadline = time.monotonic() + _LOAD_SECONDS
        while spool.counters(settings.spool_dir)["spooled_records"] and not supervisor.stopping.wait(0.1):
            if time.monotonic() > deadline:
                console.print("ClickHouse does not keep up; `footpath check` says why.")
                return
