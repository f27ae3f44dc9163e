"""GET /v1/visitors/ID: everything that is stored about a visitor; .../erasure: how far its erasure is.

The only routes that read the database. Without one they answer 503, and nothing else suffers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from flask import Blueprint, Response

from collector import authorize, dossier, engine
from collector.answers import RETRY_SECONDS, Refusal, answer, now_ms
from collector.store import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from collector.config import Settings
    from collector.sites import Site

T = TypeVar("T")

NDJSON: Final = "application/x-ndjson"


def blueprint(settings: Settings, sites: Callable[[], Mapping[str, Site]], guard: authorize.Guard) -> Blueprint:
    """The routes by which a server reads what is stored about a visitor of its site."""
    routes = Blueprint("export", __name__)

    @routes.route("/v1/visitors/<visitor>", methods=["GET"], provide_automatic_options=False)
    def visitor(visitor: str) -> Response:
        return guard.answer(lambda: _dossier(settings, sites(), visitor))

    @routes.route("/v1/visitors/<visitor>/erasure", methods=["GET"], provide_automatic_options=False)
    def erasure(visitor: str) -> Response:
        return guard.answer(lambda: _erasure(settings, sites(), visitor))

    return routes


def _dossier(settings: Settings, sites: Mapping[str, Site], visitor: str) -> Response:
    whom = authorize.holder(sites).id, authorize.visitor_id(visitor)
    # Read before the answer begins, so that a failure still has a status.
    lines = _asked(settings, lambda store: list(dossier.lines(store, settings.spool_dir, whom)))
    return Response("".join(f"{line}\n" for line in lines), headers=authorize.HEADERS, mimetype=NDJSON)


def _erasure(settings: Settings, sites: Mapping[str, Site], visitor: str) -> Response:
    site = authorize.holder(sites)
    whom = site.id, authorize.visitor_id(visitor)
    found = _asked(settings, lambda store: dossier.erasure(store, settings.spool_dir, whom))
    return answer(200, {"site": site.key, "visitor": visitor, **found, "now": now_ms()}, authorize.HEADERS).response()


def _asked(settings: Settings, ask: Callable[[Store], T]) -> T:
    url = settings.clickhouse_url
    if not url:
        running = engine.find(settings.data_dir)
        if running is None:
            raise Refusal(503, "database", "no ClickHouse runs", RETRY_SECONDS)
        url = running.reader_url
    store = Store(url)
    try:
        return ask(store)
    except StoreError as error:
        raise Refusal(503, "database", str(error), RETRY_SECONDS) from error
    finally:
        store.close()
