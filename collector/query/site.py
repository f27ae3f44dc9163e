"""A site and the questions that can be asked about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from collector.query import parquet
from collector.query.report import report, revive, run
from collector.query.reports import (
    activity,
    ad_clicks,
    arrivals,
    attribution,
    cart_abandonment,
    conversion_rate,
    coverage,
    elements,
    errors,
    exit_pages,
    form,
    friction,
    funnel,
    health,
    heatmap,
    landing_pages,
    net_score,
    paths,
    replay,
    retention,
    revenue,
    scroll,
    segments,
    session,
    sessions,
    skeleton,
    sql,
    time_to_value,
    traffic,
    vitals,
    zones,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place
    from collector.query.result import Result


class Site:
    """A site. Every report reads; none keeps anything.

    All of them raise `UnknownName` for a name that does not exist (with the nearest one), `BadQuestion` for a
    question that is not possible, `TooMuch` where a limit on time or memory is reached, and `QueryError` where
    ClickHouse does not answer. `period` is `last("28d")`, `between(…)`, `today()` or text such as "7d"; `where` a
    filter; `by` a column, whose values are groups; `bots=True` counts bots too.
    """

    def __init__(self, place: Place) -> None:
        self.place = place

    @property
    def key(self) -> str:
        """The site's key."""
        return self.place.key

    @property
    def tz(self) -> str:
        """The zone whose days are meant, and in which times are shown."""
        return self.place.zone

    activity = report(activity.ask)
    ad_clicks = report(ad_clicks.ask)
    arrivals = report(arrivals.ask)
    attribution = report(attribution.ask)
    cart_abandonment = report(cart_abandonment.ask)
    conversion_rate = report(conversion_rate.ask)
    coverage = report(coverage.ask)
    elements = report(elements.ask)
    errors = report(errors.ask)
    exit_pages = report(exit_pages.ask)
    form = report(form.ask)
    friction = report(friction.ask)
    funnel = report(funnel.ask)
    health = report(health.ask)
    heatmap = report(heatmap.ask)
    landing_pages = report(landing_pages.ask)
    net_score = report(net_score.ask)
    paths = report(paths.ask)
    replay = report(replay.ask)
    retention = report(retention.ask)
    revenue = report(revenue.ask)
    scroll = report(scroll.ask)
    segments = report(segments.ask)
    session = report(session.ask)
    sessions = report(sessions.ask)
    skeleton = report(skeleton.ask)
    sql = report(sql.ask)
    time_to_value = report(time_to_value.ask)
    traffic = report(traffic.ask)
    vitals = report(vitals.ask)
    zones = report(zones.ask)

    def ask(self, spec: Mapping[str, Any]) -> Result[Any]:
        """The answer to a stored question, as `Result.spec` gives it.

        Raises:
            UnknownName: no such report or argument.
        """
        found, given = revive(spec)
        return run(found, self.place, given)

    @property
    def explain(self) -> Site:
        """The same site, whose reports write their statements and run none: `site.explain.funnel(…).sql`.

        Names are not looked up, and there are no rows; `estimate()` of the answer says how much would be read.
        """
        return Site(replace(self.place, dry=True))

    def to_parquet(
        self,
        path: str | Path,
        period: Period | str,
        *,
        where: Filter | None = None,
        bots: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> int:
        """Write the raw events of a period into a Parquet file, and return how many.

        Columns are those of the table `events`; ids are 16 hex digits, `props` JSON as text. The file appears when it
        is complete; until then it is called `<path>.unfinished`.

        Args:
            progress: called with the number of events written, and of all.

        Raises:
            QueryError: pyarrow is not installed, or ClickHouse did not answer.
        """
        return parquet.export(self.place, path, period, where=where, bots=bots, progress=progress)

    def __repr__(self) -> str:
        return f"<Site {self.place.key}, days of {self.place.zone}>"
