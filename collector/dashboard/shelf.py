"""Pages with their answers, made once for all who look at them.

What was made stands for the page until its moment has passed (`connection.now_ms`: a minute, two seconds on Live).
Who comes within half a minute after that sees it once more, at once, while an idle thread makes it anew: those who
wait are the first after a pause, and never a crowd. What is kept has answers and nothing of who reads them.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask import current_app

from collector.dashboard import connection
from collector.dashboard.ahead import ask_of, asking_ahead
from collector.dashboard.answer import Answer
from collector.dashboard.idle import Idle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from collector.dashboard.page import Ask, Page
    from collector.dashboard.view import Pairs, View

    Key = tuple[str, str, Pairs]

LATE_MS: Final = 30_000
"""How long after its moment has passed a page is shown while it is made anew; not where it is watched (Live)."""
MOST: Final = 100
"""Pages on a shelf; those looked at longest ago go first."""
_anew = Idle(1, "anew")


@dataclass(frozen=True, slots=True)
class Made:
    """A page's answers, and what its template needs besides."""

    ask: Ask
    answers: Mapping[str, Answer]
    more: Mapping[str, Any]

    @property
    def at_ms(self) -> int:
        """The moment that it is about, Unix ms."""
        return self.ask.site.place.clock()

    @property
    def is_sound(self) -> bool:
        """Whether every question was possible. One that failed may be so the next time."""
        return not any(answer.error for answer in self.answers.values())


def make(view: View, page: Page, *, alone: bool = False) -> Made:
    """Ask all that a page shows, beside each other unless `alone`.

    Raises:
        QueryError: the address cannot be read, or ClickHouse did not answer.
    """
    ask = ask_of(view, page)
    answers = {panel.name: Answer(panel, ask) for panel in page.panels}
    with contextlib.nullcontext() if alone else asking_ahead(view, page):
        for answer in answers.values():
            answer.settle()
        ask.settle()
        return Made(ask, answers, page.more(ask, answers.__getitem__) if page.more else {})


class Shelf:
    """The pages that a dashboard keeps, by address."""

    def __init__(self, app: Flask) -> None:
        """Pages are made in the context of `app`, and of no request."""
        self._app = app
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, Made] = OrderedDict()
        self._coming: dict[tuple[Key, int], Future[Made]] = {}
        self._renewed: set[Key] = set()

    def page(self, view: View, page: Page) -> Made:
        """The page: what is kept of it, or made now; who comes meanwhile waits for the same.

        Raises:
            QueryError: the address cannot be read, or ClickHouse did not answer.
        """
        return self.ready(view, page) or self._made(view, page)

    def ready(self, view: View, page: Page) -> Made | None:
        """The page, if nobody has to wait for it."""
        key, now = _key(view, page), _now_ms(view, page)
        with self._lock:
            found = self._kept.get(key)
            if found is None or found.at_ms < now - (0 if page.refresh else LATE_MS):
                return None
            self._kept.move_to_end(key)
            if found.at_ms >= now or key in self._renewed:
                return found
            self._renewed.add(key)
        if _anew.begin(lambda: self._renew(view, page)) is None:
            self._renewed.discard(key)
        return found

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._kept.clear()

    def _made(self, view: View, page: Page) -> Made:
        key = _key(view, page)
        coming = key, _now_ms(view, page)
        with self._lock:
            future = self._coming.get(coming)
            mine = future is None
            if future is None:
                future = self._coming[coming] = Future()
        if not mine:
            return future.result()
        try:
            made = make(view, page)
        except BaseException as error:
            future.set_exception(error)
            raise
        else:
            future.set_result(made)
            self._keep(key, made)
            return made
        finally:
            with self._lock:
                del self._coming[coming]

    def _renew(self, view: View, page: Page) -> None:
        """What goes wrong here goes wrong again where somebody waits for the page, and is told there."""
        key = _key(view, page)
        try:
            with self._app.app_context():
                self._keep(key, make(view, page, alone=True))
        except Exception:
            with self._lock:
                self._kept.pop(key, None)
        finally:
            self._renewed.discard(key)

    def _keep(self, key: Key, made: Made) -> None:
        with self._lock:
            self._kept.pop(key, None)
            if made.is_sound:
                self._kept[key] = made
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)


def shelf() -> Shelf:
    """The dashboard's shelf."""
    found: Shelf = current_app.extensions["footpath-shelf"]
    return found


def _key(view: View, page: Page) -> Key:
    return view.site, page.name, view.pairs


def _now_ms(view: View, page: Page) -> int:
    return connection.now_ms(view.site, page.name, page.seconds)
