"""What breaks, for how many?"""

from __future__ import annotations

from collector.dashboard.page import Page, Panel

PAGE = Page(
    title="Errors",
    question="What breaks, for how many, and after which clicks?",
    group="Experience",
    order=2,
    panels=(
        Panel("errors", "Errors", lambda ask: ask.site.errors(ask.period, pages=True, **ask.common), bar="errors",
              empty="No error was reported in this period.", open=("page", "heat", "path"),
              href=lambda ask, name, row: ask.view.with_filter("error_message", row.message, "sessions")
              if name == "message" else "",),
    ),
)  # fmt: skip
