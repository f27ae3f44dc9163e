"""Sample visits: true to the wire, repeatable, and with the trouble that the demo is to find."""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator

from collector.demo.visits import SendError, Visit, send, visits

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = Path(__file__).resolve().parents[2] / "schema" / "event.schema.json"
NOW = 1_795_300_000_000
HOUR = 3_600_000
EPOCH = 1_735_689_600_000
SHOP = "http://127.0.0.1:8402"


@cache
def sample(count: int = 300, seed: int = 20) -> tuple[Visit, ...]:
    return tuple(visits(count, seed, NOW, SHOP))


def batches(seen: tuple[Visit, ...]) -> list[dict[str, Any]]:
    return [batch for visit in seen for batch in visit.batches]


def events(visit: Visit, kind: str) -> list[dict[str, Any]]:
    return [event for batch in visit.batches for event in batch["events"] if event["k"] == kind]


def checkout_fields(visit: Visit) -> list[str]:
    return [event["field"] for event in events(visit, "field") if event["form"] == "checkout"]


def paths(visit: Visit) -> list[str]:
    return [urlsplit(batch["page"]["url"]).path for batch in visit.batches]


def width(visit: Visit) -> int:
    return int(visit.batches[0]["page"]["viewport"][0])


def test_every_batch_is_valid_on_the_wire() -> None:
    """The schema is the authority; 300 visits keep to it."""
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    wrong = [error.message for batch in batches(sample()) for error in validator.iter_errors(batch)]
    assert wrong == []


def test_the_same_seed_gives_the_same_visits() -> None:
    """And another seed gives others."""
    again = tuple(visits(40, 7, NOW, SHOP))
    assert again == tuple(visits(40, 7, NOW, SHOP))
    assert again != tuple(visits(40, 8, NOW, SHOP))


def test_ids_are_unique() -> None:
    """An event is (visitor, page id, n), once; a session belongs to one visit."""
    seen = sample()
    names = Counter(
        (batch["visitor"], batch["page"]["id"], event["n"]) for batch in batches(seen) for event in batch["events"]
    )
    assert max(names.values()) == 1
    assert len({visit.session for visit in seen}) == len(seen)


def test_ids_carry_the_time_of_the_page() -> None:
    """The upper 40 bits are ms since 2025-01-01."""
    for batch in batches(sample()):
        assert (int(batch["page"]["id"], 16) >> 24) + EPOCH == batch["page"]["started_at"]


def test_visits_lie_in_the_last_46_hours_and_are_over() -> None:
    """The collector refuses kept batches that are older than 48 h."""
    for visit in sample():
        assert NOW - 46 * HOUR - HOUR < visit.begin_ms <= visit.end_ms < NOW


def test_old_batches_are_kept_ones() -> None:
    """A batch is either marked as stored or tells its clock, which is past its last event."""
    for batch in batches(sample()):
        assert ("stored" in batch["flags"]) != ("sent_t" in batch)
        assert max(event["t"] for event in batch["events"]) <= batch.get("sent_t", 1 << 32)


def test_each_page_view_begins_once_and_in_order() -> None:
    """Batches of a page view follow each other, the first opens with page_view, times do not run back."""
    for visit in sample():
        views: dict[str, list[dict[str, Any]]] = {}
        for batch in visit.batches:
            views.setdefault(batch["page"]["id"], []).extend(batch["events"])
        for view in views.values():
            assert [event["n"] for event in view] == list(range(len(view)))
            assert [event["k"] for event in view].count("page_view") == 1
            assert view[0]["k"] == "page_view"
            assert all(a["t"] <= b["t"] for a, b in itertools.pairwise(view))


def test_trails_lead_from_click_to_click() -> None:
    """At most five samples a second, in order; the pointer of a mouse only, and scrolling to where the clicks are."""
    moved = 0
    for visit in sample():
        touches = width(visit) < 1000
        for batch in visit.batches:
            for trail in (event for event in batch["events"] if event["k"] == "trail"):
                times = [time for time, *_ in trail["samples"]]
                assert len(times) > 0
                assert times == sorted(times)
                assert 0 <= times[0] <= times[-1] <= 10_000
                assert {kind for _, kind, *_ in trail["samples"]} <= ({1} if touches else {0, 1})
                tall = max(0, batch["page"]["document"][1] - batch["page"]["viewport"][1])
                assert all(0 <= y <= tall for _, kind, _, y in trail["samples"] if kind)
                moved += len(times)
            assert_scrolled_to_clicks(batch)
    assert moved > 20 * len(sample())


def assert_scrolled_to_clicks(batch: dict[str, Any]) -> None:
    """The last scrolling before a click, if its batch tells one, ends where the click says that the page stood."""
    told = [
        (trail["t"] + time, y)
        for trail in batch["events"]
        if trail["k"] == "trail"
        for time, kind, _, y in trail["samples"]
        if kind
    ]
    for click in (event for event in batch["events"] if event["k"] == "click"):
        before = [y for at, y in sorted(told) if at <= click["t"]]
        assert not before or before[-1] == click["y"] - click["vy"]


def test_a_page_is_drawn_once_in_half_a_day_on_each_device() -> None:
    """By somebody who stayed until it had settled, as wide and high as the document is."""
    told: dict[tuple[str, int, str], list[int]] = {}
    for batch in batches(sample()):
        for drawn in (event for event in batch["events"] if event["k"] == "skeleton"):
            assert drawn["t"] >= 2500
            assert [drawn["width"], drawn["height"]] == batch["page"]["document"]
            key = urlsplit(batch["page"]["url"]).path, batch["page"]["viewport"][0], drawn["layout"]
            told.setdefault(key, []).append(batch["page"]["started_at"])
    assert len({path for path, *_ in told}) > 15
    assert {viewport for _, viewport, _ in told} == {1440, 820, 390}
    for times in told.values():
        assert all(b - a > 11 * HOUR for a, b in itertools.pairwise(times))


def test_clicks_lie_in_the_document_and_in_their_element() -> None:
    """Page, viewport and element coordinates agree."""
    for batch in batches(sample()):
        page_width, page_height = batch["page"]["document"]
        view_width, view_height = batch["page"]["viewport"]
        for click in (event for event in batch["events"] if event["k"] == "click"):
            element = batch["elements"][str(click["el"])]
            x, y, w, h = element["rect"]
            at = (click["vx"], click["vy"]) if element.get("fixed") else (click["x"], click["y"])
            assert 0 <= click["x"] < page_width
            assert 0 <= click["y"] < page_height
            assert 0 <= click["vx"] < view_width
            assert 0 <= click["vy"] < view_height
            assert x <= at[0] <= x + w
            assert y <= at[1] <= y + h
            assert abs(click["ex"] - 1000 * (at[0] - x) / w) <= 1


def test_a_band_is_reached_once_and_reach_grows_from_the_top() -> None:
    """Reach can never exceed 100 %."""
    reached: dict[str, list[int]] = {}
    for batch in batches(sample()):
        for event in batch["events"]:
            reached.setdefault(batch["page"]["id"], []).extend(event.get("reached", []))
    for bands in reached.values():
        assert bands == list(range(len(bands)))


def test_nobody_is_engaged_longer_than_they_were_there() -> None:
    """Engaged time is part of foreground time, which is part of the visit."""
    for visit in sample():
        engaged = sum(event["engaged_ms"] for event in events(visit, "engagement"))
        foreground = sum(event["foreground_ms"] for event in events(visit, "engagement"))
        assert engaged <= foreground <= visit.end_ms - visit.begin_ms


def test_who_buys_has_gone_through_the_checkout() -> None:
    """One order has one number, on the page that thanks for it."""
    buyers = [visit for visit in sample() if events(visit, "conversion")]
    for visit in buyers:
        seen = paths(visit)
        assert seen.index("/cart") < seen.index("/checkout") < seen.index("/thanks")
        assert [event["order_id"] for event in events(visit, "conversion")] == [visit.order]
        assert any(event["step"] == "ok" for event in events(visit, "form"))
    assert len({visit.order for visit in buyers}) == len(buyers)
    assert [visit for visit in sample() if visit.order] == buyers


@pytest.mark.parametrize("seed", [20, 21, 22])
def test_about_one_visit_in_ten_buys(seed: int) -> None:
    """900 visits keep chance small."""
    seen = sample(900, seed)
    assert 0.075 < sum(bool(visit.order) for visit in seen) / len(seen) < 0.125


def test_the_checkout_leaks_on_phones() -> None:
    """Of those who see it, far fewer buy on a phone, and the phone field is where they end."""
    seen = sample(900)
    rates = {}
    for device in (390, 1440):
        there = [visit for visit in seen if width(visit) == device and "/checkout" in paths(visit)]
        rates[device] = sum(bool(visit.order) for visit in there) / len(there)
    assert rates[390] < 0.7 * rates[1440]
    left = [visit for visit in seen if checkout_fields(visit) and not visit.order and "/checkout" in paths(visit)]
    last = Counter(checkout_fields(visit)[-1] for visit in left)
    assert last.most_common(1)[0][0] == "phone"


def test_the_promo_button_is_dead_and_the_still_is_hammered() -> None:
    """No click on the button has a quick effect; some visitors hit the picture three times in two seconds."""
    bursts, promo = 0, 0
    for batch in batches(sample()):
        named = {index: element.get("name", "") for index, element in batch["elements"].items()}
        clicks = [event for event in batch["events"] if event["k"] == "click"]
        dead = [click for click in clicks if named[str(click["el"])] == "Apply promo"]
        promo += len(dead)
        assert all(click.get("response_ms", 7000) > 1000 for click in dead)
        still = [click["t"] for click in clicks if named[str(click["el"])].startswith("Still")]
        bursts += len(still) >= 3 and still[2] - still[0] < 2000
    assert promo > 10
    assert bursts > 10


def test_people_come_back_and_programs_are_among_them() -> None:
    """The same visitor with a new session; a crawler never clicks."""
    seen = sample()
    assert max(Counter(visit.visitor for visit in seen).values()) > 1
    crawlers = [visit for visit in seen if "bot" in visit.user_agent.lower() or "Headless" in visit.user_agent]
    assert crawlers
    assert not any(events(visit, "click") for visit in crawlers)


class Collector(ThreadingHTTPServer):
    """Answers from a list, then accepts everything; keeps what it was sent."""

    def __init__(self, answers: list[tuple[int, dict[str, str], bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.endpoint = f"http://127.0.0.1:{self.server_address[1]}/v1/events"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Collector

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        self.server.headers.append(dict(self.headers))
        accepted = json.dumps({"accepted": len(body["events"]), "rejected": []}).encode()
        status, headers, text = self.server.answers.pop(0) if self.server.answers else (202, {}, accepted)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector([]) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_send_posts_every_batch_and_tells_how_far_it_is(collector: Collector) -> None:
    """With the visitor's own browser, from the shop's origin, at the time of sending."""
    few = sample(5, 3)
    told: list[int] = []
    sent = send(few, collector.endpoint, told.append)
    assert [body["batch"] for body in collector.bodies] == [batch["batch"] for batch in batches(few)]
    assert told == [1, 2, 3, 4, 5]
    assert sent.accepted == sum(len(batch["events"]) for batch in batches(few))
    assert (sent.rejected, sent.visits) == (0, 5)
    assert collector.headers[0]["User-Agent"] == few[0].user_agent
    assert collector.headers[0]["Origin"] == SHOP
    assert collector.headers[0]["Content-Type"] == "text/plain;charset=UTF-8"
    assert collector.bodies[0]["sent_at"] != NOW


def test_send_waits_where_the_collector_asks_for_it(collector: Collector) -> None:
    """429 and 503 are tried again, with the attempt counted up."""
    collector.answers = [(429, {"Retry-After": "0"}, b"{}"), (503, {"Retry-After": "0"}, b"{}")]
    send(sample(1, 3), collector.endpoint, lambda _: None)
    assert [body["attempt"] for body in collector.bodies[:3]] == [0, 1, 2]


def test_send_says_what_the_collector_answered(collector: Collector) -> None:
    """Anything else is an error that a reader can act on."""
    collector.answers = [(403, {}, b'{"error": {"message": "unknown site"}}')]
    with pytest.raises(SendError, match=r"answered 403: .*unknown site"):
        send(sample(1, 3), collector.endpoint, lambda _: None)


def test_send_names_an_address_that_is_none() -> None:
    """Before anything is sent."""
    with pytest.raises(SendError, match="begins with http"):
        send((), "localhost:8400", lambda _: None)
