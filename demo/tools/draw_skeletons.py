"""Draw what every page of the shop looks like: `python demo/tools/draw_skeletons.py` writes demo/skeletons.json.

Needs playwright and a Chromium, as measure_layout.py does; run both after a change of the shop's look. The script's own
source draws, so that sample visits tell what real ones tell.

The file: address → viewport name → the fields of a `skeleton` event. Boxes that many pages share are kept once: a
number stands for a place in `boxes`.
"""

from __future__ import annotations

import json
import os
from typing import Any

from measure_layout import ARGUMENTS, DEMO, addresses, visit
from playwright.sync_api import sync_playwright

from collector.demo.shop import serve

DRAW = r"""async () => {
  globalThis.SETTINGS = { site: "demo-shop" };
  globalThis.VERSION = "";
  const { handed } = await import("/script-source/handed.js");
  const { take } = await import("/script-source/more/core.js");
  const { accessibleName, roleOf } = await import("/script-source/more/element.js");
  const { skeleton } = await import("/script-source/skeleton/main.js");
  take(handed);
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  const page = { block: { url: location.href } };
  return new Promise((resolve) =>
    skeleton(
      {
        ...handed,
        accessibleName,
        roleOf,
        pageNow: () => page,
        visitNow: () => ({}),
        writeVisit() {},
        whenIdle: (go) => go(),
        stamp: (_, fields) => fields,
        record: resolve,
        takeOver: (_, on) => on.open(),
      },
      [],
    ),
  );
}"""


def text(drawn: dict[str, dict[str, Any]]) -> str:
    """JSON with a box and a skeleton on each line, so that changes can be read."""
    known: dict[str, int] = {}
    pages = []
    for address, views in drawn.items():
        lines = []
        for name, told in views.items():
            places = [known.setdefault(tight(box), len(known)) for box in told["boxes"]]
            lines.append(f"{tight(name)}:{tight(told | {'boxes': places})}")
        pages.append(f"{tight(address)}:{{\n" + ",\n".join(lines) + "}")
    return '{"boxes":[\n' + ",\n".join(known) + '],\n"pages":{\n' + ",\n".join(pages) + "}}\n"


def tight(value: object) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def main() -> None:
    """Serve the shop, draw it, write the file."""
    with serve(DEMO, "127.0.0.1", 0, "/sdk-is-not-needed-here.js") as shop, sync_playwright() as play:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = play.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        written = text(visit(browser, shop.url, DRAW))
        browser.close()
    json.loads(written)
    (DEMO / "skeletons.json").write_text(written, encoding="utf-8")
    print(f"{len(addresses())} pages, {len(written)} characters")


if __name__ == "__main__":
    main()
