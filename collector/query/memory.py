"""Answers of statements for some seconds: many who look at the same page ask the database once."""

from __future__ import annotations

import json
import threading
import time
import zlib
from collections import OrderedDict
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final

from collector.store import Answer, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ROWS: Final = 500_000
_NOTHING_SECONDS: Final = 2.0
"""An answer without rows is kept no longer: who has just sent a first event shall not be told for long of none."""


class Memory:
    """Statements and their answers, for connections of one program (`connect(memory=…)`), in all its threads.

    A question is the same within `seconds`: its clock stands still so long, and the first one's answer holds for all.
    Who asks while it is being answered waits for that answer. Errors are told to those who wait and not kept, answers
    without rows for two seconds.
    """

    def __init__(
        self,
        seconds: float = 10.0,
        *,
        rows: int = _ROWS,
        clock: Callable[[], float] = time.time,
        logged: bool = True,
    ) -> None:
        """At most `rows` rows are kept, all answers together; those asked for longest ago go first.

        Statements that are not `logged` are not in system.query_log, whose writing is felt on the same disk; what they
        cost is not known then.
        """
        self._seconds, self._rows, self._clock, self.logged = seconds, rows, clock, logged
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Future[Answer]]] = OrderedDict()

    def now_ms(self, about: str = "", seconds: float | None = None) -> int:
        """Unix ms of the beginning of the present `seconds`, by default those that answers are kept.

        Each `about` has another beginning, so that questions about different things are not all asked anew at once.
        """
        length = seconds or self._seconds
        later = zlib.crc32(about.encode()) / 2**32 * length
        return int(((self._clock() - later) // length * length + later) * 1000)

    def answer(self, key: str, ask: Callable[[], Answer]) -> Answer:
        """The answer that is kept under `key`, or that of `ask`."""
        future, mine = self._find(key)
        if not mine:
            return future.result()
        try:
            answer = ask()
        except BaseException as error:
            with self._lock:
                self._kept.pop(key, None)
            future.set_exception(error)
            raise
        future.set_result(answer)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[1] is future and not answer.rows:
                self._kept[key] = (min(kept[0], self._clock() + _NOTHING_SECONDS), future)
            self._shrink()
        return answer

    def _find(self, key: str) -> tuple[Future[Answer], bool]:
        now = self._clock()
        with self._lock:
            found = self._kept.get(key)
            if found is not None and found[0] > now:
                return found[1], False
            future: Future[Answer] = Future()
            self._kept[key] = (now + self._seconds, future)
            self._kept.move_to_end(key)
            return future, True

    def _shrink(self) -> None:
        """Drop what has expired, and the oldest until the rest has few enough rows."""
        now = self._clock()
        for key in [key for key, (until, _) in self._kept.items() if until <= now]:
            del self._kept[key]
        sizes = {key: 1 + len(future.result().rows) for key, (_, future) in self._kept.items() if _has_answer(future)}
        most = sum(sizes.values())
        for key, size in sizes.items():
            if most <= self._rows:
                return
            del self._kept[key]
            most -= size


class RememberingStore(Store):
    """A store whose questions a memory answers where it can."""

    def __init__(self, url: str, memory: Memory) -> None:
        """See `Store`."""
        super().__init__(url)
        self._memory = memory

    def execute(
        self, sql: str, params: Mapping[str, object] | None = None, settings: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """As `Store.execute`, always asked: of what is not a report's, such as what statements cost."""
        return super().ask(sql, params, settings).rows

    def ask(
        self,
        sql: str,
        params: Mapping[str, object] | None = None,
        settings: Mapping[str, object] | None = None,
        query_id: str | None = None,
    ) -> Answer:
        """As `Store.ask`; the query's id is that of the statement that was run."""
        if not self._memory.logged:
            settings = {**(settings or {}), "log_queries": 0}
        key = json.dumps([self.address, self.database, sql, params, settings], sort_keys=True, default=str)
        ask = super().ask
        return self._memory.answer(key, lambda: ask(sql, params, settings, query_id))


def _has_answer(future: Future[Answer]) -> bool:
    return future.done() and future.exception() is None
