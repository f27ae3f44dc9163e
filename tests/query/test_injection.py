"""No value from a caller reaches a statement but as a bound parameter, whatever is thrown at every argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from collector.query import Connection, QueryError, Site, between
from collector.query.ask import Asker
from collector.query.report import REPORTS
from tests.query.test_questions import SAID, texts
from tests.query.worlds import ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.store import Answer, Store

MARK = "zzmarkzz"
HOSTILE = (
    f"{MARK}' OR 1=1 --",
    f"{MARK}`) UNION ALL SELECT * FROM sites --",
    f"{MARK}\\' OR sleep(3) OR '",
    f"{{{MARK}:String}}",
    f"%{MARK}%_*",
    f"{MARK}\x00\n;DROP TABLE events",
    f"{MARK}))/*",
)


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    """A site with hostile names, so that questions about them are answered and not refused as unknown."""
    site_id = new_site()
    events: list[dict[str, Any]] = []
    for text in HOSTILE:
        base = {"at": ms("2026-11-02T12:00:00") + len(events), "path": text, "entry_path": text, "browser": text}
        named = {"element_name": text, "element_role": text, "element_zone": text, "element_key": 5, "form": text}
        said = {"goal": text, "field": text, "custom_name": text, "page_type": text, "error_message": text}
        for kind in ("page_view", "click", "field", "form", "conversion", "custom", "error", "zone"):
            events.append({**base, **named, **said, "kind": kind, "step": "ok", "n": len(events)})
    save(shared, site_id, events)
    return site(shared, site_id)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The texts of all statements that are sent."""
    sent: list[str] = []
    table = Asker.table

    def heard(self: Asker, sql: str, *args: Any, **more: Any) -> Answer:
        sent.append(sql)
        return table(self, sql, *args, **more)

    monkeypatch.setattr(Asker, "table", heard)
    yield sent
    assert not [sql for sql in sent if MARK in sql]


def refusal(ask: Callable[[], object]) -> str:
    """What our own checks say against a question; empty where it was answered, which is as good."""
    try:
        ask()
    except QueryError as error:
        return str(error)
    return ""


STEPS = ("page:{}", "page-type:{}", "click:{}", "click-key:{}", "conversion:{}", "field:{}/{}", "form:{}", "event:{}")
FILTERS = ("{}=1", "path={}", "browser={}", "props.plan={}", "props.{}=1", "device={}", "session_id={}", "value={}",
           "n={}", "did:page:{}", "rage:{}", "dead:{}", "!rage:{}", "did:event:{},{}={}")  # fmt: skip


def hostile(kind: str, text: str) -> list[Any]:
    """What an argument of this kind is given."""
    if kind == "STEP":
        return [[form.format(text, text), "page:*"] for form in STEPS]
    if kind == "FILTER":
        return [[form.format(text, text, text)] for form in FILTERS]
    return [[text], text]


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        (name, option.name)
        for name, report in sorted(REPORTS.items())
        for option in report.options
        if option.kind.metavar and (name, option.name) != ("sql", "text")
    ],
)
def test_hostile_texts_are_bound_or_refused(shop: Site, statements: list[str], name: str, argument: str) -> None:
    option = next(each for each in REPORTS[name].options if each.name == argument)
    for text in HOSTILE:
        for value in hostile(option.kind.metavar, text):
            if option.kind.multiple == isinstance(value, list):
                given = [f"path={value[0]}"] if argument == "params" else value
                said = {**texts(name), argument: given}
                told = refusal(lambda said=said: getattr(shop, name)(**REPORTS[name].from_texts(said)))
                assert "ClickHouse" not in told, (value, told)


def test_every_report_is_thrown_at() -> None:
    assert set(SAID) == set(REPORTS)


@pytest.mark.parametrize("text", HOSTILE)
def test_sites_and_zones_are_bound_or_refused(shared: Store, text: str) -> None:
    with pytest.raises(QueryError, match="unknown site"):
        Connection(shared).site(text)
    with pytest.raises(QueryError, match="unknown time zone"):
        Connection(shared).site(next(iter(Connection(shared).sites())), tz=text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_stored_question_is_no_back_door(shop: Site, statements: list[str], text: str) -> None:
    period = between("2026-11-01", "2026-11-05").to_dict()
    for spec in (
        {"report": text},
        {"report": "scroll", "path": text, "period": period},
        {"report": "scroll", "path": "*", "period": period, "by": text},
        {"report": "scroll", "path": "*", "period": {"last": text}},
        {"report": "sessions", "period": period, "where": {"where": {text: ["x"]}}},
        {"report": "sessions", "period": period, "where": {"where": {"path": [text]}}},
        {"report": "sessions", "period": period, "where": {text: 1}},
        {"report": "sessions", "period": period, "where": {"did": {"what": "page", text: "x"}}},
        {"report": "funnel", "steps": [{"what": text}, {"what": "page", "path": "*"}], "period": period},
        {"report": "funnel", "steps": [{"what": "event", "name": "x", "props": {text: text}}] * 2, "period": period},
    ):
        told = refusal(lambda spec=spec: shop.ask(spec))
        assert "ClickHouse" not in told, (spec, told)
