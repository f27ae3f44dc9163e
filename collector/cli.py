"""The command `footpath`."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import click
from rich.console import Console

from collector import __version__
from collector.config import SETTINGS, ConfigError, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.sites import Site
    from collector.supervise import Supervisor

_EPILOG = "\b\nSettings are read from the environment:\n" + "\n".join(
    f"  {setting.name:<25} {setting.meaning}{f' [{setting.default}]' if setting.default else ''}"
    for setting in SETTINGS
)

_SITES = """# The sites whose events are taken. Read again within two seconds of a change.
sites:
  {key}:
    id: 1                       # permanent number in the tables; never give it to another site
    name: {key}
    time_zone: {zone}        # days in reports are days of this zone
    origins: {origins}
    privacy:
      storage: local            # local, session, or none: nothing is stored in the browser
      gpc: "off"                # under Global Privacy Control: off (nothing is sent), reduced, ignore
      dnt: "off"                # under Do Not Track: the same choices
    capture:
      skeleton: 0.1             # share of page loads that tell what the page looks like, as boxes: 0 to 1
      trail: 0                  # share that tell the way of the pointer and the scrolling
"""


def _origin(_: click.Context, __: click.Parameter, url: str | None) -> str | None:
    if url is not None and not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+/?", url):
        raise click.BadParameter("must look like https://collector.example, without a path")
    return url and url.rstrip("/")


class _Lazy(click.Group):
    """Groups are imported only when they are used: `query` has libraries that take longer to load than `serve`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "import", "query", "summary"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "query":
            from collector import questions

            return questions.group
        if cmd_name == "import":
            from collector import imports

            return imports.group
        if cmd_name == "summary":
            from collector.summary.command import command

            return command
        return super().get_command(ctx, cmd_name)


_SITE = click.option("--site", "key", required=True, metavar="KEY", help="The site's key in sites.yml.")
_DAY = click.DateTime(["%Y-%m-%d"])
_CONTEXT = {"max_content_width": 120, "help_option_names": ["-h", "--help"]}


@click.group(cls=_Lazy, epilog=_EPILOG, context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="footpath")
def main() -> None:
    """Footpath: where visitors walk, where they stumble, and what it costs."""


@main.command()
def serve() -> None:
    """Run the collector, the loader, the dashboard and, without FOOTPATH_CLICKHOUSE_URL, the program's own ClickHouse.

    On the first start it prints the link by which the dashboard's owner chooses a password.
    """
    from collector import supervise

    settings = _settings()
    _log(settings)
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


@main.command()
@click.argument("name", default="owner")
def invite(name: str) -> None:
    """Print a link by which the dashboard's user NAME chooses a new password; one that is not there becomes an owner.

    The link works once, within three days. For somebody who lost the password; the page People invites everybody else.
    """
    from collector.dashboard import first_link
    from collector.state import StateError

    try:
        click.echo(first_link.again(_settings(), name))
    except StateError as error:
        _fail(error)


@main.command()
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
    settings = _settings()
    _log(settings)
    try:
        command.run(settings, visits, shop_port, Console(), _called_as())
    except (ConfigError, RuntimeError) as error:
        raise click.ClickException(str(error)) from error


@main.command()
def load() -> None:
    """Run the loader alone: from the spool of FOOTPATH_DATA_DIR to ClickHouse."""
    from collector import supervise
    from collector.spool import SpoolError

    settings = _settings()
    _log(settings)
    try:
        supervise.run_loader(settings)
    except (ConfigError, SpoolError) as error:
        _fail(error)


@main.command()
@click.option("--dry-run", is_flag=True, help="Print the statements that would be run, run none.")
def migrate(dry_run: bool) -> None:
    """Bring the tables to the state that this version needs."""
    from collector import database, retention
    from collector import migrate as migrations
    from collector.engine import EngineError
    from collector.store import Store, StoreError

    _say_it_ourselves()
    settings = _settings()
    try:
        with database.running(settings) as url:
            if dry_run:
                steps = database.pending(url, settings.clickhouse_cluster)
                for step in steps:
                    click.echo(f"-- {step.name} ({step.checksum[:12]})\n{step.sql}")
                where = f" on every server of {settings.clickhouse_cluster}" if settings.clickhouse_cluster else ""
                click.echo(f"{len(steps)} migrations would be applied{where}", err=True)
                if not steps:  # before, there is no table to compare
                    with contextlib.closing(Store(url)) as store:
                        for change in retention.changes(store, settings.retention):
                            click.echo(change.sql)
            else:
                steps = database.migrated(
                    url, settings.clickhouse_cluster, lambda step: click.echo(f"applied {step.name}")
                )
                with contextlib.closing(Store(url)) as store:
                    retention.apply(store, settings.retention, lambda change: click.echo(change.sql))
                click.echo(f"{len(steps)} migrations applied; the tables are up to date", err=True)
    except (StoreError, EngineError, migrations.MigrationError, ValueError) as error:
        _fail(error)


@main.command()
@click.option("--other", "others", multiple=True, metavar="URL", help="Another collector; its secret.key is compared.")
def check(others: tuple[str, ...]) -> None:
    """Look at settings, disk, spool, ClickHouse and what arrived, and say what is to be done.

    Ends with 1 if something is NOT well; a hint is probably not what was meant, and leaves 0.
    """
    from collector import check as checks

    _say_it_ourselves()
    found = list(checks.findings(_settings(), others))
    for finding in found:
        mark = click.style("ok  ", fg="green") if finding.well else click.style("NOT ", fg="red", bold=True)
        mark = click.style("hint", fg="yellow") + " " if finding.hint else mark
        click.echo(f"{mark}{finding.what}: {finding.told}")
    if not all(finding.well for finding in found):
        raise SystemExit(1)


@main.command()
@click.option("--site", "key", default="", metavar="KEY", help="Only this site. [default: all]")
@click.option("--refused", is_flag=True, help="Only what was refused.")
def tail(key: str, refused: bool) -> None:
    """Show events as they arrive, and why some were refused; times are UTC, ctrl-C ends.

    Reads ClickHouse once a second. Requests that were refused as a whole are counted where the spool is on this
    machine, and not told by site.
    """
    from collector import tail as tails

    _say_it_ourselves()
    try:
        tails.follow(tails.Tail(_settings(), key, refused=refused), click.echo, lambda told: click.echo(told, err=True))
    except tails.TailError as error:
        _fail(error)
    except KeyboardInterrupt:
        return


@main.command()
@click.option("--since", required=True, metavar="DATE", type=_DAY, help="First day (UTC) of the visits, 2026-11-01.")
@click.option("--until", metavar="DATE", type=_DAY, help="Last day (UTC). [default: today]")
@click.option("--site", "keys", multiple=True, metavar="KEY", help="Only this site. Repeatable. [default: all]")
@click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
def enrich(since: datetime, until: datetime | None, keys: tuple[str, ...], dry_run: bool) -> None:
    """Classify the sources of stored visits again, with this version's lists and sites.yml.

    Channel, source and campaign of visits and page views; device, bots and country are as they came, since the user
    agent and the address are not stored. Cut short, run it again.
    """
    from collector import database, reclassify
    from collector.engine import EngineError
    from collector.sites import known, read_sites
    from collector.store import Store, StoreError

    settings = _settings()
    last = (until or datetime.now(UTC)).date()
    if last < since.date():
        _fail("--until is before --since")
    try:
        sites = read_sites(settings.config_dir)
        chosen = {key: known(sites, key, settings.config_dir) for key in keys} or sites
        period = reclassify.Period(since.date(), last)
        with (
            reclassify.alone(settings.data_dir),
            database.running(settings) as url,
            contextlib.closing(Store(url, timeout=3600)) as store,
        ):
            found = reclassify.reclassify(
                store, period, chosen, dry_run=dry_run, report=lambda told: click.echo(told, err=True)
            )
    except (ConfigError, StoreError, EngineError, reclassify.Busy) as error:
        _fail(error)
    for (old, new), visits in found.channels.items():
        click.echo(f"{visits:>9} visits  {old} -> {new}" if old != new else f"{visits:>9} visits  {old}, other details")
    done = "would be changed" if dry_run else "changed"
    click.echo(f"{found.visits} visits and {found.pages} page views {done}", err=True)


@main.command()
@click.argument("visitor")
@_SITE
@click.option("--wait", is_flag=True, help="Until every table was counted again; prints its rows before and after.")
def erase(visitor: str, key: str, wait: bool) -> None:
    """Erase everything about a visitor (16 hex digits), and drop what still comes from it.

    The command waits in the spool until a loader carries it out.
    """
    from collector import privacy

    settings = _settings()
    try:
        asked = privacy.ask_to_erase(settings, key, visitor, wait=wait)
        if asked.before is None:
            click.echo(f"asked; {settings.spool_dir} has the command until the loader carries it out", err=True)
            return
        after = privacy.await_erased(settings, asked)
    except privacy.FAILURES as error:
        _fail(error)
    for table, number in asked.before.items():
        click.echo(f"{table:<16} {number:>8} before {after[table]:>8} after")
    if any(after.values()):
        _fail("rows came meanwhile; ask again")


@main.command()
@click.argument("visitor")
@_SITE
def export(visitor: str, key: str) -> None:
    """Print everything that is stored about a visitor (16 hex digits), a JSON object a line."""
    from collector import privacy

    try:
        for line in privacy.export(_settings(), key, visitor):
            click.echo(line)
    except privacy.FAILURES as error:
        _fail(error)


_PERSON = click.option("--person", metavar="PERSON", help="Only this one, as reports name it. [default: everybody]")


@main.command()
@click.argument("visitor")
@_SITE
@_PERSON
def unlink(visitor: str, key: str, person: str | None) -> None:
    """Undo what identify said of a visitor (16 hex digits) so far: reports take it for that person no longer.

    What its pages say later counts again. `footpath relink` takes it back.
    """
    from collector import privacy

    _change_links(
        lambda: privacy.unlink(_settings(), key, visitor, person),
        visitor,
        "no longer: identifications undone",
        f"{visitor} was unlinked before",
    )


@main.command()
@click.argument("visitor")
@_SITE
@_PERSON
def relink(visitor: str, key: str, person: str | None) -> None:
    """Make the links of a visitor (16 hex digits) again that `footpath unlink` undid, each at the time that it had."""
    from collector import privacy

    _change_links(
        lambda: privacy.relink(_settings(), key, visitor, person),
        visitor,
        "again: identifications restored",
        f"all links of {visitor} hold",
    )


def _change_links(change: Callable[[], dict[str, int]], visitor: str, told: str, otherwise: str) -> None:
    """Say which rows were written about a visitor, by person, or why none."""
    from collector import privacy

    try:
        written = change()
    except privacy.FAILURES as error:
        _fail(error)
    for name, rows in written.items():
        click.echo(f"{visitor} is {name} {told}: {rows}")
    if not written:
        click.echo(f"nothing to do: no row written, {otherwise}")


@main.command()
@click.option("--sites", default=20, show_default=True, help="How many, each with effects of its own.")
@click.option("--visits", default=2000, show_default=True, help="On each site.")
@click.option("--seed", default="1", show_default=True, help="The same seed gives the same visits.")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
def truth(*, sites: int, visits: int, seed: str, markdown: bool) -> None:
    """Check the reports: sites with planted effects through a collector of its own, and what the reports find."""
    from rich.console import Console

    from collector.engine import EngineError
    from collector.truth import command

    console = Console(stderr=True)
    try:
        found = command.run(sites, visits, seed, console)
    except (ConfigError, EngineError, RuntimeError) as error:
        _fail(error)
    if markdown:
        click.echo(command.markdown(found))
    else:
        Console().print(command.table(found))
    if not all(each.good for each in found):
        raise SystemExit(1)


@main.command()
@click.argument("key")
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="URL",
    help="Where its pages live, such as https://shop.example. Repeatable. [default: any]",
)
@click.option("--time-zone", default="UTC", show_default=True, help="Zone of its days, such as Europe/Berlin.")
def init(key: str, origins: tuple[str, ...], time_zone: str) -> None:
    """Write a sites.yml with the site KEY and a goals.yml into FOOTPATH_CONFIG_DIR, and print its script tag."""
    from collector import resources
    from collector import snippet as snippets
    from collector.sites import read_sites

    settings = _settings()
    path = settings.config_dir / "sites.yml"
    if path.exists():
        _fail(f"{path} exists; add the site there")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", key):
        _fail("a site's key has 1 to 64 of a-z, 0-9, - and _")
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = "[" + ", ".join(f'"{origin}"' for origin in origins or ("*",)) + "]"
    path.write_text(_SITES.format(key=key, zone=time_zone, origins=listed))
    try:
        read_sites(settings.config_dir)
    except ConfigError as error:
        path.unlink()
        _fail(error)
    goals = settings.config_dir / "goals.yml"
    if not goals.exists():
        template = (resources.folder("demo") / "goals.template.yml").read_text()
        goals.write_text(template.replace("  my-shop:", f"  {key}:"))
    click.echo(f"{path} and {goals.name} written. Now run `footpath serve` and put this into the site's pages:\n")
    click.echo(snippets.tag(key, settings, snippets.origin(settings)))


@main.command()
@_SITE
@click.option("--url", callback=_origin, help="Public address of the collector, such as https://collector.example.")
@click.option("--pinned", is_flag=True, help="The script of this version or none, by its hash.")
def snippet(key: str, url: str | None, pinned: bool) -> None:
    """Print the script tag for the pages of a site, and what their Content-Security-Policy must allow."""
    from collector import sites
    from collector import snippet as snippets

    settings = _settings()
    try:
        site = sites.known(sites.read_sites(settings.config_dir), key, settings.config_dir)
    except ConfigError as error:
        _fail(error)
    collector = url or snippets.origin(settings)
    if pinned:
        click.echo(_pinned(site, settings, collector))
    else:
        click.echo(snippets.tag(key, settings, collector))
    click.echo(f"\nContent-Security-Policy: {snippets.policy(collector, settings)}")


def _pinned(site: Site, settings: Settings, collector: str) -> str:
    from collector import resources, script
    from collector import snippet as snippets

    folder = resources.folder("sdk")
    files = script.files(folder)
    name = script.pinned(files)
    if not script.is_released(name, folder):
        click.echo(f"{name} is not released: later versions of the program will not serve it.", err=True)
    return snippets.pinned_tag(site, settings, collector, files)


def _called_as() -> str:
    """The command as this shell knows it: with its path where it was called by one."""
    return sys.argv[0] if os.sep in sys.argv[0] and not shutil.which("footpath") else "footpath"


def _settings() -> Settings:
    try:
        return Settings.from_environment()
    except ConfigError as error:
        _fail(error)


def _log(settings: Settings) -> None:
    from collector import telemetry

    telemetry.configure_logging(settings.log, settings.log_format)


def _say_it_ourselves() -> None:
    """The driver logs every failed connection with a traceback; these commands tell it in a sentence."""
    logging.getLogger("clickhouse_driver").setLevel(logging.CRITICAL)


def _start(supervisor: Supervisor) -> None:
    from collector.engine import EngineError

    supervisor.handle_signals()
    try:
        supervisor.start()
    except (ConfigError, EngineError) as error:
        _fail(error)


def _fail(error: object) -> NoReturn:
    raise click.ClickException(str(error))


if __name__ == "__main__":
    main()
