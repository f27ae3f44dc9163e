"""Are the reports right?"""

from __future__ import annotations

import click
from rich.console import Console

from collector.commands import common
from collector.config import ConfigError


@click.command()
@click.option("--sites", default=20, show_default=True, help="How many, each with effects of its own.")
@click.option("--visits", default=2000, show_default=True, help="On each site.")
@click.option("--seed", default="1", show_default=True, help="The same seed gives the same visits.")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
def truth(*, sites: int, visits: int, seed: str, markdown: bool) -> None:
    """Check the reports: sites with planted effects through a collector of its own, and what the reports find."""
    from collector.engine import EngineError
    from collector.truth import command

    console = Console(stderr=True)
    try:
        found = command.run(sites, visits, seed, console)
    except (ConfigError, EngineError, RuntimeError) as error:
        common.fail(error)
    if markdown:
        click.echo(command.markdown(found))
    else:
        Console().print(command.table(found))
    if not all(each.good for each in found):
        raise SystemExit(1)
