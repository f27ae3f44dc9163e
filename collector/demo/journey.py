"""How sample visitors walk through the shop, with three things planted for reports to find.

The promo button does nothing (dead clicks), the picture that looks like a film is none (rage clicks), and the
phone field wants a form that hardly anyone types, above all on a phone (the leak at checkout).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from collector.demo.form import CheckoutForm
from collector.demo.pageview import PageView

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.demo.habits import Habits
    from collector.demo.layout import Layout, Page

_LONGEST: Final = 14
_FREE_DELIVERY_FROM: Final = 80
_DELIVERY: Final = 6
_MOST_ITEMS: Final = 2


@dataclass(frozen=True)
class Seen:
    """A page view with its address.

    `begin` is ms since the visit began, `query` stands without a question mark.
    """

    begin: int
    path: str
    query: str
    view: PageView


class Journey:
    """One visit, walked from the landing page to the exit.

    `seen` are its page views, `order` is the number of the order placed, or empty.
    """

    def __init__(self, habits: Habits, layout: Layout, tells_layout: Callable[[Page], bool]) -> None:
        """`tells_layout` says whether this browser is to say what a page looks like."""
        self.seen: list[Seen] = []
        self.order = ""
        self.clock = 0
        self._habits, self._layout, self._tells_layout = habits, layout, tells_layout
        self._cart: list[str] = []

    def walk(self, path: str, query: str) -> None:
        """From `path` to wherever it ends."""
        target = path
        while target and len(self.seen) < _LONGEST:
            view = self._open(target, query)
            query = ""
            target = self._bounce(view) if self._bounces() else self._room(target)(view)
            view.part()
            self.clock += view.t + self._habits.rng.randint(40, 260)

    def crawl(self, path: str) -> None:
        """What programs do: pages without a hand on them."""
        others = ["/", "/products", "/faq", "/product/true-compass"]
        for target in [path, *self._habits.rng.sample(others, k=self._habits.rng.randint(0, 3))]:
            view = self._open(target, "")
            view.stay(self._habits.rng.uniform(300, 900))
            view.part()
            self.clock += view.t + self._habits.rng.randint(800, 4000)

    def _open(self, path: str, query: str) -> PageView:
        address = f"{path}#{len(self._cart)}" if path in ("/cart", "/checkout") else path
        page, person = self._layout.pages[address], self._habits.person
        view = PageView(page, self._layout, person, self._habits.rng, self._tells_layout)
        self.seen.append(Seen(self.clock, path, query, view))
        self._vitals(view)
        return view

    def _room(self, path: str) -> Callable[[PageView], str]:
        rooms = {
            "/": self._home,
            "/products": self._list,
            "/cart": self._cart_page,
            "/checkout": self._checkout,
            "/thanks": self._thanks,
            "/about": self._reading_page,
            "/faq": self._reading_page,
        }
        return rooms.get(path, self._product)

    def _bounces(self) -> bool:
        return len(self.seen) == 1 and self._habits.chance(min(0.65, 0.36 / math.sqrt(self._habits.drive)))

    def _bounce(self, view: PageView) -> str:
        view.read(self._habits.rng.choice((0, 0, 1, 2)), self._habits.time(3500))
        return ""

    def _follow(self, view: PageView, path: str, *, which: int = 0) -> str:
        view.click(f"link:{path}", "navigation", self._habits.wait(140), which=which)
        return path

    def _vitals(self, view: PageView) -> None:
        slow = 1.9 if self._habits.mobile else 1.0
        first = self._habits.wait(90 * slow)
        paint = first + self._habits.wait(210 * slow)
        for name, value in (
            ("TTFB", first),
            ("FCP", paint),
            ("LCP", paint + self._habits.wait(260 * slow, 0.6)),
        ):
            view.note("vital", name=name, value=value, navigation="navigate")
        view.note("vital", name="CLS", value=round(abs(self._habits.rng.gauss(0, 0.02)), 4), navigation="navigate")

    # The pages. Each returns the path that is gone to next, or nothing when the visitor leaves.

    def _home(self, view: PageView) -> str:
        view.read(self._habits.rng.randint(0, 3), self._habits.time(3200))
        if self._habits.chance(0.03):
            self._letter(view)
        choices = {
            "/products": 5.0,
            "/product/drover-rucksack": 1.5,
            "/product/cairn-mug": 1.0,
            "/about": 0.6,
            "": 2.0,
        }
        path = self._habits.rng.choices(list(choices), list(choices.values()))[0]
        return self._follow(view, path, which=self._any(view, path)) if path else ""

    def _any(self, view: PageView, path: str) -> int:
        """One of the links to the same place, the one in the footer seldom."""
        places = view.page.places[f"link:{path}"]
        return self._habits.rng.randrange(max(1, len(places) - 1))

    def _letter(self, view: PageView) -> None:
        view.note("form", form="letter-form", step="view", element="field:email")
        view.click("field:email", "focus", self._habits.rng.randint(4, 20))
        view.note("form", form="letter-form", step="start")
        hesitation, dwell = self._habits.time(900), self._habits.time(5000)
        view.stay(hesitation + dwell)
        view.note(
            "field",
            element="field:email",
            form="letter-form",
            field="email",
            index=0,
            visit=1,
            hesitation_ms=hesitation,
            dwell_ms=hesitation + dwell,
            edits=18,
            filled=1,
        )
        view.click("button:Send me walks", "mutation", self._habits.rng.randint(6, 30))
        view.note("form", form="letter-form", step="attempt", last_field="email")
        view.note("form", form="letter-form", step="ok", last_field="email")

    def _list(self, view: PageView) -> str:
        view.read(self._habits.rng.randint(0, 3), self._habits.time(3000))
        if self._habits.chance(0.25):
            self._filter(view)
        slugs = list(self._layout.prices)
        weights = [1.0 + 2.0 / (place + 1) for place in range(len(slugs))]
        if self._habits.wants(0.07):
            self._add(view, self._habits.rng.choices(slugs, weights)[0])
            return self._follow(view, "/cart")
        if self._habits.chance(0.24):
            return ""
        return self._follow(view, f"/product/{self._habits.rng.choices(slugs, weights)[0]}")

    def _filter(self, view: PageView) -> None:
        """Try a filter and take it back: the measured places are those of the whole list."""
        name = self._habits.rng.choice(("Carry", "Wear", "Camp", "Find the way"))
        view.click(f"filter:{name}", "mutation", self._habits.rng.randint(8, 40))
        view.stay(self._habits.time(2600))
        view.click("filter:All", "mutation", self._habits.rng.randint(8, 40))

    def _add(self, view: PageView, slug: str) -> None:
        if slug in self._cart or len(self._cart) < _MOST_ITEMS:
            view.click(f"add:{slug}", "mutation", self._habits.rng.randint(5, 34))
            self._cart = list(dict.fromkeys([*self._cart, slug]))

    def _product(self, view: PageView) -> str:
        slug = view.page.path.rpartition("/")[2]
        view.stay(self._habits.time(4500))
        for _ in range(self._habits.rng.randint(1, 3) if self._habits.chance(0.4) else 0):
            view.click("thumb", "mutation", self._habits.rng.randint(6, 30), which=self._habits.rng.randrange(3))
            view.stay(self._habits.time(1500))
        if self._habits.chance(0.65):
            self._look_down(view)
        if self._habits.wants(0.23):
            self._add(view, slug)
            view.stay(self._habits.time(1300))
        if self._cart and self._habits.wants(0.72):
            return self._follow(view, "/cart")
        if self._habits.chance(0.34):
            return self._follow(view, "/products", which=1)
        return self._related(view) if self._habits.chance(0.2) else ""

    def _look_down(self, view: PageView) -> None:
        view.bring("zone:film")
        view.stay(self._habits.time(2200))
        if self._habits.chance(0.3):
            self._rage(view, "image:film", self._habits.rng.randint(3, 6) if self._habits.chance(0.75) else 1)
        view.bring("zone:details")
        view.stay(self._habits.time(3500))
        if self._habits.chance(0.5):
            view.bring("zone:reviews")
            view.stay(self._habits.time(5000))
        if self._habits.chance(0.2):
            view.click("ask", "mutation", self._habits.rng.randint(5, 24), which=self._habits.rng.randrange(3))
            view.stay(self._habits.time(3500))
        if self._habits.chance(0.3):
            view.part()

    def _rage(self, view: PageView, handle: str, clicks: int) -> None:
        view.click(handle, within=0.05)
        for _ in range(clicks - 1):
            view.click_again(handle, self._habits.rng.uniform(140, 420))
        view.stay(self._habits.time(3200))

    def _related(self, view: PageView) -> str:
        shown = [handle for handle in view.page.places if handle.startswith("link:/product/")]
        return self._follow(view, self._habits.rng.choice(shown).removeprefix("link:"))

    def _reading_page(self, view: PageView) -> str:
        if "ask" in view.page.places:
            view.click(
                "ask",
                "mutation",
                self._habits.rng.randint(5, 24),
                which=self._habits.rng.randrange(len(view.page.places["ask"])),
            )
        view.read(self._habits.rng.randint(0, 2), self._habits.time(4500))
        return self._follow(view, "/products", which=self._any(view, "/products")) if self._habits.chance(0.5) else ""

    def _cart_page(self, view: PageView) -> str:
        view.stay(self._habits.time(3200))
        if self._habits.chance(0.2):
            line = self._habits.rng.randrange(len(self._cart))
            view.click("step:1", "mutation", self._habits.rng.randint(5, 24), which=line, item=self._cart[line])
        disappointed = self._habits.chance(0.38)
        if disappointed:
            self._promo(view)
        if self._habits.wants(0.5 if disappointed else 0.68):
            return self._follow(view, "/checkout")
        return self._follow(view, "/products") if self._habits.chance(0.3) else ""

    def _promo(self, view: PageView) -> None:
        view.click("field:promo", "focus", self._habits.rng.randint(4, 18))
        # Fields that stand in no form belong to the form called "page".
        for step in ("view", "start"):
            view.note("form", form="page", step=step)
        hesitation, dwell = self._habits.time(900), self._habits.time(3800)
        view.stay(hesitation + dwell)
        view.note(
            "field",
            element="field:promo",
            form="page",
            field="promo",
            index=0,
            visit=1,
            hesitation_ms=hesitation,
            dwell_ms=hesitation + dwell,
            edits=self._habits.rng.randint(5, 9),
            filled=1,
        )
        view.click("button:Apply promo", within=0.1)
        for _ in range(self._habits.rng.choice((0, 1, 1, 2, 3))):
            view.click_again("button:Apply promo", self._habits.time(520, 0.5))
        view.stay(self._habits.time(4200))

    def _thanks(self, view: PageView) -> str:
        letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        self.order = "HH-" + "".join(self._habits.rng.choices(letters, k=8))
        view.stay(self._habits.rng.randint(30, 90))
        items = sum(self._layout.prices[slug] for slug in self._cart)
        value = items if items >= _FREE_DELIVERY_FROM else items + _DELIVERY
        view.note("conversion", goal="purchase", value=value, currency="EUR", order_id=self.order)
        view.part()
        view.stay(self._habits.time(6000))
        return ""

    # The checkout.

    def _checkout(self, view: PageView) -> str:
        view.note("form", form="checkout", step="view")
        view.stay(self._habits.time(2600))
        if self._habits.chance(0.12 if self._habits.mobile else 0.07):
            return ""
        form = CheckoutForm(view, self._habits)
        return "/thanks" if form.fill() and form.submit() else ""
