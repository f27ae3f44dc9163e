"""Revenue per session of each row, as a panel beside its rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.query.mean import Estimate
from collector.query.plots.rows import Rates

if TYPE_CHECKING:
    from collections.abc import Sequence


def panels(rows: Sequence[Any], together: Sequence[Any], currency: str | None) -> list[Rates]:
    """One panel, or none where there is no money. The dashed line stands where all rows are one."""
    if currency is None:
        return []
    whole = _rpv(together[0]) if len(together) == 1 else Estimate()
    return [Rates("RPV", [_rpv(row) for row in rows], whole, [row.q_rpv for row in rows], unit=currency)]


def _rpv(row: Any) -> Estimate:
    return Estimate(row.rpv, row.rpv_low, row.rpv_high)
