"""Programs that run until they are stopped, and the way into the dashboard."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from typing import TYPE_CHECKING

import click
from rich.console import Console

from collector.commands import common
from collector.config import ConfigError

if TYPE_CHECKING:
    from collector.config import Settings
    from collector.supervise import Supervisor


@click.command()
def serve() -> None:
    """Run the collector, the loader, the dashboard and, without FOOTPATH_CLICKHOUSE_URL, the program's own ClickHouse.

    On the first start it prints the link by which the dashboard's owner chooses a password.
    """
    from collector import supervise

    settings = common.settings()
    common.log(settings)
    supervisor = supervise.Supervisor(settings)
    _start(supervisor)
    _tell_dashboard(settings)
    address = f"http://{settings.host}:{settings.port}{settings.events_path}"
    if settings.log_format == "json":
        logging.getLogger("footpath").info("collecting at %s", address)
    else:
        click.echo(f"collecting at {address}; ctrl-C stops", err=True)
    try:
        supervisor.watch()
    finally:
        supervisor.end()


def _tell_dashboard(settings: Settings) -> None:
    from collector.dashboard import first_link
    from collector.state import StateError

    if not settings.dashboard_port:
        return
    try:
        link = first_link.first(settings)
    except StateError as error:
        logging.getLogger("footpath").error("the dashboard does not work: %s", error)
        return
    told = f"dashboard: its owner chooses a password at {link} (once, within three days)"
    told = told if link else f"dashboard at {settings.dashboard_here}"
    if settings.log_format == "json":
        logging.getLogger("footpath").info(told)
    else:
        click.echo(told, err=True)


def _start(supervisor: Supervisor) -> None:
    from collector.engine import EngineError

    supervisor.handle_signals()
    try:
        supervisor.start()
    except (ConfigError, EngineError) as error:
        common.fail(error)


@click.command()
def load() -> None:
    """Run the loader alone: from the spool of FOOTPATH_DATA_DIR to ClickHouse."""
    from collector import supervise
    from collector.spool import SpoolError

    settings = common.settings()
    common.log(settings)
    try:
        supervise.run_loader(settings)
    except (ConfigError, SpoolError) as error:
        common.fail(error)


@click.command()
@click.option(
    "--visits",
    type=click.IntRange(0, 100_000),
    default=None,
    help="How many sample visits to send. [default: 300 the first time, then none]",
)
@click.option("--shop-port", type=click.IntRange(0, 65_535), default=8410, show_default=True)
def demo(visits: int | None, shop_port: int) -> None:
    """Serve a small shop with the script on it, send sample visits, and print where to look and what to ask.

    Uses the settings below; without a sites.yml it writes one with the site demo-shop.
    """
    from collector.demo import command

    os.environ.setdefault("FOOTPATH_RATE", "0")  # all sample visits come from one address
    os.environ.setdefault("FOOTPATH_LOG", "warning")
    settings = common.settings()
    common.log(settings)
    try:
        command.run(settings, visits, shop_port, Console(), _called_as())
    except (ConfigError, RuntimeError) as error:
        common.fail(error)


def _called_as() -> str:
    """The command as this shell knows it: with its path where it was called by one."""
    return sys.argv[0] if os.sep in sys.argv[0] and not shutil.which("footpath") else "footpath"


@click.command()
@click.argument("name", default="owner")
def invite(name: str) -> None:
    """Print a link by which the dashboard's user NAME chooses a new password; one that is not there becomes an owner.

    The link works once, within three days. For somebody who lost the password; the page People invites everybody else.
    """
    from collector.dashboard import first_link
    from collector.state import StateError

    try:
        click.echo(first_link.again(common.settings(), name))
    except StateError as error:
        common.fail(error)
