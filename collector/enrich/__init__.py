"""What the loader adds to a page view: device, source, country, and the ids of visitors without storage.

Each question is one module: `device`, `source`, `place`, `visitor`. This package imports none of them, so
that a process pays only for what it asks. `LISTS_VERSION` is stored with every row and says which lists the
row was classified with: the newest of ours, or the day of the newest entry in crawler-user-agents, as yyyymmdd.
"""

import crawleruseragents

from collector.enrich import sites


def _newest_crawler() -> int:
    days = (entry.get("addition_date", "") for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA)
    return max((int(day.replace("/", "")) for day in days if day), default=0)


LISTS_VERSION: int = max(sites.LISTS_VERSION, _newest_crawler())

__all__ = ["LISTS_VERSION"]
