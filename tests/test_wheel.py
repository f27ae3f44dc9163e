"""What is installed works without the checkout."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support import free_port, running, wait_until

ROOT = Path(__file__).resolve().parent.parent
QUIET = ("--quiet", "--disable-pip-version-check", "--no-input")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *QUIET, "--no-deps", "--wheel-dir", str(folder), str(ROOT)], check=True
    )
    (built,) = folder.glob("footpath-*.whl")
    return built


def test_the_wheel_carries_contract_script_and_shop(wheel: Path) -> None:
    """And nothing of the tests."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "collector/_schema/event.schema.json", "collector/_schema/outcome.schema.json",
        "collector/_schema/openapi.json",
        "collector/_schema/clickhouse/0001_events.sql", "collector/_sdk/footpath.min.js",
        "collector/_sdk/footpath.more.min.js", "collector/_sdk/footpath.form.min.js",
        "collector/_sdk/footpath.idle.min.js", "collector/_sdk/footpath.full.min.js",
        "collector/_sdk/footpath.skeleton.min.js", "collector/_sdk/footpath.overlay.min.js",
        "collector/_demo/index.html", "collector/_demo/skeletons.json", "collector/py.typed",
        "collector/dashboard/templates/base.html",
        "collector/dashboard/static/dashboard.css", "collector/dashboard/static/vendor/htmx.min.js",
    ):  # fmt: skip
        assert name in names
    assert not [name for name in names if name.startswith(("tests/", "bench/", "sdk_js/"))]


@pytest.mark.slow
def test_installed_elsewhere_it_runs_the_demo_and_answers(wheel: Path, tmp_path: Path) -> None:
    """A new virtual environment, an empty folder: visits are sent, a question is answered, ctrl-C ends everything."""
    venv.create(tmp_path / "venv", with_pip=True)
    bin_folder = tmp_path / "venv" / "bin"
    subprocess.run([bin_folder / "python", "-m", "pip", "install", *QUIET, str(wheel)], check=True)
    folder = tmp_path / "empty"
    folder.mkdir()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "FOOTPATH_PORT": str(free_port()),
        "FOOTPATH_DASHBOARD_PORT": str(free_port()),
    }  # fmt: skip
    with (folder / "log").open("w") as log:
        demo = subprocess.Popen(
            [bin_folder / "footpath", "demo", "--visits", "20", "--shop-port", "0"], cwd=folder, env=environment,
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_until(
            lambda: "Three questions" in (folder / "log").read_text() or demo.poll() is not None, 120, "the demo"
        )
        told = (folder / "log").read_text()
        assert demo.poll() is None, told
        assert re.search(r"events of 20 visits accepted, 0 refused", told)
        link = re.search(r"http://127\.0\.0\.1:\d+/enter/\S+", told)
        assert link, told
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        overview = browser.open(link[0], timeout=60).read().decode()
        assert "<h1>Overview</h1>" in overview
        asked = subprocess.run(
            [bin_folder / "footpath", "query", "sessions", "--site", "demo-shop", "--period", "7d", "--format", "csv"],
            cwd=folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert asked.returncode == 0, asked.stderr
        assert len(asked.stdout.splitlines()) > 10
        children = [int(pid) for pid in Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()]
        demo.send_signal(signal.SIGINT)
        assert demo.wait(40) == 0
        wait_until(lambda: not running(children), 10, "the end of its processes")
    finally:
        demo.kill()
        demo.wait()
