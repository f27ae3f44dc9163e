"""Who may see what: every route, every kind of stranger."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from collector.dashboard.reader import NEEDS, Reader
from collector.state import State
from tests.dashboard.conftest import SESSION, SHARE, WHEN

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.test import TestResponse

    from tests.dashboard.conftest import World

VALUES = {
    "site": "site-1", "page": "overview", "panel": "sources", "number": 1, "secret": "none", "report": "traffic",
    "form": "json", "filename": "dashboard.css",
}  # fmt: skip


def routes(world: World, *needs: str) -> list[tuple[str, str]]:
    """(method, path) of every route that needs one of these."""
    found = []
    with world.app.test_request_context():
        adapter = world.app.url_map.bind("localhost")
        for rule in world.app.url_map.iter_rules():
            if world.app.view_functions[rule.endpoint].needs in needs:  # type: ignore[attr-defined]
                path = adapter.build(rule.endpoint, {name: VALUES[name] for name in rule.arguments})
                found += [(method, path) for method in sorted((rule.methods or set()) & {"GET", "POST"})]
    return found


def is_refused(answer: TestResponse) -> bool:
    """Refused, or sent to the login."""
    login = answer.status_code == 303 and answer.headers["Location"].startswith("/login")
    return answer.status_code in (401, 403, 404) or login


def test_every_route_says_what_it_needs(world: World) -> None:
    """One that was forgotten would be the owner's alone, and this test names it."""
    for endpoint, view in world.app.view_functions.items():
        assert getattr(view, "needs", None) in NEEDS, endpoint
    everywhere = routes(world, *NEEDS)
    assert len(everywhere) > 25
    open_to_all = {path for _, path in routes(world, "anyone")}
    assert open_to_all == {
        "/", "/login", "/invitation/none", "/enter/none", "/shared/none", "/healthz", "/openapi.json",
        "/static/dashboard.css",
    }  # fmt: skip


def test_without_a_login_everything_is_refused(world: World) -> None:
    """Pages lead to the login, forms and parts of pages are refused."""
    for method, path in routes(world, *NEEDS[1:]):
        answer = world.browser().open(path, method=method)
        assert is_refused(answer), (method, path, answer.status_code)
        assert b"Site 1" not in answer.data


def test_a_site_of_others_does_not_exist(world: World) -> None:
    """The same answer as for a site that there is not, by every route."""
    browser = world.browser("stranger")
    for method, path in routes(world, "viewer", "analyst"):
        for known in (path, path.replace("site-1", "site-99")):
            answer = browser.get(known) if method == "GET" else world.post(browser, known)
            assert answer.status_code == 404, (method, known, answer.status_code)


def test_a_role_does_what_it_may_and_no_more(world: World) -> None:
    """Viewers neither save nor share, analysts do not change users."""
    for name, needs in (("viewer", ("analyst", "owner")), ("analyst", ("owner",))):
        browser = world.browser(name)
        for method, path in routes(world, *needs):
            answer = browser.get(path) if method == "GET" else world.post(browser, path)
            assert answer.status_code == 403, (name, method, path)
        assert browser.get(f"/sites/site-1/overview?{WHEN}").status_code == 200


def test_a_form_without_its_check_changes_nothing(world: World) -> None:
    """Neither without it, nor with another's, nor from another origin."""
    browser, other = world.browser("owner"), world.browser("analyst")
    before = world.state.users()
    for method, path in routes(world, *NEEDS):
        if method == "POST":
            assert browser.post(path).status_code == 403, path
            assert browser.post(path, data={"csrf": "0" * 64}).status_code == 403, path
            assert world.post(other, path, csrf="").status_code == 403, path
    from_elsewhere = {"Origin": "https://evil.example"}
    answer = browser.post("/people", data={"csrf": _csrf(browser), "name": "x"}, headers=from_elsewhere)
    assert answer.status_code == 403
    assert world.state.users() == before


def _csrf(browser: object) -> str:
    return Reader(secret=browser.get_cookie(SESSION).value).csrf  # type: ignore[attr-defined]


def shared(world: World, page: str = "overview", seconds: int = 60) -> str:
    return world.state.share("site-1", page, WHEN, name="agency", by="analyst", seconds=seconds)


def test_a_shared_link_shows_one_page_and_nothing_else(world: World) -> None:
    """No other page, no other site, no form, no account."""
    browser = world.browser()
    arrived = browser.get(f"/shared/{shared(world)}", follow_redirects=True)
    assert arrived.status_code == 200
    assert b"<h1>Overview</h1>" in arrived.data
    assert b"shared, for reading" in arrived.data
    assert browser.get(f"/sites/site-1/overview/sources/csv?{WHEN}").status_code == 200
    for method, path in routes(world, *NEEDS[1:]):
        mine = "/sites/site-1/overview" in path and method == "GET" and "share" not in path
        if not mine:
            assert is_refused(browser.open(path, method=method)), (method, path)
    assert is_refused(browser.get("/sites/site-1/sessions"))
    assert is_refused(browser.get("/sites/site-2/overview"))


def test_a_shared_link_ends(world: World) -> None:
    """When it expires, and when it is revoked: also for a browser that came by it before."""
    expired = shared(world, seconds=0)
    assert world.browser().get(f"/shared/{expired}").status_code == 404
    revoked = shared(world)
    browser = world.browser()
    assert browser.get(f"/shared/{revoked}").status_code == 303
    (link,) = world.state.shares("site-1")
    owner = world.browser("analyst")
    assert world.post(owner, f"/sites/site-1/overview/share/{link.id}/revoke").status_code == 303
    assert browser.get(f"/shared/{revoked}").status_code == 404
    assert is_refused(browser.get(f"/sites/site-1/overview?{WHEN}"))
    stale = world.browser()
    stale.set_cookie(SHARE, expired)
    assert is_refused(stale.get("/sites/site-1/overview"))


def test_only_who_may_share_makes_links(world: World) -> None:
    """The link is shown once, and leads to the question as it was."""
    browser = world.browser("analyst")
    made = world.post(browser, "/sites/site-1/overview/share", name="agency", days="7", query=WHEN)
    assert made.status_code == 200
    assert made.text.count("/shared/") == 1
    assert "/shared/" not in browser.get("/sites/site-1/overview/share").text
    assert world.post(browser, "/sites/site-1/overview/share", name="x", days="4000").status_code == 400


def test_a_token_reads_and_does_nothing_else(world: World) -> None:
    """Reports as JSON and CSV of the sites of its user; no forms, no account; void when it is revoked."""
    user = next(each for each in world.state.users() if each.name == "analyst")
    header = {"Authorization": f"Bearer {world.state.add_token(user.id, 'nightly')}"}
    browser = world.browser()
    said = f"period={WHEN[5:15]}..{WHEN[19:]}"
    answer = browser.get(f"/api/site-1/traffic.json?{said}&every=period", headers=header)
    assert answer.status_code == 200
    assert answer.json["report"] == "traffic"
    assert browser.get(f"/api/site-1/traffic.csv?{said}", headers=header).text.startswith("place,")
    assert browser.get(f"/api/site-2/traffic.json?{said}", headers=header).status_code == 404
    assert browser.get("/api/site-1/sql.json?text=SELECT+1", headers=header).status_code == 404
    assert browser.get("/api/site-1/nothing.json", headers=header).status_code == 404
    assert "it has" in browser.get("/api/site-1/traffic.json?evry=day", headers=header).text
    assert browser.get("/account", headers=header).status_code == 403
    for method, path in routes(world, *NEEDS[1:]):
        if method == "POST":
            assert browser.post(path, headers=header).status_code == 403
    (token,) = world.state.tokens(user.id)
    world.state.revoke_token(user.id, token.id)
    assert browser.get("/api/site-1/traffic.json", headers=header).status_code == 401


def test_owners_invite_and_remove(world: World) -> None:
    """A new user has a role on one site and a link; the last owner stays."""
    browser = world.browser("owner")
    made = world.post(browser, "/people", name="new", site="site-1", role="viewer")
    assert "/invitation/" in made.text
    user = next(each for each in world.state.users() if each.name == "new")
    assert user.roles == {"site-1": "viewer"}
    assert world.post(browser, f"/people/{user.id}/role", site="site-2", role="analyst").status_code == 303
    assert world.state.user(user.id).role("site-2") == "analyst"
    assert world.post(browser, f"/people/{user.id}/remove").status_code == 303
    assert "new" not in [each.name for each in world.state.users()]
    owner = next(each for each in world.state.users() if each.name == "owner")
    refused = world.post(browser, f"/people/{owner.id}/remove")
    assert refused.status_code == 422
    assert "last owner" in refused.text
    assert world.post(browser, "/people", name="x", site="site-99", role="viewer").status_code == 404


@pytest.mark.parametrize("name", ["viewer", "analyst", "owner"])
def test_only_visible_sites_are_listed(world: World, name: str) -> None:
    """The menu of sites has those with a role."""
    shown = world.browser(name).get(f"/sites/site-1/setup?{WHEN}").text
    assert ("Site 2" in shown) == (name == "owner")


def test_a_session_ends_by_itself(tmp_path: Path) -> None:
    """Fourteen days after it was last used."""
    now = time.time()
    clock = [now]
    state = State(tmp_path / "state.db", lambda: clock[0])
    user = state.add_user("owner", {"*": "owner"})
    secret = state.open_session(user.id)
    clock[0] = now + 13 * 86_400
    assert state.session_user(secret) == user
    clock[0] += 13 * 86_400
    assert state.session_user(secret) == user
    clock[0] += 15 * 86_400
    assert state.session_user(secret) is None
