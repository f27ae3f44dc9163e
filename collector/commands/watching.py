"""Is everything well, and what arrives?"""

from __future__ import annotations

import click

from collector.commands import common


@click.command()
@click.option("--other", "others", multiple=True, metavar="URL", help="Another collector; its secret.key is compared.")
def check(others: tuple[str, ...]) -> None:
    """Look at settings, disk, spool, ClickHouse and what arrived, and say what is to be done.

    Ends with 1 if something is NOT well; a hint is probably not what was meant, and leaves 0.
    """
    from collector import check as checks

    common.say_it_ourselves()
    found = list(checks.findings(common.settings(), others))
    for finding in found:
        mark = click.style("ok  ", fg="green") if finding.well else click.style("NOT ", fg="red", bold=True)
        mark = click.style("hint", fg="yellow") + " " if finding.hint else mark
        click.echo(f"{mark}{finding.what}: {finding.told}")
    if not all(finding.well for finding in found):
        raise SystemExit(1)


@click.command()
@click.option("--site", "key", default="", metavar="KEY", help="Only this site. [default: all]")
@click.option("--refused", is_flag=True, help="Only what was refused.")
def tail(key: str, refused: bool) -> None:
    """Show events as they arrive, and why some were refused; times are UTC, ctrl-C ends.

    Reads ClickHouse once a second. Requests that were refused as a whole are counted where the spool is on this
    machine, and not told by site.
    """
    from collector import tail as tails

    common.say_it_ourselves()
    try:
        tails.follow(
            tails.Tail(common.settings(), key, refused=refused), click.echo, lambda told: click.echo(told, err=True)
        )
    except tails.TailError as error:
        common.fail(error)
    except KeyboardInterrupt:
        return
