"""Which events are known to be stored? Ids in memory, so that a copy is found without asking ClickHouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.columns import EventId

BLOCKS: Final = 300_000


class Window:
    """Blocks of 1,024 event numbers of a page view, as bits: the newest `blocks` at least, about twice as many at most.

    Two generations, of which the older one is forgotten as a whole: to forget one at a time costs 1.4 times the CPU,
    and more memory than the double number. A key is one integer, a third of the size of a tuple of its parts.
    """

    def __init__(self, blocks: int = BLOCKS) -> None:
        self._most = blocks
        self._new: dict[int, int] = {}
        self._old: dict[int, int] = {}

    def __contains__(self, event: EventId) -> bool:
        site, visitor, page, number = event
        block = number >> 10 << 160 | site << 128 | visitor << 64 | page
        return bool((self._new.get(block) or self._old.get(block, 0)) >> (number & 1023) & 1)

    def add(self, events: Iterable[EventId]) -> None:
        """Remember these."""
        new, old = self._new, self._old
        for site, visitor, page, number in events:
            block = number >> 10 << 160 | site << 128 | visitor << 64 | page
            new[block] = (new.get(block) or old.get(block, 0)) | 1 << (number & 1023)
        if len(new) >= self._most:
            self._new, self._old = {}, new
