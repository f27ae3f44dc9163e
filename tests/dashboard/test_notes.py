"""Dated notes: in the trend, in the list below it and in the API; written by analysts alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from collector.state import StateError
from collector.state.annotations import MOST
from tests.dashboard.conftest import BEGIN, END, HOSTILE, WHEN
from tests.dashboard.test_pages import Read, _has_nothing_inline

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.dashboard.conftest import World

ADD = "/sites/site-1/overview/annotations"
OVERVIEW = f"/sites/site-1/overview?{WHEN}"


def add(world: World, name: str = "analyst", **fields: str) -> TestResponse:
    """The form below the trend."""
    said = {"query": WHEN, "day": BEGIN, "text": "New checkout", "zone": "Europe/Berlin", **fields}
    return world.post(world.browser(name), ADD, **said)


def shown(world: World, path: str = OVERVIEW, name: str = "viewer") -> list[tuple[str, str]]:
    """(instant, text) of the notes on a page."""
    read = Read(world.browser(name).get(path).text)
    instants = [said["data-at"] for tag, said in read.elements if tag == "li" and "data-at" in said]
    texts = [each.text for each in world.state.annotations("site-1")]
    return list(zip(instants, texts, strict=True)) if len(instants) == len(texts) else [(each, "") for each in instants]


def told(world: World, query: str = "") -> list[dict[str, Any]]:
    """What a token reads."""
    user = next(each for each in world.state.users() if each.name == "viewer")
    header = {"Authorization": f"Bearer {world.state.add_token(user.id, 't')}"}
    answer = world.browser().get(f"/api/site-1/annotations.json{query}", headers=header)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["annotations"]
    return found


def test_a_note_stands_below_the_trend_and_at_its_instant(world: World) -> None:
    """A day at the midnight of the zone that is looked at, a time where it was in its own."""
    answer = add(world, kind="release")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{OVERVIEW}#notes")
    add(world, text="Down", time="14:30")
    berlin = datetime.fromisoformat(f"{BEGIN}T00:00+02:00")
    assert shown(world) == [
        (str(int(berlin.timestamp())), "New checkout"),
        (str(int((berlin + timedelta(hours=14.5)).timestamp())), "Down"),
    ]
    in_utc = [instant for instant, _ in shown(world, f"{OVERVIEW}&tz=UTC")]
    assert in_utc == [
        str(int(datetime.fromisoformat(f"{BEGIN}T{each}:00+00:00").timestamp())) for each in ("00:00", "12:30")
    ]
    text = Read(world.browser("viewer").get(OVERVIEW).text).text
    assert "release" in text
    assert "analyst" in text


def test_notes_outside_of_the_period_are_counted(world: World) -> None:
    """Neither the day before it nor its end, which is not included, is in it."""
    for day in (str(date.fromisoformat(BEGIN) - timedelta(days=1)), END):
        add(world, day=day)
    assert shown(world) == []
    assert "2 more outside this period" in world.browser("viewer").get(OVERVIEW).text


def test_scripts_read_notes(world: World) -> None:
    """All of them, or those of a period, as instants in UTC; a wrong period is said."""
    add(world, kind="release")
    add(world, day=END, time="09:00", text="Later")
    first, second = told(world)
    assert (first["day"], first["kind"], first["text"], first["by"]) == (BEGIN, "release", "New checkout", "analyst")
    assert datetime.fromisoformat(first["at"]) == datetime.fromisoformat(f"{BEGIN}T00:00+02:00").astimezone(UTC)
    assert second["day"] is None
    assert [each["text"] for each in told(world, f"?period={BEGIN}..{END}")] == ["New checkout"]
    assert world.browser("viewer").get("/api/site-1/annotations.json?period=never").status_code == 400
    assert world.browser("viewer").get("/api/site-1/annotations.json?tz=Nowhere").status_code == 400
    assert world.browser("viewer").get("/api/site-2/annotations.json").status_code == 404


def test_only_who_may_adds_and_removes(world: World) -> None:
    """Not viewers, not shared links, not tokens, not without the form's check; and not on other sites."""
    add(world)
    (note,) = world.state.annotations("site-1")
    remove = f"{ADD}/{note.id}/remove"
    viewer, guest = world.browser("viewer"), world.browser()
    assert add(world, "viewer").status_code == 403
    assert world.post(viewer, remove).status_code == 403
    secret = world.state.share("site-1", "overview", WHEN, name="x", by="analyst", seconds=60)
    seen = guest.get(f"/shared/{secret}", follow_redirects=True).text
    assert "New checkout" in seen
    assert "Add a note" not in seen
    assert ">analyst<" not in seen
    for path in (ADD, remove):
        assert guest.post(path, data={"day": BEGIN, "text": "x"}).status_code == 403
        assert (
            world.browser("analyst").post(path, data={"day": BEGIN, "text": "x", "csrf": "0" * 64}).status_code == 403
        )
        user = next(each for each in world.state.users() if each.name == "analyst")
        header = {"Authorization": f"Bearer {world.state.add_token(user.id, 't')}"}
        assert world.browser().post(path, headers=header, data={"day": BEGIN, "text": "x"}).status_code == 403
    assert world.post(world.browser("stranger"), remove.replace("site-1", "site-2")).status_code == 303
    assert world.state.annotations("site-1") == [note]
    assert world.post(world.browser("owner"), remove).status_code == 303
    assert world.state.annotations("site-1") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": ""}, {"day": "yesterday"}, {"day": "0001-01-01"}, {"day": "9999-12-31"}, {"time": "25:00"},
        {"time": "10:00", "zone": "Nowhere"}, {"text": " "}, {"text": "x" * 201}, {"kind": "x" * 31},
        {"text": "a\x00b"},
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused_with_a_sentence(world: World, wrong: dict[str, str]) -> None:
    """Nothing is kept of it."""
    answer = add(world, **wrong)
    assert answer.status_code == 422
    assert world.state.annotations("site-1") == []


def test_a_site_has_so_many_notes_and_no_more(world: World) -> None:
    """All of them are read with every page."""
    with world.state._transaction():
        for _ in range(MOST):
            world.state.annotate("site-1", date(2026, 1, 1), "x", by="a")
    with pytest.raises(StateError, match="at most"):
        world.state.annotate("site-1", date(2026, 1, 1), "x", by="a")
    world.state.annotate("site-2", date(2026, 1, 1), "x", by="a")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_write_is_text(world: World, text: str) -> None:
    """In the list, in labels, and in the log."""
    assert add(world, "owner", text=text, kind=text[:30]).status_code == 303
    for path in (OVERVIEW, "/people"):
        html = world.browser("owner").get(path).text
        _has_nothing_inline(html)
        assert text in Read(html).text
