"""Which request was it? An id on every answer that says no, and on every line of the log that it caused.

Answers that say yes have none: making ids is work, and nobody asks which request went well. With FOOTPATH_LOG=debug
every answer has one. A trusted proxy that numbers requests itself (`X-Request-Id`) is followed.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import TYPE_CHECKING, Final

from collector import telemetry
from collector.addresses import within
from collector.limits import Limiter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from collector.config import Network

HEADER: Final = "Footpath-Request-Id"
MOST: Final = 64
_A_MINUTE: Final = 60

log = logging.getLogger("footpath.request")


class Request:
    """The request that this thread answers; its id is made when somebody asks."""

    __slots__ = ("_environ", "_id", "_trusted")

    def __init__(self, environ: WSGIEnvironment, trusted: tuple[Network, ...]) -> None:
        self._environ, self._trusted, self._id = environ, trusted, ""

    def __str__(self) -> str:
        if not self._id:
            self._id = self._given() or secrets.token_hex(8)
        return self._id

    def _given(self) -> str:
        given = self._environ.get("HTTP_X_REQUEST_ID", "")
        if not given or not within(self._environ.get("REMOTE_ADDR", ""), self._trusted):
            return ""
        return re.sub(r"[^A-Za-z0-9._-]", "", given[: 4 * MOST])[:MOST]


def identified(application: WSGIApplication, trusted: tuple[Network, ...]) -> WSGIApplication:
    """The application, whose refusals carry an id and have a line in the log."""
    every = log.isEnabledFor(logging.DEBUG)
    limiter = Limiter(_A_MINUTE / 60, _A_MINUTE)

    def serve(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        request = Request(environ, trusted)
        telemetry.request.set(request)

        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Callable[[bytes], object]:
            refused = status[0] in "45"
            if refused or every:
                if refused:
                    _say(limiter, environ, status, headers)
                headers = [*headers, (HEADER, str(request))]
            return start(status, headers, *more)

        return application(environ, started)

    return serve


def _say(limiter: Limiter, environ: WSGIEnvironment, status: str, headers: list[tuple[str, str]]) -> None:
    """One line, without body or address; sixty a minute for each reason, so that a flood does not fill the disk."""
    told = next((value for name, value in headers if name == "Footpath-Reason"), status)
    reason = told.partition(":")[0]
    if not limiter.take(reason, time.monotonic()):
        return
    about = {
        "status": int(status[:3]),
        "method": environ["REQUEST_METHOD"][:16],
        "path": _path(environ["PATH_INFO"], reason),
    }
    log.log(
        logging.WARNING if status[0] == "5" else logging.INFO,
        "%(method)s %(path)s %(status)d %(told)s",
        {**about, "told": told},
        extra={"fields": {**about, "reason": reason}},
    )


def _path(path: str, reason: str) -> str:
    """The first two steps of a path, one of a route that is not there: the next may be the id of a visitor."""
    steps = path.split("/")
    most = 2 if reason == "route" else 3
    kept = "/".join(steps[:most]) + ("/…" if len(steps) > most else "")
    return "".join(letter if letter.isprintable() else "�" for letter in kept[:MOST])
