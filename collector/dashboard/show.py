"""A page of a site; CSV, picture, Python and SQL of its panels; what is kept of it: saved questions, shared links."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for

from collector.dashboard import connection
from collector.dashboard import notes as dated
from collector.dashboard import page as pages
from collector.dashboard.ahead import ask_of
from collector.dashboard.answer import Answer
from collector.dashboard.entry import outside
from collector.dashboard.journal import journal
from collector.dashboard.reader import needs, sites, state
from collector.dashboard.shelf import shelf
from collector.dashboard.view import FILTERS, View
from collector.dashboard.wait import in_time, is_looking
from collector.query import QueryError

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as Answered

    from collector.dashboard.page import Page

blueprint = Blueprint("pages", __name__, url_prefix="/sites")
_DAY: Final = 86_400
_drawing = threading.Lock()  # matplotlib's caches of fonts are not made for threads
SHARE_DAYS: Final = ("1", "7", "30", "90", "365")


@blueprint.get("/<site>")
@needs("viewer")
def first(site: str) -> Answered:
    """The site's first page."""
    return redirect(url_for("pages.show", site=site, page=next(iter(pages.found()))), 303)


@blueprint.get("/<site>/<page>")
@needs("viewer")
def show(site: str, page: str) -> Answered:
    """A page. A question that is not possible is said on it (400); without the database 503.

    Who looks at it in a browser has its frame at once, and the page when its answers are there.
    """
    chosen, view = _page(page), _view(site, page)
    if view.found:
        return redirect(view.found, 303)
    if not is_looking() or shelf().ready(view, chosen):
        return _whole(chosen, view)
    return in_time(lambda: _whole(chosen, view)) or make_response(_shell("pages/wait.html", chosen, view))


def _whole(chosen: Page, view: View) -> Answered:
    """The page with its answers."""
    template = f"pages/{chosen.template}" if chosen.template else "pages/simple.html"
    try:
        made = shelf().page(view, chosen)
        notes = dated.of_period(made.ask)
        return make_response(
            _shell(template, chosen, view, ask=made.ask, answers=made.answers, notes=notes, **made.more)
        )
    except QueryError as error:
        if connection.is_away(error):
            return away(error)
        return make_response(_shell("pages/impossible.html", chosen, view, error=str(error)), 400)


@blueprint.get("/<site>/<page>/<panel>/csv")
@needs("viewer")
def csv(site: str, page: str, panel: str) -> Answered:
    """All rows of a panel as CSV, with times in the zone of the question."""
    answer = _answer(site, page, panel)
    if not isinstance(answer, Answer):
        return answer
    return _file(answer.result().to_csv(), "text/csv", f"{site}-{page}-{panel}.csv")


@blueprint.get("/<site>/<page>/<panel>/png")
@needs("viewer")
def png(site: str, page: str, panel: str) -> Answered:
    """The picture of a panel's answer as a notebook draws it, for slides. One without a picture: 404."""
    answer = _answer(site, page, panel)
    if not isinstance(answer, Answer):
        return answer
    file = io.BytesIO()
    try:
        with _drawing:
            drawn = answer.picture()
            if drawn is None:
                abort(404, "This answer has no picture; its CSV has the figures.")
            drawn.savefig(file, format="png", dpi=150)
    except QueryError as error:
        if connection.is_away(error):
            return away(error)
        abort(400, str(error))
    return _file(file.getvalue(), "image/png", f"{site}-{page}-{panel}.png")


@blueprint.get("/<site>/<page>/<panel>/code")
@needs("viewer")
def code(site: str, page: str, panel: str) -> Answered:
    """The Python that gives a panel's answer, and the SQL that was run for it."""
    answer = _answer(site, page, panel)
    if not isinstance(answer, Answer):
        return answer
    result = answer.result()
    statements = [
        (sql, {name: str(value) for name, value in params.items()})
        for sql, params in zip(result.sql, result.params, strict=True)
    ]
    shown = {"answer": answer, "python": answer.python, "statements": statements}
    if request.headers.get("HX-Request"):
        return make_response(render_template("code.html", **shown))
    return make_response(_shell("pages/code.html", _page(page), _view(site, page), **shown))


@blueprint.post("/<site>/<page>/saved")
@needs("analyst")
def save(site: str, page: str) -> Answered:
    """Keep a question by name."""
    chosen, view = _page(page), View.of(site, page, _pairs(request.form.get("query", "")))
    if not chosen.savable:
        abort(404)
    name = request.form.get("name", "")
    state().save(site, page, name, view.query, g.reader.name)
    journal("question saved", about=name, site=site)
    return redirect(view.url(), 303)


@blueprint.post("/<site>/<page>/saved/<int:number>/forget")
@needs("analyst")
def forget(site: str, page: str, number: int) -> Answered:
    """Delete a saved question."""
    if kept := next((each for each in state().saved(site, page) if each.id == number), None):
        state().forget(site, number)
        journal("question deleted", about=kept.name, site=site)
    return redirect(url_for("pages.show", site=site, page=_page(page).name), 303)


@blueprint.get("/<site>/<page>/share")
@needs("analyst")
def shares(site: str, page: str) -> Answered:
    """Make a link to a page for people without a login, and see those that there are."""
    return make_response(_shares(_page(page), _view(site, page)))


@blueprint.post("/<site>/<page>/share")
@needs("analyst")
def share(site: str, page: str) -> Answered:
    """Make a link; its address is shown once."""
    chosen, view = _page(page), View.of(site, page, _pairs(request.form.get("query", "")))
    days = request.form.get("days", "7")
    if days not in SHARE_DAYS:
        abort(400)
    secret = state().share(
        site, page, view.query, name=request.form.get("name", ""), by=g.reader.name, seconds=int(days) * _DAY
    )
    journal("link shared", about=f"{page}, for {request.form.get('name', '') or page}, {days} days", site=site)
    made = outside("entry.shared", secret=secret)
    return make_response(_shares(chosen, view, made=made))


@blueprint.post("/<site>/<page>/share/<int:number>/revoke")
@needs("analyst")
def revoke(site: str, page: str, number: int) -> Answered:
    """Make a link void."""
    if link := next((each for each in state().shares(site) if each.id == number), None):
        state().revoke_share(site, number)
        journal("shared link revoked", about=f"{link.page}, for {link.name}", site=site)
    return redirect(url_for("pages.shares", site=site, page=_page(page).name), 303)


def away(error: Exception) -> Answered:
    """The page that says that the database does not answer, for the time being (503)."""
    connection.forget()
    answer = make_response(render_template("away.html", error=str(error)), 503)
    answer.headers["Retry-After"] = "5"
    return answer


def _file(content: str | bytes, kind: str, name: str) -> Response:
    return Response(content, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _answer(site: str, page: str, panel: str) -> Answer | Answered:
    chosen, view = _page(page), _view(site, page)
    found = chosen.panel(panel)
    if found is None:
        abort(404)
    try:
        made = shelf().ready(view, chosen)
        answer = made.answers[panel] if made else Answer(found, ask_of(view, chosen))
        if answer.needs:
            abort(400, answer.needs)
        answer.result()
    except QueryError as error:
        if connection.is_away(error):
            return away(error)
        abort(400, str(error))
    return answer


def _page(name: str) -> Page:
    found = pages.found().get(name)
    if found is None:
        abort(404)
    return found


def _view(site: str, page: str) -> View:
    return View.of(site, page, request.args.items(multi=True))


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def _shell(template: str, page: Page, view: View, **shown: object) -> str:
    """A page within the frame that all have: menu, period, filters."""
    site = sites()[view.site]
    common = {"page": page, "view": view, "site": site, "ask": None, "menu": pages.menu(), "kinds": FILTERS}
    saved = state().saved(view.site, page.name) if page.savable and g.reader.user else []
    common["may_write"] = g.reader.may(view.site, "analyst") and not g.reader.is_token
    return render_template(template, **{**common, "saved": saved, **shown})


def _shares(page: Page, view: View, **shown: object) -> str:
    listed = state().shares(view.site)
    return _shell("pages/shares.html", page, view, shares=listed, days=SHARE_DAYS, titles=_titles(), **shown)


def _titles() -> dict[str, str]:
    return {name: page.title for name, page in pages.found().items()}
