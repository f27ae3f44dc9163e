import assert from "node:assert/strict";
import { after, test } from "node:test";
import { hide, pause, quit, until, visit } from "./harness.js";
import { told } from "./told.js";

after(quit);

const GPC = `Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true, configurable: true });`;
const CONSOLE = "var lines = []; console.info = (line) => lines.push(line);";

/** Lines are kept from the first moment on. */
const page = (body, first = "") => ({
  "/": `<!doctype html><title>Debug</title><script src="/console.js"></script>${first}<script src="/sdk.js"></script>${body}`,
  "/console.js": CONSOLE,
  "/gpc.js": GPC,
});

/** Runs in the page: the panel's lines, the newest first. */
const panel = (tab) =>
  tab.evaluate(() => {
    const host = [...document.documentElement.children].find(({ shadowRoot }) => shadowRoot);
    return host ? [...host.shadowRoot.querySelectorAll("li")].map(({ textContent }) => textContent) : [];
  });

async function open(tab) {
  await tab.evaluate(() => {
    footpath.debug();
  });
  return until(() => panel(tab));
}

const has = (lines, words) => lines.some((line) => line.includes(words));

test("the panel shows who and where, and each event as it happens, and so does the console", async (t) => {
  const { world, tab } = await visit(t, page("<button>Buy</button>"));
  const [{ batch }] = await until(() => told(world, "page_view"));
  const lines = await open(tab);
  assert.ok(has(lines, `page view ${batch.page.id}, ${world.url}/`), lines.join("\n"));
  assert.ok(has(lines, `visitor ${batch.visitor}, session ${batch.session}`));
  assert.ok(has(lines, `events go to ${world.url}/v1/events`));
  await tab.evaluate(() => footpath("custom", "chart"));
  await until(async () => has(await panel(tab), "custom: name chart"));
  await tab.evaluate(() => {
    document.querySelector("button").onclick = () => document.body.append("x");
  });
  await tab.click("button");
  await until(async () => has(await panel(tab), `click button "Buy"`));
  const said = await tab.evaluate(() => lines);
  assert.deepEqual(
    said.map((line) => line.replace("footpath: ", "")),
    (await panel(tab)).reverse(),
  );
  assert.ok(said.every((line) => line.startsWith("footpath: ")));
});

test("it says that nothing is captured where the browser asks for privacy", async (t) => {
  const { world, tab } = await visit(t, page("<p>x</p>", `<script src="/gpc.js"></script>`));
  const lines = await open(tab);
  assert.ok(has(lines, "nothing is captured: this browser asks not to be tracked"), lines.join("\n"));
  assert.ok(!has(lines, "page view"));
  assert.equal(world.received.length, 0);
});

test("it says that nothing is captured without consent, also where the stub took the refusal", async (t) => {
  const stub = `window.footpath=window.footpath||function(){(footpath.q=footpath.q||[]).push(arguments)};footpath("consent",false);`;
  for (const first of ["", `<script>${stub}</script>`]) {
    const { tab } = await visit(t, page("<p>x</p>", first));
    if (!first) await tab.evaluate(() => footpath("consent", false));
    assert.ok(has(await open(tab), "nothing is captured: consent was refused"));
  }
});

test("it says that the collector wants nothing", async (t) => {
  const { world, tab } = await visit(t, page("<p>x</p>"), {
    prepare: async (_tab, w) => {
      w.answers = [410];
    },
  });
  await until(() => world.received.length);
  await pause(300);
  assert.ok(has(await open(tab), "the collector has answered"));
});

test("it says that nobody is known where nothing may be stored", async (t) => {
  const { tab } = await visit(t, page("<p>x</p>"), { settings: { storage: "none" } });
  assert.ok(has(await open(tab), "nothing is kept on the device"));
});

test("it says that a second tag was found", async (t) => {
  const { tab } = await visit(t, page(`<script src="/sdk.js?again"></script>`));
  assert.ok(has(await open(tab), "a second script tag was found"));
});

test("it works under a strict policy, where no style of the page reaches it", async (t) => {
  const { tab } = await visit(t, page("<p>x</p>"), {
    prepare: async (_tab, world) => world.strict(),
  });
  await open(tab);
  const [position, color] = await tab.evaluate(() => {
    const host = [...document.documentElement.children].find(({ shadowRoot }) => shadowRoot);
    const { position: place, backgroundColor } = getComputedStyle(host.shadowRoot.querySelector("section"));
    return [place, backgroundColor];
  });
  assert.deepEqual([position, color], ["fixed", "rgb(18, 33, 27)"]);
});

test("clicks in the panel are not captured, and it can be closed", async (t) => {
  const { world, tab } = await visit(t, page("<p>x</p>"));
  await open(tab);
  await tab.click("li");
  await tab.click("header button");
  assert.deepEqual(await panel(tab), []);
  await pause(300);
  await hide(tab);
  await until(() => told(world, "page_view"));
  await pause(500);
  assert.equal(told(world, "click").length, 0);
  assert.equal(told(world, "zone").length, 0);
});

test("called twice it opens one panel", async (t) => {
  const { tab } = await visit(t, page("<p>x</p>"));
  await open(tab);
  await tab.evaluate(() => {
    footpath.debug();
  });
  await pause(800);
  const panels = await tab.evaluate(
    () => [...document.documentElement.children].filter(({ shadowRoot }) => shadowRoot).length,
  );
  assert.equal(panels, 1);
  await tab.click("header button");
  assert.ok(has(await open(tab), "page view"));
});
