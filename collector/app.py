"""Where the collector's parts meet: one Flask application per worker process, for any WSGI server."""

from __future__ import annotations

import atexit
import threading
import time
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from collector import (
    __version__,
    answers,
    authorize,
    export,
    publish,
    quota,
    receive,
    receive_outcomes,
    request_id,
    resources,
    script,
    spool,
    telemetry,
    visitors,
)
from collector.config import Settings
from collector.enrich.place import Places
from collector.enrich.visitor import Salts, fingerprint, load_key
from collector.sites import LiveSites
from collector.unread import Unread

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.exceptions import MethodNotAllowed

    from collector.spool import Spool

_SWEEP_SECONDS: Final = 1800


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
        unread=Unread(settings.threads),
        trusted_proxies=settings.trusted_proxies,
        rate=settings.rate,
    )
    atexit.register(parts.spool.close)
    threading.Thread(target=_sweep, args=(parts.salts, settings.spool_dir), name="sweep", daemon=True).start()
    app = Flask("footpath", static_folder=None)
    # Otherwise /v1//events is a redirect, to whatever host the request names.
    app.url_map.merge_slashes = False
    app.extensions["footpath"] = parts.spool
    receiver = receive.Receiver(parts)
    app.register_blueprint(receive.blueprint(receiver, settings.events_path))
    ahead = receive.ahead(app.wsgi_app, receiver, settings.events_path)
    app.wsgi_app = request_id.identified(ahead, settings.trusted_proxies)  # type: ignore[assignment,method-assign]
    guard = authorize.Guard(parts)
    app.register_blueprint(receive_outcomes.blueprint(parts, guard))
    app.register_blueprint(visitors.blueprint(parts, guard))
    app.register_blueprint(export.blueprint(settings, sites, guard))
    files = script.files(resources.folder("sdk"))
    app.register_blueprint(publish.blueprint(settings, sites, files, parts.spool.count))
    _add_operation(app, settings, parts)
    _add_errors(app, parts.spool)
    return app


def _sweep(salts: Salts, spool_dir: Path) -> None:
    """Delete outdated salts also while nobody comes: without them no address can be told from its hash."""
    while True:
        salts.sweep()
        quota.forget(spool_dir, answers.now_ms())
        time.sleep(_SWEEP_SECONDS)


def _add_operation(app: Flask, settings: Settings, parts: receive.Parts) -> None:
    about = {"version": __version__, "secret_key": fingerprint(parts.person_key)}

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def readyz() -> Response:
        """Whether events can be put on the disk. An outage of ClickHouse leaves it green: then it is needed most."""
        trouble = parts.spool.trouble()
        return Response(f"{trouble or 'ready'}\n", 503 if trouble else 200, mimetype="text/plain")

    @app.get("/metrics")
    def metrics() -> Response:
        oldest = spool.oldest_received(settings.spool_dir)
        age = max(0.0, time.time() - oldest / 1000) if oldest else 0.0
        trouble = spool.notes(settings.spool_dir).get("loader", ("", 0.0))[0]
        text = telemetry.exposition(spool.counters(settings.spool_dir), age, trouble, about)
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    @app.get("/openapi.json")
    def openapi() -> Response:
        text = (resources.folder("schema") / "openapi.json").read_text()
        return Response(text, mimetype="application/json", headers=answers.CORS)

    @app.get("/event.schema.json")
    def event_schema() -> Response:
        return contract("event.schema.json")

    @app.get("/outcome.schema.json")
    def outcome_schema() -> Response:
        return contract("outcome.schema.json")

    def contract(name: str) -> Response:
        text = (resources.folder("schema") / name).read_text()
        return Response(text, mimetype="application/schema+json", headers=answers.CORS)


def _add_errors(app: Flask, spool: Spool) -> None:
    @app.errorhandler(404)
    def missing(_: Exception) -> Response:
        spool.count(telemetry.REJECTED + "route")
        return answers.refused(404, "route", "no such route; /openapi.json lists what there is").response()

    @app.errorhandler(405)
    def method(error: MethodNotAllowed) -> Response:
        spool.count(telemetry.REJECTED + "method")
        response = answers.refused(405, "method", f"{request.method} is not for this route").response()
        response.headers["Allow"] = ", ".join(error.valid_methods or ())
        return response

    @app.errorhandler(500)
    def failed(_: Exception) -> Response:
        spool.count(telemetry.REJECTED + "internal")
        return answers.refused(500, "internal", answers.INTERNAL).response()
