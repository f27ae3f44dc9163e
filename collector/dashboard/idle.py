"""Threads that are asked for help only while they are idle: where none is, whoever asked does the work alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

T = TypeVar("T")


class Idle:
    """A few threads; nothing waits for one of them."""

    def __init__(self, threads: int, name: str) -> None:
        """`name` is what the threads are called by."""
        self._idle = threading.BoundedSemaphore(threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def begin(self, work: Callable[[], T]) -> Future[T] | None:
        """Let an idle thread do the work; None: there is none, or the program ends."""
        if not self._idle.acquire(blocking=False):
            return None
        try:
            future = self._pool.submit(work)
        except RuntimeError:  # the program ends
            self._idle.release()
            return None
        future.add_done_callback(lambda _: self._idle.release())
        return future
