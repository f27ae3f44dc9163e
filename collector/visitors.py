"""DELETE /v1/visitors/ID: the command to erase a visitor, put into the spool like everything else, 202."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from collector import authorize, receive
from collector.answers import answer, now_ms
from collector.event import Record

if TYPE_CHECKING:
    from collector.receive import Parts


def blueprint(parts: Parts, guard: authorize.Guard) -> Blueprint:
    """The route by which a server has a visitor of its site erased."""
    routes = Blueprint("visitors", __name__)

    @routes.route("/v1/visitors/<visitor>", methods=["DELETE"], provide_automatic_options=False)
    def erase(visitor: str) -> Response:
        return guard.answer(lambda: _erasure(parts, visitor))

    return routes


def _erasure(parts: Parts, visitor: str) -> Response:
    site = authorize.holder(parts.sites())
    authorize.visitor_id(visitor)
    received = now_ms()
    receive.put(parts.spool, Record(received, site.id, site.key, erase=visitor), 0)
    body = {"site": site.key, "visitor": visitor, "state": "waiting", "asked_at": received, "now": now_ms()}
    return answer(202, body, authorize.HEADERS).response()
