"""The checkout form in the hands of a sample visitor, the phone field as its stumbling block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collector.demo.habits import Habits
    from collector.demo.pageview import PageView

FORM: Final = "checkout"
_PHONE: Final = "phone"
# In the order of the form; typing time in ms on a keyboard.
_FIELDS: Final = (
    ("email", 5200),
    (_PHONE, 5600),
    ("name", 3600),
    ("address", 5200),
    ("postcode", 2200),
    ("city", 2600),
    ("country", 2600),
    ("card-number", 6200),
    ("card-expiry", 2000),
    ("card-code", 1600),
    ("terms", 400),
)
_REMEMBERED: Final = ("email", "name", "address", "postcode", "city")


class CheckoutForm:
    """The checkout form in somebody's hands."""

    def __init__(self, view: PageView, habits: Habits) -> None:
        self._view, self._habits = view, habits
        self._visits: dict[str, int] = {}
        self._last = ""
        self._remembers = habits.chance(0.45)
        self._phone_is_right = False

    def fill(self) -> bool:
        """Field by field; False when given up on the way."""
        for name, typing in _FIELDS:
            done = self._phone() if name == _PHONE else self._plain(name, typing)
            if not done:
                return False
            if name == "country" and self._habits.chance(0.4):
                self._view.part()
        return True

    def submit(self) -> bool:
        """Try to place the order, come back to the phone number, try again; False when given up."""
        for attempt in range(5):
            self._attempt()
            if self._phone_is_right:
                self._view.note("form", form=FORM, step="ok", last_field=self._last)
                return True
            self._view.note("form", form=FORM, step="error", last_field=_PHONE)
            gives_up = (0.36 if self._habits.mobile else 0.1) + 0.08 * attempt
            solved = self._habits.chance(0.4 if self._habits.mobile else 0.72)
            self._visit(
                _PHONE,
                hesitation=self._habits.time(11_000 if self._habits.mobile else 6_000, 0.5),
                typing=6000,
                edits=self._habits.rng.randint(3, 14),
                deletes=self._habits.rng.randint(2, 13),
                refills=self._habits.rng.randint(0, 1),
                invalid="" if solved else "patternMismatch",
            )
            self._phone_is_right = solved
            if not solved and self._habits.chance(gives_up):
                return False
        return False

    def _attempt(self) -> None:
        """Press the button: a jump to the wrong field answers it, or the next page."""
        good = self._phone_is_right
        effect, ms = ("navigation", self._habits.wait(160)) if good else ("focus", self._habits.rng.randint(6, 28))
        self._view.click("button:Place order", effect, ms)
        self._view.note("form", form=FORM, step="attempt", last_field=self._last)

    def _plain(self, name: str, typing: int) -> bool:
        autofilled = self._remembers and name in _REMEMBERED
        slow = 1.35 if self._habits.mobile else 1.0
        hesitation = self._habits.time(260 if autofilled else 850 * slow)
        stumbles = name == "postcode" and self._habits.chance(0.06)
        self._visit(
            name,
            hesitation=hesitation,
            typing=300 if autofilled else int(typing * slow),
            autofilled=int(autofilled),
            edits=1 if autofilled or name in ("country", "terms") else self._habits.rng.randint(4, 22),
            deletes=0 if autofilled else self._habits.rng.choice((0, 0, 1, 2)),
            invalid="patternMismatch" if stumbles else "",
        )
        if stumbles:
            self._visit(name, hesitation=self._habits.time(1500), typing=1800, edits=5, deletes=4)
        return not self._habits.chance(0.016 if self._habits.mobile else 0.009)

    def _phone(self) -> bool:
        hesitation = self._habits.time(9_500 if self._habits.mobile else 4_200, 0.55)
        if self._habits.chance(0.2 if self._habits.mobile else 0.05):
            self._refuse(hesitation)
            return False
        self._phone_is_right = self._habits.chance(0.2 if self._habits.mobile else 0.5)
        self._visit(
            _PHONE,
            hesitation=hesitation,
            typing=6400 if self._habits.mobile else 5200,
            edits=self._habits.rng.randint(9, 18),
            deletes=self._habits.rng.randint(0, 6),
            invalid="" if self._phone_is_right else "patternMismatch",
        )
        return True

    def _refuse(self, hesitation: int) -> None:
        """Look at the field for long, type nothing, leave."""
        self._enter(_PHONE)
        self._view.stay(hesitation * 1.6)
        self._blur(_PHONE, dwell_ms=int(hesitation * 1.6), edits=0, filled=0, invalid="valueMissing")
        self._view.stay(self._habits.time(2500))

    def _visit(
        self,
        name: str,
        *,
        hesitation: int,
        typing: int,
        edits: int,
        deletes: int = 0,
        refills: int = 0,
        autofilled: int = 0,
        invalid: str = "",
    ) -> None:
        self._enter(name)
        dwell = hesitation + self._habits.time(typing, 0.25)
        self._view.stay(hesitation)
        self._view.stay(dwell - hesitation)
        wrong = {"invalid": invalid} if invalid else {}
        self._blur(
            name,
            hesitation_ms=hesitation,
            dwell_ms=dwell,
            edits=edits,
            deletes=deletes,
            refills=refills,
            autofilled=autofilled,
            filled=1,
            **wrong,
        )

    def _enter(self, name: str) -> None:
        """By tap or click, or with the tab key from the field before."""
        if self._habits.person.touches or not self._last or self._habits.chance(0.35):
            self._view.click(f"field:{name}", "focus", self._habits.rng.randint(4, 22))
        else:
            self._view.bring(f"field:{name}")
        if not self._last:
            self._view.note("form", form=FORM, step="start", last_field=name)
        self._last = name
        self._visits[name] = self._visits.get(name, 0) + 1

    def _blur(self, name: str, **fields: int | str) -> None:
        index = next(place for place, field in enumerate(_FIELDS) if field[0] == name)
        self._view.note(
            "field",
            element=f"field:{name}",
            form=FORM,
            field=name,
            index=index,
            visit=self._visits[name],
            **fields,
        )
