"""A generated site: what can be asked about it, what was planted in it, and what happened there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from collector.query import between
from collector.truth.walk import SETTLED_HOURS

if TYPE_CHECKING:
    from collector.query import Period, Site
    from collector.truth.planted import Planted
    from collector.truth.walked import Besides, Walked


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """A site with what was planted in it, every visit to it before `now_ms` (Unix ms), and what came besides.

    It is itself alone, so that an answer that two scores look at is asked for once.
    """

    site: Site
    planted: Planted
    walked: list[Walked]
    now_ms: int
    besides: Besides

    @property
    def period(self) -> Period:
        """What reports are asked about: all but the last two hours, so that nothing is under way at its end."""
        now = datetime.fromtimestamp(self.now_ms / 1000, UTC).replace(microsecond=self.now_ms % 1000 * 1000)
        return between(now - timedelta(hours=48), now - timedelta(hours=SETTLED_HOURS))

    @property
    def visits(self) -> list[Walked]:
        """The visits of the period."""
        return [each for each in self.walked if self._is_asked(each)]

    @property
    def crawled(self) -> list[Walked]:
        """The crawlers' visits of the period."""
        return [each for each in self.besides.crawled if self._is_asked(each)]

    def _is_asked(self, visit: Walked) -> bool:
        return visit.begin_ms < self.now_ms - SETTLED_HOURS * 3_600_000
