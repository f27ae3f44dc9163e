"""Every page of a running demo as pictures: light, dark, and as wide as a telephone.

footpath demo                                      # prints the dashboard's link
python -m tests.dashboard.screenshots DIR LINK [PAGE …]
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import sync_playwright

from collector.dashboard.page import found
from tests.support import CHROMIUM, CHROMIUM_OPTIONS, whole

SITE = "demo-shop"
LOOKS = {"light": ("light", 1360, 900), "dark": ("dark", 1360, 900), "phone": ("light", 390, 844)}
# What makes a page worth looking at: a comparison, a breakdown, a page with clicks.
SAID = {
    "overview": "period=2d&compare=previous",
    "funnel": "period=2d&by=device&times=1&lost=1",
    "heat": "period=2d&path=/cart",
    "friction": "period=2d&signal=dead&at=/cart",
}


def main(folder: Path, link: str, wanted: list[str]) -> None:
    """Take the pictures, and say what the browser complained about."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
        for look, (scheme, width, height) in LOOKS.items():
            context = browser.new_context(
                color_scheme=scheme, viewport={"width": width, "height": height}, device_scale_factor=1
            )  # fmt: skip
            page = context.new_page()
            page.on("console", lambda message: print(message.type, message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: print("error", error))
            page.goto(link)
            for name in wanted or [*found()]:
                page.goto(urljoin(link, f"/sites/{SITE}/{name}?{SAID.get(name, 'period=2d')}"))
                if name == "session":
                    page.goto(urljoin(link, f"/sites/{SITE}/sessions?period=2d&where=did:conversion:purchase"))
                    page.locator("table a").first.click()
                whole(page, found()[name].title)
                page.wait_for_timeout(300)
                page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
                wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                if wide > 0:
                    print(f"{name} {look}: {wide} px wider than the window")
            context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
