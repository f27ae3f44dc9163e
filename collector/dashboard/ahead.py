"""A page's questions asked beside each other: a database has more than one core, and no answer waits for another.

Threads of a pool ask them and throw the answers away; the memory that the connections share keeps them, and the page,
which asks in its own order, finds them there or waits for the one that is on its way. Nothing else is shared.
"""

from __future__ import annotations

import contextlib
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final

from collector.dashboard import connection
from collector.dashboard.answer import Answer
from collector.dashboard.idle import Idle
from collector.dashboard.page import Ask
from collector.query import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.dashboard.page import Page, Panel
    from collector.dashboard.view import View

    Question = Callable[[Ask], None]

THREADS: Final = 3
"""Beside those that make pages: each keeps a connection."""
_threads = Idle(THREADS, "ahead")


@contextlib.contextmanager
def asking_ahead(view: View, page: Page) -> Iterator[None]:
    """For the length of the block idle threads ask what the page will: the names that its filters suggest, and what
    its panels ask, all but the first.

    Where none is idle, since many read at once, the page asks for itself alone.
    """
    left: deque[Question] = deque([Ask.settle, *(partial(_panel, panel) for panel in page.panels[1:])])
    for _ in range(min(THREADS, len(left))):
        if _threads.begin(partial(_ask, view, page, left)) is None:
            break
    try:
        yield
    finally:
        left.clear()


def ask_of(view: View, page: Page) -> Ask:
    """What a page's panels ask with.

    Raises:
        QueryError: the address cannot be read, or ClickHouse did not answer.
    """
    return Ask(connection.site(view.site, view.zone, about=page.name, seconds=page.seconds), view, page.choices)


def _ask(view: View, page: Page, left: deque[Question]) -> None:
    """What goes wrong here goes wrong again where the page asks, and is told there."""
    with contextlib.suppress(QueryError, IndexError):
        ask = ask_of(view, page)
        while True:
            left.popleft()(ask)


def _panel(panel: Panel, ask: Ask) -> None:
    Answer(panel, ask).settle()
