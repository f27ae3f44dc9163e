"""Every report can be asked with texts alone."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import (
    BadQuestion,
    QueryError,
    Site,
    UnknownName,
    at_least,
    at_most,
    click,
    conversion,
    dead,
    did,
    dropped,
    error_click,
    event,
    field,
    form,
    page,
    quick_back,
    rage,
    slow,
    stall,
    where,
)
from collector.query.arguments import parse_step, parse_where
from collector.query.report import REPORTS
from tests.query.worlds import ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("page:/cart", page("/cart")),
        ("page-type:product", page(type="product")),
        ("click:Add to cart", click("Add to cart")),
        ("click-key:0f", click(key="0f")),
        ("click:a:b", click("a:b")),
        ("conversion:purchase", conversion("purchase")),
        ("field:checkout/email", field("checkout", "email")),
        ("form:checkout", form("checkout")),
        ("form:checkout/ok", form("checkout", "ok")),
        ("event:plan,size=42,paid=true", event("plan", size="42", paid="true")),
    ],
)
def test_steps(text: str, step: Any) -> None:
    assert parse_step(text) == step


@pytest.mark.parametrize(
    ("texts", "condition"),
    [
        (["device=mobile"], where(device="mobile")),
        (["channel=Email,Direct", "device!=mobile"], where(channel=["Email", "Direct"]) & ~where(device="mobile")),
        (["did:page:/cart", "!rage:Apply promo"], did(page("/cart")) & ~rage("Apply promo")),
        (["dead:"], dead()),
        (["engaged>=10s", "page_views<=3"], at_least(engaged="10s") & at_most(page_views=3)),
        (["dropped:1,page:/a > page:/b"], dropped([page("/a"), page("/b")], at=1)),
        (["error-click:Buy", "quick_back:/cart"], error_click("Buy") & quick_back("/cart")),
        (["!stall:/cart", "slow:"], ~stall("/cart") & slow()),
        (["props.plan=pro"], where(**{"props.plan": "pro"})),
        ([], None),
    ],
)
def test_filters(texts: list[str], condition: Any) -> None:
    assert parse_where(texts) == condition or str(parse_where(texts)) == str(condition)


@pytest.mark.parametrize("text", ["", "page", "page:", "pge:/cart", "field:email", "device", "did:cart"])
def test_what_cannot_be_read_is_refused_with_the_forms_that_can(text: str) -> None:
    with pytest.raises(QueryError, match=r"write|did you mean|needs a form"):
        parse_step(text) if "device" not in text and "did" not in text else parse_where([text])


def test_every_report_of_a_site_is_a_command_that_documents_every_argument() -> None:
    for name, report in REPORTS.items():
        method = getattr(Site, name)
        assert report.help.endswith(".") or report.help.endswith(")."), name
        _, *parameters = inspect.signature(method).parameters
        assert [option.name for option in report.options] == parameters
        for option in report.options:
            assert option.help, f"{name}: {option.flag} has no help"
            assert option.flag.startswith(f"--{option.name.replace('_', '-').removesuffix('s')}")


def test_an_option_of_several_values_is_named_in_the_singular() -> None:
    """But a singular that ends in s stays as it is."""
    flags = {option.name: option.flag for option in (*REPORTS["elements"].options, *REPORTS["funnel"].options)}
    assert (flags["steps"], flags["versus"]) == ("--step", "--versus")


# What each report is asked with: texts, as on the command line.
SAID: dict[str, dict[str, Any]] = {
    "activity": {"goal": "purchase", "of": "page", "by": "device"},
    "ad_clicks": {"goal": "purchase", "types": ("gclid",), "lookback": "14d"},
    "arrivals": {"within": "24h", "limit": "3"},
    "attribution": {"goal": "purchase", "by": "source", "lookback": "14d", "unit": "person"},
    "cart_abandonment": {"by": "device", "last": "page"},
    "conversion_rate": {"goal": "purchase", "unit": "visitor", "by": "device"},
    "coverage": {"limit": "3"},
    "elements": {"path": "/p", "by": "none", "before": "2026-10-01..2026-10-15"},
    "errors": {"limit": "3"},
    "exit_pages": {"by": "device", "limit": "5"},
    "form": {"name": "f"},
    "friction": {"goal": "purchase", "steps": ("page:/p", "conversion:purchase"), "slow": "1.5"},
    "funnel": {"steps": ("page:/p", "conversion:purchase"), "times": True, "window": "session"},
    "health": {},
    "heatmap": {"path": "/p"},
    "landing_pages": {"goal": "purchase", "engaged_after": "20s"},
    "net_score": {"unit": "session", "by": "day"},
    "paths": {"end": "conversion:purchase", "of": "click", "depth": "3"},
    "replay": {"id": "0000000000000001"},
    "retention": {"every": "day", "mode": "on_or_after", "return_step": "conversion:purchase", "length": "3"},
    "revenue": {"by": "day", "winsorize": "0.9"},
    "scroll": {"path": "/p", "by": "none"},
    "segments": {"goal": "purchase", "columns": ("device", "visitor_type")},
    "session": {"id": "0000000000000001"},
    "sessions": {"where": ("device=desktop",), "limit": "5"},
    "skeleton": {"path": "/p", "device": "desktop"},
    "sql": {"text": "SELECT count() FROM events WHERE path = {path:String}", "params": ("path=/p",)},
    "time_to_value": {"start_step": "page:/p", "value_step": "conversion:purchase", "within": "2d", "follow": "30d"},
    "traffic": {"every": "week", "by": "channel", "goal": "purchase"},
    "vitals": {"of": "page"},
    "zones": {"path": "/p", "goal": "purchase"},
}
WITHOUT_ROWS = {
    "arrivals", "cart_abandonment", "elements", "errors", "form", "heatmap", "skeleton", "vitals", "zones",
}  # fmt: skip


@pytest.fixture(scope="module")
def asked(shared: Store, new_site: Callable[[], int]) -> Site:
    """A site with a page view, a form and a conversion."""
    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {"at": ms("2026-11-02T12:00:00"), "path": "/p", "n": 0},
            {"at": ms("2026-11-02T12:00:00"), "path": "/p", "kind": "form", "form": "f", "step": "ok", "n": 1},
            {"at": ms("2026-11-02T12:00:01"), "kind": "conversion", "goal": "purchase", "n": 2,
             "click_id_type": "gclid", "click_id": "Cj0"},
        ],
    )  # fmt: skip
    return site(shared, site_id)


def texts(name: str) -> dict[str, Any]:
    """What is said to the report, with a period where it has one."""
    has_period = any(option.name == "period" for option in REPORTS[name].options)
    return {**({"period": "2026-11-01..2026-11-15"} if has_period else {}), **SAID[name]}


def test_every_report_is_asked_here() -> None:
    assert sorted(SAID) == sorted(REPORTS)


@pytest.mark.parametrize("name", sorted(SAID))
def test_every_report_answers_to_texts_alone(asked: Site, name: str) -> None:
    result = getattr(asked, name)(**REPORTS[name].from_texts(texts(name)))
    assert result.meta.report == name
    assert result.to_table()
    assert bool(result.rows) != (name in WITHOUT_ROWS)
    assert list(result.to_pandas().columns) == list(result.to_polars().columns) == result.to_arrow().column_names
    assert len(result.to_polars()) == len(result.to_arrow()) == len(result.rows)


@pytest.mark.parametrize("name", sorted(SAID))
def test_every_question_can_be_stored_and_asked_again(asked: Site, name: str) -> None:
    result = getattr(asked, name)(**REPORTS[name].from_texts(texts(name)))
    stored = json.loads(json.dumps(result.spec))
    again = asked.ask(stored)
    assert again.to_dicts() == result.to_dicts()
    assert again.spec == result.spec


@pytest.mark.parametrize("name", sorted(SAID))
def test_every_question_is_explained_without_being_asked(asked: Site, name: str) -> None:
    explained = getattr(asked.explain, name)(**REPORTS[name].from_texts(texts(name)))
    assert explained.sql
    assert explained.estimate().rows >= 0
    executed = {each.query_id for each in explained.statements}
    assert not asked.place.store.execute(
        "SELECT query_id FROM system.processes WHERE query_id IN {ids:Array(String)}", {"ids": sorted(executed)}
    )


@pytest.mark.parametrize("earlier", ["previous", "2026-10-01..2026-10-15", "7d"])
def test_an_earlier_period_is_stored_as_it_was_said(asked: Site, earlier: str) -> None:
    """`previous` moves along with the period when the question is asked again."""
    given = REPORTS["elements"].from_texts({**texts("elements"), "before": earlier})
    stored = json.loads(json.dumps(asked.elements(**given).spec))
    again = asked.ask(stored)
    assert again.spec == stored
    assert again.to_dicts() == asked.elements(**given).to_dicts()


def test_an_estimate_says_what_would_be_read(asked: Site) -> None:
    assert asked.explain.session("1").estimate().rows > 0


def test_a_stored_question_with_an_unknown_report_or_argument_is_refused(asked: Site) -> None:
    with pytest.raises(UnknownName, match="unknown report 'funel', did you mean 'funnel'"):
        asked.ask({"report": "funel"})
    with pytest.raises(UnknownName, match="unknown argument of form 'nam', did you mean 'name'"):
        asked.ask({"report": "form", "nam": "f"})


@pytest.mark.parametrize(
    "name", [name for name in sorted(REPORTS) if any(o.name == "where" for o in REPORTS[name].options)]
)
@pytest.mark.parametrize("text", ["did:page:/p", "rage:", "page_views>=1", "visitor_type=new", "device=desktop"])
def test_every_report_takes_every_sort_of_filter(asked: Site, name: str, text: str) -> None:
    """Filters by what happened in a session are statements within the report's statement, and all of them fit."""
    given = {**texts(name), "where": (text,)}
    result = getattr(asked, name)(**REPORTS[name].from_texts(given))
    assert result.meta.filter


def test_numbers_must_be_numbers() -> None:
    with pytest.raises(BadQuestion, match="--limit: 'many' is not a whole number"):
        REPORTS["sessions"].from_texts({"limit": "many"})
