"""`footpath summary`: the letter of a week, into a file or by mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click

from collector.config import ConfigError, Settings
from collector.query import QueryError, connect
from collector.summary import compose, render
from collector.summary.send import MailError, send

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command()
@click.option("--site", "key", required=True, metavar="KEY", help="The site's key in sites.yml.")
@click.option("--tz", metavar="ZONE", help="Zone of the days.  [default: the site's]")
@click.option("--week", type=click.DateTime(["%Y-%m-%d"]), help="A day of the week.  [default: the last whole week]")
@click.option("--goal", default=compose.EVERYTHING, show_default=True, help="What converting means.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it into this HTML file.")
@click.option("--mail", "recipients", multiple=True, metavar="ADDRESS", help="Send it; repeatable.")
def command(  # noqa: PLR0917 - click names them all
    key: str, tz: str | None, week: datetime | None, goal: str, out: Path | None, recipients: Sequence[str]
) -> None:
    """The last week as a letter: figures, pictures, and the three largest changes that are more than chance.

    Mail goes through FOOTPATH_SMTP_URL from FOOTPATH_MAIL_FROM. To have it every Monday, run it from cron.
    """
    if out is None and not recipients:
        raise click.UsageError("say where it goes: --out FILE, or --mail ADDRESS")
    try:
        settings = Settings.from_environment()
        if recipients and not (settings.smtp_url and settings.mail_from):
            raise click.UsageError("mail needs FOOTPATH_SMTP_URL and FOOTPATH_MAIL_FROM; --out FILE does without")
        site = connect().site(key, tz=tz)
        day = week.date() if week else None
        letter = compose.compose(site, _monday(day, site.tz), goal)
        letter = replace(letter, link=_link(settings.dashboard_url, key, letter))
        if out is not None:
            out.write_text(render.page(letter), encoding="utf-8")
            click.echo(f"{out}: {letter.subject}")
        if recipients:
            send(render.mail(letter, settings.mail_from, recipients), settings.smtp_url)
            click.echo(f"sent to {', '.join(recipients)}: {letter.subject}")
    except (ConfigError, QueryError, MailError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _link(dashboard: str, key: str, letter: compose.Letter) -> str:
    """The same week on the dashboard, where FOOTPATH_DASHBOARD_URL says its address."""
    if not dashboard:
        return ""
    end = letter.last + timedelta(days=1)
    asked = {"from": letter.first, "to": end, "compare": "previous", "tz": letter.zone, "goal": letter.goal}
    return f"{dashboard}/sites/{key}/overview?{urlencode(asked)}"


def _monday(day: date | None, zone: str) -> date:
    """Of the week of that day, else of the last whole week."""
    return (
        compose.week_before(compose.today(zone)) if day is None else date.fromordinal(day.toordinal() - day.weekday())
    )
