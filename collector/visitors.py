"""DELETE /v1/visitors/ID: the command to erase a visitor, put into the spool like everything else, 202."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from collector import holder
from collector.event import Record
from collector.receive import RETRY_SECONDS, Refusal, answer, now_ms
from collector.spool import SpoolError
from collector.telemetry import REJECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from collector.sites import Site
    from collector.spool import Spool


def blueprint(sites: Callable[[], Mapping[str, Site]], spool: Spool) -> Blueprint:
    """The route by which a server has a visitor of its site erased."""
    routes = Blueprint("visitors", __name__)

    @routes.route("/v1/visitors/<visitor>", methods=["DELETE"], provide_automatic_options=False)
    def erase(visitor: str) -> Response:
        try:
            site = holder.site(sites())
            holder.visitor_id(visitor)
            received = now_ms()
            _put(spool, Record(received, site.id, site.key, erase=visitor))
        except Refusal as refusal:
            spool.count(REJECTED + refusal.reason)
            return holder.answer_to(refusal)
        body = {"site": site.key, "visitor": visitor, "state": "waiting", "asked_at": received, "now": now_ms()}
        return answer(202, body, holder.HEADERS)

    return routes


def _put(spool: Spool, record: Record) -> None:
    try:
        spool.put(record.encode(), 0, record.received)
    except SpoolError as error:
        raise Refusal(503, "spool", str(error), RETRY_SECONDS) from error
