"""`footpath query REPORT`: every report of the query module as a command, with the options that it describes itself."""

from __future__ import annotations

import contextlib
import functools
import inspect
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from collector.query import BadQuestion, QueryError, arguments, connect
from collector.query.report import REPORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from matplotlib.figure import Figure

    from collector.query import Connection, Result, Site
    from collector.query.report import Option, Report

FORMATS: Final = {
    "table": lambda result: result.to_table(),
    "csv": lambda result: result.to_csv(),
    "json": lambda result: result.to_json(),
}


@click.group(name="query", subcommand_metavar="REPORT [OPTIONS]")
def group() -> None:
    """Ask a question and get a table, CSV, JSON or a picture."""


def _command(report: Report) -> click.Command:
    ask: Callable[..., None] = functools.partial(_ask, report)
    parameters = [_parameter(option) for option in report.options]
    short = re.sub(r" \(definitions? [^)]*\)", "", report.help)
    return click.Command(
        report.name, params=[*_COMMON, *parameters], callback=ask, help=report.help, short_help=short.partition(". ")[0]
    )


_METAVARS: Final = {"by": "COLUMN", "name": "NAME"}
_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_EXISTING: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_COMMON: Final = (
    click.Option(["--site"], metavar="KEY", required=True, help="the site's key in sites.yml"),
    click.Option(["--tz"], metavar="ZONE", help="zone of the days  [default: the site's]"),
    click.Option(["--url"], metavar="URL", help="ClickHouse  [default: FOOTPATH_CLICKHOUSE_URL, or the running one]"),
    click.Option(["--goals"], type=_EXISTING, metavar="FILE", help="a goals.yml to try  [default: what was published]"),
    click.Option(["--format"], type=click.Choice(list(FORMATS)), default="table", show_default=True),
    click.Option(
        ["--compare"],
        metavar="PERIOD",
        help="what changed since another period; `previous`: as long, right before, and as much of it as has passed",
    ),
    click.Option(["--plot"], type=_FILE, metavar="FILE", help="also draw it into this PNG, SVG or PDF"),
    click.Option(
        ["--background"],
        metavar="FILE",
        help="picture of the page to draw on with --plot; `skeleton`: the page as the script drew it",
    ),
    click.Option(["--sql"], is_flag=True, help="also print the statements, on standard error"),
    click.Option(["--explain"], is_flag=True, help="print the statements and run none"),
)  # fmt: skip


def _is_text(option: Option) -> bool:
    return option.kind.metavar == "TEXT" and not option.kind.multiple


def _parameter(option: Option) -> click.Parameter:
    names = [option.flag, option.name]
    if option.default is False:
        return click.Option(names, is_flag=True, default=False, help=option.help.rstrip("."))
    form = f" ({option.kind.form})" if option.kind.form else ""
    text = option.help.rstrip(".") + form
    details: dict[str, Any] = {"help": text, "required": option.required, "multiple": option.kind.multiple}
    if option.kind.choices:
        details["type"] = click.Choice(option.kind.choices)
    else:
        details["metavar"] = (
            _METAVARS.get(option.name, option.name.upper()) if _is_text(option) else option.kind.metavar
        )
    if not option.kind.multiple and option.default is not None:
        details.update(default=option.default, show_default=True)
    return click.Option(names, **details)


def _ask(report: Report, **options: Any) -> None:
    with _asking(options) as connection:
        site = connection.site(options["site"], options["tz"])
        if options["explain"]:
            site = site.explain
        result = getattr(site, report.name)(**report.from_texts(options))
        if options["explain"]:
            click.echo("\n\n".join(result.sql))
            return
        shown = result.compare(options["compare"]) if options["compare"] else result
        if options["sql"]:
            click.echo("\n\n".join(shown.sql), err=True)
        click.echo(FORMATS[options["format"]](shown))
        if options["plot"]:
            _draw(site, result, options)


@contextlib.contextmanager
def _asking(options: Mapping[str, Any]) -> Iterator[Connection]:
    try:
        connection = connect(options["url"], goals=options["goals"])
        try:
            yield connection
        finally:
            connection.close()
    except (QueryError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _draw(site: Site, result: Result[Any], options: Mapping[str, Any]) -> None:
    plot: Callable[..., Figure] | None = getattr(result, "plot", None)
    if plot is None:
        raise BadQuestion(f"{result.meta.report} has no picture")
    over: dict[str, Any] = {}
    if said := options["background"]:
        if "background" not in inspect.signature(plot).parameters:
            raise BadQuestion(f"{result.meta.report} is not drawn over a page: heatmap, elements and scroll are")
        over["background"] = _page(site, result, options) if said == "skeleton" else Path(said)
    plot(**over).savefig(options["plot"], dpi=150, bbox_inches="tight")
    click.echo(f"drawn into {options['plot']}", err=True)


def _page(site: Site, result: Result[Any], options: Mapping[str, Any]) -> Result[Any]:
    """The page on the device whose clicks are drawn: the one with most of them."""
    clicks: Counter[str] = Counter()
    for row in result.rows:
        clicks[row.group] += getattr(row, "clicks", 0)
    device = clicks.most_common(1)[0][0] if clicks.total() and options["by"] == "device" else None
    found = site.skeleton(options["path"], options["period"], device)
    if not found.rows:
        raise BadQuestion(" ".join(found.meta.notes))
    return found


def _events(file: Path, **options: Any) -> None:
    with _asking(options) as connection, click.progressbar(length=1, label="events", file=sys.stderr) as bar:

        def advance(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        found = connection.site(options["site"], options["tz"]).to_parquet(
            file,
            options["period"],
            where=arguments.parse_where(options["where"]),
            bots=options["bots"],
            progress=advance,
        )
    click.echo(f"{found:,} events written to {file}")


_EVENTS: Final = (
    click.Argument(["file"], type=_FILE),
    *_COMMON[:4],
    click.Option(["--period"], metavar="PERIOD", default="28d", show_default=True, help=arguments.PERIOD_HELP),
    click.Option(["--where"], metavar="FILTER", multiple=True, help=arguments.WHERE_HELP),
    click.Option(["--bots"], is_flag=True, help="bots too"),
)
group.add_command(
    click.Command("events", params=list(_EVENTS), callback=_events, help="Write raw events into a Parquet FILE.")
)
for _report in REPORTS.values():
    group.add_command(_command(_report))
