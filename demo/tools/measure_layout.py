# ruff: noqa: E501
"""Measure where everything stands: `python demo/tools/measure_layout.py` writes demo/layout.json.

Needs playwright and a Chromium (its path in CHROMIUM, default /usr/bin/chromium). The sample visits click at these
places, so that their heatmaps fit the pages. Run it again after a change of the shop's look.

The file: `viewports` name → [width, height]; `sticky` viewport → px scrolled until the header sticks; `prices` product → euros; `elements` a list of descriptions as on the wire, without `rect`, each once;
`pages` address → title, type, `documents` viewport → [width, height] and `places` handle → list of
[index in elements, viewport → rectangle]. A handle says what a visitor means: `link:/cart`, `add:cairn-mug`,
`field:phone`, `zone:film`. The cart and the checkout are measured with one and with two items (`/cart#2`).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

DEMO = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(DEMO.parent))

from collector.demo.shop import serve  # noqa: E402

VIEWPORTS = {"desktop": (1440, 900), "tablet": (820, 1180), "mobile": (390, 844)}
LINES = (
    {"slug": "drover-rucksack", "name": "Drover 22 rucksack", "price": 148, "quantity": 1},
    {"slug": "cairn-mug", "name": "Cairn enamel mug", "price": 16, "quantity": 1},
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--hide-scrollbars",
)

# The script's own source says what an element is called, so that sample visits and real ones meet in one report.
SCRIPT = DEMO.parent / "sdk_js" / "src"
COLLECT = r"""async () => {
  globalThis.SETTINGS = { site: "demo-shop" };
  globalThis.VERSION = "";
  const { handed } = await import("/script-source/handed.js");
  const { take } = await import("/script-source/more/core.js");
  const { describe } = await import("/script-source/more/element.js");
  take(handed);
  const isFixed = (el) => el && (/fixed|sticky/.test(getComputedStyle(el).position) || isFixed(el.parentElement));
  const handleOf = (el, name) => {
    if (el.dataset.footpathZone) return "zone:" + el.dataset.footpathZone;
    if (el.dataset.add) return "add:" + el.dataset.add;
    if (el.dataset.view) return "thumb";
    if (el.dataset.filter) return "filter:" + el.dataset.filter;
    if (el.dataset.step || el.dataset.change) return "step:" + (el.dataset.step || el.dataset.change);
    if (el.localName === "a") return "link:" + el.getAttribute("href");
    if (el.localName === "summary") return "ask";
    if (el.name) return "field:" + el.name;
    if (el.localName === "img") return "image:" + (el.closest("figure") ? "film" : el.matches(".stage") ? "stage" : "hero");
    return "button:" + name;
  };
  const wanted = "a[href],button,input,select,summary,[data-footpath-zone],figure img,.stage,.hero-picture img";
  const found = [...document.querySelectorAll(wanted)].filter((el) => !el.closest("[hidden],.skip"));
  return {
    title: document.title,
    type: document.documentElement.dataset.footpathPageType,
    prices: Object.fromEntries([...document.querySelectorAll("[data-add]")].map((el) => [el.dataset.add, Number(el.dataset.price)])),
    sticky: document.querySelector("header").offsetTop,
    size: [document.documentElement.scrollWidth, document.documentElement.scrollHeight],
    found: found.map((el) => {
      const { x, y, width, height } = el.getBoundingClientRect();
      const fixed = isFixed(el) ? 1 : 0;
      const rect = [fixed ? x : x + scrollX, fixed ? y : y + scrollY, width, height].map(Math.round);
      const about = describe(el);
      return { handle: handleOf(el, about.name), ...about, fixed, rect };
    }),
  };
}"""


def addresses() -> list[str]:
    """Every page that sample visits go to; `#n` is the number of items in the cart."""
    products = sorted(f"/product/{file.stem}" for file in (DEMO / "product").glob("*.html"))
    carts = [f"/{name}#{count}" for name in ("cart", "checkout") for count in (1, 2)]
    return ["/", "/products", *products, *carts, "/thanks", "/about", "/faq"]


def visit(browser: Browser, shop: str, look: str) -> dict[str, dict[str, Any]]:
    """Address → viewport name → what the function `look` saw there."""
    seen: dict[str, dict[str, Any]] = {address: {} for address in addresses()}
    for name, (width, height) in VIEWPORTS.items():
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="light")
        page = context.new_page()
        page.route(
            "**/script-source/**/*.js",
            lambda route: route.fulfill(path=SCRIPT / route.request.url.partition("/script-source/")[2]),
        )
        page.goto(shop + "/about")
        for address, views in seen.items():
            path, _, count = address.partition("#")
            store(page.evaluate, list(LINES[: int(count or 0)]))
            page.goto(shop + path)
            views[name] = page.evaluate(look)
        context.close()
    return seen


def store(evaluate: Any, lines: list[dict[str, Any]]) -> None:
    """Put items into the cart and an order into the window."""
    evaluate("lines => localStorage.setItem('holloway-cart', JSON.stringify(lines))", lines)
    evaluate('() => sessionStorage.setItem(\'holloway-order\', \'{"id":"HH-0","total":164,"reported":true}\')')


def compact(seen: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The file's structure; descriptions that pages share are kept once."""
    elements: list[dict[str, Any]] = []
    known: dict[str, int] = {}
    pages = {}
    for address, views in seen.items():
        places: dict[str, list[Any]] = {}
        for index, first in enumerate(views["desktop"]["found"]):
            described = {name: value for name, value in first.items() if name not in ("handle", "rect") and value}
            place = known.setdefault(json.dumps(described, sort_keys=True), len(known))
            if place == len(elements):
                elements.append(described)
            rects = {name: view["found"][index]["rect"] for name, view in views.items()}
            places.setdefault(first["handle"], []).append([place, rects])
        head = views["desktop"]
        sizes = {name: view["size"] for name, view in views.items()}
        pages[address] = {"title": head["title"], "type": head["type"], "documents": sizes, "places": places}
    sticky = {name: view["sticky"] for name, view in seen["/"].items()}
    prices = seen["/products"]["desktop"]["prices"]
    return {"viewports": VIEWPORTS, "sticky": sticky, "prices": prices, "elements": elements, "pages": pages}


def text(layout: dict[str, Any]) -> str:
    """JSON with an element and a handle on each line, so that changes can be read."""
    tight = {"separators": (",", ":"), "ensure_ascii": False}
    elements = ",\n".join(json.dumps(each, **tight) for each in layout["elements"])
    pages = []
    for address, page in layout["pages"].items():
        places = ",\n".join(
            f"{json.dumps(handle)}:{json.dumps(place, **tight)}" for handle, place in page["places"].items()
        )
        head = json.dumps({name: page[name] for name in ("title", "type", "documents")}, **tight)[:-1]
        pages.append(f'"{address}":{head},"places":{{\n{places}}}}}')
    views = json.dumps(layout["viewports"], **tight)
    sticky = json.dumps(layout["sticky"], **tight)
    prices = json.dumps(layout["prices"], **tight)
    return (
        f'{{"viewports":{views},"sticky":{sticky},"prices":{prices},\n"elements":[\n{elements}],\n"pages":{{\n'
        + ",\n".join(pages)
        + "}}\n"
    )


def main() -> None:
    """Serve the shop, measure it, write the file."""
    with serve(DEMO, "127.0.0.1", 0, "/sdk-is-not-needed-here.js") as shop, sync_playwright() as play:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = play.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        layout = compact(visit(browser, shop.url, COLLECT))
        browser.close()
    written = text(layout)
    json.loads(written)
    (DEMO / "layout.json").write_text(written, encoding="utf-8")
    print(f"{len(layout['pages'])} pages, {len(layout['elements'])} elements, {len(written)} characters")


if __name__ == "__main__":
    main()
