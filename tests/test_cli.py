"""The commands, as a person types them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from collector import engine, migrate
from collector.cli import main
from tests.support import SITES_YML, batch, serving, wait_until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as the working directory, with default settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("FOOTPATH_CLICKHOUSE_URL", "FOOTPATH_DATA_DIR", "FOOTPATH_CONFIG_DIR", "FOOTPATH_PORT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def footpath(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_help_lists_every_command_and_setting() -> None:
    """`footpath --help` is the manual."""
    told = footpath("--help").output
    for word in ("serve", "demo", "migrate", "check", "load", "query", "init", "FOOTPATH_CLICKHOUSE_URL", "[8400]"):
        assert word in told


def test_init_writes_a_site_and_prints_its_tag(folder: Path) -> None:
    """The file is valid as written, and never overwritten."""
    told = footpath("init", "my-shop", "--origin", "https://my.shop", "--time-zone", "Europe/Paris")
    assert told.exit_code == 0, told.output
    assert '<script async src="http://127.0.0.1:8400/sdk.js?site=my-shop" data-site="my-shop"></script>' in told.output
    assert "https://my.shop" in (folder / "footpath-config" / "sites.yml").read_text()
    again = footpath("init", "other")
    assert again.exit_code == 1
    assert "exists; add the site there" in again.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("init", "My Shop"), "a site's key has"),
        (("init", "shop", "--origin", "shop.example"), "must look like https"),
        (("init", "shop", "--time-zone", "Mars/Olympus"), "is not known"),
    ],
)
def test_init_refuses_what_would_not_work(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    """And leaves no file behind."""
    result = footpath(*arguments)
    assert result.exit_code == 1
    assert told in result.output
    assert not (folder / "footpath-config" / "sites.yml").exists()


def test_serve_without_sites_says_what_to_do(folder: Path) -> None:
    """No traceback, one sentence."""
    told = footpath("serve")
    assert told.exit_code == 1
    assert "footpath init" in told.output
    assert "Traceback" not in told.output


def test_the_demo_leaves_somebodys_own_sites_alone(folder: Path) -> None:
    """It would send its visits into their data."""
    (folder / "footpath-config").mkdir()
    (folder / "footpath-config" / "sites.yml").write_text(SITES_YML.replace("demo-shop", "mine"))
    told = footpath("demo")
    assert told.exit_code == 1
    assert "has no site demo-shop" in told.output


def test_a_wrong_setting_ends_any_command_with_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is started."""
    monkeypatch.setenv("FOOTPATH_PORT", "eighty")
    told = footpath("check")
    assert told.exit_code == 1
    assert "FOOTPATH_PORT='eighty'" in told.output


def test_migrate_shows_first_and_applies_then(folder: Path) -> None:
    """With the program's own engine, which it starts for that long."""
    dry = footpath("migrate", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "CREATE TABLE events" in dry.output
    assert f"{len(migrate.migrations())} migrations would be applied" in dry.output
    assert "applied 0001_events" in footpath("migrate").output
    assert "0 migrations applied" in footpath("migrate").output
    assert engine.find(folder / "footpath-data") is None


def test_check_finds_what_is_wrong(folder: Path) -> None:
    """Exit code 1, and what to do about each."""
    told = footpath("check")
    assert told.exit_code == 1
    assert re.search(r"NOT sites: .*footpath init", told.output)
    assert re.search(r"NOT ClickHouse: no ClickHouse runs", told.output)
    assert "ok  data directory" in told.output


def test_query_without_a_program_says_where_it_looked(folder: Path) -> None:
    """And what to do."""
    told = footpath("query", "sessions", "--site", "demo-shop")
    assert told.exit_code == 1
    assert "footpath-data" in told.output
    assert "Traceback" not in told.output


@pytest.mark.slow
def test_a_running_program_is_checked_and_asked(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """check is green, every report answers in every format, mistakes name the nearest valid value."""
    with serving(tmp_path) as server:
        for name, value in server.environment.items():
            if name.startswith("FOOTPATH_"):
                monkeypatch.setenv(name, value)
        sent = batch(flags=[])
        assert server.post(sent)[0] == 202
        wait_until(lambda: server.metrics()["inserted"] == 10, what="the insert")
        told = footpath("check")
        assert told.exit_code == 0, told.output
        assert told.output.count("ok  ") == 15
        common = ("--site", "demo-shop", "--period", "1d")
        for arguments in (
            ("sessions",), ("heatmap", "--path", "/cart"), ("elements", "--path", "/cart"),
            ("scroll", "--path", "/cart"), ("funnel", "--step", "page:/cart", "--step", "click:Add to cart"),
        ):  # fmt: skip
            rows = json.loads(footpath("query", *arguments, *common, "--format", "json").output)
            assert rows["rows"], arguments
            assert footpath("query", *arguments, *common, "--format", "csv").output.count("\n") >= 2
        session = footpath("query", "session", "--site", "demo-shop", "--id", sent["session"])
        assert 'clicked button "Add to cart"' in session.output
        wrong = footpath("query", "heatmap", "--path", "/crat", *common)
        assert wrong.exit_code == 1
        assert "did you mean '/cart'?" in wrong.output
        assert "did you mean 'demo-shop'?" in footpath("query", "sessions", "--site", "demo-shopp").output
        picture = tmp_path / "heat.png"
        assert footpath("query", "heatmap", "--path", "/cart", *common, "--plot", str(picture)).exit_code == 0
        assert picture.read_bytes().startswith(b"\x89PNG")
        draw = ("--path", "/cart", *common, "--plot", str(picture), "--background")
        assert footpath("query", "elements", *draw, str(picture)).exit_code == 0
        assert "Nobody has sent a skeleton of /cart" in footpath("query", "heatmap", *draw, "skeleton").output
        assert "No such file" in footpath("query", "heatmap", *draw, "away.png").output
        funnel = ("--step", "page:/cart", "--step", "click:Add to cart", *draw[2:], "skeleton")
        assert "funnel is not drawn over a page" in footpath("query", "funnel", *funnel).output
        file = tmp_path / "events.parquet"
        assert "10 events written to" in footpath("query", "events", str(file), *common).output
        assert len(pq.read_table(file)) == 10
        changed = json.loads(
            footpath(
                "query", "traffic", "--every", "period", *common, "--compare", "previous", "--format", "json"
            ).output
        )["rows"]
        assert {row["measure"]: row["after"] for row in changed}["sessions"] == 1
        assert "since" in footpath("query", "traffic", *common, "--compare", "2026-01-01..2026-01-08").output
        assert "cannot be compared" in footpath("query", "sessions", *common, "--compare", "previous").output
        assert "is not a length of time" in footpath("query", "traffic", *common, "--compare", "before").output
        explained = footpath("query", "scroll", "--path", "/cart", *common, "--explain").output
        assert "FROM scroll_bands" in explained
        no_picture = footpath("query", "sessions", *common, "--plot", str(picture))
        assert "has no picture" in no_picture.output


def test_migrate_shows_and_applies_the_retention(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dry run prints the statement and runs none; applied once, there is nothing left to do."""
    assert footpath("migrate").exit_code == 0
    monkeypatch.setenv("FOOTPATH_RETENTION", "click=10")
    statement = "ALTER TABLE events MODIFY TTL toDateTime(ts) + toIntervalDay(10) WHERE kind = 'click'"
    runs = [statement in footpath(*words).output for words in (("migrate", "--dry-run"), ("migrate",), ("migrate",))]
    assert runs == [True, True, False]
