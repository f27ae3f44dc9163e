"""The real application over a spool of its own, and one database for all: rows are told apart by their page id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collector.app import create_app
from collector.config import Settings
from collector.migrate import migrate
from collector.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask

    from collector.engine import Connection

SECRET = "a-secret-of-this-test-0123456789"
SITES = f"""
sites:
  demo-shop: {{id: 7, time_zone: Europe/Berlin, origins: ["https://shop.example"], secret_keys: [{SECRET}]}}
  anyone: {{id: 8, origins: ["*"]}}
  closed: {{id: 9, origins: ["*"], enabled: false, secret_keys: [{SECRET}]}}
"""


@pytest.fixture
def make_app(tmp_path: Path) -> Callable[..., Flask]:
    """A function that makes the real application over a spool of its own; settings by name without prefix."""

    def make(**settings: str) -> Flask:
        (tmp_path / "sites.yml").write_text(SITES)
        environment = {f"FOOTPATH_{name.upper()}": value for name, value in settings.items()}
        return create_app(
            Settings.from_environment(
                {"FOOTPATH_DATA_DIR": str(tmp_path / "data"), "FOOTPATH_CONFIG_DIR": str(tmp_path)} | environment
            )
        )

    return make


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The real application with its default settings."""
    return make_app()


@pytest.fixture(scope="session")
def store(engine: Connection) -> Iterator[Store]:
    """A connection of the loader's to a migrated database that the contract tests share."""
    url = engine.loader_url.replace("/footpath", "/contract")
    migrate(url)
    store = Store(url)
    yield store
    store.execute("DROP DATABASE contract SYNC")
    store.close()
