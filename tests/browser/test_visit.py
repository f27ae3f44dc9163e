"""One visit in a real Chromium, and what is left of it in every table, in the roll-ups and in the answers."""

from __future__ import annotations

import itertools
import math
import os
import sqlite3
from collections import Counter
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from collector import spool
from collector.query import connect, conversion, dead, last, page
from tests.browser.walk import COUNTRY, walk
from tests.support import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from collector.query import Site
    from tests.browser.conftest import World
    from tests.browser.shopper import Stay
    from tests.browser.walk import Walk

pytestmark = pytest.mark.browser

# What is measured of the page rather than done by the visitor; it has its own tests beside the script.
MEASURED = {"engagement", "zone", "vital"}
MUG, MAP_CASE, SOCKS = "cairn-mug", "waymark-map-case", "fellside-socks"
PAGES = ["/", "/product/fellside-socks", "/cart", "/checkout", "/thanks"]


def click(role: str, name: str, zone: str, response: str, *, item: str = "", pointer: str = "mouse") -> tuple[str, ...]:
    return ("click", role, name, zone, item, response, pointer)


def form(name: str, step: str, last_field: str = "") -> tuple[str, ...]:
    return ("form", name, step, last_field)


def field(name: str, visit: int, edits: int, **more: Any) -> tuple[Any, ...]:
    told = {"form": "checkout", "deletes": 0, "refills": 0, "pasted": False, "filled": True, "invalid": ""} | more
    return ("field", name, visit, edits, *told.values())


FILM = click("img", "Still: two days over the hills", "film", "")
DEAD_PROMO = click("button", "Apply promo", "summary", "")
STORY = {
    "/": [
        ("page_view", ""),
        click("button", "Add to cart", "favourites", "mutation", item=MUG),
        click("button", "Add to cart", "favourites", "mutation", item=MAP_CASE, pointer="keyboard"),
        click("link", "Fellside wool socks", "favourites", "navigation", item=SOCKS),
    ],
    "/product/fellside-socks": [
        ("page_view", ""),
        click("button", "Show close-up", "gallery", "mutation"),
        click("button", "One more", "buy", "mutation"),
        click("button", "Add to cart", "buy", "mutation"),
        FILM,
        FILM,
        FILM,
        FILM,
        click("link", "3 of *** reviews", "buy", "navigation"),
        click("link", "Cart", "header", "navigation"),
    ],
    "/cart": [
        ("page_view", ""),
        form("page", "view"),
        form("page", "start"),
        field("promo", 1, 10, form="page"),
        click("textbox", "Promo code", "summary", "focus"),
        DEAD_PROMO,
        DEAD_PROMO,
        DEAD_PROMO,
        click("button", "One more", "lines", "mutation", item=MUG),
        click("link", "Go to checkout", "summary", "navigation"),
    ],
    "/checkout": [
        ("page_view", ""),
        form("checkout", "view"),
        form("checkout", "start"),
        field("email", 1, 27),
        click("textbox", "E-mail", "form", "focus"),
        field("phone", 1, 11, invalid="patternMismatch"),
        field("name", 1, 21),
        field("address", 1, 1, pasted=True),
        field("postcode", 1, 8),
        field("city", 1, 12, deletes=1),
        field("country", 1, 3),
        field("card-number", 1, 16),
        field("card-expiry", 1, 7),
        field("card-code", 1, 9),
        field("terms", 1, 1),
        click("checkbox", "I know that this is a demo and that nothing will arrive.", "form", "focus"),
        click("button", "Place order", "form", "focus"),
        form("checkout", "attempt", "terms"),
        form("checkout", "error", "terms"),
        field("phone", 2, 16, deletes=1, refills=1),
        click("button", "Place order", "form", "navigation"),
        form("checkout", "attempt", "phone"),
        form("checkout", "ok", "phone"),
    ],
    "/thanks": [("page_view", ""), ("conversion", "purchase")],
}
"""What the visitor did, page by page in the order of `n`."""


def told(row: dict[str, Any]) -> tuple[Any, ...]:
    """A row in the words of `STORY`."""
    names = {
        "page_view": ("soft",),
        "click": ("element_role", "element_name", "element_zone", "element_item", "response", "pointer"),
        "form": ("form", "step", "last_field"),
        "field": ("field", "visit", "edits", "form", "deletes", "refills", "pasted", "filled", "invalid"),
        "conversion": ("goal",),
    }
    return (row["kind"], *(row[name] for name in names.get(row["kind"], ())))


@dataclass(frozen=True)
class Visit:
    """What the visitor did, and what the tables hold of it."""

    walk: Walk
    rows: list[dict[str, Any]]
    log: str

    def of(self, path: str, *kinds: str) -> list[dict[str, Any]]:
        """Rows of a page by `n`, of all kinds if none is named."""
        found = [row for row in self.rows if row["path"] == path and (not kinds or row["kind"] in kinds)]
        return sorted(found, key=lambda row: row["n"])

    def clicks(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Each click as the visitor made it, with its row."""
        done = [each for stay in self.walk.stays for each in stay.clicks]
        rows = [row for path in PAGES for row in self.of(path, "click")]
        return list(zip(done, rows, strict=True))


@pytest.fixture(scope="module")
def visit(world: World, browser: Browser) -> Visit:
    """The visit, made once; with FOOTPATH_SIGHTS set, pictures of it go to that folder."""
    sights = os.environ.get("FOOTPATH_SIGHTS")
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"]
    )  # fmt: skip
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    done = walk(
        tab,
        world.shops["demo-shop"],
        lambda name: tab.screenshot(path=f"{sights}/{name}.png") if sights else None,
    )
    context.close()
    wait_until(lambda: world.count("site_id = 1 AND path = '/thanks' AND kind = 'engagement'"), 15, "the last report")
    world.settled()
    assert complaints == []
    return Visit(done, world.rows("site_id = 1"), world.server.log())


@pytest.fixture(scope="module")
def site(world: World, visit: Visit) -> Iterator[Site]:
    """The site of the visit, as analysts ask it."""
    connection = connect(world.reader_url)
    yield connection.site("demo-shop")
    connection.close()


# --- the rows -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_the_rows_of_a_page_are_exactly_what_was_done_on_it(visit: Visit, path: str) -> None:
    """Kinds, counts, order, elements, answers, fields and steps are those of the visitor, and nothing else is there."""
    assert [told(row) for row in visit.of(path) if row["kind"] not in MEASURED] == STORY[path]


def test_nothing_lies_outside_the_story(visit: Visit) -> None:
    """There is no row of another page, and every page has been measured at least once."""
    assert {row["path"] for row in visit.rows} == set(PAGES)
    assert all(visit.of(path, "engagement") for path in PAGES)


def test_one_visitor_one_session_five_page_views(visit: Visit) -> None:
    """Visitor and session are the same on all pages, page ids differ, and no event number is used twice."""
    assert len({row["visitor_id"] for row in visit.rows}) == 1
    assert len({row["session_id"] for row in visit.rows}) == 1
    assert [len({row["page_id"] for row in visit.of(path)}) for path in PAGES] == [1] * 5
    assert len({row["page_id"] for row in visit.rows}) == 5
    assert len({(row["page_id"], row["n"]) for row in visit.rows}) == len(visit.rows)
    for path in PAGES:
        assert visit.of(path)[0]["n"] == 0


def test_clicks_are_where_the_mouse_was(visit: Visit) -> None:
    """Page, viewport and element coordinates and the element's size are what the page itself says they were."""
    exact = ("x", "y", "vx", "vy", "pointer", "element_width", "element_height")
    for done, row in visit.clicks():
        assert {name: row[name] for name in exact} == {name: done[name] for name in exact}, row["element_name"]
        assert (row["ex"], row["ey"]) == pytest.approx((done["ex"], done["ey"]), abs=1)
        assert row["document_width"] == done["width"]
        assert row["path"] == done["path"]


def test_clicks_are_when_the_mouse_was(visit: Visit) -> None:
    """The time of each click is that at which the button went down; a busy machine takes a moment for it."""
    for done, row in visit.clicks():
        assert -20 <= row["ts"].timestamp() * 1000 - done["at"] <= 1000


def test_sticky_and_scrolling_elements_are_told_apart(visit: Visit) -> None:
    """The link in the sticky header is fixed, with its box in the viewport, although it left the page at once."""
    fixed = [row for _, row in visit.clicks() if row["element_fixed"]]
    assert [row["element_name"] for row in fixed] == ["Cart"]
    assert fixed[0]["element_y"] < fixed[0]["vy"] < fixed[0]["element_y"] + fixed[0]["element_height"]
    for _, row in visit.clicks():
        inside = (row["vx"], row["vy"]) if row["element_fixed"] else (row["x"], row["y"])
        assert 0 <= inside[0] - row["element_x"] <= row["element_width"]
        assert 0 <= inside[1] - row["element_y"] <= row["element_height"]


def test_the_same_control_has_the_same_key(visit: Visit) -> None:
    """Cards share the key of their button and differ in item; the button beside the price is another control."""
    cards = visit.of("/", "click")[:2]
    assert cards[0]["element_key"] == cards[1]["element_key"]
    keys = {row["element_name"]: row["element_key"] for _, row in visit.clicks() if row["element_zone"] != "favourites"}
    assert cards[0]["element_key"] not in keys.values()
    assert len(set(keys.values())) == len(keys)
    assert 0 not in keys.values()
    phone = {row["element_key"] for row in visit.of("/checkout", "field") if row["field"] == "phone"}
    assert len(phone) == 1


def test_answers_come_at_once_and_dead_clicks_are_watched(visit: Visit) -> None:
    """Answered clicks say how soon; the dead button is watched for 7 s, the picture until something else answers."""
    for _, row in visit.clicks():
        if row["response"]:
            assert row["response_ms"] == row["watched_ms"] < 1000, row["element_name"]
    promo = [row["watched_ms"] for row in visit.of("/cart", "click") if row["element_name"] == "Apply promo"]
    assert promo == [7000] * 3
    film = [row for row in visit.of("/product/fellside-socks", "click") if row["element_zone"] == "film"]
    after = next(row for row in visit.of("/product/fellside-socks", "click") if row["n"] > film[-1]["n"])
    for row in film:
        assert row["watched_ms"] == pytest.approx(after["t_ms"] - row["t_ms"], abs=50)


def test_controls_are_interactive_and_pictures_are_not(visit: Visit) -> None:
    """Only the clicks on the picture that looks like a film miss a control."""
    assert {row["element_role"] for _, row in visit.clicks() if not row["interactive"]} == {"img"}
    assert not any(row["modifier"] or row["selection"] or row["button"] for _, row in visit.clicks())


@pytest.mark.parametrize("path", PAGES)
def test_scroll_depth_is_what_was_seen(visit: Visit, path: str) -> None:
    """Deepest line, percentage and bands are those of the window's lower edge, each band once."""
    stay = _stay(visit, path)
    reports = visit.of(path, "engagement")
    assert max(row["max_scroll_px"] for row in reports) == stay.bottom
    assert max(row["max_scroll_pct"] for row in reports) == round(stay.depth_pct)
    reached = [band for row in reports for band in row["reached"]]
    assert reached == list(range(math.ceil(stay.depth_pct / 5)))
    assert reports[-1]["document_height"] == stay.height


@pytest.mark.parametrize("path", PAGES)
def test_engaged_time_is_the_time_in_use(visit: Visit, path: str) -> None:
    """From the first input to the end of the page, less than the time in view; no input, no engagement."""
    stay, reports = _stay(visit, path), visit.of(path, "engagement")
    engaged, foreground = (sum(row[name] for row in reports) for name in ("engaged_ms", "foreground_ms"))
    if stay.first_input:
        assert stay.left - stay.first_input - 1000 <= engaged <= stay.gone - stay.first_input + 50
    else:
        assert engaged == 0
    assert engaged <= foreground <= stay.gone - stay.asked + 50
    seconds = sum(second for row in reports for band, second in zip(row["band"], row["band_seconds"], strict=True)
                  if band == _middle_band(row))  # fmt: skip
    assert seconds <= engaged / 1000 + 0.1
    assert len(reports) <= 1 + foreground // 15_000, "one report when the page is left, and one each 15 s"


def test_fields_are_timed(visit: Visit) -> None:
    """Hesitation is the pause before typing, dwell lasts from focus to blur, and an index is the place in the form."""
    fields = visit.of("/checkout", "field")
    email, phone_again = fields[0], fields[-1]
    assert 350 <= email["hesitation_ms"] <= 1500
    assert email["dwell_ms"] >= email["hesitation_ms"] + 26 * 8
    assert all(row["hesitation_ms"] <= row["dwell_ms"] for row in fields)
    # The last field is left when the button goes down, just before its click.
    assert 0 <= visit.of("/checkout", "click")[-1]["t_ms"] - phone_again["t_ms"] - phone_again["dwell_ms"] <= 500
    assert [row["field_index"] for row in fields] == [*range(11), 1]
    assert not any(row["autofilled"] for row in fields)


def test_the_order_is_the_one_on_the_thanks_page(visit: Visit) -> None:
    """Value, currency and number of the order are what the visitor reads there."""
    (order,) = visit.of("/thanks", "conversion")
    assert (order["value"], order["currency"]) == (Decimal(visit.walk.total.removeprefix("€")), "EUR")
    assert order["order_id"] == visit.walk.order != ""


def test_device_source_and_page_are_known(visit: Visit) -> None:
    """Every row says the browser, the newsletter the session came from, and its page; nobody's country is guessed."""
    expected = {
        "device": "desktop", "browser": "Chrome", "os": "Linux", "bot_class": "", "country": "",
        "channel": "Email", "source": "newsletter", "medium": "email", "campaign": "autumn", "entry_path": "/",
        "lang": "en-US", "viewport_width": 1280, "viewport_height": 800, "pixel_ratio": 1.0,
        "stored": False, "prerendered": False, "bfcache": False, "host": visit.rows[0]["host"], "person_id": 0,
    }  # fmt: skip
    for row in visit.rows:
        assert {name: row[name] for name in expected} == expected
    assert {row["time_zone"] for row in visit.rows} <= {"", "Europe/Lisbon"}
    for stay in visit.walk.stays:
        rows = visit.of(stay.path)
        assert {row["title"] for row in rows} == {stay.title}
        assert {row["page_channel"] for row in rows} == ({"Email"} if stay.path == "/" else {""})
        assert rows[0]["time_zone"] == rows[-1]["time_zone"] == "Europe/Lisbon"
    types = [visit.of(path)[0]["page_type"] for path in PAGES]
    assert types == ["home", "product", "cart", "checkout", "thanks"]
    assert {row["query"] for row in visit.rows} == {"", "utm_source=newsletter&utm_medium=email&utm_campaign=autumn"}


def test_pages_follow_each_other(visit: Visit) -> None:
    """Each page's referrer is the page before, and its view is the page's first event."""
    views = [visit.of(path)[0] for path in PAGES]
    assert [row["kind"] for row in views] == ["page_view"] * 5
    assert {row["status"] for row in views} <= {0, 200}, "0: not told"
    assert [row["ts"] for row in views] == sorted(row["ts"] for row in views)
    host = views[0]["host"]
    assert [row["referrer"] for row in views] == ["", *(f"{host}{path}" for path in PAGES[:-1])]


# --- the roll-ups ---------------------------------------------------------------------------------------


def test_heat_cells_are_the_clicks(world: World, visit: Visit) -> None:
    """Every click is in the cell it was made in: of the page, or of the viewport for the sticky header."""
    found = world.store.execute(
        "SELECT path, fixed, cell_x, cell_y, sum(clicks) FROM heat_cells WHERE site_id = 1 GROUP BY ALL"
    )
    assert Counter({tuple(cell[:4]): cell[4] for cell in found}) == _cells(visit)
    assert sum(cell[4] for cell in found) == len(visit.clicks())


def test_scroll_bands_are_the_depths(world: World, visit: Visit) -> None:
    """Each band of a page was reached by one page view or by none."""
    found = world.store.execute(
        "SELECT path, band, sum(reached) AS n FROM scroll_bands WHERE site_id = 1 GROUP BY path, band HAVING n > 0"
    )
    bands = {(stay.path, band): 1 for stay in visit.walk.stays for band in range(math.ceil(stay.depth_pct / 5))}
    assert {(path, band): n for path, band, n in found} == bands


def test_the_session_row_sums_the_visit(world: World, visit: Visit) -> None:
    """One row with its first and last page, device and source, and the sums of its events."""
    (row,) = world.store.execute(
        "SELECT session_id, min(visitor_id), min(entry_path).4, max(exit_path).4, min(device).4, min(channel).4,"
        " min(source).4, sum(page_views), sum(clicks), sum(conversions), sum(errors), sum(engaged_ms),"
        " min(started_at), max(ended_at) FROM sessions WHERE site_id = 1 GROUP BY session_id"
    )
    first = visit.rows[0]
    engaged = sum(row["engaged_ms"] for row in visit.rows)
    assert row == (
        first["session_id"], first["visitor_id"], "/", "/thanks", "desktop", "Email", "newsletter",
        5, len(visit.clicks()), 1, 0, engaged, first["ts"], visit.rows[-1]["ts"],
    )  # fmt: skip


# --- the questions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES[:-1])
def test_the_heatmap_shows_the_clicks_where_they_were_made(site: Site, visit: Visit, path: str) -> None:
    """The report's cells are those of the clicks, from the roll-up and from the events alike."""
    expected = Counter({cell: n for cell, n in _cells(visit).items() if cell[0] == path})
    for bots in (False, True):
        rows = site.heatmap(path, last("2d"), bots=bots).rows
        found = {(path, row.layer == "viewport", row.x_pct, row.y_px // 16): row.clicks for row in rows}
        assert Counter(found) == expected
        assert {row.group for row in rows} == {"desktop"}


def test_the_heatmap_by_element_finds_the_stumbles(site: Site) -> None:
    """The promo button and the false film are dead and in rage, all else is neither."""
    cart = site.elements("/cart", last("2d")).rows
    assert {(row.name, row.clicks, row.dead, row.rage) for row in cart if row.dead or row.rage} == {
        ("Apply promo", 3, 3, 3)
    }
    product = site.elements("/product/*", last("2d")).rows
    assert {(row.zone, row.clicks, row.dead, row.rage) for row in product if row.dead or row.rage} == {
        ("film", 4, 4, 4)
    }


def test_the_list_of_sessions_shows_the_visit(site: Site, visit: Visit) -> None:
    """One session with its device and source; the filter for dead clicks finds it."""
    (row,) = site.sessions(last("2d")).rows
    assert (row.device, row.browser, row.os, row.channel, row.source) == (
        "desktop", "Chrome", "Linux", "Email", "newsletter"
    )  # fmt: skip
    assert (row.entry_page, row.exit_page, row.page_views, row.conversions) == ("/", "/thanks", 5, 1)
    assert row.clicks == len(visit.clicks())
    assert int(row.session_id, 16) == visit.rows[0]["session_id"]
    assert len(site.sessions(last("2d"), where=dead(element="Apply promo")).rows) == 1


def test_the_session_is_told_event_by_event(site: Site, visit: Visit) -> None:
    """The timeline has every event in its order, in words."""
    timeline = site.session(f"{visit.rows[0]['session_id']:016x}").rows
    assert [(int(row.page_id, 16), row.n, row.kind, row.page) for row in timeline] == [
        (row["page_id"], row["n"], row["kind"], row["path"]) for row in visit.rows
    ]
    words = [row.what for row in timeline]
    assert sum(what.startswith('clicked button "Apply promo"') for what in words) == 3
    assert sum(what.startswith('saw button "Apply promo" in zone summary for') for what in words) == 1
    assert any("purchase" in what and visit.walk.order in what for what in words)


def test_the_funnel_counts_the_visit(site: Site) -> None:
    """Cart, checkout and purchase have one visitor each."""
    funnel = site.funnel([page("/cart"), page("/checkout"), conversion("purchase")], last("2d"))
    assert [row.count for row in funnel.rows] == [1, 1, 1]
    rate = site.conversion_rate("purchase", last("2d"), "session").rows[0].rate
    assert (rate.k, rate.n) == (1, 1)


def test_the_form_report_shows_the_stumbling_block(site: Site) -> None:
    """The phone field was invalid once and visited twice; the form was sent in the end."""
    report = site.form("checkout", last("2d"))
    (total,) = report.totals
    steps = (total.started, total.attempted, total.failed, total.succeeded, total.completed)
    assert [(rate.k, rate.n) for rate in steps] == [(1, 1)] * 5
    by_field = {row.field: row for row in report.rows}
    assert (by_field["phone"].visits, by_field["phone"].invalid) == (2, {"patternMismatch": 1})
    assert [row.field for row in report.rows if row.invalid] == ["phone"]
    assert by_field["address"].pasted.k == 1


def test_the_scroll_report_shows_the_depth(site: Site, visit: Visit) -> None:
    """All of one page view reached each band down to the known depth, none went deeper."""
    rows = site.scroll("/", last("2d")).rows
    bands = math.ceil(_stay(visit, "/").depth_pct / 5)
    assert [row.reach.k for row in rows] == [1] * bands + [0] * (20 - bands)


# --- what must stand nowhere ----------------------------------------------------------------------------


def test_nothing_that_was_typed_is_anywhere(world: World, visit: Visit) -> None:
    """No text of the visitor is in what the browser sent, in a column of a table, or in a file of the collector."""
    secrets = [*_spellings(asdict(visit.walk.typed).values()), COUNTRY]
    places = {"the wire": world.relay.sent, "the log": visit.log.encode(), **_files(world.server.folder)}
    places |= _columns(world)
    assert len(places["the wire"]) > 20_000
    assert b"Apply promo" in places["the wire"]
    assert b"Apply promo" in places["events.element_name"]
    found = [(secret, place) for place, text in places.items() for secret in secrets if secret.encode() in text]
    assert found == []


def _spellings(texts: Any) -> Iterator[str]:
    """Each text, and its parts, in the forms in which it could hide."""
    for text in texts:
        parts = {text, *text.replace("@", " ").replace(".example", "").split()}
        for part in parts:
            if len(part) > 4:
                yield from {part, part.lower(), part.upper()}


def _files(folder: Path) -> dict[str, bytes]:
    """Bytes of all files that the collector wrote, but for ClickHouse's compressed ones; decoded spool records too."""
    files = {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ("clickhouse" not in path.parts or path.suffix in (".log", ".xml", ".json", ".sql"))
    }
    assert any(name.endswith(".sqlite") for name in files)
    for path in spool.files(folder / "data" / "spool"):
        with sqlite3.connect(path) as connection:
            files[f"dump of {path}"] = "\n".join(connection.iterdump()).encode()
        connection.close()
    return files


def _columns(world: World) -> dict[str, bytes]:
    """All text of all columns of all tables in the database, system logs of queries included."""
    found = world.store.execute(
        "SELECT database, table, name, type FROM system.columns WHERE database = currentDatabase()"
        " OR (database = 'system' AND table = 'query_log' AND name IN ('query', 'exception'))"
    )
    texts = {}
    for database, table, name, kind in found:
        if any(word in kind for word in ("String", "JSON")):
            rows = world.store.execute(f"SELECT DISTINCT toString(`{name}`) FROM {database}.`{table}`")
            texts[f"{table}.{name}"] = "\n".join(row[0] for row in rows).encode()
    return texts


def _stay(visit: Visit, path: str) -> Stay:
    return next(stay for stay in visit.walk.stays if stay.path == path)


def _middle_band(row: dict[str, Any]) -> int:
    return row["band"][len(row["band"]) // 2] if row["band"] else -1


def _cells(visit: Visit) -> Counter[tuple[str, bool, int, int]]:
    """Cells of 1 % x 16 px from where the visitor clicked; the sticky header's are of the window."""
    cells: Counter[tuple[str, bool, int, int]] = Counter()
    for done, story in zip(
        (done for stay in visit.walk.stays for done in stay.clicks),
        (row for row in itertools.chain(*STORY.values()) if row[0] == "click"),
        strict=True,
    ):
        fixed = story[3] == "header"
        x, y, width = (done["vx"], done["vy"], 1280) if fixed else (done["x"], done["y"], done["width"])
        cells[done["path"], fixed, 100 * x // width, y // 16] += 1
    return cells
