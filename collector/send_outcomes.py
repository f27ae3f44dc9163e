"""Bring outcomes to a collector over HTTP: body by body, each tried again until it is answered."""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import orjson

from collector.validate_outcomes import MAX_OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from collector.event import Json

PATH: Final = "/v1/outcomes"
MAX_BYTES: Final = 900_000
"""Of a body, which may have 1 MiB."""
TIMEOUT_SECONDS: Final = 30.0
PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before each further try, where the answer names none."""
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})


class SendError(RuntimeError):
    """The collector does not take it; the message says why."""


def bodies(outcomes: Iterable[tuple[int, Json]]) -> Iterator[list[tuple[int, bytes]]]:
    """(line, outcome) by the body, each outcome as JSON: at most 500 and 900 kB together."""
    held: list[tuple[int, bytes]] = []
    size = 0
    for line, outcome in outcomes:
        text = orjson.dumps(outcome)
        if held and (len(held) == MAX_OUTCOMES or size + len(text) > MAX_BYTES):
            yield held
            held, size = [], 0
        held.append((line, text))
        size += len(text) + 1
    if held:
        yield held


class Collector:
    """A collector somewhere, asked over one connection that is made anew when it breaks."""

    def __init__(
        self,
        url: str,
        secret: str,
        tell: Callable[[str], None] = lambda _: None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`url` is its origin, such as https://collector.example. `tell` hears of every try that has to be repeated.

        Raises:
            ValueError: it is none.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r}: a collector's address looks like https://collector.example")
        make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = make(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
        self._path = parts.path.rstrip("/") + PATH
        self._url, self._secret, self._tell, self._pause = url, secret, tell, pause

    def send(self, site: str, outcomes: Iterable[bytes]) -> Json:
        """Send one body and return the answer: {"accepted", "rejected", "now"}.

        Raises:
            SendError: it was refused, or not answered in seven tries.
        """
        body = b'{"site":%s,"outcomes":[%s]}' % (orjson.dumps(site), b",".join(outcomes))
        for pause in (*PAUSES, None):
            status, wait, answer, told = self._ask(body)
            if status == 202:
                return answer
            if pause is None or (status and status not in _AGAIN):
                raise SendError(told)
            self._tell(f"{told}; next try in {wait or pause:g} s")
            self._pause(wait or pause)
        raise AssertionError

    def _ask(self, body: bytes) -> tuple[int, float, Json, str]:
        """(status or 0, seconds to wait where it says, answer, what went wrong)."""
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/json"}
        try:
            self._connection.request("POST", self._path, body, headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return 0, 0.0, {}, f"{self._url} does not answer: {error or type(error).__name__}"
        wait = answer.headers.get("Retry-After", "")
        seconds = float(wait) if wait.isdecimal() else 0.0
        try:
            found = json.loads(text)
            told = found["error"]["message"] if answer.status != 202 else ""
        except (ValueError, LookupError, TypeError):
            found, told = {}, answer.reason
        if answer.status == 202 and not isinstance(found.get("rejected"), list):
            return 200, 0.0, {}, f"{self._url} answers what no collector does"
        return answer.status, seconds, found, f"{self._url} answers {answer.status}: {told}"
