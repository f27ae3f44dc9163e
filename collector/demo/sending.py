"""Send sample visits to a collector over its public HTTP route, batch by batch on one connection."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from collector.demo.visits import Visit

_TRIES: Final = 12
_LONGEST_WAIT_S: Final = 10.0
_TIMEOUT_S: Final = 30.0
_LATER: Final = (429, 503)


@dataclass(frozen=True)
class Sent:
    """How many events were accepted and rejected, and of how many visits."""

    accepted: int
    rejected: int
    visits: int


class SendError(RuntimeError):
    """The collector did not take a batch; the message holds its answer and what to look at."""


@dataclass(frozen=True)
class _Answer:
    status: int
    retry_after: str
    body: bytes


def send(visits: Iterable[Visit], endpoint: str, on_progress: Callable[[int], None]) -> Sent:
    """Post every batch to `endpoint` (`http://127.0.0.1:8400/v1/events`).

    `on_progress` is told the number of visits sent so far, after each. A collector that says 429 or 503 is
    asked again after the time it names, at most 10 s at once and twelve times for one batch.

    Raises:
        SendError: the collector answered something else, or cannot be reached.
    """
    accepted = rejected = done = 0
    line = _Line(urlsplit(endpoint))
    try:
        for visit in visits:
            for batch in visit.batches:
                taken, refused = _deliver(line, visit, batch)
                accepted, rejected = accepted + taken, rejected + refused
            done += 1
            on_progress(done)
    finally:
        line.close()
    return Sent(accepted, rejected, done)


class _Line:
    """A connection that is kept open, and opened again where the other side has closed it."""

    def __init__(self, endpoint: SplitResult) -> None:
        if endpoint.scheme not in ("http", "https") or not endpoint.hostname:
            raise SendError(f"{endpoint.geturl()!r} is no address to send to; it begins with http:// or https://")
        self._endpoint = endpoint
        kind = HTTPSConnection if endpoint.scheme == "https" else HTTPConnection
        self._connection = kind(endpoint.hostname, endpoint.port, timeout=_TIMEOUT_S)

    def post(self, body: bytes, headers: dict[str, str]) -> _Answer:
        target = self._endpoint.path + (f"?{self._endpoint.query}" if self._endpoint.query else "")
        try:
            self._connection.request("POST", target or "/", body, headers)
            response = self._connection.getresponse()
            return _Answer(response.status, response.headers.get("Retry-After", ""), response.read())
        except (HTTPException, OSError):
            self.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def __str__(self) -> str:
        return self._endpoint.geturl()


def _deliver(line: _Line, visit: Visit, batch: dict[str, Any]) -> tuple[int, int]:
    """Accepted and rejected events of one batch; each try carries its own time and number."""
    trouble = ""
    for attempt in range(_TRIES):
        try:
            answer = line.post(_body(batch, attempt), _headers(visit))
        except (HTTPException, OSError) as error:
            trouble, wait = f"could not be reached: {error!r}", 0.2 * 2**attempt
        else:
            if answer.status not in _LATER:
                return _counts(line, answer)
            trouble, wait = _told(answer), _seconds(answer.retry_after)
        if attempt < _TRIES - 1:
            time.sleep(min(wait, _LONGEST_WAIT_S))
    raise SendError(f"{line} {trouble} ({_TRIES} tries)")


def _body(batch: dict[str, Any], attempt: int) -> bytes:
    now = time.time_ns() // 1_000_000
    stamped = {**batch, "attempt": attempt, "sent_at": now}
    if "sent_t" in batch:
        stamped["sent_t"] = max(0, now - batch["page"]["started_at"])
    return json.dumps(stamped, separators=(",", ":"), ensure_ascii=False).encode()


def _headers(visit: Visit) -> dict[str, str]:
    page = urlsplit(visit.page_url)
    return {
        "Content-Type": "text/plain;charset=UTF-8",
        "User-Agent": visit.user_agent,
        "Origin": f"{page.scheme}://{page.netloc}",
        "Accept": "*/*",
    }


def _counts(line: _Line, answer: _Answer) -> tuple[int, int]:
    try:
        said = json.loads(answer.body)
        counts = (int(said["accepted"]), len(said["rejected"]))
    except (ValueError, KeyError, TypeError):
        raise SendError(f"{line} {_told(answer)}") from None
    if answer.status != 202:
        raise SendError(f"{line} {_told(answer)}")
    return counts


def _told(answer: _Answer) -> str:
    return f"answered {answer.status}: {answer.body[:300].decode(errors='replace').strip() or 'nothing'}"


def _seconds(retry_after: str) -> float:
    """Retry-After in seconds; a second where it is missing or a date."""
    return float(retry_after) if retry_after.isdigit() else 1.0
