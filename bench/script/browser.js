// One browser for all; each visit has a profile of its own, so that nobody finds a cache or a cookie.
import { chromium } from "playwright-core";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Scrolling in one step: its frames are the page's cost and only noise here.
  "--disable-smooth-scrolling",
  // Some scripts send nothing where navigator.webdriver is set.
  "--disable-blink-features=AutomationControlled",
];

export async function launch() {
  const browser = await chromium.launch({
    executablePath: process.env.FOOTPATH_CHROMIUM || "/usr/bin/chromium",
    args: ARGS,
    handleSIGINT: false,
  });
  const major = browser.version().split(".")[0];
  // Headless Chromium says so, and some scripts send nothing to it.
  const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`;
  return {
    browser,
    version: browser.version(),
    /** @returns a tab on an empty page of the site, so that the process is there before the shop is */
    async open(url) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, userAgent });
      const tab = await context.newPage();
      const errors = [];
      tab.on("pageerror", (error) => errors.push(String(error)));
      const cdp = await context.newCDPSession(tab);
      await tab.goto(`${url}/empty`);
      return { tab, cdp, errors, close: () => context.close() };
    },
    close: () => browser.close(),
  };
}
