"""What a site really has: pages, buttons, forms, goals, events, devices, channels, for whoever chooses one."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collector.query import Site

_KEPT_SECONDS: Final = 60.0
_SQL: Final = """
SELECT what, name, uses FROM (
    SELECT 'page' AS what, toString(path) AS name, count() AS uses FROM events
    WHERE site_id = {site_id:UInt32} AND kind = 'page_view' AND ts > now() - INTERVAL 90 DAY AND bot_class = ''
    GROUP BY name ORDER BY uses DESC LIMIT 200
    UNION ALL
    SELECT 'page-type', toString(page_type) AS name, count() AS uses FROM events
    WHERE site_id = {site_id:UInt32} AND kind = 'page_view' AND ts > now() - INTERVAL 90 DAY AND bot_class = ''
        AND page_type != ''
    GROUP BY name ORDER BY uses DESC LIMIT 50
    UNION ALL
    SELECT 'device', toString(device) AS name, count() AS uses FROM events
    WHERE site_id = {site_id:UInt32} AND kind = 'page_view' AND ts > now() - INTERVAL 90 DAY AND bot_class = ''
    GROUP BY name ORDER BY uses DESC LIMIT 10
    UNION ALL
    SELECT 'channel', toString(channel) AS name, count() AS uses FROM events
    WHERE site_id = {site_id:UInt32} AND kind = 'page_view' AND ts > now() - INTERVAL 90 DAY AND bot_class = ''
    GROUP BY name ORDER BY uses DESC LIMIT 20
    UNION ALL
    SELECT 'click', toString(element_name) AS name, count() AS uses FROM events
    WHERE site_id = {site_id:UInt32} AND kind = 'click' AND ts > now() - INTERVAL 90 DAY AND bot_class = ''
        AND element_name != ''
    GROUP BY name ORDER BY uses DESC LIMIT 100
    UNION ALL
    SELECT 'form', toString(form) AS name, count() AS uses FROM events
    WHERE site_id = {site_id:UInt32} AND kind = 'form' AND ts > now() - INTERVAL 90 DAY AND bot_class = ''
    GROUP BY name ORDER BY uses DESC LIMIT 50
    UNION ALL
    SELECT 'event', toString(custom_name) AS name, count() AS uses FROM events
    WHERE site_id = {site_id:UInt32} AND kind = 'custom' AND ts > now() - INTERVAL 90 DAY AND bot_class = ''
    GROUP BY name ORDER BY uses DESC LIMIT 50
    UNION ALL
    SELECT 'conversion', toString(goal) AS name, count() AS uses FROM events
    WHERE site_id = {site_id:UInt32} AND kind = 'conversion' AND ts > now() - INTERVAL 90 DAY AND bot_class = ''
    GROUP BY name ORDER BY uses DESC LIMIT 50
) ORDER BY what, uses DESC, name"""
_kept: dict[str, tuple[float, Known]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Known:
    """Names by what they are (page, page-type, device, channel, click, form, event, conversion), the most used of 90
    days first."""

    names: dict[str, tuple[str, ...]]

    def of(self, what: str) -> tuple[str, ...]:
        """The names of one sort."""
        return self.names.get(what, ())

    def steps(self, goals: list[str]) -> list[tuple[str, str]]:
        """Steps as the command line writes them, each with what sort of thing it is."""
        found = [(f"conversion:{name}", "goal") for name in goals]
        words = {"page": "page", "page-type": "type of page", "click": "click", "form": "form", "event": "event"}
        return found + [(f"{what}:{name}", word) for what, word in words.items() for name in self.of(what)]


def known(site: Site) -> Known:
    """What the site has; kept for a minute.

    Raises:
        QueryError: ClickHouse did not answer.
    """
    with _lock:
        at, found = _kept.get(site.key, (0.0, Known({})))
    if at and time.monotonic() - at < _KEPT_SECONDS:
        return found
    names: dict[str, list[str]] = {}
    for row in site.sql(_SQL).rows:
        names.setdefault(row.what, []).append(row.name)
    found = Known({what: tuple(each) for what, each in names.items()})
    with _lock:
        _kept[site.key] = (time.monotonic(), found)
    return found
