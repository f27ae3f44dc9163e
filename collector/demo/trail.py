"""How a sample visitor's pointer gets from click to click, and how the page is scrolled: a few samples a second."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

Event = dict[str, Any]
Point = tuple[float, float]

# As the script samples and tells (sdk_js/src/trail).
_SAMPLE_MS: Final = 200
_TELL_MS: Final = 10_000
_POINTER: Final = 0
_SCROLL: Final = 1
_LONGEST_MOVE_MS: Final = 4000
_IDLE_MS: Final = 1500


class Trail:
    """The trails of one page view. Times are ms since it began; points are those of the viewport.

    It has a source of chance of its own, so that what else happens in a visit is the same with it.
    """

    def __init__(self, note: Callable[..., Event], seed: str, viewport: tuple[int, int]) -> None:
        """`note(kind, **fields)` is an event that happens now; `seed` makes the same moves again."""
        self._note, self._viewport = note, viewport
        self._rng = Random(seed)  # noqa: S311 - samples, not secrets
        self._at: Point = (viewport[0] * self._rng.uniform(0.3, 0.7), viewport[1] * self._rng.uniform(0.3, 0.7))
        self._open: Event | None = None

    def begin(self, t: int) -> Event:
        """The trail that samples from now on belong to: a new one where the last is nearly told."""
        if self._open is None or t - self._open["t"] > _TELL_MS - _LONGEST_MOVE_MS:
            self._open = self._note("trail", samples=[])
        return self._open

    def end(self) -> None:
        """The next sample begins another trail."""
        self._open = None

    def reach(self, since: int, t: int, point: Point, scrolled: int) -> None:
        """The pointer has come to `point` by `t`, on its way since `since`."""
        trail = self.begin(since)
        start, self._at = self._at, point
        for at in range(since, max(t, since + 1), _SAMPLE_MS):
            x, y = _between(start, point, (at - since + 1) / max(1, t - since))
            self._sample(trail, at, _POINTER, x, y + scrolled)

    def rest(self, t: int, duration: int, scrolled: int) -> None:
        """Somebody looks, and the pointer drifts now and then."""
        if duration < _IDLE_MS or self._rng.random() < 0.35:
            return
        width, height = self._viewport
        x, y = self._at[0] + self._rng.gauss(0, 0.12 * width), self._at[1] + self._rng.gauss(0, 0.12 * height)
        begin = t + int(self._rng.uniform(0, 0.3) * min(duration, _LONGEST_MOVE_MS))
        end = begin + int(self._rng.uniform(0.2, 0.6) * min(duration, _LONGEST_MOVE_MS))
        self.reach(begin, end, (min(max(x, 4), width - 4), min(max(y, 4), height - 4)), scrolled)

    def scroll(self, t: int, duration: int, begin: int, end: int) -> None:
        """The page moves from `begin` px to `end` px."""
        trail = self.begin(t)
        for at in range(_SAMPLE_MS, duration, _SAMPLE_MS):
            self._sample(trail, t + at, _SCROLL, 0, _eased(begin, end, at / duration))
        self._sample(trail, t + duration, _SCROLL, 0, end)

    @staticmethod
    def _sample(trail: Event, t: int, kind: int, x: float, y: float) -> None:
        trail["samples"].append([t - trail["t"], kind, round(x), round(y)])


def _between(start: Point, end: Point, share: float) -> Point:
    return _eased(start[0], end[0], share), _eased(start[1], end[1], share)


def _eased(start: float, end: float, share: float) -> float:
    """Slow, fast, slow: 3 s² - 2 s³ of the way."""
    share = min(1.0, share)
    return start + (end - start) * share * share * (3 - 2 * share)
