"""What is done to the tables of ClickHouse."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import click

from collector.commands import common
from collector.config import ConfigError

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--dry-run", is_flag=True, help="Print the statements that would be run, run none.")
def migrate(dry_run: bool) -> None:
    """Bring the tables to the state that this version needs."""
    from collector import database, retention
    from collector import migrate as migrations
    from collector.engine import EngineError
    from collector.store import Store, StoreError

    common.say_it_ourselves()
    settings = common.settings()
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
        common.fail(error)


@click.command()
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

    settings = common.settings()
    last = (until or datetime.now(UTC)).date()
    if last < since.date():
        common.fail("--until is before --since")
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
        common.fail(error)
    for (old, new), visits in found.channels.items():
        click.echo(f"{visits:>9} visits  {old} -> {new}" if old != new else f"{visits:>9} visits  {old}, other details")
    done = "would be changed" if dry_run else "changed"
    click.echo(f"{found.visits} visits and {found.pages} page views {done}", err=True)
