"""The real application over a spool of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collector.app import create_app
from collector.config import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

SITES = """
sites:
  demo-shop: {id: 7, time_zone: Europe/Berlin, origins: ["https://shop.example"]}
  anyone: {id: 8, origins: ["*"]}
  closed: {id: 9, origins: ["*"], enabled: false}
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
