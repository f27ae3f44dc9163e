"""Signals of friction, one file each: what it is (a definition), the statement that finds it, and its threshold.

All of them are found in raw evidence when asked; nothing is judged when it is stored.
"""

from collector.query.signals import (
    broken_link,
    dead,
    error_click,
    form_abandon,
    page_loop,
    quick_back,
    rage,
    scrolling,
    slow,
    stall,
)
from collector.query.signals.signal import Limits, Look, Signal

SIGNALS: dict[str, Signal] = {
    each.SIGNAL.name: each.SIGNAL
    for each in (
        rage,
        dead,
        error_click,
        broken_link,
        quick_back,
        page_loop,
        stall,
        scrolling,
        slow,
        form_abandon,
    )
}
"""Every signal that needs no steps; `loop` needs them."""

__all__ = ["SIGNALS", "Limits", "Look", "Signal"]
