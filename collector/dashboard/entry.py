"""How somebody gets in: by password, by an invitation, by a link that was shared; and out again."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, current_app, g, make_response, redirect, render_template, request, url_for

from collector.addresses import address_of, network, within
from collector.dashboard.journal import journal
from collector.dashboard.reader import FORM, SESSION, SHARE, Reader, cookie, needs, state
from collector.limits import Limiter
from collector.state import SESSION_SECONDS, StateError

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as Answer

    from collector.config import Settings

blueprint = Blueprint("entry", __name__)
_SLOW_DOWN: Final = "Too many attempts. Wait a minute, then try again."


class Guesses:
    """Failed logins: five from one network for one name, then one in 30 s; 20 from one network, then one in 10 s.

    By name and network together, so that nobody is locked out by a stranger's guesses.
    """

    def __init__(self) -> None:
        self._pairs, self._networks = Limiter(1 / 30, 5), Limiter(1 / 10, 20)

    def spent(self, near: str, name: str) -> bool:
        """Whether there were too many."""
        now = time.monotonic()
        return self._pairs.spent((near, name.casefold()), now) or self._networks.spent(near, now)

    def add(self, near: str, name: str) -> None:
        """One more."""
        now = time.monotonic()
        self._pairs.take((near, name.casefold()), now)
        self._networks.take(near, now)


@blueprint.route("/login", methods=["GET", "POST"])
@needs("anyone")
def login() -> Answer:
    """The login page. Wrong name or password: 403; too many attempts: 429."""
    there = local(request.values.get("next", ""))
    if request.method == "GET":
        if g.reader.user and not g.reader.is_token:
            return redirect(there, 303)
        return _form("login.html", 200, next=there, empty=not state().users())
    name, password = request.form.get("name", "")[:200], request.form.get("password", "")
    guesses: Guesses = current_app.extensions["footpath-guesses"]
    near = network(address_of(request.environ, settings().trusted_proxies))
    if guesses.spent(near, name):
        # Not noted: who guesses on would push out what others did.
        return _form("login.html", 429, next=there, name=name, error=_SLOW_DOWN)
    user = state().by_password(name, password)
    if user is None:
        guesses.add(near, name)
        # Not what was typed, which may be a password in the wrong field.
        known = next((each.name for each in state().users() if each.name.casefold() == name.strip().casefold()), "")
        journal("login failed", who=known or "unknown name")
        return _form("login.html", 403, next=there, name=name, error="Name or password is wrong.")
    journal("login", who=user.name)
    return enter(user.id, there)


@blueprint.post("/logout")
@needs("user")
def logout() -> Answer:
    """End the session."""
    state().close_session(g.reader.secret)
    journal("logout")
    answer = redirect(url_for("entry.login"), 303)
    answer.delete_cookie(cookie(SESSION))
    return answer


@blueprint.route("/invitation/<secret>", methods=["GET", "POST"])
@needs("anyone")
def invitation(secret: str) -> Answer:
    """Whoever was invited chooses a password, once. Void links: 404."""
    user = state().invited(secret)
    if user is None:
        abort(404, "This link was used, has expired, or was replaced by a newer one. Ask the owner for another.")
    if request.method == "GET":
        return _form("invitation.html", 200, user=user)
    password = request.form.get("password", "")
    try:
        if password != request.form.get("again", ""):
            raise StateError("the two passwords differ")
        state().set_password(user.id, password)
    except StateError as error:
        return _form("invitation.html", 422, user=user, error=f"{str(error)[:1].upper()}{str(error)[1:]}.")
    journal("invitation used, password set", who=user.name)
    return enter(user.id, "/")


@blueprint.get("/enter/<secret>")
@needs("anyone")
def by_link(secret: str) -> Answer:
    """The demo's link: in without a password, as often as it is clicked while the demo runs."""
    user = state().invited(secret, "enter")
    if user is None:
        abort(404, "This link is of an earlier run. The terminal shows the present one.")
    journal("login by the demo's link", who=user.name)
    return enter(user.id, "/")


@blueprint.get("/shared/<secret>")
@needs("anyone")
def shared(secret: str) -> Answer:
    """A link that somebody shared leads to its page. Expired or revoked: 404."""
    share = state().shared(secret)
    if share is None:
        abort(404, "This link has expired or was revoked.")
    journal("shared link opened", who=f"link for {share.name}", about=share.page, site=share.site)
    answer = redirect(url_for("pages.show", site=share.site, page=share.page) + f"?{share.query}", 303)
    _remember(answer, SHARE, secret, share.expires_at - int(time.time()))
    return answer


def enter(user_id: int, there: str) -> Answer:
    """A new session, and on to `there`; an older session of this browser ends."""
    if old := request.cookies.get(cookie(SESSION)):
        state().close_session(old)
    answer = redirect(local(there), 303)
    _remember(answer, SESSION, state().open_session(user_id), SESSION_SECONDS)
    return answer


def local(there: str) -> str:
    r"""An address of ours, else the first page: not //elsewhere, and not what browsers read as it (/\elsewhere)."""
    fine = there.startswith("/") and not there.startswith(("//", "/\\")) and there.isprintable()
    return there if fine else "/"


def is_secure() -> bool:
    """Whether the browser came by HTTPS, to us or to a proxy of ours."""
    behind = within(request.remote_addr or "", settings().trusted_proxies)
    return request.is_secure or (behind and request.headers.get("X-Forwarded-Proto") == "https")


def outside(endpoint: str, **values: str) -> str:
    """The whole address of a route, to be sent to somebody: below FOOTPATH_DASHBOARD_URL, else as this browser came."""
    if known := settings().dashboard_url:
        return known + url_for(endpoint, _external=False, **values)
    return url_for(endpoint, _external=True, _scheme="https" if is_secure() else "http", **values)


def settings() -> Settings:
    """The settings that the dashboard runs with."""
    found: Settings = current_app.extensions["footpath-settings"]
    return found


def _form(template: str, status: int, **shown: object) -> Response:
    """A form for somebody without a session: a cookie of its own carries the check."""
    secret = request.cookies.get(cookie(FORM)) or secrets.token_urlsafe(32)
    if not g.reader.secret or not g.reader.user:
        g.reader = Reader(secret=secret)
    answer = make_response(render_template(template, **shown), status)
    if request.cookies.get(cookie(FORM)) != secret:
        _remember(answer, FORM, secret, 86_400)
    return answer


def _remember(answer: Answer, name: str, secret: str, seconds: int) -> None:
    answer.set_cookie(cookie(name), secret, max_age=max(0, seconds), httponly=True, samesite="Lax", secure=is_secure())
