"""What visitors may ask for: what is stored of them, its end, and who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from collector.commands import common

if TYPE_CHECKING:
    from collections.abc import Callable

_PERSON = click.option("--person", metavar="PERSON", help="Only this one, as reports name it. [default: everybody]")


@click.command()
@click.argument("visitor")
@common.SITE
@click.option("--wait", is_flag=True, help="Until every table was counted again; prints its rows before and after.")
def erase(visitor: str, key: str, wait: bool) -> None:
    """Erase everything about a visitor (16 hex digits), and drop what still comes from it.

    The command waits in the spool until a loader carries it out.
    """
    from collector import privacy

    settings = common.settings()
    try:
        asked = privacy.ask_to_erase(settings, key, visitor, wait=wait)
        if asked.before is None:
            click.echo(f"asked; {settings.spool_dir} has the command until the loader carries it out", err=True)
            return
        after = privacy.await_erased(settings, asked)
    except privacy.FAILURES as error:
        common.fail(error)
    for table, number in asked.before.items():
        click.echo(f"{table:<16} {number:>8} before {after[table]:>8} after")
    if any(after.values()):
        common.fail("rows came meanwhile; ask again")


@click.command()
@click.argument("visitor")
@common.SITE
def export(visitor: str, key: str) -> None:
    """Print everything that is stored about a visitor (16 hex digits), a JSON object a line."""
    from collector import privacy

    try:
        for line in privacy.export(common.settings(), key, visitor):
            click.echo(line)
    except privacy.FAILURES as error:
        common.fail(error)


@click.command()
@click.argument("visitor")
@common.SITE
@_PERSON
def unlink(visitor: str, key: str, person: str | None) -> None:
    """Undo what identify said of a visitor (16 hex digits) so far: reports take it for that person no longer.

    What its pages say later counts again. `footpath relink` takes it back.
    """
    from collector import privacy

    _change_links(
        lambda: privacy.unlink(common.settings(), key, visitor, person),
        visitor,
        "no longer: identifications undone",
        f"{visitor} was unlinked before",
    )


@click.command()
@click.argument("visitor")
@common.SITE
@_PERSON
def relink(visitor: str, key: str, person: str | None) -> None:
    """Make the links of a visitor (16 hex digits) again that `footpath unlink` undid, each at the time that it had."""
    from collector import privacy

    _change_links(
        lambda: privacy.relink(common.settings(), key, visitor, person),
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
        common.fail(error)
    for name, rows in written.items():
        click.echo(f"{visitor} is {name} {told}: {rows}")
    if not written:
        click.echo(f"nothing to do: no row written, {otherwise}")
