"""docs/first-hour.ipynb works from its first cell to its last on the demo shop, and was committed with its answers.

`python -m tests.test_notebook` runs it and keeps what it answers.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.support import free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs" / "first-hour.ipynb"
RUN = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[2])
"""


@contextlib.contextmanager
def demo(folder: Path) -> Iterator[dict[str, str]]:
    """The demo with its visits loaded; gives the environment that finds it."""
    environment = {**os.environ, "FOOTPATH_PORT": str(free_port()), "FOOTPATH_DATA_DIR": str(folder / "data")}
    environment |= {
        "FOOTPATH_CONFIG_DIR": str(folder / "config"),
        "FOOTPATH_LOG": "warning",
        "FOOTPATH_DASHBOARD_PORT": "0",
    }
    environment.pop("FOOTPATH_CLICKHOUSE_URL", None)
    log = folder / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "collector.cli", "demo", "--shop-port", "0"],
            env=environment, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        wait_until(lambda: "Three questions" in log.read_text() or process.poll() is not None, 180, "the demo")
        assert process.poll() is None, log.read_text()
        yield environment
    finally:
        process.terminate()
        process.wait(60)


def executed(folder: Path) -> Any:
    """The notebook with fresh answers."""
    with demo(folder) as environment:
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(NOTEBOOK), str(folder / "done.ipynb")],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
    return nbformat.read(folder / "done.ipynb", 4)


def kinds(cell: Any) -> set[str]:
    """What a cell answered with: text, HTML, pictures."""
    return {kind for output in cell.outputs for kind in output.get("data", {"text/plain": ""})}


@pytest.mark.slow
def test_every_cell_answers_as_it_did(tmp_path: Path) -> None:
    """Numbers move with the hour; that there is a table or a picture does not."""
    committed = nbformat.read(NOTEBOOK, 4)
    fresh = executed(tmp_path)
    asked = [(old, new) for old, new in zip(committed.cells, fresh.cells, strict=True) if old.cell_type == "code"]
    assert len(asked) > 10
    for old, new in asked:
        assert kinds(old) == kinds(new), old.source
        assert "(no rows)" not in str(new.outputs), old.source


def test_it_names_no_machine() -> None:
    text = NOTEBOOK.read_text()
    assert "/home/" not in text
    assert "/tmp/" not in text
    assert "Traceback" not in text


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        nbformat.write(executed(Path(name)), NOTEBOOK)
