"""Who did what: each change leaves a line that owners see, and none has a secret in it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from collector.addresses import network_text
from collector.dashboard.reader import NEEDS
from collector.state import State
from collector.state.log import KEPT_SECONDS, MOST
from tests.dashboard.conftest import BEGIN, PASSWORD, WHEN
from tests.dashboard.test_access import routes
from tests.dashboard.test_entry import log_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dashboard.conftest import World


def test_every_form_leaves_a_line(world: World) -> None:
    """All of them, by name: one that is added is missing here until it does."""
    state, owner = world.state, world.browser("owner")
    user = state.add_user("ann", {"site-1": "viewer"}, PASSWORD)
    state.share("site-1", "overview", "", name="agency", by="x", seconds=60)
    state.save("site-1", "overview", "mine", "", "x")
    number = state.annotate("site-1", date(2026, 1, 1), "x", by="x")
    own = next(each for each in state.users() if each.name == "owner")
    state.add_token(own.id, "old")
    page = "/sites/site-1/overview"
    done = {
        "/people": ({"name": "new", "site": "site-1", "role": "viewer"}, "user added, invited"),
        f"/people/{user.id}/role": ({"site": "site-1", "role": "analyst"}, "role changed"),
        f"/people/{user.id}/invite": ({}, "invited"),
        f"/people/{user.id}/remove": ({}, "user removed"),
        "/account/tokens": ({"name": "nightly"}, "token made"),
        "/account/tokens/1/revoke": ({}, "token revoked"),
        "/sites/site-1/funnel/saved": ({"name": "q", "query": WHEN}, "question saved"),
        f"{page}/saved/1/forget": ({}, "question deleted"),
        f"{page}/share": ({"name": "a", "days": "7", "query": WHEN}, "link shared"),
        f"{page}/share/1/revoke": ({}, "shared link revoked"),
        f"{page}/annotations": ({"day": BEGIN, "text": "x"}, "note added"),
        f"{page}/annotations/{number}/remove": ({}, "note removed"),
        "/sites/site-1/heat/overlay": ({"query": WHEN, "path": "/cart"}, "link to the live page"),
        "/account/password": ({"password": PASSWORD, "again": PASSWORD}, "password changed"),
        "/logout": ({}, "logout"),
    }
    for path, (fields, what) in done.items():
        before = len(state.log())
        owner = world.browser("owner")
        assert world.post(owner, path, **fields).status_code in (200, 303), path
        line, *others = state.log()
        assert (line.who, line.what, line.network) == ("owner", what, "127.0.0.0/24"), path
        assert len(others) == before
    elsewhere = {"/login", "/invitation/none"}
    asked = {path for method, path in routes(world, *NEEDS) if method == "POST"} - elsewhere
    assert len(asked) == len(done), asked


def test_who_gets_in_and_who_does_not(world: World) -> None:
    """Logins, failed ones and invitations; a name that nobody has is not kept, since it may be a password."""
    state = world.state
    user = state.add_user("ann", {"site-1": "viewer"}, PASSWORD)
    browser = world.browser()
    browser.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    for name, password in (("ann", PASSWORD), ("Ann", "wrong password"), (PASSWORD, "ann")):
        log_in(world.browser() if name == "ann" else browser, name, password)
    world.browser().get(f"/enter/{state.invite(user.id, 'enter')}")
    shared = state.share("site-1", "overview", "", name="agency", by="x", seconds=60)
    world.browser().get(f"/shared/{shared}")
    found = [(line.who, line.what, line.network) for line in reversed(state.log())]
    assert found == [
        ("ann", "login", "127.0.0.0/24"),
        ("ann", "login failed", "203.0.113.0/24"),
        ("unknown name", "login failed", "203.0.113.0/24"),
        ("ann", "login by the demo's link", "127.0.0.0/24"),
        ("link for agency", "shared link opened", "127.0.0.0/24"),
    ]


def test_owners_see_it_on_people(world: World) -> None:
    """With what it was about; nobody else does."""
    world.post(world.browser("analyst"), "/sites/site-1/overview/share", name="agency", days="7", query=WHEN)
    shown = world.browser("owner").get("/people").text
    for each in ("analyst", "link shared", "overview, for agency, 7 days", "127.0.0.0/24"):
        assert each in shown
    assert world.browser("analyst").get("/people").status_code == 403


def test_no_line_has_a_secret(world: World) -> None:
    """What is shown once is nowhere else."""
    browser = world.browser("owner")
    made = [
        world.post(browser, "/account/tokens", name="x").text.partition('value="fp_')[2][:43],
        world.post(browser, "/people", name="new", role="viewer").text.partition("/invitation/")[2][:43],
        world.post(browser, "/sites/site-1/overview/share", name="x", days="1").text.partition("/shared/")[2][:43],
    ]
    assert all(len(each) == 43 for each in made)
    text = str(world.state.log())
    assert not [each for each in made if each in text]


def test_the_log_is_bounded(tmp_path: Path) -> None:
    """By age and by number, the newest stay."""
    now = [1_000_000.0]
    state = State(tmp_path / "state.db", lambda: now[0])
    state.note("a", "old")
    now[0] += KEPT_SECONDS
    with state._transaction():
        for number in range(MOST + 5):
            state.note("a", f"{number}")
    (count,) = state._row("SELECT count(*) FROM log")  # type: ignore[misc]
    assert count == MOST
    assert state.log(1)[0].what == str(MOST + 4)
    state.close()


def test_networks_are_written_as_people_write_them() -> None:
    """/24 of IPv4, /56 of IPv6, also in IPv6 clothes."""
    assert network_text("203.0.113.9") == "203.0.113.0/24"
    assert network_text("::ffff:203.0.113.9") == "203.0.113.0/24"
    assert network_text("2001:db8:0:ff::1") == "2001:db8::/56"
    assert network_text("unix") == ""
