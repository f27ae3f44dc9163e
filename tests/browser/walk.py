"""One visit of the shop from a newsletter to the order, with every stumble that a report is to find."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.browser.shopper import Shopper

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.shopper import Stay

LANDING = "/?utm_source=newsletter&utm_medium=email&utm_campaign=autumn&token="
HOME_TOP = 900
PRODUCT_TOP = 800
FORM_TOP = 700
COUNTRY = "Switzerland"


@dataclass(frozen=True)
class Typed:
    """What is typed into each field: random, so that it can stand nowhere by chance."""

    token: str
    email: str
    wrong_phone: str
    phone: str
    name: str
    postcode: str
    city: str
    card_number: str
    card_expiry: str
    card_code: str
    promo: str


@dataclass(frozen=True)
class Walk:
    """What the visitor did."""

    stays: list[Stay]
    typed: Typed
    order: str
    total: str


def typed() -> Typed:
    """New texts."""
    return Typed(
        token=_letters(12), email=f"{_letters(9)}@{_letters(9)}.example", wrong_phone=_digits(11),
        phone=f"+49 {_digits(11)}", name=f"{_letters(9)} {_letters(11)}", postcode=_letters(8).upper(),
        city=_letters(10), card_number=_digits(16), card_expiry=_letters(7), card_code=_letters(9),
        promo=_letters(10).upper(),
    )  # fmt: skip


def walk(tab: Page, shop_url: str, look: Callable[[str], None] = lambda _: None) -> Walk:
    """Go from the landing page to the thanks page and close the tab; `look` is called with a name at each sight."""
    person, words = Shopper(tab), typed()
    person.arrive(f"{shop_url}{LANDING}{words.token}")
    _home(person, look)
    _product(person, look)
    _cart(person, words, look)
    _checkout(person, words, look)
    person.pause(900)
    look("thanks")
    order, total = tab.locator("[data-order-id]").inner_text(), tab.locator("[data-order-total]").inner_text()
    person.close()
    return Walk(person.stays, words, order, total)


def _home(person: Shopper, look: Callable[[str], None]) -> None:
    person.scroll_to(HOME_TOP)
    mug = person.tab.locator("[data-footpath=cairn-mug] button")
    person.click(mug, 0.25, 0.5)
    person.pause(600)
    look("home")
    person.keys("Tab", "Tab")
    person.pause(600)  # the focus may have moved the page
    person.press(person.tab.locator("[data-footpath=waymark-map-case] button"))
    person.pause(1200)
    person.follow(person.tab.locator("[data-footpath=fellside-socks] .card-link"), 0.3, 0.4)


def _product(person: Shopper, look: Callable[[str], None]) -> None:
    person.scroll_to(200)
    person.click(person.tab.get_by_role("button", name="Show close-up"))
    person.pause(300)
    person.click(person.tab.locator(".buy [aria-label='One more']"), 0.5, 0.25)
    person.pause(300)
    person.click(person.tab.locator(".buy [data-add]"), 0.75, 0.5)
    person.pause(2300)  # the toast has gone: it would answer the next click
    person.scroll_to(PRODUCT_TOP)
    person.click(person.tab.locator(".film img"), 0.5, 0.25, times=4)
    person.pause(2700)
    look("film")
    person.scroll_to(0)
    person.click(person.tab.locator(".rating a"))
    person.tab.wait_for_function("() => scrollY > 1000")
    person.pause(1200)
    look("reviews")
    person.follow(person.tab.locator(".cart-link"), 0.2, 0.5)


def _cart(person: Shopper, words: Typed, look: Callable[[str], None]) -> None:
    person.click(person.tab.locator("#promo"), 0.3, 0.5)
    person.type(words.promo)
    person.pause(700)
    person.click(person.tab.locator("#apply-promo"), 0.5, 0.75)
    person.double_click(person.tab.locator("#apply-promo"), 0.4, 0.5)
    person.pause(7300)
    look("promo")
    person.click(person.tab.locator("[data-footpath=cairn-mug] [aria-label='One more']"))
    person.pause(400)
    person.follow(person.tab.locator("[data-checkout]"), 0.1, 0.9)


def _checkout(person: Shopper, words: Typed, look: Callable[[str], None]) -> None:
    person.click(person.tab.locator("#email"), 0.4, 0.5)
    person.pause(350)
    person.type(words.email)
    person.keys("Tab")
    person.type(words.wrong_phone)
    person.keys("Tab")
    person.type(words.name)
    person.keys("Control+A", "Control+C", "Tab", "Control+V", "Tab")
    person.type(words.postcode)
    person.keys("Tab")
    person.type(words.city + "x")
    person.keys("Backspace", "Tab")
    person.type(COUNTRY[:3])
    person.keys("Tab")
    person.type(words.card_number)
    person.keys("Tab")
    person.type(words.card_expiry)
    person.keys("Tab")
    person.type(words.card_code)
    person.pause(700)
    look("filled")
    person.scroll_to(FORM_TOP)
    person.click(person.tab.locator("#terms"))
    person.pause(600)
    place = person.tab.get_by_role("button", name="Place order")
    person.click(place, 0.2, 0.5)
    person.pause(1500)
    look("refused")
    person.keys("Control+A", "Backspace")
    person.type(words.phone)
    person.pause(700)
    person.scroll_to(FORM_TOP)
    person.follow(place, 0.8, 0.5)


def _letters(length: int) -> str:
    return "".join(random.choices(string.ascii_lowercase, k=length))


def _digits(length: int) -> str:
    return "".join(random.choices("23456789", k=length))
