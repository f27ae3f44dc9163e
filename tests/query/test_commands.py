"""Every report can be asked with texts alone."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import (
    BadQuestion,
    QueryError,
    Site,
    click,
    conversion,
    dead,
    did,
    event,
    field,
    form,
    page,
    rage,
    where,
)
from collector.query.commands import REPORTS, parse_step, parse_where
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


def test_every_report_of_a_site_is_a_command() -> None:
    reports = {name for name, _ in inspect.getmembers(Site, inspect.isfunction) if not name.startswith("_")}
    assert set(REPORTS) == reports
    for name, command in REPORTS.items():
        assert command.name == name
        assert command.help.endswith(".")
        for option in command.options:
            assert option.flag == f"--{option.name}"
            assert option.help


def test_every_command_answers(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {"at": ms("2026-11-02T12:00:00"), "path": "/p", "n": 0},
            {"at": ms("2026-11-02T12:00:00"), "path": "/p", "kind": "form", "form": "f", "step": "ok", "n": 1},
            {"at": ms("2026-11-02T12:00:01"), "kind": "conversion", "goal": "purchase", "n": 2},
        ],
    )
    asked = site(shared, site_id)
    said: dict[str, dict[str, Any]] = {
        "conversion_rate": {"goal": "purchase", "unit": "visitor", "by": "device"},
        "form": {"name": "f"},
        "heatmap": {"path": "/p", "mode": "elements"},
        "scroll": {"path": "/p", "by": "none"},
        "funnel": {"step": ("page:/p", "conversion:purchase"), "times": True, "window": "session"},
        "session": {"id": "0000000000000001"},
        "sessions": {"where": ("device=desktop",), "limit": "5"},
    }
    for name, command in REPORTS.items():
        defaults = {option.name: () if option.multiple else option.default for option in command.options}
        result = command.run(asked, {**defaults, "period": "2026-11-01..2026-11-15", **said[name]})
        assert result.meta.report == name
        assert result.to_table()
        if name not in ("heatmap",):
            assert result.rows or name == "form"
    assert REPORTS["heatmap"].run(asked, {"path": "/p"}).meta.report == "heatmap"


def test_numbers_must_be_numbers(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, [{"at": ms("2026-11-02"), "n": 0}])
    with pytest.raises(BadQuestion, match="--limit is a whole number"):
        REPORTS["sessions"].run(site(shared, site_id), {"limit": "many"})
