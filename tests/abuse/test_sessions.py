"""A session's id is made by browsers and says in which month its row lies: no id makes more than three months."""

from __future__ import annotations

import contextlib
import json
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from collector import shipment, spool
from collector.event import ID_EPOCH_MS, Record, id_ms
from collector.load import Loader
from collector.session import DAY_MS, credible
from collector.sites import read_sites
from tests.support import CHROME, batch, now_ms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

    from collector.store import Store

PERSON = {"User-Agent": CHROME}
NOW = round(datetime(2026, 3, 15, 12, tzinfo=UTC).timestamp() * 1000)


def made(at: int, rest: int = 0xABCDEF) -> str:
    """The id of a session that says it began then."""
    return f"{at - ID_EPOCH_MS << 24 | rest:016x}"


def month(session: str) -> tuple[int, int]:
    """Year and month of a session's id."""
    began = datetime.fromtimestamp(id_ms(int(session, 16)) / 1000, UTC)
    return began.year, began.month


@pytest.mark.parametrize("age", [0, 1, DAY_MS, 3 * DAY_MS, 31 * DAY_MS, -1, -DAY_MS])
def test_a_time_that_can_be_true_is_kept(age: int) -> None:
    """Up to 31 days ago, as for a laptop that slept, and a day ahead, as for a clock in another zone."""
    session = made(NOW - age)
    assert credible(session, NOW) == session


@pytest.mark.parametrize("began", [
    ID_EPOCH_MS, NOW - 31 * DAY_MS - 1, NOW + 20 * DAY_MS, NOW + 3650 * DAY_MS, ID_EPOCH_MS + 2**40 - 1,
])  # fmt: skip
def test_a_time_that_cannot_be_true_is_filed_under_the_month_of_its_events(began: int) -> None:
    """The same session stays one session while that month lasts, and two stay two."""
    found = credible(made(began), NOW)
    assert month(found) == (2026, 3)
    assert credible(made(began), NOW + DAY_MS) == found
    assert credible(made(began, 0xABCDEE), NOW) != found
    assert len({credible(made(began, rest), NOW) for rest in range(10_000)}) == 10_000


def test_no_id_makes_more_than_three_months() -> None:
    """Whatever 64 bits are claimed, on any day of a year."""
    drawn = random.Random(3)
    for day in range(366):
        received = NOW + day * DAY_MS
        claimed = [f"{drawn.getrandbits(64):016x}" for _ in range(300)] + [
            made(received + offset * DAY_MS) for offset in range(-400, 400)
        ]  # fmt: skip
        assert len({month(credible(session, received)) for session in claimed}) <= 3


def test_forged_sessions_come_in_and_make_three_partitions_at_most(
    make_app: Callable[..., Flask], store: Store, database_url: str
) -> None:
    """Page views of 400 months: none is refused or lost, each session is there, and the table has three months."""
    app = make_app()
    client = app.test_client()
    folder = app.extensions["footpath"].path.parent
    for number in range(400):
        began = ID_EPOCH_MS + number * 2_600_000_000
        sent = batch([{"n": 0, "t": 0, "k": "page_view"}], site="anyone", session=made(began))
        assert client.post("/v1/events", data=json.dumps(sent), headers=PERSON).get_json()["accepted"] == 1
    loader = Loader(folder, lambda: database_url, lambda: read_sites(folder.parent.parent))
    while loader.step(everything=True):
        pass
    assert store.execute("SELECT uniqExact(session_id) FROM events") == [(400,)]
    assert store.execute("SELECT count() FROM (SELECT session_id FROM sessions GROUP BY session_id)") == [(400,)]
    ((partitions,),) = store.execute(
        "SELECT uniqExact(partition) FROM system.parts "
        "WHERE database = currentDatabase() AND table = 'sessions' AND active"
    )
    assert partitions <= 3


def test_a_session_of_today_reaches_the_disk_as_it_was_sent(make_app: Callable[..., Flask]) -> None:
    """Nothing changes for a browser whose clock is right."""
    app = make_app()
    sent = batch(site="anyone", session=made(now_ms() - 3_600_000))
    assert app.test_client().post("/v1/events", data=json.dumps(sent)).status_code == 202
    folder: Path = app.extensions["footpath"].path.parent
    (path,) = spool.files(folder)
    with contextlib.closing(spool.connect(path)) as connection:
        (row,) = shipment.waiting(connection, 10, 10**6)
    assert Record.decode(row[3]).batch["session"] == sent["session"]
