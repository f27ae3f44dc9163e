"""How people get in, and how strangers do not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from collector.dashboard.entry import local
from tests.dashboard.conftest import FORM, PASSWORD, SESSION, WHEN

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.dashboard.conftest import World


def log_in(browser: FlaskClient, name: str, password: str, there: str = "") -> TestResponse:
    """As a person does: the form, then what was typed."""
    form = browser.get("/login", query_string={"next": there} if there else {})
    (check,) = re.findall(r'name="csrf" value="([0-9a-f]{64})"', form.text)
    return browser.post("/login", data={"csrf": check, "name": name, "password": password, "next": there})


@pytest.fixture
def ann(world: World) -> str:
    """Somebody with a password."""
    return world.state.add_user("ann", {"site-1": "viewer"}, PASSWORD).name


def test_a_password_leads_to_where_one_wanted(world: World, ann: str) -> None:
    """The page that asked for a login is shown after it."""
    browser = world.browser()
    asked = browser.get(f"/sites/site-1/traffic?{WHEN}")
    assert asked.status_code == 303
    shown = browser.get(asked.headers["Location"])
    assert "<h1>Log in</h1>" in shown.text
    there = f"/sites/site-1/traffic?{WHEN}"
    answer = log_in(browser, ann, PASSWORD, there)
    assert (answer.status_code, answer.headers["Location"]) == (303, there)
    assert browser.get(there).status_code == 200


def test_the_cookie_is_for_the_server_alone(world: World, ann: str) -> None:
    """Scripts do not see it, other sites do not send it along with forms."""
    set_ = log_in(world.browser(), ann, PASSWORD).headers.getlist("Set-Cookie")
    (session,) = (each for each in set_ if each.startswith(SESSION))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert "Secure" not in session
    over_tls = world.browser().get("/login", base_url="https://dashboard.example/").headers["Set-Cookie"]
    assert "Secure" in over_tls


@pytest.mark.parametrize(
    "there", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", ""]
)
def test_nobody_is_sent_elsewhere(there: str) -> None:
    """What is no address of ours is the first page."""
    assert local(there) == "/"


def test_wrong_passwords_are_slowed_down(world: World, ann: str) -> None:
    """After five the right one is refused too, in this network; another network is not punished for it."""
    browser = world.browser()
    told = [log_in(browser, ann, "wrong password").status_code for _ in range(5)]
    assert told == [403] * 5
    assert log_in(browser, ann, PASSWORD).status_code == 429
    assert log_in(world.browser(), "Ann", PASSWORD).status_code == 429
    elsewhere = world.browser()
    elsewhere.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert log_in(elsewhere, ann, PASSWORD).status_code == 303


def test_unknown_names_are_told_nothing_else(world: World, ann: str) -> None:
    """The answer to a wrong password and to a wrong name are the same."""
    known, unknown = (log_in(world.browser(), name, "wrong password") for name in (ann, "eve"))
    assert known.status_code == unknown.status_code == 403
    hidden = r'value="[^"]*"'
    assert re.sub(hidden, "", known.text) == re.sub(hidden, "", unknown.text)


def test_the_login_needs_the_cookie_of_its_form(world: World, ann: str) -> None:
    """Nobody can be logged in from another site."""
    browser = world.browser()
    assert browser.post("/login", data={"name": ann, "password": PASSWORD}).status_code == 403
    browser.set_cookie(FORM, "x" * 43)
    assert browser.post("/login", data={"name": ann, "password": PASSWORD, "csrf": "y"}).status_code == 403


def test_a_logout_ends_the_session_everywhere(world: World) -> None:
    """Also for whoever copied the cookie."""
    browser = world.browser("viewer")
    copied = browser.get_cookie(SESSION)
    assert copied
    assert world.post(browser, "/logout").status_code == 303
    thief = world.browser()
    thief.set_cookie(SESSION, copied.value)
    assert thief.get("/sites/site-1/overview").status_code == 303


def test_an_invitation_works_once(world: World) -> None:
    """It sets a password, opens a session, and is void then."""
    user = next(each for each in world.state.users() if each.name == "viewer")
    link = f"/invitation/{world.state.invite(user.id)}"
    browser = world.browser()
    (check,) = re.findall(r'name="csrf" value="([0-9a-f]{64})"', browser.get(link).text)
    two = {"csrf": check, "password": PASSWORD, "again": PASSWORD + "x"}
    assert "the two passwords differ" in browser.post(link, data=two).text.lower()
    short = browser.post(link, data={"csrf": check, "password": "short", "again": "short"})
    assert short.status_code == 422
    assert "10 to 1,024" in short.text
    assert browser.post(link, data={"csrf": check, "password": PASSWORD, "again": PASSWORD}).status_code == 303
    assert browser.get(f"/sites/site-1/overview?{WHEN}").status_code == 200
    assert world.browser().get(link).status_code == 404
    assert world.state.by_password("viewer", PASSWORD) is not None


def test_the_link_of_the_demo_is_in_already(world: World) -> None:
    """As often as it is clicked; another's purpose does not open it."""
    user = next(each for each in world.state.users() if each.name == "owner")
    secret = world.state.invite(user.id, "enter")
    for _ in range(2):
        browser = world.browser()
        assert browser.get(f"/enter/{secret}").status_code == 303
        assert browser.get("/people").status_code == 200
    assert world.browser().get(f"/invitation/{secret}").status_code == 404


def test_a_password_is_changed_by_who_knows_it(world: World, ann: str) -> None:
    """The old one is asked for; other browsers are logged out, this one is not."""
    browser, other = world.browser(ann), world.browser(ann)
    new = "another good one"
    wrong = world.post(browser, "/account/password", old="wrong password", password=new, again=new)
    assert wrong.status_code == 422
    changed = world.post(browser, "/account/password", old=PASSWORD, password=new, again=new)
    assert changed.status_code == 303
    assert browser.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert world.state.by_password(ann, new) is not None
