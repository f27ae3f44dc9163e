import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { hide, pause, quit, until, visit } from "./harness.js";
import { about, told } from "./told.js";

after(quit);

const file = (name) => readFileSync(new URL(`../../dist/${name}`, import.meta.url), "utf8");

const BODY = `<form name="join"><input name="mail" required><button>Join</button></form>`;

/** Scripts that the page has fetched beside the ones that it names, which the browser keeps a list of. */
const fetched = (tab) =>
  tab.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .map(({ name }) => new URL(name).pathname)
      .filter((path) => path.startsWith("/sdk")),
  );

/** A field, a click and what they tell. */
async function use(tab, world) {
  await tab.click("input");
  await tab.click("button");
  await pause(300);
  await hide(tab);
  await until(
    () => told(world, "field").length && told(world, "click").length && told(world, "vital").length,
  );
  await pause(300);
}

test("as a module it captures clicks, forms and vitals with the settings that it is given, and fetches no other file", async (t) => {
  const { world, tab } = await visit(t, {
    "/": `<!doctype html><title>Module</title>${BODY}<script type="module" src="/app.js"></script>`,
    "/app.js": `import { start } from "/footpath.js"; const said = start({ site: "from-code", endpoint: "/collect" }); said("custom", "started");`,
    "/footpath.js": file("footpath.mjs"),
  });
  await until(() => told(world, "page_view"));
  await pause(500);
  await use(tab, world);
  assert.deepEqual(await fetched(tab), []);
  assert.ok(world.received.every(({ site }) => site === "from-code"));
  assert.equal(told(world, "custom")[0].name, "started");
  assert.equal(about(told(world, "click").at(-1)).name, "Join");
  assert.ok(told(world, "form").some(({ step }) => step === "error"));
  const addresses = await tab.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname),
  );
  assert.ok(addresses.includes("/collect"));
});

test("started twice it runs once and answers with the same function", async (t) => {
  const { world, tab } = await visit(t, {
    "/": `<!doctype html><title>Twice</title>${BODY}<script type="module" src="/app.js"></script>`,
    "/app.js": `import { start } from "/footpath.js"; const first = start({ site: "one" }); window.same = first === start({ site: "two" });`,
    "/footpath.js": file("footpath.mjs"),
  });
  await until(() => told(world, "page_view"));
  await use(tab, world);
  assert.equal(await tab.evaluate(() => same), true);
  assert.equal(told(world, "page_view").length, 1);
  assert.equal(told(world, "click").length, 2);
  assert.ok(world.received.every(({ site }) => site === "one"));
});

test("importing the module outside of a browser does nothing", async () => {
  const before = Object.keys(globalThis);
  const { start } = await import("../../dist/footpath.mjs");
  assert.equal(typeof start, "function");
  assert.deepEqual(Object.keys(globalThis), before);
});

test("the full file under its hash and a strict policy captures everything and fetches no other file", async (t) => {
  const full = file("footpath.full.min.js");
  const integrity = `sha384-${createHash("sha384").update(full).digest("base64")}`;
  const { world, tab } = await visit(
    t,
    {
      "/": `<!doctype html><title>Pinned</title><script src="/full.js" integrity="${integrity}" crossorigin="anonymous" data-site="pinned"></script>${BODY}`,
      "/full.js": full,
    },
    { prepare: async (_tab, w) => w.strict() },
  );
  await until(() => told(world, "page_view"));
  await pause(500);
  await use(tab, world);
  assert.deepEqual(await fetched(tab), []);
  assert.ok(world.received.every(({ site }) => site === "pinned"));
  await until(() => told(world, "form").length && told(world, "zone").length);
});

test("a pinned page runs no other bytes than those of its hash", async (t) => {
  const integrity = `sha384-${createHash("sha384").update("others").digest("base64")}`;
  const { world, tab } = await visit(t, {
    "/": `<!doctype html><title>Pinned</title><script src="/full.js" integrity="${integrity}" data-site="pinned"></script>${BODY}`,
    "/full.js": file("footpath.full.min.js"),
  });
  await pause(1000);
  assert.equal(await tab.evaluate(() => typeof footpath), "undefined");
  assert.equal(world.received.length, 0);
});
