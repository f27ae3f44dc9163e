"""Who has access: users and their roles (for owners), and one's own password and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, g, make_response, redirect, render_template, request, url_for

from collector.dashboard.entry import enter, outside
from collector.dashboard.journal import journal
from collector.dashboard.reader import needs, sites, state
from collector.state import EVERY_SITE, ROLES, StateError

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as Answered

    from collector.state import User

blueprint = Blueprint("people", __name__)


@blueprint.get("/people")
@needs("owner")
def people() -> Answered:
    """All users with their roles."""
    return _people()


@blueprint.post("/people")
@needs("owner")
def add() -> Answered:
    """A new user; the link by which they choose a password is shown once."""
    site, role = _site(), request.form.get("role", "viewer")
    try:
        user = state().add_user(request.form.get("name", ""), {EVERY_SITE if role == "owner" else site: role})
    except StateError as error:
        return _people(422, error=str(error))
    journal("user added, invited", about=f"{user.name}: {_roles(user)}")
    return _people(200, made=_link(user.id), made_for=user.name)


@blueprint.post("/people/<int:number>/role")
@needs("owner")
def role(number: int) -> Answered:
    """Give a role on a site, or take it away (an empty one)."""
    try:
        state().user(number)
        state().set_role(number, _site(), request.form.get("role") or None)
        user = state().user(number)
    except StateError as error:
        return _people(422, error=str(error))
    journal("role changed", about=f"{user.name}: {_roles(user)}")
    return redirect(url_for("people.people"), 303)


@blueprint.post("/people/<int:number>/invite")
@needs("owner")
def invite(number: int) -> Answered:
    """A new link by which a user chooses a password."""
    try:
        user = state().user(number)
    except StateError as error:
        return _people(422, error=str(error))
    journal("invited", about=user.name)
    return _people(200, made=_link(number), made_for=user.name)


@blueprint.post("/people/<int:number>/remove")
@needs("owner")
def remove(number: int) -> Answered:
    """Delete a user."""
    try:
        user = state().user(number)
        state().remove_user(number)
    except StateError as error:
        return _people(422, error=str(error))
    journal("user removed", about=user.name)
    return redirect(url_for("people.people"), 303)


@blueprint.get("/account")
@needs("user")
def account() -> Answered:
    """One's own password and tokens."""
    return _account()


@blueprint.post("/account/password")
@needs("user")
def password() -> Answered:
    """Change one's password; all other sessions end."""
    user = g.reader.user
    given = request.form.get("password", "")
    try:
        if not user.invited and state().by_password(user.name, request.form.get("old", "")) is None:
            raise StateError("the present password is wrong")
        if given != request.form.get("again", ""):
            raise StateError("the two new passwords differ")
        state().set_password(user.id, given)
    except StateError as error:
        return _account(422, error=str(error))
    journal("password changed")
    return enter(user.id, url_for("people.account"))


@blueprint.post("/account/tokens")
@needs("user")
def add_token() -> Answered:
    """A new token, shown once."""
    name = request.form.get("name", "")
    made = state().add_token(g.reader.user.id, name)
    journal("token made", about=name)
    return _account(200, made=made)


@blueprint.post("/account/tokens/<int:number>/revoke")
@needs("user")
def revoke_token(number: int) -> Answered:
    """Make a token void."""
    names = {each.id: each.name for each in state().tokens(g.reader.user.id)}
    if number in names:
        state().revoke_token(g.reader.user.id, number)
        journal("token revoked", about=names[number])
    return redirect(url_for("people.account"), 303)


def _site() -> str:
    site = request.form.get("site", EVERY_SITE)
    if site != EVERY_SITE and site not in sites():
        abort(404)
    return site


def _roles(user: User) -> str:
    said = ("every site" if site == EVERY_SITE else site for site in user.roles)
    return ", ".join(f"{role} of {site}" for site, role in zip(said, user.roles.values(), strict=True)) or "no role"


def _link(user_id: int) -> str:
    return outside("entry.invitation", secret=state().invite(user_id))


def _people(status: int = 200, **shown: object) -> Answered:
    html = render_template(
        "people.html", users=state().users(), roles=ROLES, sites=sites(), every=EVERY_SITE, log=state().log(), **shown
    )  # fmt: skip
    return make_response(html, status)


def _account(status: int = 200, **shown: object) -> Answered:
    return make_response(
        render_template("account.html", user=g.reader.user, tokens=state().tokens(g.reader.user.id), **shown), status
    )
