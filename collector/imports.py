"""`footpath import outcomes FILE.csv`: what another system knows, row by row to a collector over HTTP.

Sent twice is counted once, so after any interruption the same command is run again. It needs no database.
"""

from __future__ import annotations

import csv
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import click
import orjson

from collector import csv_outcomes, validate_outcomes
from collector.config import ConfigError, Settings
from collector.csv_outcomes import FileError
from collector.send_outcomes import Collector, SendError, bodies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from collector.csv_outcomes import Row, Table
    from collector.event import Json

SHOWN: Final = 20
"""Refused rows that are printed; all of them go to --rejected."""


class Send(Protocol):
    """What takes a body: the collector, or the checks alone."""

    def __call__(self, site: str, outcomes: list[bytes]) -> Json: ...


@dataclass(slots=True)
class Tally:
    """What became of the rows."""

    accepted: int = 0
    rejected: int = 0
    changed: int = 0
    first_changed: str = ""
    said: dict[str, int] = field(default_factory=dict)

    def look(self, row: Row) -> None:
        """Notice a row that says something else of an id than an earlier one."""
        key, said = str(row.outcome.get("id", "")), hash(tuple(row.cells))
        if self.said.setdefault(key, said) != said:
            self.said[key] = said
            self.changed += 1
            self.first_changed = self.first_changed or f"line {row.line}, id {key[:64]}"


@click.group(name="import")
def group() -> None:
    """Bring in what other systems know, from files."""


def _pairs(_: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """FIELD=TEXT of an option that may be repeated."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not value or not (name in csv_outcomes.fields() or name.startswith(csv_outcomes.PROPS)):
            known = ", ".join(sorted(csv_outcomes.fields()))
            raise click.BadParameter(f"{text!r}: expected {parameter.metavar}, with a field of {known}, props.NAME")
        found[name] = value
    return found


_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@group.command()
@click.argument("file", type=_FILE)
@click.option("--site", required=True, metavar="KEY", help="The site's key in sites.yml.")
@click.option("--source", required=True, metavar="NAME", help="The system that the file comes from, such as shop.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    callback=_pairs,
    metavar="FIELD=HEADER",
    help="The column of a field, where its header is not the field's name. Repeatable.",
)
@click.option(
    "--set",
    "fixed",
    multiple=True,
    callback=_pairs,
    metavar="FIELD=VALUE",
    help="Value of a field in rows that have none, such as kind=order. Repeatable.",
)
@click.option("--url", metavar="URL", help="The collector. [default: that of FOOTPATH_HOST and FOOTPATH_PORT]")
@click.option(
    "--key-file",
    type=click.File(),
    metavar="FILE",
    help="File whose first line is a secret key of the site. [default: FOOTPATH_IMPORT_KEY]",
)
@click.option("--rejected", type=_FILE, metavar="FILE", help="Write refused rows to this CSV, with line and reason.")
@click.option("--encoding", default="utf-8", show_default=True, help="The file's; Excel writes cp1252.")
@click.option("--dry-run", is_flag=True, help="Check the rows, send nothing.")
def outcomes(
    *,
    file: Path,
    site: str,
    source: str,
    columns: dict[str, str],
    fixed: dict[str, str],
    url: str | None,
    key_file: TextIO | None,
    rejected: Path | None,
    encoding: str,
    dry_run: bool,
) -> None:
    """Send the rows of a CSV file as outcomes.

    They are orders, refunds, trials, cancellations or leads. The first line names the columns: id, kind, ts, value,
    currency, goal, order_id, visitor, user, quality, stage, and props.NAME for properties; others are ignored. Rows
    that were sent before change nothing. Ends with 1 where rows were refused.
    """
    if rejected and file.exists() and rejected.exists() and rejected.samefile(file):
        raise click.BadParameter("would overwrite the file that is read", param_hint="--rejected")
    try:
        with ExitStack() as stack:
            text = stack.enter_context(file.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline=""))
            table = csv_outcomes.read(text, columns, fixed)
            send = _checked_only if dry_run else _collector(url, key_file).send
            reject = stack.enter_context(_rejects(rejected, table.header))
            if table.ignored:
                click.echo(f"columns that no field has, ignored: {', '.join(table.ignored)}", err=True)
            advance = stack.enter_context(_progress(text, file.stat().st_size))
            under_way = _Import(send, site, source, reject)
            under_way.run(table, advance)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not {encoding} ({error.reason}); name it with --encoding") from error
    except (FileError, SendError, ConfigError, LookupError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    _tell(under_way.tally, dry_run, rejected)


class _Import:
    """A file on its way: its rows go out body by body, and those that are refused are told in their order."""

    def __init__(self, send: Send, site: str, source: str, reject: Callable[[Row, str], None]) -> None:
        self._send, self._site, self._source, self._reject = send, site, source, reject
        self._refused: list[tuple[Row, str]] = []
        self._waiting: dict[int, Row] = {}
        self.tally = Tally()

    def run(self, table: Table, advance: Callable[[], None]) -> None:
        """Send all rows; `advance` is called after each body.

        Raises:
            SendError: it ends here; the message says what to do.
            FileError: the file cannot be read further.
        """
        for body in bodies(self._outcomes(table)):
            self._bring(body)
            advance()
        self._tell_refused()

    def _outcomes(self, table: Table) -> Iterator[tuple[int, Json]]:
        for row in table.rows:
            if row.error:
                self._refused.append((row, row.error))
                continue
            self.tally.look(row)
            self._waiting[row.line] = row
            yield row.line, row.outcome | {"source": self._source}

    def _bring(self, body: list[tuple[int, bytes]]) -> None:
        try:
            answer = self._send(self._site, [text for _, text in body])
        except SendError as error:
            raise SendError(
                f"stopped at line {body[0][0]}: {error}. {self.tally.accepted} rows before it were taken; run the same "
                "command again when this is solved, they are not counted twice"
            ) from error
        rows = [self._waiting.pop(line) for line, _ in body]
        self.tally.accepted += answer["accepted"]
        self._refused += [(rows[one["index"]], "; ".join(one["errors"])) for one in answer["rejected"]]
        self._tell_refused()

    def _tell_refused(self) -> None:
        for row, reason in sorted(self._refused, key=lambda pair: pair[0].line):
            self.tally.rejected += 1
            if self.tally.rejected <= SHOWN:
                click.echo(f"line {row.line}: {reason}", err=True)
            self._reject(row, reason)
        self._refused.clear()


def _checked_only(site: str, outcomes: list[bytes]) -> Json:
    """What a collector would say, as far as that can be told without one."""
    document = {"site": site, "outcomes": [orjson.loads(text) for text in outcomes]}
    verdict = validate_outcomes.check(document, time.time_ns() // 1_000_000, "UTC")
    rejected = [{"index": one.index, "errors": one.errors} for one in verdict.rejected]
    return {"accepted": len(verdict.outcomes), "rejected": rejected}


def _collector(url: str | None, key_file: TextIO | None) -> Collector:
    settings = Settings.from_environment()
    secret = key_file.readline().strip() if key_file else settings.import_key
    if not secret:
        raise ConfigError("no key: name a file with --key-file, or set FOOTPATH_IMPORT_KEY")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return Collector(url or f"http://{host}:{settings.port}", secret, lambda text: click.echo(text, err=True))


@contextmanager
def _rejects(path: Path | None, header: list[str]) -> Iterator[Callable[[Row, str], None]]:
    """A function that writes a refused row to the file, if there is one: line, reason, and the row as it was."""
    if path is None:
        yield lambda row, reason: None
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "reason", *header])
        yield lambda row, reason: writer.writerow([row.line, reason, *row.cells])


@contextmanager
def _progress(file: Any, size: int) -> Iterator[Callable[[], None]]:
    """A bar on standard error, where somebody looks at it; the function moves it to where the file is read.

    A pipe says neither how long it is nor how far it was read, so it has none.
    """
    if not (sys.stderr.isatty() and file.seekable()):
        yield lambda: None
        return
    with click.progressbar(length=size, label="rows", file=sys.stderr) as bar:
        yield lambda: bar.update(file.buffer.raw.tell() - bar.pos)


def _tell(tally: Tally, dry_run: bool, rejected: Path | None) -> None:
    if tally.rejected > SHOWN and rejected is None:
        click.echo(f"… and {tally.rejected - SHOWN} more; --rejected FILE writes all of them", err=True)
    if tally.changed:
        click.echo(
            f"{tally.changed} rows say something else of an id than a row before (first: {tally.first_changed}); the "
            "last row holds. Items of one order need ids of their own",
            err=True,
        )
    total = tally.accepted + tally.rejected
    click.echo(f"{total} rows: {tally.accepted} {'would be ' if dry_run else ''}taken, {tally.rejected} refused")
    if tally.rejected:
        raise SystemExit(1)
