// Closing the tab, or following a link, right after a click: what was seen and done arrives all the same.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { events, pause, quit, until, visit } from "./harness.js";

after(quit);

const TRIES = +process.env.FOOTPATH_LEAVE_TRIES || 10;
/** One in a hundred, and one of fewer: a closing browser owes nobody an answer. */
const LOST = Math.ceil(TRIES / 100);
const ARRIVES_MS = 5000;

const PAGES = {
  "/": `<a href="/next" style="position:absolute;left:100px;top:100px;width:100px;height:40px">Next</a>
<button type="button" style="position:absolute;left:100px;top:200px;width:100px;height:40px">Buy</button>`,
  "/next": "<p>Next</p>",
};

const ways = {
  "closing the tab": async (tab) => {
    await tab.mouse.click(150, 220);
    await tab.close();
  },
  "following a link": async (tab) => {
    await tab.mouse.click(150, 120);
  },
};

/** Those of the given paths whose page view or click has not come. */
const lost = (world, paths) =>
  ["page_view", "click"].flatMap((kind) => {
    const seen = new Set(events(world, kind).map(({ batch }) => batch.page.url.split("utm_term=")[1]));
    return paths.filter((term) => !seen.has(term)).map((term) => `${kind} of ${term}`);
  });

for (const [way, leave] of Object.entries(ways)) {
  test(`${way} right after a click loses neither the click nor the page view`, async (t) => {
    const { world, context } = await visit(t, PAGES, { path: "/next" });
    const terms = [];
    for (let i = 0; i < TRIES; i++) {
      const tab = await context.newPage();
      await tab.goto(`${world.url}/?utm_term=${i}`);
      await until(() => tab.evaluate(() => !!(window.footpath && footpath.version)));
      terms.push(`${i}`);
      await leave(tab);
      if (way === "following a link") {
        await tab.waitForURL("**/next");
        await tab.close();
      }
    }
    const end = Date.now() + ARRIVES_MS;
    while (lost(world, terms).length && Date.now() < end) await pause(100);
    const missing = lost(world, terms);
    t.diagnostic(`${TRIES} tries, lost: ${missing.join(", ") || "nothing"}`);
    const tries = new Set(missing.map((what) => what.split(" of ")[1]));
    assert.ok(tries.size <= LOST, `lost ${missing.join(", ")}`);
  });
}
