"""What several commands begin and end with."""

from __future__ import annotations

import logging
from typing import NoReturn

import click

from collector.config import ConfigError, Settings

SITE = click.option("--site", "key", required=True, metavar="KEY", help="The site's key in sites.yml.")


def settings() -> Settings:
    """The settings of the environment, or the end of the command with what is wrong in them."""
    try:
        return Settings.from_environment()
    except ConfigError as error:
        fail(error)


def log(settings: Settings) -> None:
    """Write logs as the settings say."""
    from collector import telemetry

    telemetry.configure_logging(settings.log, settings.log_format)


def say_it_ourselves() -> None:
    """The driver logs every failed connection with a traceback; these commands tell it in a sentence."""
    logging.getLogger("clickhouse_driver").setLevel(logging.CRITICAL)


def fail(error: object) -> NoReturn:
    """End the command with 1 and a sentence."""
    raise click.ClickException(str(error))
