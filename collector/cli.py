"""The command `footpath`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collector import __version__
from collector.config import SETTINGS, ConfigError, Settings, read_sites

if TYPE_CHECKING:
    from collections.abc import Mapping


def _settings() -> Settings:
    try:
        return Settings.from_environment()
    except ConfigError as error:
        raise click.ClickException(str(error)) from error


_EPILOG = "\b\nSettings (environment):\n" + "\n".join(
    f"  {setting.name:<27} {setting.meaning}{f' [{setting.default}]' if setting.default else ''}"
    for setting in SETTINGS)


@click.group(epilog=_EPILOG, context_settings={"max_content_width": 120, "help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="footpath")
def main() -> None:
    """Footpath: where visitors walk, where they stumble, and what it costs."""


@main.command()
def serve() -> None:
    """Run the collector, the loader and, without FOOTPATH_CLICKHOUSE_URL, the program's own ClickHouse."""
    from collector import supervise, telemetry
    from collector.engine import EngineError

    settings = _settings()
    telemetry.configure_logging(settings.log)
    supervisor = supervise.Supervisor(settings)
    supervisor.handle_signals()
    try:
        supervisor.start()
    except (ConfigError, EngineError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"collecting at http://{settings.host}:{settings.port}{settings.events_path} - ctrl-C stops", err=True)
    try:
        supervisor.watch()
    finally:
        supervisor.end()


if __name__ == "__main__":
    main()
