"""The columns that a question may name: the documented ones of table `events`, and nothing else.

A test compares the list with the table. Names reach SQL only from here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from collector.query.errors import BadQuestion, unknown

# Known for every event of a page view, whatever its kind.
_PAGE: dict[str, str] = {
    **dict.fromkeys(
        (
            "host",
            "path",
            "query",
            "title",
            "page_type",
            "layout",
            "referrer",
            "lang",
            "time_zone",
            "browser",
            "os",
            "os_version",
            "bot_class",
            "country",
            "channel",
            "source",
            "medium",
            "campaign",
            "term",
            "content",
            "click_id_type",
            "click_id",
            "entry_host",
            "entry_path",
            "entry_referrer",
            "page_channel",
            "page_source",
            "page_medium",
            "page_campaign",
        ),
        "text",
    ),
    **dict.fromkeys(
        (
            "viewport_width",
            "viewport_height",
            "document_width",
            "document_height",
            "screen_width",
            "screen_height",
            "browser_version",
            "lists_version",
        ),
        "int",
    ),
    **dict.fromkeys(("stored", "prerendered", "bfcache"), "bool"),
    **dict.fromkeys(("visitor_id", "session_id", "page_id"), "id"),
    "pixel_ratio": "float",
    "device": "enum",
    "clock": "enum",
}
# Known for events of one kind.
_EVENT: dict[str, str] = {
    **dict.fromkeys(
        (
            "element_item",
            "element_selector",
            "element_role",
            "element_name",
            "element_zone",
            "soft",
            "response",
            "pointer",
            "form",
            "field",
            "invalid",
            "step",
            "last_field",
            "error_type",
            "error_message",
            "error_source",
            "vital",
            "navigation",
            "goal",
            "currency",
            "order_id",
            "experiment",
            "variant",
            "survey",
            "survey_text",
            "custom_name",
        ),
        "text",
    ),
    **dict.fromkeys(
        (
            "n",
            "t_ms",
            "element_x",
            "element_y",
            "element_width",
            "element_height",
            "status",
            "engaged_ms",
            "foreground_ms",
            "max_scroll_pct",
            "max_scroll_px",
            "reversals",
            "dropped",
            "x",
            "y",
            "vx",
            "vy",
            "ex",
            "ey",
            "response_ms",
            "watched_ms",
            "button",
            "first_ms",
            "visible_ms",
            "field_index",
            "visit",
            "hesitation_ms",
            "dwell_ms",
            "edits",
            "deletes",
            "refills",
            "error_line",
        ),
        "int",
    ),
    **dict.fromkeys(
        ("element_fixed", "interactive", "modifier", "selection", "pasted", "autofilled", "filled"), "bool"
    ),
    **dict.fromkeys(("element_key", "person_id"), "id"),
    **dict.fromkeys(("script_ms", "vital_value", "survey_score"), "float"),
    "value": "decimal",
    "kind": "enum",
}
# Asked by other means: the site and the period by every report, bands by `scroll`, properties as props.<key>.
NOT_ASKED = frozenset(
    {"site_id", "ts", "page_start", "page_day", "received_at", "band", "band_seconds", "reached", "props"}
)
ENUMS: dict[str, tuple[str, ...]] = {
    "device": ("other", "desktop", "mobile", "tablet", "tv", "console", "bot"),
    "clock": ("offset", "browser", "received", "clamped"),
    "kind": (
        "page_view",
        "engagement",
        "click",
        "zone",
        "field",
        "form",
        "error",
        "vital",
        "conversion",
        "exposure",
        "survey",
        "custom",
        "identify",
    ),
}
COLUMNS: dict[str, str] = {**_PAGE, **_EVENT}
# Columns that no table has; `{site:Int64}` is bound by the one who runs the statement.
DERIVED: dict[str, str] = {
    "visitor_type": """if(events.session_id IN (
        SELECT toUInt64(min(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(sessions.started_at)), 64)
            + sessions.session_id))
        FROM sessions WHERE sessions.site_id = {site:Int64} GROUP BY sessions.visitor_id), 'new', 'returning')""",
}
PAGE_COLUMNS = frozenset({*_PAGE, *DERIVED})
# What a session has one of: the value at its first event.
SESSION_COLUMNS = (
    "device",
    "browser",
    "os",
    "country",
    "channel",
    "source",
    "medium",
    "campaign",
    "entry_path",
)
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name in a question; `sql` is safe to put into a statement."""

    name: str
    type: str
    sql: str

    @property
    def as_text(self) -> str:
        """SQL of the value as text, for breakdowns; ids as 16 hex digits, of `texts` as an array of them."""
        if self.type == "texts":
            return self.sql
        if self.type == "id":
            return f"lower(leftPad(hex({self.sql}), 16, '0'))"
        return f"ifNull(toString({self.sql}), '')"


def column(name: str) -> Column:
    """The column of that name; `props.plan` is the custom property `plan`.

    `visitor_type` is `new` for the visitor's first session over all history of people, else `returning`.

    Raises:
        UnknownName: there is none; names the nearest.
        BadQuestion: the property's name has other characters than letters, digits and _.
    """
    if name.startswith("props."):
        return Column(name, "text", prop_sql(name.removeprefix("props.")))
    if name in DERIVED:
        return Column(name, "text", DERIVED[name])
    if name not in COLUMNS:
        raise unknown("column", name, [*COLUMNS, *DERIVED])
    return Column(name, COLUMNS[name], f"events.{name}")


def prop_sql(key: str) -> str:
    """SQL of a custom property as text.

    Raises:
        BadQuestion: the key has other characters than letters, digits and _.
    """
    if not _KEY.fullmatch(key):
        raise BadQuestion(f"{key!r} is no name of a property: letters, digits and _, not more than 64")
    # An absent property is NULL; a comparison with it must be false, so that its negation is true.
    return f"ifNull(events.props.{key}.:String, '')"
