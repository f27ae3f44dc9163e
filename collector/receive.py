"""POST /v1/events: receive, validate, spool, 202. Nothing here waits for ClickHouse.

An answer says what became of each event, the server's time, and, where something was refused, why: also in the header
`Footpath-Reason`, so that the collector explains itself in a browser's network tab.
"""

from __future__ import annotations

import ipaddress
import json
import threading
import time
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from collector import validate
from collector.enrich import device, visitor
from collector.event import Json, Record
from collector.spool import SpoolError
from collector.telemetry import REJECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from collector.config import Network
    from collector.enrich.place import Places
    from collector.sites import Site
    from collector.spool import Spool

MAX_WIRE_BYTES: Final = 1 << 20
MAX_BODY_BYTES: Final = 2 << 20
MAX_USER_AGENT: Final = 512
STORED_MS: Final = 48 * 3_600_000
SKEW_MS: Final = 10_000
BURST: Final = 4
RETRY_SECONDS: Final = 5
_KEPT_REFUSALS_A_MINUTE: Final = 100

CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Footpath-Reason, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Content-Encoding",
    "Access-Control-Max-Age": "86400",
}


class Refusal(Exception):
    """A request that is not taken: HTTP status, a word for counters, a sentence for people."""

    def __init__(self, status: int, reason: str, told: str, retry_after: int = 0) -> None:
        super().__init__(told)
        self.status, self.reason, self.retry_after = status, reason, retry_after


@dataclass(frozen=True, slots=True)
class Parts:
    """What a receiver needs: who the sites are, where records go, and what makes identities."""

    sites: Callable[[], Mapping[str, Site]]
    spool: Spool
    salts: visitor.Salts
    person_key: bytes
    places: Places
    trusted_proxies: tuple[Network, ...] = ()
    rate: float = 50.0


class Limiter:
    """Token buckets by key, bounded in number: the least recently used is forgotten first."""

    def __init__(self, rate: float, burst: float, keys: int = 20_000) -> None:
        self._rate, self._burst, self._keys = rate, burst, keys
        self._buckets: OrderedDict[object, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: object, now: float) -> bool:
        """Whether one more is allowed at `now` (monotonic seconds)."""
        with self._lock:
            tokens, at = self._buckets.pop(key, (self._burst, now))
            tokens = min(self._burst, tokens + (now - at) * self._rate)
            allowed = tokens >= 1
            self._buckets[key] = (tokens - 1 if allowed else tokens, now)
            if len(self._buckets) > self._keys:
                self._buckets.popitem(last=False)
            return allowed


def blueprint(parts: Parts, path: str) -> Blueprint:
    """The route that events are sent to."""
    routes = Blueprint("receive", __name__)
    receiver = _Receiver(parts)

    @routes.route(path, methods=["POST", "OPTIONS"], provide_automatic_options=False)
    def events() -> Response:
        if request.method == "OPTIONS":
            return Response(status=204, headers=CORS | _PREFLIGHT)
        try:
            return _taken(receiver.take())
        except Refusal as refusal:
            parts.spool.count(REJECTED + refusal.reason)
            return refused(refusal.status, refusal.reason, str(refusal), refusal.retry_after)

    return routes


def _taken(body: Json) -> Response:
    response = answer(202, body)
    if body["rejected"]:
        first = body["rejected"][0]
        told = f"{len(body['rejected'])} events; event {first['index']}: {'; '.join(first['errors'])}"
        response.headers["Footpath-Reason"] = _header(f"rejected: {told}")
    return response


def _header(text: str) -> str:
    return text.encode("ascii", "replace").decode()[:300]


def refused(status: int, reason: str, told: str, retry_after: int = 0, headers: Mapping[str, str] = CORS) -> Response:
    """An error answer of the JSON form that all routes share."""
    response = answer(status, {"error": {"type": reason, "message": told}, "now": now_ms()}, headers)
    response.headers["Footpath-Reason"] = _header(f"{reason}: {told}")
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


class _Receiver:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._rate = Limiter(parts.rate, max(1.0, parts.rate * BURST)) if parts.rate else None
        self._kept = Limiter(_KEPT_REFUSALS_A_MINUTE / 60, _KEPT_REFUSALS_A_MINUTE)

    def take(self) -> Json:
        """Take one batch: the answer's body, once everything accepted is on the disk.

        Raises:
            Refusal: nothing of it was taken.
        """
        received = now_ms()
        body = _body()
        document = _document(body)
        site = self._site(document)
        address = client_address(
            request.remote_addr or "", request.headers.getlist("X-Forwarded-For"), self._parts.trusted_proxies
        )
        self._require_rate(site, address)
        verdict = _verdict(document, len(body))
        _refuse_stale(verdict)
        self._put(site, address, received, document, verdict)
        return {
            "accepted": len(verdict.batch["events"]),
            "rejected": [{"index": event.index, "id": event.id, "errors": event.errors} for event in verdict.rejected],
            "now": now_ms(),
        }

    def _site(self, document: Json) -> Site:
        key = document.get("site")
        site = self._parts.sites().get(key) if isinstance(key, str) else None
        if site is None:
            named = key[:64] if isinstance(key, str) else type(key).__name__
            raise Refusal(403, "site", f"site {named!r} is not in sites.yml")
        if not site.allows(request.headers.get("Origin")):
            raise Refusal(403, "origin", f"origin {request.headers['Origin'][:200]!r} is not allowed for {site.key}")
        if not site.enabled:
            raise Refusal(410, "switched_off", f"site {site.key} is switched off")
        return site

    def _require_rate(self, site: Site, address: str) -> None:
        if self._rate and not self._rate.take((site.id, _network(address)), time.monotonic()):
            raise Refusal(429, "rate", f"more than {self._parts.rate:g} requests a second from one network", 1)

    def _put(self, site: Site, address: str, received: int, document: Json, verdict: validate.Verdict) -> None:
        batch = verdict.batch
        user_agent = request.headers.get("User-Agent", "")[:MAX_USER_AGENT]
        if not batch["visitor"] or not batch["session"]:
            self._set_identity(batch, received, site, address, user_agent)
        _hide_identifiers(batch["events"], self._parts.person_key, site)
        record = Record(
            received,
            site.id,
            site.key,
            user_agent,
            device.hints(dict(request.headers)),
            self._parts.places.country(address),
            batch,
            self._kept_refusals(site, document, verdict),
        )
        self._count(batch, received, verdict)
        if batch["events"] or record.rejected:
            try:
                self._parts.spool.put(record.encode(), len(batch["events"]), received)
            except SpoolError as error:
                raise Refusal(503, "spool", str(error), RETRY_SECONDS) from error

    def _set_identity(self, batch: Json, received: int, site: Site, address: str, user_agent: str) -> None:
        """Visitor and session of a browser that may store nothing: a keyed hash of the day, made before the spool."""
        day = _day(batch, received)
        try:
            identity = self._parts.salts.visitor_id(site.key, address, user_agent, day)
        except (OSError, ValueError) as error:
            raise Refusal(503, "salts", f"the day's salt cannot be read: {error}", RETRY_SECONDS) from error
        batch["visitor"] = f"{identity:016x}"
        batch["session"] = f"{visitor.session_id(identity, day):016x}"

    def _count(self, batch: Json, received: int, verdict: validate.Verdict) -> None:
        for event in verdict.rejected:
            self._parts.spool.count(REJECTED + event.reason)
        if abs(received - batch["sent_at"]) > SKEW_MS:
            self._parts.spool.count("skewed")

    def _kept_refusals(self, site: Site, document: Json, verdict: validate.Verdict) -> list[Json]:
        now = time.monotonic()
        return [
            {"reason": event.reason, "errors": event.errors, "event": validate.outline(document["events"][event.index])}
            for event in verdict.rejected
            if self._kept.take((site.id, event.reason), now)
        ]


def client_address(remote: str, forwarded: list[str], trusted: tuple[Network, ...]) -> str:
    """The right-most hop that is no proxy of ours: what stands left of it, anyone could have written."""
    hops = [hop.strip() for header in forwarded for hop in header.split(",")] + [remote]
    while len(hops) > 1 and _within(hops[-1], trusted):
        hops.pop()
    return str(_parsed(hops[-1]) or hops[-1])


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address; an IPv4 one in IPv6 clothes (::ffff:10.0.0.1) is that IPv4 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _within(address: str, networks: tuple[Network, ...]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def _network(address: str) -> str:
    """/24 of IPv4, /56 of IPv6: what one subscriber usually has."""
    parsed = _parsed(address)
    if parsed is None:
        return address[:64]
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 56), strict=False))


_GZIP: Final = b"\x1f\x8b"
"""What gzip begins with, and no JSON does."""


def _body() -> bytes:
    """The request's body, inflated where it says gzip or is: a browser asks before it may send the header.

    Raises:
        Refusal: 413 too large, 400 not what it says.
    """
    request.max_content_length = MAX_WIRE_BYTES
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Refusal(413, "too_large", f"more than {MAX_WIRE_BYTES >> 20} MiB") from None
    except (HTTPException, OSError) as error:
        raise Refusal(400, "unreadable", f"the body could not be read: {error}") from None
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return _inflated(body) if body.startswith(_GZIP) else body
    if encoding != "gzip":
        raise Refusal(400, "unreadable", f"Content-Encoding {encoding[:32]!r}; send gzip or none")
    return _inflated(body)


def _inflated(body: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    try:
        text = inflater.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error:
        raise Refusal(400, "unreadable", "the body is not gzip") from None
    if len(text) > MAX_BODY_BYTES:
        raise Refusal(413, "too_large", f"more than {MAX_BODY_BYTES >> 20} MiB inflated")
    if not inflater.eof:
        raise Refusal(400, "unreadable", "the gzip body ends too early")
    return text


def _document(body: bytes) -> Json:
    try:
        return validate.read(body)
    except validate.Unreadable as error:
        raise Refusal(400, "unreadable", str(error)) from None


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


def answer(status: int, body: Json, headers: Mapping[str, str] = CORS) -> Response:
    """A JSON answer."""
    return Response(json.dumps(body), status, headers, mimetype="application/json")


def now_ms() -> int:
    """Unix ms."""
    return time.time_ns() // 1_000_000
