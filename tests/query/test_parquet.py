"""Raw events leave as a Parquet file that says the same as the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from collector.query import UnknownName, parquet, where
from tests.query.worlds import DAY, at, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from collector.query import Site
    from collector.store import Store

PERIOD = "2026-11-01..2026-11-05"


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    """Four hundred events of a hundred visitors over four days, one of them a bot's, and one outside the period."""
    site_id = new_site()
    events = [
        {
            "at": ms("2026-11-01") + number * DAY // 100,
            "visitor_id": 2**63 + number % 100,
            "page_id": number,
            "n": number,
            "path": f"/{number}",
            "props": {"plan": "pro"},
            "value": "12.5",
            "reached": [0, 19],
        }
        for number in range(400)
    ]
    events += [{"at": ms("2026-11-02"), "bot_class": "crawler", "n": 1}, {"at": ms("2026-11-05"), "n": 2}]
    save(shared, site_id, events)
    return site(shared, site_id)


def test_every_event_and_column_is_in_the_file(shop: Site, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    written = shop.to_parquet(tmp_path / "e.parquet", PERIOD, progress=lambda *step: told.append(step))
    table = pq.read_table(tmp_path / "e.parquet")
    assert written == len(table) == 400
    assert told[-1] == (400, 400)
    known = shop.sql("SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'events'")
    assert table.column_names == [row.name for row in known.rows]
    first = table.slice(0, 1).to_pylist()[0]
    assert first["visitor_id"] == "8000000000000000"
    assert (first["kind"], first["path"], first["reached"]) == ("page_view", "/0", [0, 19])
    assert first["ts"] == at(ms("2026-11-01"))
    assert first["props"] == '{"plan":"pro"}'
    assert str(first["value"]) == "12.5000"
    assert sorted(table["path"].to_pylist()) == sorted(f"/{number}" for number in range(400))
    assert [each.name for each in tmp_path.iterdir()] == ["e.parquet"]


def test_a_large_day_is_read_in_parts(shop: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "CHUNK", 30)
    assert shop.to_parquet(tmp_path / "e.parquet", PERIOD) == 400
    found = pq.ParquetFile(tmp_path / "e.parquet")
    assert found.num_row_groups > 12
    assert len(set(found.read()["path"].to_pylist())) == 400


def test_a_filter_chooses_and_bots_come_when_asked_for(shop: Site, tmp_path: Path) -> None:
    assert shop.to_parquet(tmp_path / "e.parquet", PERIOD, where=where(path="/1*")) == 111
    assert shop.to_parquet(tmp_path / "e.parquet", PERIOD, bots=True) == 401


def test_nothing_is_a_file_without_rows(shop: Site, tmp_path: Path) -> None:
    assert shop.to_parquet(tmp_path / "e.parquet", "2026-01-01") == 0
    assert len(pq.read_table(tmp_path / "e.parquet")) == 0


def test_a_failed_question_leaves_an_existing_file_alone(shop: Site, tmp_path: Path) -> None:
    (tmp_path / "e.parquet").write_text("mine")
    with pytest.raises(UnknownName):
        shop.to_parquet(tmp_path / "e.parquet", PERIOD, where=where(path="/nowhere"))
    assert (tmp_path / "e.parquet").read_text() == "mine"
