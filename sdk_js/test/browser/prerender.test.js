// What is told of a page that the browser has made ready before anybody asked for it?
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { needs } from "./engines/chromium.js";
import { chosen } from "./engines/index.js";
import { pause, until } from "./harness.js";
import { told } from "./told.js";
import { serve } from "./world.js";

const options = { skip: chosen !== "chromium" && "only Chromium prerenders" };

const RULES = { prerender: [{ source: "list", urls: ["/next"], eagerness: "immediate" }] };
const page = (name, more) =>
  `<!doctype html><title>${name}</title><script src="/${name}.js"></script><script src="/sdk.js"></script>${more}`;

/** A browser that nobody drives: it does not prerender while a tool for developers is connected. */
async function browse(t, pages) {
  const world = await serve();
  world.pages = pages;
  const profile = mkdtempSync(join(tmpdir(), "footpath-"));
  const browser = spawn(
    needs.chromium,
    [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      `--user-data-dir=${profile}`,
      `${world.url}/`,
    ],
    { stdio: "ignore", detached: true },
  );
  t.after(async () => {
    const ended = new Promise((resolve) => browser.once("exit", resolve));
    process.kill(-browser.pid, "SIGKILL");
    await ended;
    await world.close();
    rmSync(profile, { recursive: true, force: true });
    if (world.invalid) throw new Error(`a batch breaks the schema: ${world.invalid}`);
  });
  return world;
}

const NEXT = `window.wasPrerendered = document.prerendering;
addEventListener("load", () => footpath("custom", "loaded", { wasPrerendered }));`;

test(
  "a prerendered page is no page view until it is shown, and then begins at that moment",
  options,
  async (t) => {
    const world = await browse(t, {
      "/": page(
        "first",
        `<script type="speculationrules">${JSON.stringify(RULES)}</script><a href="/next">Next</a>`,
      ),
      "/first.js":
        "addEventListener('load', () => setTimeout(() => document.querySelector('a').click(), 5000));",
      "/next": page("next", "<h1>Next</h1>"),
      "/next.js": NEXT,
    });
    await until(() => told(world, "custom"), 40_000);
    const [first, next] = told(world, "page_view");
    const [loaded] = told(world, "custom");
    assert.equal(loaded.props.wasPrerendered, true, "the browser has not prerendered the page");
    assert.deepEqual([first.batch.flags, next.batch.flags], [[], ["prerendered"]]);
    // It was loaded some five seconds before it was shown; what the page said meanwhile is told as it is shown.
    assert.ok(next.batch.page.started_at - first.batch.page.started_at > 4000);
    assert.ok(next.t < 1000 && loaded.t < 1000, `${next.t} and ${loaded.t} ms`);
    assert.equal(loaded.batch.page.id, next.batch.page.id);
    assert.equal(loaded.batch.session, first.batch.session);
  },
);

test("a page that was prerendered and never shown tells nothing", options, async (t) => {
  let isAsked = false;
  const world = await browse(t, {
    "/": page("first", `<script type="speculationrules">${JSON.stringify(RULES)}</script>`),
    "/first.js": "",
    "/next": page("next", "<h1>Next</h1>"),
    get "/next.js"() {
      isAsked = true;
      return NEXT;
    },
  });
  await until(() => told(world, "page_view"), 40_000);
  await until(() => isAsked);
  await pause(6000);
  assert.deepEqual(
    told(world)
      .map(({ batch }) => new URL(batch.page.url).pathname)
      .filter((path) => path !== "/"),
    [],
  );
});
