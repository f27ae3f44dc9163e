"""What goes back over HTTP: all routes answer in one JSON form, and say why in a header where something is refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson
from flask import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.event import Json

RETRY_SECONDS: Final = 5
INTERNAL: Final = "the collector failed; its log says where"

CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Footpath-Reason, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


class Refusal(Exception):
    """A request that is not taken: HTTP status, a word for counters, a sentence for people."""

    def __init__(self, status: int, reason: str, told: str, retry_after: int = 0) -> None:
        super().__init__(told)
        self.status, self.reason, self.retry_after = status, reason, retry_after

    @property
    def blames_sender(self) -> bool:
        """Whether sending the same again cannot help; a rate, a quota, a full disk and the like pass."""
        return self.status < 429 and self.reason != "quota"


class Answer(NamedTuple):
    """An HTTP status, a body, headers: for WSGI as they are, for Flask as a `response`."""

    status: int
    body: bytes
    headers: dict[str, str]

    def response(self) -> Response:
        """The same for Flask."""
        return Response(self.body, self.status, self.headers)


def answer(status: int, body: Json, headers: Mapping[str, str] = CORS) -> Answer:
    """A JSON answer."""
    text = orjson.dumps(body)
    about = {"Content-Type": "application/json", "Content-Length": str(len(text))}
    return Answer(status, text, {**headers, **about})


def taken(body: Json, what: str = "event", headers: Mapping[str, str] = CORS) -> Answer:
    """202: `body` says what became of each of what was sent."""
    if not body["rejected"]:
        return answer(202, body, headers)
    first = body["rejected"][0]
    told = f"{len(body['rejected'])} {what}s; {what} {first['index']}: {'; '.join(first['errors'])}"
    return answer(202, body, {**headers, "Footpath-Reason": _header(f"rejected: {told}")})


def refused(status: int, reason: str, told: str, retry_after: int = 0, headers: Mapping[str, str] = CORS) -> Answer:
    """An error answer of the JSON form that all routes share."""
    headers = {**headers, "Footpath-Reason": _header(f"{reason}: {told}")}
    if retry_after:
        headers["Retry-After"] = str(retry_after)
    return answer(status, {"error": {"type": reason, "message": told}, "now": now_ms()}, headers)


def _header(text: str) -> str:
    return text.encode("ascii", "replace").decode()[:300]


def now_ms() -> int:
    """Unix ms."""
    return time.time_ns() // 1_000_000
