"""Ready-made conversion paths: the steps of the funnels that most teams ask first, bound to page types.

Page types come from `data-footpath-page-type` on the pages; whoever names them otherwise says so:
`preset("cart", product="item")`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from collector.query.errors import unknown
from collector.query.steps import Step, conversion, form, page

if TYPE_CHECKING:
    from collections.abc import Mapping

# What each path goes through: (what, its name unless the caller says another).
PRESETS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "ad": (("landing", "landing"), ("form", "*"), ("goal", "purchase")),
        "demo": (("home", "home"), ("product", "product"), ("pricing", "pricing"), ("demo", "demo")),
        "cart": (("search", "search"), ("product", "product"), ("cart", "cart"), ("checkout", "checkout")),
        "plan": (("login", "login"), ("plan", "plan"), ("payment", "payment")),
        "support": (("faq", "faq"), ("support", "support"), ("self_service", "self-service")),
    }
)


def preset(name: str, **names: str) -> list[Step]:
    """Steps of a ready-made path, for `funnel(steps=preset("cart"), …)`.

    - `ad`: landing page reached from a paid channel, form, sale
    - `demo`: home page, product, pricing, demo
    - `cart`: search, product, cart, checkout
    - `plan`: login, plan, payment
    - `support`: FAQ, support, self-service

    All are page types but `form` (name of a form, which is to be sent) and `goal` (of the sale).

    Args:
        name: one of these.
        names: what the site calls a page type, the form or the goal: `preset("ad", goal="lead")`.

    Raises:
        UnknownName: no such path, or nothing of that name on it.
    """
    if name not in PRESETS:
        raise unknown("preset", name, PRESETS)
    known = dict(PRESETS[name])
    for each in names:
        if each not in known:
            raise unknown(f"part of preset {name!r}", each, known)
    return [_step(what, called, ad=name == "ad") for what, called in {**known, **names}.items()]


def _step(what: str, called: str, *, ad: bool) -> Step:
    if what == "form":
        return form(called, "ok")
    if what == "goal":
        return conversion(called)
    return page(type=called, channel="Paid*") if ad else page(type=called)
