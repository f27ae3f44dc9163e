"""`footpath enrich`: stored visits get the sources that today's lists and origins give them."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from collector import load, spool
from collector.cli import main
from collector.enrich import LISTS_VERSION
from collector.event import Record
from collector.reclassify import Changes, Period, alone, reclassify
from tests.support import CHROME, SITE, SITES_YML, batch, now_ms, page_id

if TYPE_CHECKING:
    from pathlib import Path

    from collector.sites import Site
    from collector.store import Store

TODAY = datetime.now(UTC).date()
PERIOD = Period(TODAY - timedelta(days=1), TODAY + timedelta(days=1))
BEFORE = replace(SITE, origins=("https://shop.example",))
SINCE = replace(SITE, origins=("https://shop.example", "https://shop-de.example"))
LINK = "https://shop-de.example/sale"


def visit(url: str = "https://shop.example/", referrer: str = "", **fields: Any) -> dict[str, Any]:
    """A batch of a visit that began now on this page."""
    sent = batch(entry={"url": url, "referrer": referrer}, **fields)
    sent["page"] |= {"url": url, "referrer": referrer}
    sent["session"] = fields.get("session", page_id())
    return sent


def send(folder: Path, url: str, *batches: dict[str, Any], site: Site = BEFORE) -> None:
    """Through the spool and the loader."""
    writer = spool.Spool(folder / "spool")
    for sent in batches:
        record = Record(now_ms(), 1, "demo-shop", CHROME, batch=sent)
        writer.put(record.encode(), len(sent["events"]), record.received)
    worker = load.Loader(folder / "spool", lambda: url, lambda: {"demo-shop": site})
    while worker.step(everything=True):
        pass
    writer.close()


def run(store: Store, site: Site = SINCE, *, dry_run: bool = False, period: Period = PERIOD) -> Changes:
    """Without telling anybody."""
    return reclassify(store, period, {"demo-shop": site}, dry_run=dry_run, report=lambda _: None)


def sources(store: Store) -> list[tuple[Any, ...]]:
    """What events and sessions say."""
    return store.execute(
        "SELECT DISTINCT e.channel, e.source, e.page_channel, s.channel.4, s.source.4, s.medium.4 FROM events AS e "
        "INNER JOIN (SELECT *, channel, source, medium FROM sessions FINAL) AS s USING (site_id, session_id) "
        "ORDER BY 1, 2"
    )


REFERRAL = ("Referral", "shop-de.example", "Referral", "Referral", "shop-de.example", "referral")
DIRECT = ("Direct", "", "", "Direct", "", "")


@pytest.fixture
def referred(tmp_path: Path, store: Store, database_url: str) -> Store:
    """A visit that came from what is now an origin of the site, and one that came from an advertisement."""
    ad = visit("https://shop.example/?utm_source=google&utm_medium=cpc", "https://www.google.com/")
    send(tmp_path, database_url, visit(referrer=LINK), ad | {"visitor": "00000000000000aa"})
    return store


PAID = ("Paid Search", "google", "Paid Search", "Paid Search", "google", "cpc")


def test_events_and_sessions_follow_what_is_known_today(referred: Store) -> None:
    """A site that gained an origin has fewer referrals in the past, too; nothing else is touched."""
    assert sources(referred) == [PAID, REFERRAL]
    assert run(referred) == Changes(1, 1, {("Referral", "Direct"): 1})
    assert sources(referred) == [DIRECT, PAID]
    assert referred.execute("SELECT DISTINCT lists_version FROM events") == [(LISTS_VERSION,)]


def test_a_second_run_finds_nothing(referred: Store) -> None:
    """The result is the same however often."""
    run(referred)
    assert run(referred) == Changes(0, 0, {})
    assert sources(referred) == [DIRECT, PAID]


def test_a_dry_run_changes_nothing(referred: Store) -> None:
    """It tells what would be."""
    assert run(referred, dry_run=True).visits == 1
    assert sources(referred) == [PAID, REFERRAL]


def test_nothing_stays_behind(referred: Store) -> None:
    """No table, no mutation."""
    run(referred)
    like = "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name LIKE 'reclassified%'"
    assert referred.execute(like) == [(0,)]


@pytest.mark.parametrize(
    "done",
    [
        "sessions UPDATE entry = (entry.ts, entry.page_id, entry.n, entry.device, entry.browser, entry.os,"
        " entry.country, 'Direct', entry.source, entry.medium, entry.campaign, entry.path)"
        " WHERE entry.channel = 'Referral'",
        "events UPDATE channel = 'Direct' WHERE channel = 'Referral' AND kind = 'click'",
        "events UPDATE channel = 'Direct' WHERE channel = 'Referral' AND kind != 'click'",
    ],
)
def test_a_run_that_was_cut_short_is_finished_by_the_next(referred: Store, done: str) -> None:
    """Whichever rows had been changed, and with its tables still there."""
    referred.execute(f"ALTER TABLE {done}", settings={"mutations_sync": 2})
    referred.execute("CREATE TABLE reclassified_visits_old (x UInt8) ENGINE = Memory")
    run(referred)
    assert sources(referred) == [DIRECT, PAID]


def test_visits_of_other_days_and_sites_stay(referred: Store) -> None:
    """Only what was asked for is looked at."""
    other = replace(SINCE, id=2)
    assert run(referred, other) == Changes(0, 0, {})
    earlier = Period(TODAY - timedelta(days=9), TODAY - timedelta(days=2))
    assert run(referred, period=earlier) == Changes(0, 0, {})


def test_a_visit_whose_first_page_is_not_stored_stays(tmp_path: Path, store: Store, database_url: str) -> None:
    """What led to it is in its first page's address, and nowhere else."""
    sent = visit(referrer=LINK)
    sent["page"] |= {"url": "https://shop.example/cart", "referrer": "https://shop.example/"}
    send(tmp_path, database_url, sent)
    assert run(store) == Changes(0, 0, {})


def test_visits_from_apps_stay_as_they_are(tmp_path: Path, store: Store, database_url: str) -> None:
    """The scheme of a referrer is not stored, and lists know the packages."""
    send(tmp_path, database_url, visit(referrer="android-app://com.google.android.gm/"))
    assert run(store) == Changes(0, 0, {})
    assert sources(store)[0][:2] == ("Email", "gmail")


def test_only_events_and_sessions_have_sources(store: Store) -> None:
    """A further table with a channel has to be changed by this command, too."""
    found = store.execute(
        "SELECT DISTINCT table FROM system.columns WHERE database = currentDatabase() AND name = 'channel' "
        "AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() "
        "AND engine LIKE '%MergeTree') ORDER BY 1"
    )
    assert found == [("events",), ("sessions",)]


def test_the_command_tells_what_moved(
    tmp_path: Path, store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Channels before and after, by visits; and mistakes are told."""
    send(tmp_path, database_url, visit(referrer=LINK))
    (tmp_path / "sites.yml").write_text(SITES_YML.replace('"*"', '"https://shop-de.example"'))
    monkeypatch.setenv("FOOTPATH_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("FOOTPATH_CLICKHOUSE_URL", database_url)
    asked = ["enrich", "--since", str(TODAY)]
    dry = CliRunner().invoke(main, [*asked, "--dry-run"])
    assert "1 visits  Referral -> Direct" in dry.output
    assert "1 visits and 1 page views would be changed" in dry.output
    assert "1 visits and 1 page views changed" in CliRunner().invoke(main, asked).output
    assert "0 visits and 0 page views changed" in CliRunner().invoke(main, asked).output
    assert "'nobody' is not in" in CliRunner().invoke(main, [*asked, "--site", "nobody"]).output
    assert "--until is before" in CliRunner().invoke(main, [*asked, "--until", "2026-01-01"]).output


def test_a_second_run_is_refused_while_the_first_goes_on(tmp_path: Path) -> None:
    """Each would drop the tables that the other works with; afterwards it may run."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sites.yml").write_text(SITES_YML)
    environment = {"FOOTPATH_DATA_DIR": str(tmp_path / "data"), "FOOTPATH_CONFIG_DIR": str(tmp_path / "config")}
    with alone(tmp_path / "data"):
        done = CliRunner().invoke(main, ["enrich", "--since", str(TODAY)], env=environment)
        assert done.exit_code == 1
        assert f"`footpath enrich` runs already, process {os.getpid()}; wait until it is finished" in done.output
    with alone(tmp_path / "data"):
        pass
