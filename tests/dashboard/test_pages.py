"""What the pages show is what Python gives, and what visitors sent is text."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from collector import dashboard, query
from collector.dashboard import cells, headers
from collector.dashboard import page as pages
from collector.dashboard.answer import Answer
from collector.dashboard.known import known
from collector.dashboard.page import Ask
from collector.dashboard.view import View
from collector.query import Connection, between, connect, conversion, did, page, where
from collector.query.compare import changes_of_rows
from collector.store import Store
from tests.dashboard.conftest import BEGIN, END, HOSTILE, WHEN
from tests.gate import Gate

if TYPE_CHECKING:
    from collector.query import Site
    from collector.query.compare import ChangeRow
    from tests.dashboard.conftest import OpenPage, World

STATIC = Path(dashboard.__file__).parent / "static"
PERIOD = between(BEGIN, END)
MIDDLE = date.fromisoformat(BEGIN) + (date.fromisoformat(END) - date.fromisoformat(BEGIN)) // 2
NAMES = [*pages.found()]
# What a page must be told to say everything that it can.
MORE = {
    "overview": "compare=previous&show=conversion",
    "funnel": "step=page:*&step=conversion:purchase&by=device&times=1&lost=1&unit=session",
    "friction": "signal=rage",
    "heat": "path=/cart&versus=visitor_type=returning",
    "paths": "taken=(entry) → / → (exit)",
    "sessions": "where=device%3Dmobile",
}
INPUTS = ("input", "meta", "link", "img", "br", "hr")


class Read(HTMLParser):
    """A page as a browser reads it: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.values = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.elements.append((tag, said))
        self.values += "\n".join(said.values())

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def site(dashboard_url: str) -> Site:
    """The shop, asked as an analyst asks."""
    return Connection(Store(dashboard_url)).site("site-1")


def asked(url: str, name: str, query_: str, key: str) -> tuple[Ask, dict[str, Answer]]:
    """A page's questions without its HTML."""
    from urllib.parse import parse_qsl

    chosen = pages.found()[name]
    view = View.of(key, name, parse_qsl(query_, keep_blank_values=True))
    ask = Ask(connect(url).site(key), view, chosen.choices)
    return ask, {panel.name: Answer(panel, ask) for panel in chosen.panels}


def session_id(url: str, key: str) -> str:
    return str(connect(url).site(key).sessions(PERIOD, limit=1).rows[0].session_id)


def said(name: str, url: str, key: str) -> str:
    """The query string that makes a page say most."""
    more = MORE.get(name, "") if key == "site-1" else ""
    return f"{WHEN}&{more}" + (f"&id={session_id(url, key)}" if name == "session" else "")


@pytest.mark.parametrize("key", ["site-1", "site-3"])
@pytest.mark.parametrize("name", NAMES)
def test_every_page_and_panel_answers(world: World, dashboard_url: str, name: str, key: str) -> None:
    """Page, CSV, Python and SQL of each panel; nothing of it is inline script or style."""
    browser = world.browser("owner")
    query_ = said(name, dashboard_url, key)
    shown = browser.get(f"/sites/{key}/{name}?{query_}")
    assert shown.status_code == 200
    assert f"<h1>{pages.found()[name].title}</h1>" in shown.text
    assert 'class="alert"' not in shown.text
    _has_nothing_inline(shown.text)
    _, answers = asked(dashboard_url, name, query_, key)
    for panel, answer in answers.items():
        path = f"/sites/{key}/{name}/{panel}"
        codes = {browser.get(f"{path}/{what}?{query_}").status_code for what in ("csv", "code")}
        assert codes == ({400} if answer.needs else {200}), path


def _has_nothing_inline(html: str) -> None:
    for tag, attributes in Read(html).elements:
        assert tag != "style"
        assert not [each for each in attributes if each == "style" or each.startswith("on")], (tag, attributes)
        if tag == "script":
            assert re.fullmatch(r"/static/[\w./]+\.js\?v=[0-9a-f]{12}", attributes["src"])
        for each in ("href", "src", "action"):
            assert re.match(r"/|#|\?|$", attributes.get(each, "")), (tag, attributes)


@pytest.mark.parametrize("name", NAMES)
def test_what_visitors_sent_is_text(world: World, dashboard_url: str, name: str) -> None:
    """Every text field of every event is hostile; a browser reads no element and no attribute in it."""
    browser = world.browser("owner")
    query_ = said(name, dashboard_url, "site-2")
    if name == "funnel":
        query_ += f"&step=page:*&step=page:*&by=source&note={HOSTILE[0]}"
    found = browser.get(f"/sites/site-2/{name}", query_string=query_ + "&sources=source&path=" + HOSTILE[0])
    assert found.status_code in (200, 400)
    _has_nothing_inline(found.text)
    read = Read(found.text)
    assert not [each for each in read.elements if "alert(" in str(each[1].keys()) or each[0] == "svg/onload=alert(5)"]
    assert "49" not in re.findall(r"\{\{.*?\}\}|49</textarea>", found.text)
    if found.status_code == 200 and name in ("overview", "traffic", "paths", "errors", "session", "sessions"):
        assert any(each in read.text for each in HOSTILE)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_readers_send_is_text(world: World, text: str) -> None:
    """In filters, goals, steps, pages, saved names and names of users: said back, never run."""
    browser = world.browser("owner")
    for name, given in (
        ("sessions", {"where": f"country={text}"}), ("sessions", {"is": f"device={text}"}), ("sessions", {"is": text}),
        ("sessions", {"period": text}), ("sessions", {"tz": text}), ("overview", {"goal": text}),
        ("funnel", {"step": [f"page:{text}", text]}), ("heat", {"path": text}), ("session", {"id": text}),
        ("heat", {"versus": text}), ("heat", {"versus": f"country={text}", "layer": text, "ground": text}),
        ("friction", {"signal": text, "at": text}), ("overview", {"sources": text}), ("sessions", {"after": text}),
        ("funnel", {"step": ["page:/", "page:/cart"], "lost": text}), ("overview", {"compare": text}),
    ):  # fmt: skip
        shown = browser.get(f"/sites/site-1/{name}", query_string={**given, "from": BEGIN, "to": END})
        assert shown.status_code in (200, 400), (name, given)
        _has_nothing_inline(shown.text)
    world.post(browser, "/sites/site-1/funnel/saved", name=text, query=WHEN)
    world.post(browser, "/people", name=text, site="site-1", role="viewer")
    for path in ("/sites/site-1/funnel", "/people"):
        html = browser.get(path).text
        _has_nothing_inline(html)
        assert text in Read(html).text


class Labelled(HTMLParser):
    """What a reader without eyes would miss: fields without a name, pictures without words, tables without a title."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.missing: list[str] = []
        self.heads = 0
        self._within: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in ("input", "select") and said.get("type") != "hidden":
            named = "label" in self._within or "aria-label" in said
            self.missing += [] if named else [self.get_starttag_text() or tag]
        if tag == "img":
            self.missing += [] if "alt" in said else [self.get_starttag_text() or tag]
        if tag in ("svg", "canvas"):
            self.missing += (
                [] if said.get("aria-hidden") or said.get("aria-label") else [self.get_starttag_text() or tag]
            )
        self.heads += tag == "h1"
        if tag not in INPUTS:
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._within:
            while self._within.pop() != tag:
                pass


@pytest.mark.parametrize("name", NAMES)
def test_pages_can_be_read_without_eyes(world: World, dashboard_url: str, name: str) -> None:
    """One heading of the first rank, every field and picture with a name, a way past the menu."""
    browser = world.browser("owner")
    html = browser.get(f"/sites/site-1/{name}?{said(name, dashboard_url, 'site-1')}").text
    for each in (html, browser.get("/people").text, browser.get("/account").text, world.browser().get("/login").text):
        found = Labelled(each)
        assert found.missing == []
        assert found.heads == 1
        assert '<html lang="en">' in each
        assert '<a class="skip" href="#content">' in each


def test_headers_forbid_what_pages_do_not_need(world: World) -> None:
    """On pages, files, refusals and redirects alike; pages are kept by no cache, files for a year."""
    browser = world.browser("owner")
    paths = (f"/sites/site-1/overview?{WHEN}", "/login", "/nothing", "/static/dashboard.css", "/sites/nothing/overview")
    for path in paths:
        answer = browser.get(path)
        for name, value in headers.HEADERS.items():
            assert answer.headers[name] == value, (path, name)
        assert ("immutable" in answer.headers["Cache-Control"]) == path.startswith("/static")
        assert ("no-store" in answer.headers["Cache-Control"]) != path.startswith("/static")
    assert "unsafe" not in headers.POLICY


def test_the_numbers_of_the_overview_are_those_of_python(world: World, site: Site) -> None:
    """Tiles, the trend's points, and the rows of each list."""
    shown = world.browser("viewer").get(f"/sites/site-1/overview?{WHEN}&goal=purchase&show=sessions")
    total = site.traffic(PERIOD, every="period", goal="purchase").total
    assert total.sessions > 10
    assert total.conversion is not None
    tiles = dict(
        re.findall(r'<span class="label">([^<]*)</span><b>([^<]*)</b>', shown.text),
    )
    assert tiles["Visitors"] == f"{total.visitors:,}"
    assert tiles["Sessions"] == f"{total.sessions:,}"
    assert tiles["Conversion: purchase"] == cells.percent(total.conversion.rate)
    assert tiles["Bounce rate"] == cells.percent(total.bounce_ga.rate)
    assert cells.interval(total.conversion) in shown.text
    chart = next(json.loads(said_["data-trend"]) for _, said_ in Read(shown.text).elements if "data-trend" in said_)
    days = site.traffic(PERIOD, every="day", goal="purchase").rows
    assert chart["y"] == [float(row.sessions) for row in days]
    for by in ("channel", "device"):
        for row in site.traffic(PERIOD, by=by, goal="purchase").rows:
            assert f"<span>{row.visitors:,}</span>" in shown.text
            assert row.group in shown.text


def test_the_picture_of_the_trend_is_of_the_measure_on_the_screen(world: World, site: Site) -> None:
    """And the Python beside it draws this very picture."""
    browser, drawn = world.browser("viewer"), set()
    for name in ("visitors", "conversion", "in_use", "revenue", "bounce_ga"):
        query_ = f"{WHEN}&goal=purchase&show={name}&compare={HALVES[0]}"
        picture = browser.get(f"/sites/site-1/overview/trend/png?{query_}")
        assert picture.status_code == 200
        drawn.add(picture.data)
        said_ = browser.get(f"/sites/site-1/overview/trend/code?{query_}").text
        assert f"answer.plot(measure=&#39;{name}&#39;, previous=between(" in said_
    assert len(drawn) == 5
    # Without a goal there is no conversion to draw, on the screen neither.
    assert browser.get(f"/sites/site-1/overview/trend/png?{WHEN}&goal=none&show=conversion").status_code == 200


def test_the_changes_of_the_overview_are_those_of_python(world: World, site: Site) -> None:
    """Of the totals; what bounces is what is not engaged, before as well."""
    first, end = date.fromisoformat(BEGIN), date.fromisoformat(END)
    middle = first + (end - first) // 2
    said_ = f"from={middle}&to={END}&compare={BEGIN}..{middle}&goal=none"
    shown = world.browser("viewer").get(f"/sites/site-1/overview?{said_}").text
    before, after = (
        site.traffic(period, every="period").total for period in (f"{BEGIN}..{middle}", f"{middle}..{END}")
    )
    tile = re.search(
        r'Bounce rate</span>.*?<span class="change (\w*)[^"]*" title="before ([^;]*);[^"]*">(.) ([^<]*)<', shown
    )
    assert tile is not None
    assert before.bounce_ga.rate is not None
    assert after.bounce_ga.rate is not None
    points = 100 * (after.bounce_ga.rate - before.bounce_ga.rate)
    assert abs(points) > 0.1
    tone, way = ("worse", "▲") if points > 0 else ("better", "▼")
    assert tile.groups() == (tone, cells.percent(before.bounce_ga.rate), way, f"{points:+.1f} pp".replace("-", "−"))


def test_the_revenue_is_that_of_python(world: World, dashboard_url: str) -> None:
    """Money, orders and the mean, by currency."""
    shown = world.browser("owner").get(f"/sites/site-3/overview?{WHEN}&goal=purchase").text
    rows = connect(dashboard_url).site("site-3").revenue(PERIOD, "purchase").rows
    assert rows
    for row in rows[:2]:
        label = f"Revenue, {row.currency}" if row.currency else "Revenue"
        assert f'<span class="label">{label}</span><b>{row.revenue:,.0f}</b>' in shown
        assert f"{row.orders:,} orders" in shown


def test_the_numbers_of_the_funnel_are_those_of_python(world: World, site: Site) -> None:
    """Counts, rates with intervals, who was lost, and the breakdown with its q-values."""
    steps = [page("*"), page("/cart"), conversion("purchase")]
    url = f"/sites/site-1/funnel?{WHEN}&step=page:*&step=page:/cart&step=conversion:purchase&window=1h"
    browser = world.browser("viewer")
    shown = browser.get(f"{url}&lost=1&by=device").text
    funnel = site.funnel(steps, PERIOD, window="1h")
    assert funnel.rows[0].count > 5
    assert funnel.rows[0].dropped > 0
    for row in funnel.rows:
        assert f"<b>{row.count:,}</b>" in shown
        assert cells.percent(row.from_first.rate) in shown
        assert f"{100 * row.from_first.low:.1f}–{100 * row.from_first.high:.1f}" in shown  # type: ignore[operator]
    for row in funnel.rows[:-1]:
        assert f">{row.dropped:,} lost</a>" in shown
    lost = browser.get(url.replace("funnel?", "funnel/lost/csv?") + "&lost=1").text
    listed = [row["session_id"] for row in csv.DictReader(io.StringIO(lost))]
    wanted = funnel.actors(1, dropped=True).sessions().rows
    assert listed == [row.session_id for row in wanted]
    groups = browser.get(url.replace("funnel?", "funnel/breakdown/csv?") + "&by=device").text
    assert groups == site.funnel(steps, PERIOD, window="1h", by="device").to_csv()
    without = browser.get(url.replace("funnel?", "funnel/funnel/csv?") + "&exclude=page:/cart").text
    assert without == site.funnel(steps, PERIOD, window="1h", exclude=[page("/cart")]).to_csv()
    assert without != funnel.to_csv()


@pytest.mark.parametrize("name", NAMES)
def test_what_can_be_drawn_is_a_picture_too(world: World, dashboard_url: str, name: str) -> None:
    """That of a notebook; where there is none, the answer says so."""
    query_ = said(name, dashboard_url, "site-1")
    browser = world.browser("viewer")
    _, answers = asked(dashboard_url, name, query_, "site-1")
    for panel, answer in answers.items():
        picture = browser.get(f"/sites/site-1/{name}/{panel}/png?{query_}")
        assert picture.status_code == (400 if answer.needs else 200 if answer.has_picture else 404), panel
        assert picture.data.startswith(b"\x89PNG") == answer.has_picture, panel


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("session", "live")])
def test_csv_and_python_are_the_very_answer(world: World, dashboard_url: str, name: str) -> None:
    """CSV is that of the result; the Python that is shown, pasted into an interpreter, gives the same rows."""
    query_ = said(name, dashboard_url, "site-1") + "&is=device=mobile"
    query_ = query_.replace("&is=device=mobile", "") if name == "setup" else query_
    browser = world.browser("viewer")
    _, answers = asked(dashboard_url, name, query_, "site-1")
    for panel, answer in answers.items():
        if answer.needs:
            continue
        text = browser.get(f"/sites/site-1/{name}/{panel}/csv", query_string=query_).text
        assert text == answer.result().to_csv(), panel
        space: dict[str, Any] = {}
        code, _, shown_with = (answer.python if not answer.panel.then else _base(answer)).partition("print(answer)\n")
        exec(code, space)
        assert space["answer"].rows == answer.base().rows, panel
        if answer.panel.drawn:
            assert shown_with.startswith("answer.plot(")
            exec(shown_with, space)
        else:
            assert shown_with == ("answer.plot()\n" if hasattr(answer.result(), "plot") else ""), panel
        shown = browser.get(f"/sites/site-1/{name}/{panel}/code", query_string=query_).text
        assert answer.python.split("\n")[0] in Read(shown).text
        assert all(sql.strip() in Read(shown).text for sql in answer.result().sql)


def _base(answer: Answer) -> str:
    """The call without what is asked of its answer."""
    return answer.python.replace(answer.panel.said, "")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("is=devise=mobile", "did you mean &#39;device&#39;"),
        ("where=nonsense", "is no filter"),
        ("period=yesterdayish", "is not a length of time"),
        ("tz=Europe/Berln", "did you mean &#39;Europe/Berlin&#39;"),
        ("where=path%3D/crat", "did you mean &#39;/cart&#39;"),
    ],
)
def test_an_impossible_question_is_answered_with_a_sentence(world: World, given: str, told: str) -> None:
    """Where the form is, with the nearest name; not a page of errors."""
    shown = world.browser("viewer").get(f"/sites/site-1/sessions?{given}&" + ("" if "period" in given else WHEN))
    assert told in shown.text
    assert 'role="alert"' in shown.text
    assert "<h1>Sessions</h1>" in shown.text


ODD = (
    "period=99999w", "period=9999-12-31", "period=0001-01-01..9999-12-31", "tz=../../etc/passwd", "tz=%00",
    "from=2026-02-30&to=2026-03-01", "from=2026-11-22", "where=engaged>=99999999999d", "where=%00", "is=visitor_id=zz",
    "is=x_y", "is=page_views=x", "after=9-9", "after=999999999999999-ffffffffffffffff", "compare=bad",
    "compare=0001-01-01", "goal=*", "goal=class:x", "lost=99", "step=page:", "step=preset:x", "window=abc",
    "step=page:*&step=page:*&window=99999999999d", "unit=x", "by=nope", "by=props.x", "signal=nope", "every=year",
    "versus=x", "versus=!", "versus=device=mobile", "versus=path=/", "versus=!did:conversion:purchase", "versus=x=",
    "layer=x&ground=x&device=x", "show=zzz", "sources=zzz", "taken=x", "id=zz", "bots=1", "page=x", "site=site-2",
    "find=&text=x",
)  # fmt: skip


def test_a_moved_threshold_asks_again(world: World, site: Site) -> None:
    """The map is that of Python with the same limit, the page says that it was moved, and an impossible one is said."""
    browser = world.browser("viewer")
    for limit in (500, 7000):
        moved = site.friction(PERIOD, goal="class:macro", dead_ms=limit).to_csv()
        said_ = f"{WHEN}&goal=class:macro&dead_ms={limit}"
        assert browser.get(f"/sites/site-1/friction/friction/csv?{said_}").text == moved
        html = browser.get(f"/sites/site-1/friction?{said_}").text
        assert "Thresholds (moved)" in html
        assert f"dead_ms={limit}" in html
    assert "(moved)" not in browser.get(f"/sites/site-1/friction?{WHEN}&dead_ms=2500&rage_clicks=3").text
    for wrong in ("nan", "inf", "-1", "1e9", "soon"):
        shown = browser.get(f"/sites/site-1/friction?{WHEN}&dead_ms={wrong}")
        assert "dead_ms is 500 to 7000 ms" in Read(shown.text).text


def test_what_was_hit_leads_to_its_visits(world: World, site: Site) -> None:
    """All that was clicked in vain is ranked as in Python, and each row leads to as many visits as it says."""
    browser = world.browser("viewer")
    html = browser.get(f"/sites/site-1/friction?{WHEN}").text
    ranked = site.friction(PERIOD, goal="class:macro").elements().rows
    links = [
        found["href"]
        for tag, found in Read(html[html.index('id="hit"') :]).elements
        if tag == "a" and "#sessions" in found.get("href", "")
    ]
    assert len(ranked) > 1
    assert len(links) == 2 * len(ranked)
    for row, link in zip(ranked[:4], links[::2], strict=False):
        address, _, query_ = link.removesuffix("#sessions").partition("?")
        listed = browser.get(f"{address}/sessions/csv?{query_}").text.splitlines()[1:]
        assert len(listed) == row.sessions, row
        shown = Read(browser.get(link).text).text
        assert f"Visits in which “{row.what}” was hit" in shown
    nothing = browser.get(f"/sites/site-1/friction?{WHEN}&signal=dead&key=zz&what=gone").text
    assert "was not hit in this period" in Read(nothing).text


@pytest.mark.parametrize("name", ["overview", "sessions", "funnel", "friction", "retention", "session", "heat"])
def test_nothing_odd_in_an_address_fails(world: World, name: str) -> None:
    """It is answered, or refused with a sentence; never with a failure of ours."""
    browser = world.browser("viewer")
    for odd in ODD:
        dates = "" if odd.startswith(("period", "from")) else f"{WHEN}&"
        answer = browser.get(f"/sites/site-1/{name}?{dates}{odd}")
        assert answer.status_code in (200, 303, 400), (odd, answer.status_code)


def test_an_unknown_goal_is_named_where_it_is_asked(world: World) -> None:
    """Also on the overview, whose headline needs it."""
    shown = world.browser("viewer").get(f"/sites/site-1/overview?{WHEN}&goal=purchas")
    assert shown.status_code == 400
    assert "did you mean &#39;purchase&#39;" in shown.text


def test_state_goes_from_page_to_page(world: World) -> None:
    """Every link of the menu carries period, comparison, zone, goal and filters, and no page's own choices."""
    query_ = f"{WHEN}&compare=previous&tz=UTC&goal=purchase&is=device%3Dmobile&sources=campaign"
    shown = world.browser("owner").get(f"/sites/site-1/overview?{query_}")
    menu = [
        said_["href"] for tag, said_ in Read(shown.text).elements if tag == "a" and "/sites/site-1/" in said_["href"]
    ]
    others = [each for each in menu if re.match(r"/sites/site-1/(traffic|funnel|sessions|heat|forms)\?", each)]
    assert len(others) >= 5
    for each in others:
        for part in (f"from={BEGIN}", f"to={END}", "compare=previous", "tz=UTC", "goal=purchase", "is=device%3Dmobile"):
            assert part in each, (part, each)
        assert "sources=" not in each


def test_a_click_on_a_row_filters(world: World, site: Site) -> None:
    """By exactly that value; the filter is a chip that can be removed."""
    browser = world.browser("viewer")
    shown = Read(browser.get(f"/sites/site-1/overview?{WHEN}").text)
    links = [said_["href"] for tag, said_ in shown.elements if tag == "a" and "is=device%3Dmobile" in said_["href"]]
    assert links
    filtered = browser.get(links[0]).text
    total = site.traffic(PERIOD, every="period", where=where(device="mobile")).total
    assert f"<b>{total.sessions:,}</b>" in filtered
    assert "device: mobile" in filtered


@pytest.mark.parametrize("name", [name for name in NAMES if name != "session"])
def test_a_site_without_events_has_pages_without_errors(world: World, name: str) -> None:
    """They say that there is nothing, or what is to be chosen."""
    shown = world.browser("owner").get(f"/sites/site-4/{name}?{WHEN}")
    assert shown.status_code == 200
    assert 'class="alert"' not in shown.text


def test_nobody_yet_is_said_with_what_to_do(world: World) -> None:
    """An empty period leads on; the page Setup has the line for the pages."""
    browser = world.browser("viewer")
    empty = browser.get("/sites/site-1/overview?from=2020-01-01&to=2020-01-03").text
    assert "Nobody came in this period" in empty
    assert 'data-site="site-1"' in Read(browser.get(f"/sites/site-1/setup?{WHEN}").text).text


def test_a_filter_is_put_together_by_a_form(world: World, site: Site) -> None:
    """What was chosen and what was typed become one filter of the address, beside those that there are."""
    browser = world.browser("viewer")
    found = browser.get(f"/sites/site-1/overview?{WHEN}&where=device%3Dmobile&find=did:page:&text=/cart")
    assert found.status_code == 303
    assert "where=device%3Dmobile&where=did%3Apage%3A%2Fcart" in found.headers["Location"]
    total = site.traffic(PERIOD, every="period", where=where(device="mobile") & did(page("/cart"))).total
    assert total.sessions
    assert f"<b>{total.sessions:,}</b>" in browser.get(found.headers["Location"]).text


def test_comparisons_are_those_of_python(world: World, dashboard_url: str) -> None:
    """The change beside a number is that of `compare`."""
    ask, answers = asked(dashboard_url, "traffic", f"{WHEN}&compare=previous&by=device", "site-1")
    changed = ask.site.traffic(PERIOD, by="device").compare("previous").rows
    wanted = {
        (row.key[-1], row.measure): row.ratio for row in changed if row.measure == "visitors" and row.ratio is not None
    }
    assert wanted
    table = answers["traffic"].table
    assert table is not None
    place = [column.name for column in table.columns].index("visitors")
    for row in table.rows:
        change = row[place].change
        if (row[0].text, "visitors") in wanted:
            assert change is not None
            assert change.text == f"{100 * wanted[row[0].text, 'visitors']:+.0f} %".replace("-", "−")


HALVES = (f"{BEGIN}..{MIDDLE}", f"{MIDDLE}..{END}")
COMPARED = f"from={MIDDLE}&to={END}&compare={HALVES[0]}"


def _told(found: ChangeRow) -> tuple[str, str, str]:
    """Tone, arrow and title of a change of a rate, from what Python says."""
    assert found.change is not None
    assert found.low is not None
    assert found.high is not None
    way = "=" if abs(found.change) < 0.0005 else "▲" if found.change > 0 else "▼"
    better = {"more": "▲", "less": "▼", None: ""}[found.better]
    tone = "" if way == "=" or not better else "better" if way == better else "worse"
    judged = "not judged" if found.q_value is None else f"q = {found.q_value:.2g}"
    interval = f"change {100 * found.low:+.1f} to {100 * found.high:+.1f} points (95 %)"
    return tone, way, f"before {cells.percent(found.before)}; {interval}, {judged}"


def _shown(html: str) -> list[tuple[str, str, str]]:
    """Tone, arrow and title of each change in a page."""
    found = re.findall(r'<span class="change (\w*)[^"]*" title="([^"]*)">(.) ', html)
    return [(tone, way, title) for tone, title, way in found]


def test_the_changes_of_the_funnel_are_those_of_python(world: World, site: Site) -> None:
    """How many began, and of every later step the rate of all and of the step before."""
    said_ = "step=page:*&step=page:/cart&step=conversion:purchase&window=1h"
    shown = _shown(world.browser("viewer").get(f"/sites/site-1/funnel?{COMPARED}&{said_}").text)
    changed = site.funnel([page("*"), page("/cart"), conversion("purchase")], HALVES[1], window="1h").compare(HALVES[0])
    found = {(row.key[-1], row.measure): row for row in changed.rows}
    assert shown[0][2] == f"before {found['1', 'count'].before:,.4g}"
    wanted = [_told(found[step, name]) for step in ("2", "3") for name in ("from_previous", "from_first")]
    assert shown[1:] == wanted


def test_the_changes_of_a_form_are_those_of_python(world: World, site: Site) -> None:
    """The form as a whole, in its tiles."""
    name = known(site).of("form")[0]
    shown = _shown(world.browser("viewer").get(f"/sites/site-1/forms?{COMPARED}&form={name}").text)
    changed = site.form(name, HALVES[1]).compare(HALVES[0])
    totals = changes_of_rows(changed.before.totals, changed.after.totals)  # type: ignore[attr-defined]
    found = {row.measure: row for row in totals}
    tiles = ("started", "attempted", "succeeded", "abandoned", "completed")
    assert shown[0][2] == f"before {found['viewed'].before:,.4g}"
    assert shown[1:6] == [_told(found[name]) for name in tiles]
    assert found["abandoned"].better == "less"


def test_the_changes_of_the_friction_matrix_are_those_of_python(world: World, site: Site) -> None:
    """A cell whose share changed says so, whether it has a number now or had one before."""
    html = world.browser("viewer").get(f"/sites/site-1/friction?{COMPARED}&goal=none").text
    shown = _shown(html[html.index('class="data matrix"') : html.index("With intervals")])
    rows = [row for row in site.friction(HALVES[1]).compare(HALVES[0]).rows if row.measure == "rate" and row.change]
    wanted = {_told(row) for row in rows}
    assert any(tone == "better" for tone, _, _ in wanted)
    assert {each for each in shown if each[1] != "="} <= wanted
    assert len(shown) > 3


def test_the_changes_of_elements_are_those_of_python(world: World, dashboard_url: str) -> None:
    """Elements are paired by what they are, whatever they are called."""
    _, answers = asked(dashboard_url, "heat", f"{COMPARED}&path=/cart&goal=purchase", "site-1")
    changed = connect(dashboard_url).site("site-1").elements("/cart", HALVES[1], goal="purchase").compare(HALVES[0])
    wanted = {(row.key, row.measure): row for row in changed.rows if row.change is not None}
    assert wanted
    assert answers["elements"].changes.keys() == wanted.keys()
    table = answers["elements"].table
    assert table is not None
    assert any(cell.change for row in table.rows for cell in row)
    assert {row.better for row in changed.rows if row.measure == "clicks"} == {None}


def test_the_changes_of_transitions_are_those_of_python(world: World, dashboard_url: str) -> None:
    """What an answer is asked for besides is compared too."""
    _, answers = asked(dashboard_url, "paths", COMPARED, "site-1")
    paths = connect(dashboard_url).site("site-1").paths(HALVES[1], limit=25)
    before = paths.compare(HALVES[0]).before.transitions()  # type: ignore[attr-defined]
    found = changes_of_rows(before.rows, paths.transitions().rows)
    wanted = {(row.key, row.measure): cells.change_of(row) for row in found if row.change is not None}
    assert wanted
    assert answers["transitions"].changes == wanted


@pytest.mark.parametrize("name", ["live", "retention", "session", "sessions", "setup"])
def test_where_nothing_can_be_compared_nothing_offers_to(world: World, dashboard_url: str, name: str) -> None:
    """Nor is anything asked a second time for an address that came from another page."""
    query_ = f"{said(name, dashboard_url, 'site-1')}&compare=previous"
    shown = world.browser("owner").get(f"/sites/site-1/{name}?{query_}").text
    assert 'name="compare"' not in re.sub(r'<input type="hidden"[^>]*>', "", shown)
    assert 'class="change' not in shown
    _, answers = asked(dashboard_url, name, query_, "site-1")
    assert not any(answer.changes for answer in answers.values())


def test_saved_questions_are_kept_for_the_site(world: World) -> None:
    """By name, for all who see the site; only an analyst keeps and forgets."""
    analyst, viewer = world.browser("analyst"), world.browser("viewer")
    query_ = f"{WHEN}&step=page:/&step=conversion:purchase"
    assert world.post(analyst, "/sites/site-1/funnel/saved", name="Checkout", query=query_).status_code == 303
    shown = Read(viewer.get("/sites/site-1/funnel").text)
    (link,) = [said_["href"] for tag, said_ in shown.elements if tag == "a" and "step=page%3A%2F&" in said_["href"]]
    assert viewer.get(link).status_code == 200
    assert "Save this question" not in viewer.get("/sites/site-1/funnel").text
    (kept,) = world.state.saved("site-1", "funnel")
    assert world.post(analyst, f"/sites/site-1/funnel/saved/{kept.id}/forget").status_code == 303
    assert world.state.saved("site-1", "funnel") == []
    assert world.post(analyst, "/sites/site-1/overview/saved", name="x", query=WHEN).status_code == 404


def test_a_picture_is_drawn_for_who_opens_it(open_page: OpenPage) -> None:
    """Pages that are tables have their pictures below a line, which cost nothing until somebody wants to look."""
    tab = open_page("/definitions")
    asked_for: list[str] = []
    tab.on("request", lambda request: asked_for.append(request.url) if request.url.find("/png?") > 0 else None)
    tab.goto(tab.url.removesuffix("/definitions") + f"/sites/site-1/paths?{WHEN}")
    shown = tab.locator("#paths img.picture")
    tab.wait_for_load_state("networkidle")
    assert asked_for == []
    tab.locator("#paths summary", has_text="As a picture").click()
    expect(shown).to_be_visible()
    expect(shown).not_to_have_js_property("naturalWidth", 0, timeout=30_000)
    assert len(asked_for) == 1


def test_a_form_is_told_by_device(world: World, dashboard_url: str, site: Site) -> None:
    """Each field of each device, as Python has them."""
    said_ = f"{WHEN}&form=checkout&by=device"
    _, answers = asked(dashboard_url, "forms", said_, "site-1")
    table = answers["fields"].table
    assert table is not None
    rows = site.form("checkout", PERIOD, by="device").rows
    assert len({row.group for row in rows}) > 1
    assert [each.head for each in table.columns][:2] == ["field", "device"]
    assert "refills" in [each.head for each in table.columns]
    assert [(row[0].text, row[1].text) for row in table.rows] == [(row.field, row.group) for row in rows]
    assert world.browser("viewer").get(f"/sites/site-1/forms?{said_}").status_code == 200


def test_a_step_that_is_none_is_said_above_the_form_that_mends_it(world: World) -> None:
    """The steps stand there as they were written."""
    shown = world.browser("viewer").get(f"/sites/site-1/funnel?{WHEN}&step=page:/&step=foo:bar").text
    assert 'role="alert"' in shown
    assert 'name="step" list="steps" value="foo:bar"' in shown


def test_without_the_database_a_page_says_so(world: World, dashboard_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with what to do, and the numbers again when it is back: nothing has to be started anew."""
    from collector.dashboard import connection

    gate = Gate(dashboard_url)
    monkeypatch.setenv("FOOTPATH_CLICKHOUSE_URL", gate.url)
    connection.forget()
    browser = world.browser("owner")
    assert browser.get(f"/sites/site-1/overview?{WHEN}").status_code == 200
    gate.shut()
    assert browser.get(f"/sites/site-1/overview?{WHEN}").status_code == 200, "what is kept is of its moment"
    world.forget()
    for path in ("overview", "sessions", "funnel", "overview/sources/csv", "overview/sources/code"):
        away = browser.get(f"/sites/site-1/{path}?{WHEN}")
        assert away.status_code == 503, path
        assert "The database does not answer" in away.text
    assert browser.get("/people").status_code == 200
    gate.open = True
    assert browser.get(f"/sites/site-1/overview?{WHEN}").status_code == 200
    gate.close()


def test_all_files_of_a_page_are_small(world: World) -> None:
    """Script, style and pictures of every page together, as they travel: under 120 KB compressed."""
    browser, sizes = world.browser(), {}
    for each in (each for each in STATIC.rglob("*") if each.suffix in (".js", ".css", ".svg")):
        answer = browser.get(f"/static/{each.relative_to(STATIC)}", headers={"Accept-Encoding": "gzip, br"})
        assert gzip.decompress(answer.data) == each.read_bytes()
        assert browser.get(f"/static/{each.relative_to(STATIC)}").data == each.read_bytes()
        sizes[each.name] = len(answer.data)
    assert {"htmx.min.js", "uPlot.iife.min.js", "dashboard.js", "dashboard.css"} <= sizes.keys()
    assert sum(sizes.values()) < 120 * 1024, sizes


def test_vendored_files_name_version_and_licence() -> None:
    """Every file of others has its line in their README, and their licences lie beside them."""
    vendor = STATIC / "vendor"
    listed = (vendor / "README.md").read_text()
    for each in vendor.iterdir():
        assert each.name in listed or each.name == "README.md"
    for name, version in (("htmx.min.js", r'version:"2\.0\.11"'), ("uPlot.iife.min.js", r"v1\.6\.32")):
        assert re.search(version, (vendor / name).read_text()), name


(NEW_PAGE,) = re.findall(
    r"^```python\n(.*?)^```$",
    (Path(__file__).resolve().parents[2] / "docs" / "dashboard.md").read_text(),
    re.DOTALL | re.MULTILINE,
)
"""The page that the documentation shows."""


def test_a_page_is_a_file(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put into the folder it is in the menu, answers with its table, its CSV and its code; nothing else is touched."""
    (tmp_path / "long_visits.py").write_text(NEW_PAGE)
    monkeypatch.setattr(pages.pages, "__path__", [*pages.pages.__path__, str(tmp_path)])
    pages.found.cache_clear()
    try:
        browser = world.browser("viewer")
        shown = browser.get(f"/sites/site-1/long_visits?{WHEN}")
        assert shown.status_code == 200
        assert "<h1>Long visits</h1>" in shown.text
        assert ">Long visits</a>" in browser.get(f"/sites/site-1/overview?{WHEN}").text
        assert browser.get(f"/sites/site-1/long_visits/long/csv?{WHEN}").text.startswith("session_id,")
        assert "site.sessions(" in browser.get(f"/sites/site-1/long_visits/long/code?{WHEN}").text
    finally:
        pages.found.cache_clear()
        sys.modules.pop("collector.dashboard.pages.long_visits", None)
    folder = {each.stem for each in Path(pages.pages.__path__[0]).glob("*.py")} - {"__init__"}
    assert set(NAMES) == folder


def test_every_definition_can_be_looked_up(world: World) -> None:
    """One page has them all; a report's are one click from its numbers, in the code's own words."""
    browser = world.browser("viewer")
    every = browser.get("/definitions").text
    for name in query.DEFINITIONS:
        assert f'id="{name}"' in every
    shown = Read(browser.get(f"/sites/site-1/funnel?{WHEN}&step=page:*&step=page:/cart").text).text
    assert query.DEFINITIONS["funnel_step"].formula in shown
