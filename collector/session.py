"""In which month does a session lie? Its id says so, and a browser made that id."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

from collector.event import ID_EPOCH_MS, id_ms

DAY_MS: Final = 86_400_000
PAST_MS: Final = 31 * DAY_MS
"""An event may be 30 days old (`columns.PAST_MS`), and its session began at most 24 h before its page view."""
FUTURE_MS: Final = DAY_MS
_MONTH_MS: Final = 28 * DAY_MS


def credible(session: str, received: int) -> str:
    """The session's id (16 hex digits), or another one where its time cannot be true at `received` (Unix ms).

    Table `sessions` is partitioned by the month in the id, and 40 bits of ms have 418 months. A session that claims
    to have begun more than 31 days ago or more than a day ahead, by a forged id or by a wrong clock, is filed
    under the month in which its events came: the same id for the same session, and three months at most are written to.
    Two sessions come of one where its events come in two months, or its clock is between one and two days ahead.
    """
    number = int(session, 16)
    if received - PAST_MS <= id_ms(number) <= received + FUTURE_MS:
        return session
    month = datetime.fromtimestamp(received / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    began = round(month.timestamp() * 1000) - ID_EPOCH_MS
    within = int.from_bytes(blake2b(number.to_bytes(8), digest_size=8).digest()) % _MONTH_MS
    return f"{began + within << 24 | number & 0xFFFFFF:016x}"
