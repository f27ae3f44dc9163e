import assert from "node:assert/strict";
import { after, test } from "node:test";
import { events, hide, pause, quit, until, visit } from "./harness.js";

after(quit);

const HOUR_MS = 36e5;

const PLAIN = "<!doctype html><title>Without the script</title><p>x</p>";

/** A page on which so much time has passed since. */
const laterBy = (ms) => `const now = Date.now; Date.now = () => now() + ${ms};`;

const PAGES = {
  "/": "<p>First</p>",
  "/plain": PLAIN,
  "/next": "<p>Next</p>",
  "/later": `<!doctype html><title>Later</title><script src="/later.js"></script><script src="/sdk.js"></script>`,
};

/** A collector that refuses everything while it is down. */
async function open(t, options = {}) {
  const { pages = PAGES, ...others } = options;
  const collector = { isDown: true };
  const opened = await visit(t, pages, {
    ...others,
    prepare: async (_tab, world) => {
      world.answers = { shift: () => (collector.isDown ? 503 : undefined) };
    },
  });
  await until(() => refused(opened.world));
  return { ...opened, collector };
}

const batches = (world, isWanted) => world.received.filter(isWanted);
const refused = (world) => batches(world, ({ answer }) => answer === 503);
const stored = (world) => batches(world, ({ answer, flags }) => answer === 202 && flags.includes("stored"));

/** Says something that is refused, and waits until that is known. */
async function lose(tab, world, name) {
  await tab.evaluate((word) => footpath("conversion", word), name);
  await until(() => refused(world).some((batch) => batch.events.some(({ goal }) => goal === name)));
  await pause(200);
}

const kept = (tab) => tab.evaluate(() => Object.values(localStorage).join());

/** Left for a page without the script, where the collector recovers. */
async function leave(tab, world, collector) {
  await tab.goto(`${world.url}/plain`);
  await pause(300);
  collector.isDown = false;
}

test("what the collector refused while a page lived is told by the next page under the same numbers, marked", async (t) => {
  const { world, tab, collector } = await open(t);
  await lose(tab, world, "lost");
  const [before] = refused(world).filter((batch) => batch.events.some(({ goal }) => goal === "lost"));
  const wanted = before.events.find(({ goal }) => goal === "lost");
  await leave(tab, world, collector);
  await tab.goto(`${world.url}/next`);
  const batch = await until(() =>
    stored(world).find((one) => one.events.some(({ goal }) => goal === "lost")),
  );
  const event = batch.events.find(({ goal }) => goal === "lost");
  assert.deepEqual([event.n, event.t], [wanted.n, wanted.t]);
  assert.equal(batch.page.id, before.page.id);
  assert.equal(batch.page.url, `${world.url}/`);
  assert.deepEqual([batch.visitor, batch.session], [before.visitor, before.session]);
  assert.ok(!("sent_t" in batch));
  assert.ok(batch.attempt > before.attempt);
  await pause(500);
  assert.ok(!(await kept(tab)).includes("lost"), "it stays on the device although it has arrived");
  const next = await until(() =>
    events(world, "page_view").find((view) => view.batch.page.url.endsWith("/next")),
  );
  assert.ok(!next.batch.flags.includes("stored"));
});

test("a page that is reloaded while the collector is away tells it later", async (t) => {
  const { world, tab, collector } = await open(t);
  await lose(tab, world, "lost");
  await tab.reload();
  await pause(800);
  collector.isDown = false;
  await until(() => stored(world).some((batch) => batch.events.some(({ goal }) => goal === "lost")));
});

test("a collector that is away for a minute has everything afterwards, each event once", async (t) => {
  const { world, tab, collector } = await open(t);
  const names = [];
  const end = Date.now() + 60_000;
  for (let i = 0; Date.now() < end; i++) {
    names.push(`goal ${i}`);
    await tab.evaluate((name) => footpath("conversion", name), names[i]);
    await pause(5000);
  }
  collector.isDown = false;
  await tab.evaluate(() => footpath("conversion", "back"));
  const goals = () => events(world, "conversion").map(({ goal }) => goal);
  // The last tries are up to 12 s apart.
  await until(() => goals().length > names.length, 15000);
  await pause(500);
  assert.deepEqual(goals().sort(), [...names, "back"].sort());
});

for (const [hours, isTold] of [
  [23, true],
  [25, false],
]) {
  test(`after ${hours} hours it is ${isTold ? "still" : "no longer"} told`, async (t) => {
    const { world, tab, collector } = await open(t, {
      pages: { ...PAGES, "/later.js": laterBy(hours * HOUR_MS) },
    });
    await lose(tab, world, "lost");
    await leave(tab, world, collector);
    await tab.goto(`${world.url}/later`);
    await until(() => events(world, "page_view").some(({ batch }) => batch.page.url.endsWith("/later")));
    await pause(1500);
    assert.equal(stored(world).length > 0, isTold);
    if (!isTold) assert.ok(!(await kept(tab)).includes("lost"), "it stays on the device");
  });
}

test("nothing is kept where nothing may be stored", async (t) => {
  const { world, tab, collector } = await open(t, { settings: { storage: "none" } });
  await lose(tab, world, "lost");
  assert.equal(await tab.evaluate(() => localStorage.length + sessionStorage.length), 0);
  await leave(tab, world, collector);
  await tab.goto(`${world.url}/next`);
  await until(() => events(world, "page_view").length);
  await pause(800);
  assert.equal(stored(world).length, 0);
});

test("in one tab only it is kept where only that may be stored", async (t) => {
  const { world, tab, collector } = await open(t, { settings: { storage: "session" } });
  await lose(tab, world, "lost");
  assert.equal(await tab.evaluate(() => localStorage.length), 0);
  await leave(tab, world, collector);
  await tab.goto(`${world.url}/next`);
  await until(() => stored(world));
});

test("without consent what was kept is gone", async (t) => {
  const { world, tab, collector } = await open(t);
  await lose(tab, world, "lost");
  assert.match(await kept(tab), /lost/);
  await tab.evaluate(() => footpath("consent", false));
  assert.equal(await kept(tab), "");
  // A try that was under way comes back after the refusal.
  await pause(500);
  assert.equal(await kept(tab), "");
  await leave(tab, world, collector);
  await tab.goto(`${world.url}/next`);
  await until(() => events(world, "page_view").length);
  await pause(800);
  assert.equal(stored(world).length, 0);
  assert.ok(!events(world, "conversion").length);
});

test("consent that is withdrawn while a try is under way leaves nothing behind", async (t) => {
  const { world, tab } = await open(t);
  await tab.evaluate(() => {
    footpath("conversion", "lost");
    return new Promise((done) => setTimeout(done, 20)).then(() => footpath("consent", false));
  });
  await pause(1000);
  assert.equal(await kept(tab), "");
  await hide(tab);
  assert.ok(world.received.length);
});

test("two tabs do not lose each other's", async (t) => {
  const { world, tab, context, collector } = await open(t);
  const other = await context.newPage();
  await other.goto(`${world.url}/next`);
  await until(() => refused(world).some(({ page }) => page.url.endsWith("/next")));
  await lose(tab, world, "one");
  await lose(other, world, "two");
  await lose(tab, world, "three");
  await other.goto(`${world.url}/plain`);
  await leave(tab, world, collector);
  await tab.goto(`${world.url}/next`);
  const goals = () => stored(world).flatMap((batch) => batch.events.map(({ goal }) => goal));
  await until(() => ["one", "two", "three"].every((goal) => goals().includes(goal)));
});

test("a full storage breaks nothing, and what is refused is told as long as the page lives", async (t) => {
  const { world, tab, collector } = await open(t);
  await tab.evaluate(() => {
    for (let size = 2 ** 22; size >= 1; size >>= 1)
      try {
        for (let i = 0; i < 99; i++) localStorage.setItem(`fill${size}-${i}`, "x".repeat(size));
      } catch (_) {}
  });
  await lose(tab, world, "lost");
  collector.isDown = false;
  await until(() => events(world, "conversion").some(({ goal }) => goal === "lost"), 14_000);
});

test("a page that begins with a full storage is told, without anybody being known", async (t) => {
  const { world } = await visit(t, {
    "/": `<!doctype html><title>Full</title><script src="/fill.js"></script><script src="/sdk.js"></script>`,
    "/fill.js": `for (let size = 2 ** 22; size >= 1; size >>= 1) try { for (let i = 0; i < 99; i++) localStorage.setItem("fill" + size + "-" + i, "x".repeat(size)); } catch (_) {}`,
  });
  const [{ batch }] = await until(() => events(world, "page_view"));
  assert.equal(batch.visitor, "");
});
