"""Whoever looks at a page sees its frame at once: what takes longer is made meanwhile, and shown when it is there.

A page is made in a thread of its own. If it is not there within `PATIENCE`, the browser is sent the frame, which asks
for the whole page right away; that request finds the questions answered or on their way, since answers are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import copy_current_request_context, g, request

from collector.dashboard.idle import Idle
from collector.dashboard.view import WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as Answered

PATIENCE: Final = 0.1
"""Seconds. What comes within 0.1 s feels as if it were at once (Nielsen, Usability Engineering, 1993, chapter 5)."""
THREADS: Final = 4
_threads = Idle(THREADS, "page")


def is_looking() -> bool:
    """Whether a browser asks for a page to look at, and not yet for the whole or for a part of it.

    Programs take anything (`*/*`).
    """
    headers = request.headers
    return "text/html" in headers.get("Accept", "") and "HX-Request" not in headers and WHOLE not in request.args


def in_time(make: Callable[[], Answered]) -> Answered | None:
    """What `make` gives, if it is there soon; None: it is not. Without an idle thread it is made here, and waited for.

    Raises:
        Exception: what `make` raised in time. Later it raises the same for who asks for the whole page.
    """
    reader = g.reader

    @copy_current_request_context
    def work() -> Answered:
        g.reader = reader
        return make()

    future = _threads.begin(work)
    if future is None:
        return make()
    try:
        return future.result(PATIENCE)
    except TimeoutError:
        return None
