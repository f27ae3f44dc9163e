"""A visit of two pages that has something of everything: trails, a drawn page, rage, a pause, a field, a conversion.

It was ten days ago, whenever the tests run: trails are kept for 30 days only.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.query.test_replay import save_trails
from tests.query.test_skeleton import save_sightings
from tests.query.worlds import ms, save

if TYPE_CHECKING:
    from collector.store import Store

SESSION = 0xABC
DAY = datetime.now(UTC).date() - timedelta(days=10)
DAYS = (str(DAY), str(DAY + timedelta(days=1)))
WHEN = f"from={DAYS[0]}&to={DAYS[1]}"
FIRST, SECOND = 11, 12
BOXES = [
    ("banner", 0, 0, 0, 1000, 80, ""), ("heading", 1, 40, 120, 600, 60, "Boots for rain"),
    ("text", 0, 40, 220, 500, 200, ""), ("image", 0, 600, 120, 300, 300, ""),
    ("button", 0, 250, 1380, 120, 40, "Apply promo"), ("textbox", 0, 100, 1380, 140, 40, "Promo code"),
]  # fmt: skip


def tour(store: Store, site_id: int, zone: str) -> None:
    """Store the visit: the first page is drawn and its pointer followed, the second is neither."""
    start = ms(f"{DAY}T12:00:00", zone)
    base = {"session_id": SESSION, "visitor_id": 5, "device": "desktop"}
    first = {**base, "page_id": FIRST, "path": "/start", "page_at": start}
    second = {**base, "page_id": SECOND, "path": "/end", "page_at": start + 66_200}
    promo = {"kind": "click", "element_key": 1, "element_role": "button", "element_name": "Apply promo",
             "element_x": 250, "element_y": 1380, "element_width": 120, "element_height": 40, "x": 300, "y": 1400,
             "vx": 300, "vy": 200, "watched_ms": 7000}  # fmt: skip
    link = {**promo, "element_key": 2, "element_role": "link", "element_name": "Next", "response": "navigation",
            "response_ms": 90}  # fmt: skip
    email = {"kind": "field", "form": "buy", "field": "email", "element_x": 100, "element_y": 300,
             "element_width": 400, "element_height": 40, "dwell_ms": 3000}  # fmt: skip
    send = {**promo, "element_key": 3, "element_name": "Send", "element_y": 380, "y": 400, "vy": 400}
    happened: list[tuple[int, dict[str, Any]]] = [
        (0, first), (5000, {**first, **promo}), (5200, {**first, **promo}), (5400, {**first, **promo}),
        (66_000, {**first, **link}), (66_200, second), (70_000, {**second, **email}), (75_000, {**second, **send}),
        (80_000, {**second, "kind": "conversion", "goal": "purchase"}),
    ]  # fmt: skip
    save(store, site_id, [
        {**event, "at": start + at, "t_ms": start + at - event["page_at"], "n": n}
        for n, (at, event) in enumerate(happened)
    ], zone)  # fmt: skip
    samples = [(0, 0, 500, 400), (1000, 0, 600, 500), (2000, 1, 0, 600), (2500, 1, 0, 1200), (4800, 0, 310, 1390)]
    trail = {"at": start, "n": 10_000, "bot_class": "", "samples": samples}
    save_trails(store, site_id, [{**trail, "visitor_id": 5, "session_id": SESSION, "page_id": FIRST}])
    save_sightings(store, site_id, [{
        "ts": start, "path": "/start", "device": "desktop", "layout": "1" * 16, "bot_class": "", "visitor_id": 5,
        "host": "shop.example", "viewport_width": 1000, "width": 1000, "height": 3000, "boxes": BOXES,
    }])  # fmt: skip
