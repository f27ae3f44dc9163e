"""Where the dashboard's parts meet: one Flask application, in a process and on a port of its own."""

from __future__ import annotations

import hashlib
import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, g, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from collector import __version__
from collector.config import Settings
from collector.dashboard import api, description, draw, entry, headers, notes, overlay, people, reader, show, view
from collector.dashboard.collector_now import Asked
from collector.dashboard.shelf import Shelf
from collector.query import DEFINITIONS, QueryError
from collector.sites import LiveSites
from collector.state import State, StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as Answered

    from collector.dashboard.answer import Answer

_MOST_BYTES: Final = 256 * 1024


def create_dashboard(settings: Settings | None = None) -> Flask:
    """The dashboard as a WSGI application; without `settings` it reads the environment.

    Raises:
        ConfigError: a setting or sites.yml is wrong.
        StateError: state.db cannot be used.
    """
    settings = settings or Settings.from_environment()
    app = Flask("footpath-dashboard", root_path=str(Path(__file__).parent))
    app.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
    app.url_map.merge_slashes = False
    app.extensions["footpath-settings"] = settings
    app.extensions["footpath-state"] = State(settings.state_path)
    app.extensions["footpath-sites"] = LiveSites(settings.config_dir)
    app.extensions["footpath-guesses"] = entry.Guesses()
    app.extensions["footpath-overlay-guesses"] = entry.Guesses()
    app.extensions["footpath-shelf"] = Shelf(app)
    app.view_functions["static"] = reader.needs("anyone")(app.view_functions["static"])
    for part in (entry, show, people, notes, api, overlay, description):
        app.register_blueprint(part.blueprint)
    _add_rest(app)
    _dress(app)
    app.before_request(reader.admit)
    app.after_request(headers.dress)
    _add_errors(app)
    return app


def _add_rest(app: Flask) -> None:
    @app.get("/")
    @reader.needs("anyone")
    def home() -> Answered:
        """To the first site, or to the login."""
        if not g.reader.name:
            return redirect(url_for("entry.login"), 303)
        if g.reader.share:
            return redirect(url_for("pages.show", site=g.reader.share.site, page=g.reader.share.page), 303)
        seen = reader.visible_sites()
        if not seen:
            return make_response(render_template("error.html", code=403, text="You have no role on any site yet."), 403)
        return redirect(url_for("pages.first", site=next(iter(seen))), 303)

    @app.get("/definitions")
    @reader.needs("user")
    def definitions() -> str:
        """What every number means."""
        return render_template("definitions.html", definitions=sorted(DEFINITIONS.values(), key=lambda each: each.name))

    @app.get("/healthz")
    @reader.needs("anyone")
    def healthz() -> Response:
        """Whether the process answers."""
        return Response("ok\n", mimetype="text/plain")


def _dress(app: Flask) -> None:
    """What all templates have."""
    env, settings = app.jinja_env, app.extensions["footpath-settings"]
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        zip=zip,
        asset=partial(_asset, app, {}),
        version=__version__,
        periods=view.PERIODS,
        draw=draw,
        visible=reader.visible_sites,
        kinds_of_notes=notes.KINDS,
        overlays=bool(settings.dashboard),
        collector_now=Asked(settings),
        kept=_kept,
    )
    env.filters["span"] = draw.span
    env.filters["percent"] = draw.percent
    env.globals["csrf"] = lambda: Markup('<input type="hidden" name="csrf" value="{}">').format(g.reader.csrf)


def _kept(answer: Answer, what: str, caller: Callable[[], Markup]) -> Markup:
    """What stands between `{% call kept(answer, "what") %}` and its end, made once for all who look at the answer: so
    nothing of who reads it may stand there."""
    return answer.once(what, caller)


def _asset(app: Flask, kept: dict[str, str], name: str) -> str:
    """The address of a file, with the hash of its content: browsers keep it for ever."""
    if name not in kept:
        content = (Path(app.static_folder or "") / name).read_bytes()
        kept[name] = hashlib.sha256(content).hexdigest()[:12]
    return url_for("static", filename=name, v=kept[name])


def _add_errors(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Answered:
        code = error.code or 500
        texts = {
            403: "Your role does not allow this.",
            404: "There is no such page, or no such site that you may see.",
            405: "This address does not take that.",
            413: "That is too much at once.",
            500: "Something went wrong; the log of the program says more.",
        }
        own = error.description if error.description != type(error).description else None
        text = own or texts.get(code, error.name)
        if request.headers.get("Authorization") or request.headers.get("HX-Request"):
            return Response(f"{text}\n", code, mimetype="text/plain")
        return make_response(render_template("error.html", code=code, text=text), code)

    @app.errorhandler(QueryError)
    def unanswered(error: QueryError) -> Answered:
        return show.away(error)

    @app.errorhandler(StateError)
    def impossible(error: StateError) -> Answered:
        return make_response(render_template("error.html", code=422, text=f"{error}."), 422)

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Answered:
        logging.getLogger("footpath").exception("%s %s", request.method, request.path, exc_info=error)
        return make_response(
            render_template("error.html", code=500, text="Something went wrong; the log of the program says more."), 500
        )
