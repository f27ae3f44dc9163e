"""Who is looking, and may they? Every route says what it needs; one that says nothing is for owners alone."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from flask import Response, abort, current_app, g, redirect, request, url_for

from collector.state import ROLES, Share, State, User

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from collector.sites import Site

F = TypeVar("F", bound="Callable[..., object]")
NEEDS: Final = ("anyone", "secret", "user", *ROLES)
"""What a route may need: nothing, the secret in its address (no cookie is looked at), a login, or a role (on the site
that its address names)."""
SESSION: Final = "footpath_session"
SHARE: Final = "footpath_share"
FORM: Final = "footpath_form"
_SAFE: Final = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks: a user with a session, a user's token, somebody with a shared link, or nobody.

    `secret` is the cookie from which the forms' check is made; a token has none and may only read.
    """

    user: User | None = None
    share: Share | None = None
    is_token: bool = False
    secret: str = ""

    @property
    def name(self) -> str:
        """What the pages call them."""
        return self.user.name if self.user else "shared link" if self.share else ""

    def role(self, site: str) -> str | None:
        """The role on a site, None: no access."""
        if self.user:
            return self.user.role(site)
        return "viewer" if self.share and self.share.site == site else None

    def may(self, site: str, role: str) -> bool:
        """Whether the role on a site is this one or a higher one."""
        own = self.role(site)
        return own is not None and ROLES.index(own) >= ROLES.index(role)

    @property
    def is_owner(self) -> bool:
        """Whether they may change users."""
        return self.user is not None and self.user.is_owner and not self.is_token

    @property
    def csrf(self) -> str:
        """What a form of theirs must carry: nobody can make it without the cookie."""
        return hashlib.sha256(f"form:{self.secret}".encode()).hexdigest() if self.secret else ""


def needs(what: str) -> Callable[[F], F]:
    """Say what a view needs: one of `NEEDS`. With a role, the address has the `site` unless it is `owner`."""
    if what not in NEEDS:
        raise ValueError(f"a view needs one of {', '.join(NEEDS)}, not {what!r}")

    def say(view: F) -> F:
        view.needs = what  # type: ignore[attr-defined]
        return view

    return say


def cookie(name: str) -> str:
    """The cookie's name: browsers keep cookies by host, and a host may have a dashboard on another port too."""
    return f"{name}_{current_app.extensions['footpath-settings'].dashboard_port}"


def state() -> State:
    """The dashboard's state."""
    found: State = current_app.extensions["footpath-state"]
    return found


def sites() -> Mapping[str, Site]:
    """The sites of sites.yml by key."""
    found: Mapping[str, Site] = current_app.extensions["footpath-sites"]()
    return found


def visible_sites() -> dict[str, Site]:
    """The sites that the reader may see."""
    return {key: site for key, site in sites().items() if g.reader.may(key, "viewer")}


def admit() -> Response | None:
    """Before every request: find out who asks, and refuse what they may not.

    No login: to the login page (401 for scripts and parts of pages). No such site, or none that they may see: 404,
    which does not say which. Too low a role, a form without its check: 403.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    wanted = getattr(view, "needs", "owner")
    g.reader = identify() if wanted != "secret" else Reader()
    if request.endpoint is None or wanted == "secret":
        return None  # no such route: 404 comes by itself; a secret is the view's own matter
    if request.method not in _SAFE:
        _check_form(wanted)
    if wanted == "anyone":
        return None
    reader: Reader = g.reader
    if not reader.name:
        return _to_login()
    if reader.share is not None and not _is_of_share(reader.share):
        return _to_login() if _wants_page() else abort(403)
    if wanted == "user" and (reader.user is None or reader.is_token):
        abort(403)
    if wanted == "owner" and not reader.is_owner:
        abort(403)
    if wanted in ("viewer", "analyst"):
        _check_site(reader, wanted)
    return None


def identify() -> Reader:
    """Who asks."""
    given = request.headers.get("Authorization", "")
    if given.startswith("Bearer "):
        user = state().token_user(given.removeprefix("Bearer ").strip())
        return Reader(user, is_token=True) if user else Reader()
    if (secret := request.cookies.get(cookie(SESSION))) and (user := state().session_user(secret)):
        return Reader(user, secret=secret)
    if (secret := request.cookies.get(cookie(SHARE))) and (share := state().shared(secret)):
        return Reader(share=share, secret=secret)
    return Reader(secret=request.cookies.get(cookie(FORM), ""))


def _check_site(reader: Reader, wanted: str) -> None:
    site = str((request.view_args or {}).get("site", ""))
    if site not in sites() or not reader.may(site, "viewer"):
        abort(404)
    if not reader.may(site, wanted):
        abort(403)


def _is_of_share(share: Share) -> bool:
    """A shared link is for reading one page of one site."""
    said = request.view_args or {}
    return request.method in _SAFE and (said.get("site"), said.get("page")) == (share.site, share.page)


def _check_form(wanted: str) -> None:
    """A form comes from a page of ours: it carries what only that page knew, and browsers say no other origin."""
    reader: Reader = g.reader
    if wanted == "anyone" and reader.user is None:
        reader = Reader(secret=request.cookies.get(cookie(FORM), ""))
    given = request.form.get("csrf") or request.headers.get("X-Footpath-Form") or ""
    if not reader.csrf or not hmac.compare_digest(reader.csrf.encode(), given.encode("utf-8", "replace")):
        abort(403, "This form was opened too long ago, or comes from elsewhere. Load its page again.")
    origin = request.headers.get("Origin")
    if origin not in (None, "null") and urlsplit(str(origin)).netloc != request.host:
        abort(403, "This form comes from another site.")


def _wants_page() -> bool:
    return not request.headers.get("HX-Request") and request.endpoint not in ("api.answer", "pages.csv")


def _to_login() -> Response:
    if request.method in _SAFE and not request.headers.get("Authorization") and _wants_page():
        there = request.full_path.rstrip("?")
        return redirect(url_for("entry.login", next=there if there != "/" else None), 303)  # type: ignore[return-value]
    return Response("log in first\n", 401, mimetype="text/plain", headers={"WWW-Authenticate": "Bearer"})
