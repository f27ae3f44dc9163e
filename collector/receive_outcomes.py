"""POST /v1/outcomes: what a server knows, believed by its secret key, checked, spooled, 202.

It is for servers: no answer allows another origin, and a browser that asks before it sends is refused. As with events
nothing here waits for ClickHouse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request

from collector import authorize, receive, validate_outcomes
from collector.addresses import address_of, network
from collector.answers import Refusal, now_ms, taken
from collector.body import read_document, read_sent, unpacked
from collector.enrich import visitor
from collector.event import Json, Record
from collector.telemetry import REJECTED
from collector.validate import TooMany, Unreadable

if TYPE_CHECKING:
    from collector.sites import Site

PATH: Final = "/v1/outcomes"


def blueprint(parts: receive.Parts, guard: authorize.Guard) -> Blueprint:
    """The route that outcomes are sent to."""
    routes = Blueprint("outcomes", __name__)
    receiver = _Receiver(parts)

    @routes.route(PATH, methods=["POST"], provide_automatic_options=False)
    def outcomes() -> Response:
        return guard.answer(lambda: taken(receiver.take(), "outcome", authorize.HEADERS).response())

    return routes


class _Receiver:
    def __init__(self, parts: receive.Parts) -> None:
        self._parts = parts
        self._rate = receive.Rate(parts.rate)
        self._kept = receive.KeptRefusals()

    def take(self) -> Json:
        """Take one body: the answer's body, once everything accepted is on the disk.

        Raises:
            Refusal: nothing of it was taken.
        """
        received = now_ms()
        key = authorize.secret()
        near = network(address_of(request.environ, self._parts.trusted_proxies))
        sent = read_sent(request.environ, self._parts.unread, near)
        document = read_document(unpacked(sent, request.environ))
        site = self._site(document, key, near)
        verdict = _verdict(document, received, site)
        self._put(site, received, document, verdict)
        return {
            "accepted": len(verdict.outcomes),
            "rejected": [{"index": one.index, "id": one.id, "errors": one.errors} for one in verdict.rejected],
            "now": now_ms(),
        }

    def _site(self, document: Json, key: str, near: str) -> Site:
        site = receive.known_site(self._parts.sites(), document.get("site"))
        self._rate.require(site, near)
        authorize.require(site, key)
        receive.require_enabled(site)
        return site

    def _put(self, site: Site, received: int, document: Json, verdict: validate_outcomes.Verdict) -> None:
        for one in verdict.outcomes:
            if "user" in one:
                one["user"] = f"{visitor.person_id(self._parts.person_key, site.key, one['user']):016x}"
        for refused in verdict.rejected:
            self._parts.spool.count(REJECTED + refused.reason)
        kept = self._kept.of(site, validate_outcomes.listed(document), verdict.rejected)
        if verdict.outcomes or kept:
            record = Record(received, site.id, site.key, rejected=kept, outcomes=verdict.outcomes)
            receive.put(self._parts.spool, record, len(verdict.outcomes))


def _verdict(document: Json, received: int, site: Site) -> validate_outcomes.Verdict:
    try:
        return validate_outcomes.check(document, received, site.time_zone)
    except Unreadable as error:
        raise Refusal(400, "unreadable", str(error)) from None
    except TooMany as error:
        raise Refusal(413, "too_many", str(error)) from None
