"""Where the collector's parts meet: one Flask application per worker process, for any WSGI server."""

from __future__ import annotations

import atexit
import hashlib
import json
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from collector import __version__, receive, resources, spool, telemetry
from collector.config import Settings
from collector.enrich.place import Places
from collector.enrich.visitor import Salts, load_key
from collector.sites import LiveSites, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.exceptions import MethodNotAllowed

SETTINGS_PLACE: Final = "({});"
"""What the built script ends with; a site's settings go there."""

_SCRIPT_SECONDS: Final = 3600
_SWEEP_SECONDS: Final = 1800
_FOR_EVER: Final = "public, max-age=31536000, immutable"


def create_app(settings: Settings | None = None) -> Flask:
    """The collector as a WSGI application; without `settings` it reads the environment.

    Raises:
        ConfigError: a setting or sites.yml is wrong.
    """
    settings = settings or Settings.from_environment()
    sites = LiveSites(settings.config_dir)
    share = (settings.spool_max_mb << 20) // settings.workers
    parts = receive.Parts(
        sites=sites,
        spool=spool.Spool(settings.spool_dir, synchronous=settings.spool_sync, max_bytes=share),
        salts=Salts(settings.data_dir / "salts"),
        person_key=load_key(settings.config_dir),
        places=Places(settings.country_db),
        trusted_proxies=settings.trusted_proxies,
        rate=settings.rate,
    )
    atexit.register(parts.spool.close)
    threading.Thread(target=_sweep, args=(parts.salts,), name="salts", daemon=True).start()
    app = Flask("footpath", static_folder=None)
    app.extensions["footpath"] = parts.spool
    app.register_blueprint(receive.blueprint(parts, settings.events_path))
    _add_script(app, settings, sites)
    _add_operation(app, settings, parts.spool)
    _add_errors(app)
    return app


def _sweep(salts: Salts) -> None:
    """Delete outdated salts also while nobody comes: without them no address can be told from its hash."""
    while True:
        salts.sweep()
        time.sleep(_SWEEP_SECONDS)


def _add_script(app: Flask, settings: Settings, sites: Callable[[], Mapping[str, Site]]) -> None:
    script = (resources.folder("sdk") / "footpath.min.js").read_text()

    @app.get(settings.script_path)
    def sdk() -> Response:
        site = sites().get(request.args.get("site", ""))
        if "site" in request.args and site is None:
            return receive.refused(404, "site", "this site is not in sites.yml")
        return _script(_with_settings(script, site, settings), f"public, max-age={_SCRIPT_SECONDS}")

    @app.get(f"/sdk/{__version__}.js")
    def versioned_sdk() -> Response:
        return _script(script, _FOR_EVER)


def _with_settings(script: str, site: Site | None, settings: Settings) -> str:
    if site is None:
        return script
    inlined = json.dumps({"site": site.key, "endpoint": settings.events_path, **asdict(site.privacy)})
    head, _, tail = script.rpartition(SETTINGS_PLACE)
    return f"{head}({inlined});{tail}"


def _script(text: str, caching: str) -> Response:
    response = Response(text, mimetype="text/javascript", headers=receive.CORS | {"Cache-Control": caching})
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:24])
    response.make_conditional(request)
    return response


def _add_operation(app: Flask, settings: Settings, writer: spool.Spool) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        """Whether events can be put on the disk. An outage of ClickHouse leaves it green: then it is needed most."""
        trouble = writer.trouble()
        return Response(f"{trouble or 'ready'}\n", 503 if trouble else 200, mimetype="text/plain")

    @app.get("/metrics")
    def metrics() -> Response:
        oldest = spool.oldest_received(settings.spool_dir)
        age = max(0.0, time.time() - oldest / 1000) if oldest else 0.0
        trouble = spool.notes(settings.spool_dir).get("loader", ("", 0.0))[0]
        text = telemetry.exposition(spool.counters(settings.spool_dir), age, trouble)
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    @app.get("/openapi.json")
    def openapi() -> Response:
        text = (resources.folder("schema") / "openapi.json").read_text()
        return Response(text, mimetype="application/json", headers=receive.CORS)

    @app.get("/event.schema.json")
    def event_schema() -> Response:
        text = (resources.folder("schema") / "event.schema.json").read_text()
        return Response(text, mimetype="application/schema+json", headers=receive.CORS)


def _add_errors(app: Flask) -> None:
    @app.errorhandler(404)
    def missing(_: Exception) -> Response:
        return receive.refused(404, "route", "no such route; /openapi.json lists what there is")

    @app.errorhandler(405)
    def method(error: MethodNotAllowed) -> Response:
        response = receive.refused(405, "method", f"{request.method} is not for this route")
        response.headers["Allow"] = ", ".join(error.valid_methods or ())
        return response

    @app.errorhandler(500)
    def failed(_: Exception) -> Response:
        return receive.refused(500, "internal", "the collector failed; its log says where")
