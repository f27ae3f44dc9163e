"""POST /v1/events: receive, validate, spool, 202. Nothing here waits for ClickHouse.

The route is plain WSGI in front of the Flask application (`ahead`): contexts, routing and a streamed answer take
more CPU than all checks together (`docs/decisions/validation.md`).

An answer says what became of each event, the server's time, and, where something was refused, why: also in the header
`Footpath-Reason`, so that the collector explains itself in a browser's network tab.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

from flask import Blueprint, Response, request

from collector import session, validate
from collector.addresses import address_of, network, within
from collector.answers import CORS, INTERNAL, RETRY_SECONDS, Answer, Refusal, now_ms, refused, taken
from collector.body import named_site, read_document, read_sent, unpacked
from collector.enrich import device, visitor
from collector.enrich.hints import HEADERS
from collector.event import Json, Record
from collector.limits import BURST, Limiter, Refusals
from collector.quota import Quotas
from collector.spool import SpoolError
from collector.telemetry import REJECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from collector.config import Network
    from collector.enrich.place import Places
    from collector.sites import Site
    from collector.spool import Spool
    from collector.unread import Unread

MAX_USER_AGENT: Final = 512
STORED_MS: Final = 48 * 3_600_000
SKEW_MS: Final = 10_000
_KEPT_REFUSALS_A_MINUTE: Final = 100
_SIGN_SECONDS: Final = 10
SIGNS: Final = ("site", "origin", "quota")
"""Refusals that may mean that sites.yml is wrong, or too tight."""

log = logging.getLogger("footpath.receive")

_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Content-Encoding",
    "Access-Control-Max-Age": "86400",
}


def too_many_refusals() -> Refusal:
    """The answer to a network of which too much was refused."""
    return Refusal(429, "refusals", "too many requests from this network were refused", 1)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a receiver needs: who the sites are, where records go, and what makes identities."""

    sites: Callable[[], Mapping[str, Site]]
    spool: Spool
    salts: visitor.Salts
    person_key: bytes
    places: Places
    unread: Unread
    trusted_proxies: tuple[Network, ...] = ()
    rate: float = 50.0


class Sender(NamedTuple):
    """Who sent a batch, and when it came (Unix ms). The address goes no further than this request."""

    received: int
    site: Site
    address: str
    user_agent: str
    hints: str


class Rate:
    """So many requests a second from one network to one site; 0: no limit."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._limiter = Limiter(rate, max(1.0, rate * BURST)) if rate else None

    def require(self, site: Site, near: str) -> None:
        """Count one request of a network.

        Raises:
            Refusal: 429, it is one too many.
        """
        if self._limiter and not self._limiter.take((site.id, near), time.monotonic()):
            raise Refusal(429, "rate", f"more than {self._rate:g} requests a second from one network", 1)


class KeptRefusals:
    """What was refused, as names and types: a few a minute for each site and reason."""

    def __init__(self) -> None:
        self._limiter = Limiter(_KEPT_REFUSALS_A_MINUTE / 60, _KEPT_REFUSALS_A_MINUTE)

    def of(self, site: Site, sent: list[object], rejected: list[validate.Rejected]) -> list[Json]:
        """Those of these that are kept; `sent` is what their indexes mean."""
        now = time.monotonic()
        return [
            {"reason": one.reason, "errors": one.errors, "event": validate.outline(sent[one.index])}
            for one in rejected
            if self._limiter.take((site.id, one.reason), now)
        ]


class Signs:
    """What looks like a mistake of whoever set this up, kept for `footpath check`: one of a name in ten seconds."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._limiter = Limiter(1 / _SIGN_SECONDS, 1)

    def see(self, name: str, told: str) -> None:
        """Keep it, instead of an older one of that name."""
        if self._limiter.take(name, time.monotonic()):
            self._spool.note(name, told)


def blueprint(receiver: Receiver, path: str) -> Blueprint:
    """The route that events are sent to."""
    routes = Blueprint("receive", __name__)

    @routes.route(path, methods=["POST", "OPTIONS"], provide_automatic_options=False)
    def events() -> Response:
        if request.method == "OPTIONS":
            return Response(status=204, headers=CORS | _PREFLIGHT)
        return receiver.answer(request.environ).response()

    return routes


def ahead(application: WSGIApplication, receiver: Receiver, path: str) -> WSGIApplication:
    """Answer POSTs to `path` without Flask; everything else goes to `application`."""

    def serve(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != path or environ["REQUEST_METHOD"] != "POST":
            return application(environ, start)
        try:
            answer = receiver.answer(environ)
        except Exception:
            log.exception("a batch could not be taken")
            receiver.count_fault()
            answer = refused(500, "internal", INTERNAL)
        start(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers.items()))
        return [answer.body]

    return serve


class Receiver:
    """Takes batches for as long as a worker lives."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._rate = Rate(parts.rate)
        self._refusals = Refusals(parts.rate)
        self._quotas = Quotas(parts.spool)
        self._kept = KeptRefusals()
        self._signs = Signs(parts.spool)

    def answer(self, environ: WSGIEnvironment) -> Answer:
        """Take one batch and say what became of it."""
        address = address_of(environ, self._parts.trusted_proxies)
        near = network(address)
        try:
            return taken(self._take(environ, address, near))
        except Refusal as refusal:
            self._parts.spool.count(REJECTED + refusal.reason)
            if refusal.blames_sender:
                self._refusals.add(near)
            if refusal.reason in SIGNS:
                self._signs.see(refusal.reason, str(refusal))
            return refused(refusal.status, refusal.reason, str(refusal), refusal.retry_after)

    def count_fault(self) -> None:
        """Count a request that our own fault refused."""
        self._parts.spool.count(REJECTED + "internal")

    def _take(self, environ: WSGIEnvironment, address: str, near: str) -> Json:
        """Take one batch: the answer's body, once everything accepted is on the disk.

        Raises:
            Refusal: nothing of it was taken.
        """
        received = now_ms()
        sent = read_sent(environ, self._parts.unread, near)
        limited = self._spared(sent, near)
        body = unpacked(sent, environ)
        document = read_document(body)
        sender = self._sender(environ, document, received, address)
        if sender.site is not limited:
            self._rate.require(sender.site, near)
        if spent := self._quotas.spent(sender.site, received):
            raise Refusal(403, "quota", spent)
        verdict = _verdict(document, len(body))
        _refuse_stale(verdict)
        self._put(sender, document, verdict)
        return {
            "accepted": len(verdict.batch["events"]),
            "rejected": [{"index": event.index, "id": event.id, "errors": event.errors} for event in verdict.rejected],
            "now": now_ms(),
        }

    def _spared(self, sent: bytes, near: str) -> Site | None:
        """Once too many of a network's requests were refused, only one that begins as a known site's is read at all.

        So those who share a network with somebody hostile are still heard. Such a request counts at once for that
        site, which is returned; None while there were not too many.

        Raises:
            Refusal: 429, it does not, or it is one too many for that site.
        """
        if not self._refusals.spent(near):
            return None
        site = self._parts.sites().get(named_site(sent))
        if site is None:
            raise too_many_refusals()
        self._rate.require(site, near)
        return site

    def _sender(self, environ: WSGIEnvironment, document: Json, received: int, address: str) -> Sender:
        if "HTTP_X_FORWARDED_FOR" not in environ:
            if _came_by_tls(environ):
                self._signs.see("silent_proxy", "events of a page on https came without X-Forwarded-For")
        elif not within(environ.get("REMOTE_ADDR", ""), self._parts.trusted_proxies):
            self._signs.see("proxy", "X-Forwarded-For came from an address outside FOOTPATH_TRUSTED_PROXIES")
        return Sender(
            received,
            self._site(document, environ.get("HTTP_ORIGIN")),
            address,
            environ.get("HTTP_USER_AGENT", "")[:MAX_USER_AGENT],
            _hints(environ),
        )

    def _site(self, document: Json, origin: str | None) -> Site:
        site = known_site(self._parts.sites(), document.get("site"))
        if origin is not None and not site.allows(origin):
            raise Refusal(403, "origin", f"origin {origin[:200]!r} is not allowed for {site.key}")
        require_enabled(site)
        return site

    def _put(self, sender: Sender, document: Json, verdict: validate.Verdict) -> None:
        batch, site = verdict.batch, sender.site
        if not batch["visitor"] or not batch["session"]:
            self._set_identity(batch, sender)
        else:
            batch["session"] = session.credible(batch["session"], sender.received)
        _hide_identifiers(batch["events"], self._parts.person_key, site)
        record = Record(
            sender.received,
            site.id,
            site.key,
            sender.user_agent,
            sender.hints,
            self._parts.places.country(sender.address),
            batch,
            self._kept.of(site, document["events"], verdict.rejected),
        )
        self._count(batch, sender.received, verdict)
        if batch["events"] or record.rejected:
            put(self._parts.spool, record, len(batch["events"]))
            self._quotas.add(site, len(batch["events"]), sender.received)

    def _set_identity(self, batch: Json, sender: Sender) -> None:
        """Visitor and session of a browser that may store nothing: a keyed hash of the day, made before the spool."""
        day = _day(batch, sender.received)
        try:
            identity = self._parts.salts.visitor_id(sender.site.key, sender.address, sender.user_agent, day)
        except (OSError, ValueError) as error:
            raise Refusal(503, "salts", f"the day's salt cannot be read: {error}", RETRY_SECONDS) from error
        batch["visitor"] = f"{identity:016x}"
        batch["session"] = f"{visitor.session_id(identity, day):016x}"

    def _count(self, batch: Json, received: int, verdict: validate.Verdict) -> None:
        for event in verdict.rejected:
            self._parts.spool.count(REJECTED + event.reason)
        if abs(received - batch["sent_at"]) > SKEW_MS:
            self._parts.spool.count("skewed")


def known_site(sites: Mapping[str, Site], key: object) -> Site:
    """The site that a body names.

    Raises:
        Refusal: 403, there is none.
    """
    site = sites.get(key) if isinstance(key, str) else None
    if site is None:
        named = key[:64] if isinstance(key, str) else type(key).__name__
        raise Refusal(403, "site", f"site {named!r} is not in sites.yml")
    return site


def require_enabled(site: Site) -> None:
    """Raises:
    Refusal: 410, the site is switched off.
    """
    if not site.enabled:
        raise Refusal(410, "switched_off", f"site {site.key} is switched off")


def put(spool: Spool, record: Record, accepted: int) -> None:
    """Bring a record with so many accepted events or outcomes to the disk.

    Raises:
        Refusal: 503, the disk does not take it.
    """
    try:
        spool.put(record.encode(), accepted, record.received)
    except SpoolError as error:
        raise Refusal(503, "spool", str(error), RETRY_SECONDS) from error


_THIS_MACHINE: Final = ("localhost", "127.", "[::1]")

_HINTS: Final = {f"HTTP_{name.upper().replace('-', '_')}": name for name in HEADERS}


def _came_by_tls(environ: WSGIEnvironment) -> bool:
    """Whether a proxy took TLS off: browsers let a page on https send to this machine alone without."""
    host = environ.get("HTTP_HOST", "")
    return environ.get("HTTP_ORIGIN", "").startswith("https://") and not host.startswith(_THIS_MACHINE)


def _hints(environ: WSGIEnvironment) -> str:
    """The client hints as one line; the rest of the environment, some eighty names, is not looked at."""
    found = {name: environ[key] for key, name in _HINTS.items() if key in environ}
    return device.hints(found) if found else ""


def _verdict(document: Json, size: int) -> validate.Verdict:
    try:
        if size > validate.MAX_EVENT_BYTES:
            validate.set_aside_large(document)
        return validate.batch(document)
    except validate.Unreadable as error:
        raise Refusal(400, "unreadable", str(error)) from None
    except validate.TooMany as error:
        raise Refusal(413, "too_many", str(error)) from None


def _refuse_stale(verdict: validate.Verdict) -> None:
    """Events kept on a device for more than 48 h are too old to be told from copies."""
    batch = verdict.batch
    if "stored" in batch.get("flags", ()) and batch["sent_at"] - batch["page"]["started_at"] > STORED_MS:
        verdict.rejected.extend(
            validate.Rejected(index, f"{batch['page']['id']}-{event['n']}", "stale", ["kept for more than 48 h"])
            for index, event in zip(verdict.indexes, batch["events"], strict=True)
        )
        batch["events"] = []


def _day(batch: Json, received: int) -> date:
    """The UTC day on which the page view began; today's where that is neither today nor yesterday."""
    today = datetime.fromtimestamp(received / 1000, UTC).date()
    skew = received - batch["sent_at"] if abs(received - batch["sent_at"]) > SKEW_MS else 0
    start = max(0, min(batch["page"]["started_at"] + skew, received))
    began = datetime.fromtimestamp(start / 1000, UTC).date()
    return began if began in (today, today - timedelta(days=1)) else today


def _hide_identifiers(events: list[Json], key: bytes, site: Site) -> None:
    """An identify event's id becomes a keyed hash before anything is written."""
    for event in events:
        if event["k"] == "identify":
            event["id"] = f"{visitor.person_id(key, site.key, event['id']):016x}"
