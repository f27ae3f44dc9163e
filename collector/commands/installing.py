"""The first steps: a site's configuration, and the tag for its pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from collector.commands import common
from collector.config import ConfigError

if TYPE_CHECKING:
    from collector.config import Settings
    from collector.sites import Site

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


@click.command()
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

    settings = common.settings()
    path = settings.config_dir / "sites.yml"
    if path.exists():
        common.fail(f"{path} exists; add the site there")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", key):
        common.fail("a site's key has 1 to 64 of a-z, 0-9, - and _")
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = "[" + ", ".join(f'"{origin}"' for origin in origins or ("*",)) + "]"
    path.write_text(_SITES.format(key=key, zone=time_zone, origins=listed))
    try:
        read_sites(settings.config_dir)
    except ConfigError as error:
        path.unlink()
        common.fail(error)
    goals = settings.config_dir / "goals.yml"
    if not goals.exists():
        template = (resources.folder("demo") / "goals.template.yml").read_text()
        goals.write_text(template.replace("  my-shop:", f"  {key}:"))
    click.echo(f"{path} and {goals.name} written. Now run `footpath serve` and put this into the site's pages:\n")
    click.echo(snippets.tag(key, settings, snippets.origin(settings)))


@click.command()
@common.SITE
@click.option("--url", callback=_origin, help="Public address of the collector, such as https://collector.example.")
@click.option("--pinned", is_flag=True, help="The script of this version or none, by its hash.")
def snippet(key: str, url: str | None, pinned: bool) -> None:
    """Print the script tag for the pages of a site, and what their Content-Security-Policy must allow."""
    from collector import sites
    from collector import snippet as snippets

    settings = common.settings()
    try:
        site = sites.known(sites.read_sites(settings.config_dir), key, settings.config_dir)
    except ConfigError as error:
        common.fail(error)
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
