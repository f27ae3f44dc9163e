"""A site's quota: events a day or a month, counted by all workers together; other sites do not notice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from collector import answers, check, quota, spool
from collector.app import create_app
from collector.config import ConfigError, Settings
from collector.quota import Quotas
from collector.sites import Quota, Site, read_sites
from tests.support import CHROME, batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

SITES = """sites:
  small: {id: 1, origins: ["*"], quota: {day: 25}}
  large: {id: 2, origins: ["*"], quota: {day: 1000, month: 15}}
  free: {id: 3, origins: ["*"]}
"""
NOON = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp() * 1000)
DAY_MS = 86_400_000


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], FlaskClient]]:
    """Makes workers over one spool that look at the others' counts at every request."""
    monkeypatch.setattr(quota, "LOOK_SECONDS", 0.0)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sites.yml").write_text(SITES)
    opened = []

    def make() -> FlaskClient:
        app = create_app(settings(tmp_path))
        opened.append(app.extensions["footpath"])
        return app.test_client()

    yield make
    for writer in opened:
        writer.close()


def settings(folder: Path) -> Settings:
    """Those of the workers."""
    return Settings.from_environment({
        "FOOTPATH_DATA_DIR": str(folder / "data"), "FOOTPATH_CONFIG_DIR": str(folder / "config"),
    })  # fmt: skip


def post(client: FlaskClient, site: str) -> Any:
    """Ten events of a site, and then a record of nobody's, so that the counts of the first are on the disk."""
    answer = client.post("/v1/events", data=json.dumps(batch(site=site)), headers={"User-Agent": CHROME})
    client.post("/v1/events", data=json.dumps(batch(site="free")), headers={"User-Agent": CHROME})
    return answer


def test_a_site_over_its_quota_is_refused_and_the_others_are_not(worker: Callable[[], FlaskClient]) -> None:
    """403, which ends the script on that page, with a sentence for people; never an order to come back."""
    client = worker()
    assert [post(client, "small").status_code for _ in range(3)] == [202, 202, 202]
    refused = post(client, "small")
    assert refused.status_code == 403
    assert refused.headers["Footpath-Reason"] == (
        "quota: site small has sent the 25 events that its quota allows a day (UTC)"
    )
    assert "Retry-After" not in refused.headers
    assert post(client, "free").status_code == 202


def test_the_month_counts_beside_the_day(worker: Callable[[], FlaskClient]) -> None:
    """Whichever is reached first."""
    client = worker()
    assert [post(client, "large").status_code for _ in range(3)] == [202, 202, 403]
    assert "a month" in post(client, "large").headers["Footpath-Reason"]


def test_refused_batches_are_counted(worker: Callable[[], FlaskClient], tmp_path: Path) -> None:
    """As requests refused for this reason; the invariant of accepted events holds without them."""
    client = worker()
    for _ in range(5):
        post(client, "large")
    metrics = client.get("/metrics").text
    assert 'footpath_rejected_total{reason="quota"} 3.0' in metrics
    assert "footpath_accepted_total 70.0" in metrics


def test_workers_count_together_and_a_restart_forgets_nothing(worker: Callable[[], FlaskClient]) -> None:
    """What one worker took, the other knows, and so does the next."""
    first, second = worker(), worker()
    assert [post(client, "small").status_code for client in (first, second, first)] == [202, 202, 202]
    assert post(second, "small").status_code == 403
    assert post(worker(), "small").status_code == 403


def test_refusals_for_a_quota_do_not_count_against_the_network(worker: Callable[[], FlaskClient]) -> None:
    """An office that looks at a site over its quota is heard on every other site."""
    blamed = {reason: answers.Refusal(403, reason, "").blames_sender for reason in ("quota", "origin")}
    assert blamed == {"quota": False, "origin": True}


def test_a_day_and_a_month_begin_anew(tmp_path: Path) -> None:
    """In UTC."""
    site = Site("shop", 1, "Shop", "UTC", ("*",), quota=Quota(day=10, month=15))
    writer = spool.Spool(tmp_path)
    try:
        quotas = Quotas(writer)
        quotas.spent(site, NOON)
        quotas.add(site, 10, NOON)
        assert "a day" in quotas.spent(site, NOON)
        assert quotas.spent(site, NOON + DAY_MS) == ""
        quotas.add(site, 10, NOON + DAY_MS)
        assert "a month" in quotas.spent(site, NOON + 2 * DAY_MS)
        assert quotas.spent(site, NOON + 9 * DAY_MS) == ""
    finally:
        writer.close()


def test_counts_of_earlier_months_are_deleted(tmp_path: Path) -> None:
    """So that the counters do not grow for ever; all others stay."""
    site = Site("shop", 1, "Shop", "UTC", ("*",), quota=Quota(day=10))
    writer = spool.Spool(tmp_path)
    quotas = Quotas(writer)
    earlier = NOON - int(timedelta(days=30) / timedelta(milliseconds=1))
    quotas.add(site, 3, earlier)
    quotas.add(site, 4, NOON)
    writer.put(b"{}", 1, NOON)
    writer.close()
    quota.forget(tmp_path, NOON)
    assert quota.counted(tmp_path) == {"quota:1:2026-11": 4, "quota:1:2026-11-22": 4}
    assert spool.counters(tmp_path)["accepted"] == 1


@pytest.mark.parametrize("wrong", ["5", "{}", "{week: 5}", "{day: 0}", "{day: true}", "{month: many}"])
def test_a_quota_is_numbers_of_events(tmp_path: Path, wrong: str) -> None:
    """Anything else is told with the site and the key."""
    (tmp_path / "sites.yml").write_text(f'sites: {{shop: {{id: 1, origins: ["*"], quota: {wrong}}}}}')
    with pytest.raises(ConfigError, match="site shop: quota"):
        read_sites(tmp_path)


def test_check_tells_of_a_site_over_its_quota(worker: Callable[[], FlaskClient], tmp_path: Path) -> None:
    """While the last such refusal is a few minutes old."""
    client = worker()
    for _ in range(4):
        post(client, "small")
    with pytest.raises(check._Hint, match="small has sent the 25 events"):
        check._origins(settings(tmp_path))
