"""A site and the questions that can be asked about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from collector.query import conversion_rate, forms, funnel, heatmap, scroll, session, sessions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place
    from collector.query.steps import Step


class Site:
    """A site. Every report reads; none keeps anything.

    All of them raise `UnknownName` for a name that does not exist (with the nearest one), `BadQuestion` for a
    question that is not possible, `TooMuch` where a limit on time or memory is reached, and `QueryError` where
    ClickHouse does not answer. `period` is `last("28d")`, `between(…)`, `today()` or text such as "7d"; `where` a
    filter; `by` a column, whose values are groups; `bots=True` counts bots too.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    @property
    def key(self) -> str:
        """The site's key."""
        return self._place.key

    @property
    def tz(self) -> str:
        """The zone whose days are meant, and in which times are shown."""
        return self._place.zone

    def conversion_rate(
        self,
        goal: str,
        period: Period | str,
        unit: Literal["session", "visitor", "person"],
        *,
        by: str | None = None,
        where: Filter | None = None,
        bots: bool = False,
    ) -> conversion_rate.ConversionRate:
        """How many of the sessions, visitors or people converted (definition `conversion_rate`).

        Args:
            goal: name of the goal, `*` for any characters.
            unit: what is counted; there is no default, since the two rates differ.
        """
        return conversion_rate.ask(self._place, goal, period, unit, by=by, where=where, bots=bots)

    def funnel(
        self,
        steps: Sequence[Step],
        period: Period | str,
        window: str | timedelta = "7d",
        *,
        by: str | None = None,
        where: Filter | None = None,
        order: Literal["ordered", "strict", "any"] = "ordered",
        unit: Literal["session", "visitor", "person"] = "visitor",
        exclude: Sequence[Step] = (),
        times: bool = False,
        bots: bool = False,
    ) -> funnel.Funnel:
        """How many go from step to step (definition `funnel_step`), and by `.actors(step)` who.

        Args:
            steps: 2 to 12.
            window: the longest way from step 1: text, timedelta, or "session".
            where: holds for the entering event and its session; so does `by`.
            order: `strict`: no other step between two steps; `any`: in any order.
            exclude: an attempt ends at these.
            times: also how long each step takes; dearer.
        """
        return funnel.ask(
            self._place,
            steps,
            period,
            window=window,
            by=by,
            where=where,
            order=order,
            unit=unit,
            exclude=exclude,
            times=times,
            bots=bots,
        )

    @overload
    def heatmap(
        self,
        path: str,
        period: Period | str,
        by: str | None = "device",
        *,
        where: Filter | None = None,
        mode: Literal["cells"] = "cells",
        bots: bool = False,
    ) -> heatmap.Heatmap: ...

    @overload
    def heatmap(
        self,
        path: str,
        period: Period | str,
        by: str | None = "device",
        *,
        where: Filter | None = None,
        mode: Literal["elements"],
        bots: bool = False,
    ) -> heatmap.ElementMap: ...

    def heatmap(
        self,
        path: str,
        period: Period | str,
        by: str | None = "device",
        *,
        where: Filter | None = None,
        mode: Literal["cells", "elements"] = "cells",
        bots: bool = False,
    ) -> heatmap.Heatmap | heatmap.ElementMap:
        """Where people click on a page: `cells` (definition `heat`) or `elements` (`click_rate`, `rage`, `dead`).

        Args:
            path: of the page, `*` for any characters.
            where, by: columns of page views; sessions by `did`, `rage`, `dead`.
        """
        return heatmap.ask(self._place, path, period, by=by, where=where, mode=mode, bots=bots)

    def scroll(
        self,
        path: str,
        period: Period | str,
        by: str | None = "device",
        *,
        where: Filter | None = None,
        bots: bool = False,
    ) -> scroll.Scroll:
        """How far down a page people get (definition `reach`); arguments as `heatmap`."""
        return scroll.ask(self._place, path, period, by=by, where=where, bots=bots)

    def sessions(
        self,
        period: Period | str,
        *,
        where: Filter | None = None,
        limit: int = 20,
        after: str | None = None,
        bots: bool = False,
    ) -> sessions.Sessions:
        """Sessions that start in the period, the newest first.

        Args:
            after: `next` of the answer before, for the sessions that follow.
        """
        return sessions.ask(self._place, period, where=where, limit=limit, after=after, bots=bots)

    def session(self, id: str | int) -> session.Session:
        """One session, event by event. `id` is its 16 hex digits, as `sessions` shows them."""
        return session.ask(self._place, id)

    def form(
        self,
        name: str,
        period: Period | str,
        *,
        by: str | None = None,
        where: Filter | None = None,
        bots: bool = False,
    ) -> forms.Form:
        """How a form is filled in (definitions `form_rate`, `form_field`, `form_abandon`)."""
        return forms.ask(self._place, name, period, by=by, where=where, bots=bots)

    def __repr__(self) -> str:
        return f"<Site {self._place.key}, days of {self._place.zone}>"
