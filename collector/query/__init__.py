"""Questions about visitors, from Python.

::

    from collector.query import connect, page, click, conversion, last, where
    site = connect().site("demo-shop")
    site.funnel([page("/product/*"), click(name="Add to cart"), conversion("purchase")], last("28d"), by="device")
"""

from collector.query.connection import Connection, connect, embedded
from collector.query.definitions import DEFINITIONS, Definition
from collector.query.errors import BadQuestion, NotConnected, QueryError, TooMuch, UnknownName
from collector.query.filters import (
    Filter,
    at_least,
    at_most,
    broken_link,
    dead,
    did,
    dropped,
    error_click,
    page_loop,
    quick_back,
    rage,
    scrolling,
    slow,
    stall,
    where,
)
from collector.query.memory import Memory
from collector.query.period import Period, between, last, today
from collector.query.presets import preset
from collector.query.rate import Rate
from collector.query.result import Meta, Result
from collector.query.site import Site
from collector.query.steps import Step, click, conversion, event, field, form, page

__all__ = [
    "DEFINITIONS",
    "BadQuestion",
    "Connection",
    "Definition",
    "Filter",
    "Memory",
    "Meta",
    "NotConnected",
    "Period",
    "QueryError",
    "Rate",
    "Result",
    "Site",
    "Step",
    "TooMuch",
    "UnknownName",
    "at_least",
    "at_most",
    "between",
    "broken_link",
    "click",
    "connect",
    "conversion",
    "dead",
    "did",
    "dropped",
    "embedded",
    "error_click",
    "event",
    "field",
    "form",
    "last",
    "page",
    "page_loop",
    "preset",
    "quick_back",
    "rage",
    "scrolling",
    "slow",
    "stall",
    "today",
    "where",
]
