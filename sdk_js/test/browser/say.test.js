import assert from "node:assert/strict";
import { after, test } from "node:test";
import { hide, pause, quit, until, visit } from "./harness.js";
import { told } from "./told.js";

after(quit);

const STUB = `window.footpath=window.footpath||function(){(footpath.q=footpath.q||[]).push(arguments)};`;

/** Said, and everything told. */
async function settle(tab, world) {
  await pause(1000);
  await hide(tab);
  await until(() => told(world, "engagement").length || told(world, "page_view"));
  await pause(500);
}

test("identify tells who this is, with at most 20 plain traits of 200 characters", async (t) => {
  const { world, tab } = await visit(t, "<p>x</p>");
  await tab.evaluate(() => {
    const many = Object.fromEntries([..."abcdefghijklmnopqrstuvwxyz"].map((letter) => [letter, true]));
    footpath("identify", 4711, { plan: "pro", seats: 3, note: "n".repeat(500), ...many });
    footpath("identify", "without");
  });
  await settle(tab, world);
  const [first, second] = told(world, "identify");
  assert.equal(first.id, "4711");
  assert.deepEqual([first.traits.plan, first.traits.seats, first.traits.a], ["pro", 3, true]);
  assert.equal(first.traits.note.length, 200);
  assert.equal(Object.keys(first.traits).length, 20);
  assert.deepEqual([second.id, second.traits], ["without", {}]);
});

test("nobody is identified where nothing may be stored", async (t) => {
  const { world, tab } = await visit(t, "<p>x</p>", { settings: { storage: "none" } });
  await tab.evaluate(() => {
    footpath("identify", "ann-471");
    footpath("exposure", "color", "blue");
  });
  await settle(tab, world);
  assert.equal(told(world, "exposure").length, 1);
  assert.equal(told(world, "identify").length, 0);
  assert.ok(!world.bodies.join().includes("ann-471"));
});

test("nobody is identified whose browser asks for privacy where the site answers with less", async (t) => {
  const { world, tab } = await visit(
    t,
    {
      "/": `<!doctype html><title>Private</title><script src="/gpc.js"></script><script src="/sdk.js"></script>`,
      "/gpc.js": `Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true, configurable: true });`,
    },
    { settings: { gpc: "reduced" } },
  );
  await tab.evaluate(() => {
    footpath("identify", "ann-471");
    footpath("survey", "nps", 9);
  });
  await settle(tab, world);
  assert.equal(told(world, "survey").length, 1);
  assert.equal(told(world, "identify").length, 0);
  assert.ok(!world.bodies.join().includes("ann-471"));
  assert.equal(await tab.evaluate(() => localStorage.length + sessionStorage.length), 0);
});

test("an experiment tells its variant, also one called 0 or false, and nothing without one", async (t) => {
  const { world, tab } = await visit(t, "<p>x</p>");
  await tab.evaluate(() => {
    footpath("exposure", "color", "blue");
    footpath("exposure", "color", 0);
    footpath("exposure", "color", false);
    footpath("exposure", "color");
  });
  await settle(tab, world);
  assert.deepEqual(
    told(world, "exposure").map(({ experiment, variant }) => [experiment, variant]),
    [
      ["color", "blue"],
      ["color", "0"],
      ["color", "false"],
    ],
  );
});

test("a survey tells a number, 0 too, and never a text", async (t) => {
  const { world, tab } = await visit(t, "<p>x</p>");
  await tab.evaluate(() => {
    for (const score of [9, 0, "7", "very private", null, undefined]) footpath("survey", "nps", score);
  });
  await settle(tab, world);
  assert.deepEqual(
    told(world, "survey").map(({ survey, score }) => [survey, score]),
    [9, 0, 7, undefined, undefined, undefined].map((score) => ["nps", score]),
  );
  assert.ok(!world.bodies.join().includes("very private"));
});

test("names are cut to what the collector takes", async (t) => {
  const { world, tab } = await visit(t, "<p>x</p>");
  await tab.evaluate(() => {
    const long = "x".repeat(999);
    footpath("identify", long);
    footpath("exposure", long, long);
    footpath("survey", long, 1);
  });
  await settle(tab, world);
  const [{ id }] = told(world, "identify");
  const [{ experiment, variant }] = told(world, "exposure");
  const [{ survey }] = told(world, "survey");
  assert.deepEqual(
    [id, experiment, variant, survey].map(({ length }) => length),
    [256, 128, 128, 128],
  );
});

test("what the stub took before the script came is told in its order", async (t) => {
  const { world, tab } = await visit(t, {
    "/": `<!doctype html><title>Early</title><script src="/stub.js"></script><script async src="/sdk.js"></script>`,
    "/stub.js": `${STUB}
footpath("identify", "early-one", { plan: "free" });
footpath("exposure", "color", 0);
footpath("survey", "nps", 3);
footpath("custom", "seen");
footpath("conversion", "first");`,
  });
  await settle(tab, world);
  await until(() => told(world, "conversion"));
  const order = told(world)
    .map(({ k }) => k)
    .filter((k) => /identify|exposure|survey|custom|conversion/.test(k));
  assert.deepEqual(order, ["identify", "exposure", "survey", "custom", "conversion"]);
});
