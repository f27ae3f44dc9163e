"""The real application over a spool of its own, without a limit of requests unless a test asks for one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from collector import resources
from collector.app import create_app
from collector.config import Settings
from tests.contract.conftest import SECRET, SITES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

BEARER = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture(scope="module")
def make_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Flask]]:
    """A function that makes the real application; settings by name without prefix. Closes its spools."""
    opened = []

    def make(**settings: str) -> Flask:
        folder = tmp_path_factory.mktemp("abuse")
        (folder / "sites.yml").write_text(SITES)
        environment = {f"FOOTPATH_{name.upper()}": value for name, value in settings.items()}
        app = create_app(Settings.from_environment(
            {"FOOTPATH_DATA_DIR": str(folder / "data"), "FOOTPATH_CONFIG_DIR": str(folder), "FOOTPATH_RATE": "0"}
            | environment
        ))  # fmt: skip
        opened.append(app.extensions["footpath"])
        return app

    yield make
    for writer in opened:
        writer.close()


@pytest.fixture(scope="module")
def app(make_app: Callable[..., Flask]) -> Flask:
    """One application for all tests of a file."""
    return make_app()


def sample_batches() -> list[dict[str, Any]]:
    """The batches of schema/examples.jsonl, good and bad."""
    lines = (resources.folder("schema") / "examples.jsonl").read_text().splitlines()
    return [json.loads(line)["batch"] for line in lines]
