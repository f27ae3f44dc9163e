import assert from "node:assert/strict";
import { after, test } from "node:test";
import { events, hide, pause, quit, until, visit } from "./harness.js";

after(quit);

const STUB = `window.footpath = window.footpath || function () { (footpath.q = footpath.q || []).push(arguments) };`;

/** Events as they came, acknowledged or not. */
const sent = (world, kind) =>
  world.received.flatMap((batch) =>
    batch.events.filter(({ k }) => k === kind).map((event) => ({ ...event, batch })),
  );

test("a conversion goes out at once with value, currency and order", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`);
  await until(() => events(world, "page_view"));
  await tab.evaluate(() => footpath("conversion", "order", { value: 12.5, currency: "eur", order_id: 4711 }));
  const [event] = await until(() => events(world, "conversion"), 1500);
  assert.deepEqual([event.goal, event.value, event.currency, event.order_id], ["order", 12.5, "EUR", "4711"]);
});

test("custom is sent within 5 s, unknown commands are ignored", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`);
  await tab.evaluate(() => {
    footpath("custom", "size_chart", { open: true, count: 3, note: "n".repeat(500), nested: { a: 1 } });
    footpath("frobnicate", 1);
    footpath();
    footpath("toString");
    footpath("conversion", "x", null);
  });
  const [custom] = await until(() => events(world, "custom"), 6500);
  assert.deepEqual([custom.name, custom.props.open, custom.props.count], ["size_chart", true, 3]);
  assert.equal(custom.props.note.length, 200);
  assert.equal((await until(() => events(world, "conversion")))[0].goal, "x");
});

test("what is gathered goes out when nothing more has happened for 3 s", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`);
  await until(() => events(world, "page_view"));
  await tab.evaluate(() => {
    footpath("custom", "early");
    setTimeout(() => footpath("custom", "late"), 2000);
  });
  await until(() => events(world, "custom"));
  const [early, late] = events(world, "custom");
  assert.deepEqual([early.name, late.name], ["early", "late"]);
  assert.equal(early.batch, late.batch);
  assert.ok(late.batch.sent_t - late.t >= 2990, `${late.batch.sent_t - late.t}`);
});

test("16 KB do not wait, and are a batch of their own", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`);
  await until(() => events(world, "page_view"));
  await tab.evaluate(() => {
    for (let i = 0; i < 6; i++) {
      const props = {};
      for (let k = 0; k < 20; k++) props[`key${k}`] = "ü".repeat(190);
      footpath("custom", `big${i}`, props);
    }
  });
  // The last of them wait for more.
  await until(() => events(world, "custom").length >= 3, 1500);
  await until(() => events(world, "custom").length === 6);
  for (const body of world.bodies) assert.ok(Buffer.byteLength(body) <= 16384, `${Buffer.byteLength(body)}`);
});

for (const [what, answer] of [
  ["a 503", 503],
  ["a cut connection", "cut"],
  ["a 429", { status: 429, headers: { "retry-after": "1" } }],
]) {
  test(`after ${what} the same events go out again under the same numbers, attempt counted`, async (t) => {
    const { world } = await visit(t, `<p>x</p>`, {
      prepare: async (_tab, w) => {
        w.answers = [answer];
      },
    });
    const [again] = await until(() => events(world, "page_view"), 6000);
    const [first] = sent(world, "page_view");
    assert.equal(again.n, first.n);
    assert.equal(again.t, first.t);
    assert.equal(again.batch.page.id, first.batch.page.id);
    assert.deepEqual([first.batch.attempt, again.batch.attempt], [0, 1]);
    assert.ok(again.batch.sent_at > first.batch.sent_at);
    assert.ok(again.batch.at - first.batch.at > 900);
  });
}

test("what is not acknowledged leaves with the page by beacon", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`, {
    prepare: async (_tab, w) => {
      w.answers = [503];
    },
  });
  await until(() => sent(world, "page_view"));
  await pause(100);
  await tab.evaluate(() => footpath("custom", "last"));
  await tab.goto("about:blank");
  const [view] = await until(() => events(world, "page_view"));
  assert.equal(view.batch.attempt, 1);
  await until(() => events(world, "custom"));
  await until(() => events(world, "engagement"));
});

test("what leaves by beacon leaves in pieces of at most 16 KB, each event once", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`);
  await until(() => events(world, "page_view"));
  await tab.evaluate(() => {
    for (let i = 0; i < 10; i++) {
      const props = {};
      for (let k = 0; k < 20; k++) props[`key${k}`] = "v".repeat(190);
      footpath("custom", `big${i}`, props);
    }
    location.href = "about:blank";
  });
  await until(() => new Set(events(world, "custom").map(({ name }) => name)).size === 10);
  for (const body of world.bodies) assert.ok(Buffer.byteLength(body) <= 16384, `${Buffer.byteLength(body)}`);
  const numbers = events(world, "custom").map(({ n }) => n);
  assert.equal(new Set(numbers).size, 10);
});

test("a hidden page sends what it has", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`);
  await until(() => events(world, "page_view"));
  await tab.evaluate(() => footpath("custom", "waiting"));
  await hide(tab);
  await until(() => events(world, "custom"), 1000);
});

test("a batch that is too large goes out in halves", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`);
  await until(() => events(world, "page_view"));
  world.answers = [413];
  await tab.evaluate(() => {
    for (let i = 0; i < 10; i++) footpath("custom", `c${i}`);
  });
  await hide(tab);
  await until(() => events(world, "custom").length === 10, 3000);
  assert.equal(
    new Set(events(world, "custom").map(({ batch }) => batch.sent_at + batch.events.length)).size >= 1,
    true,
  );
  assert.ok(world.received.filter((batch) => batch.answer === 202).length >= 3);
});

for (const status of [410, 403]) {
  test(`${status} stops the script`, async (t) => {
    const { world, tab } = await visit(t, `<p>x</p>`, {
      prepare: async (_tab, w) => {
        w.answers = [status];
      },
    });
    await until(() => world.received);
    await pause(300);
    await tab.evaluate(() => footpath("conversion", "x"));
    await hide(tab);
    await pause(800);
    assert.equal(world.received.length, 1);
  });
}

test("the server's clock is learned from the first answer and frozen for the page view", async (t) => {
  let ahead = 60000;
  let first = 0;
  const { world, tab } = await visit(t, `<p>x</p>`, {
    prepare: async (_tab, w) => {
      w.now = () => {
        first ||= Date.now();
        return Date.now() + ahead;
      };
    },
  });
  const [view] = await until(() => events(world, "page_view"));
  assert.ok(!("offset" in view.batch));
  ahead = 90000;
  const offsets = [];
  for (const goal of ["a", "b"]) {
    await tab.evaluate((name) => footpath("conversion", name), goal);
    const event = await until(() => events(world, "conversion").find((found) => found.goal === goal));
    offsets.push(event.batch.offset);
  }
  // Less by as long as the first answer was on its way: at most until all of this had come.
  assert.ok(offsets[0] <= 60000 && offsets[0] >= 60000 - (Date.now() - first));
  assert.equal(offsets[0], offsets[1]);
});

test("a resize closes the batch, so that the page block is true for its clicks", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`);
  await until(() => events(world, "page_view"));
  await tab.evaluate(() => footpath("custom", "wide"));
  await tab.setViewportSize({ width: 500, height: 600 });
  await pause(500);
  await tab.evaluate(() => footpath("custom", "narrow"));
  await hide(tab);
  const list = await until(() => events(world, "custom").length === 2 && events(world, "custom"));
  assert.equal(list.find(({ name }) => name === "wide").batch.page.viewport[0], 1000);
  assert.equal(list.find(({ name }) => name === "narrow").batch.page.viewport[0], 500);
});

test("commands given before the script loads are replayed", async (t) => {
  const { world } = await visit(t, {
    "/": `<!doctype html><script src="/stub.js"></script><script async src="/sdk.js"></script>`,
    "/stub.js": `${STUB} footpath("conversion", "early")`,
  });
  assert.equal((await until(() => events(world, "conversion")))[0].goal, "early");
});

test("a second copy of the script does nothing", async (t) => {
  const { world, tab } = await visit(
    t,
    `<!doctype html><title>Twice</title><script src="/sdk.js"></script><script src="/sdk.js?again"></script><button>Go</button>`,
  );
  await tab.click("button");
  await hide(tab);
  await until(() => events(world, "click"));
  assert.equal(events(world, "page_view").length, 1);
  assert.equal(events(world, "click").length, 1);
});

test("it runs in the head before there is a body", async (t) => {
  const { world } = await visit(
    t,
    `<!doctype html><html><head><script src="/sdk.js"></script><title>Head</title></head><body><p>x</p></body></html>`,
  );
  assert.equal((await until(() => events(world, "page_view")))[0].batch.page.title, "Head");
});

test("attributes of the tag are its settings where the file has none", async (t) => {
  const { world, tab } = await visit(
    t,
    `<!doctype html><script src="/sdk.js" data-site="from-tag" data-storage="none" data-endpoint="/elsewhere"></script>`,
    {
      settings: { site: undefined },
    },
  );
  const [view] = await until(() => events(world, "page_view"));
  assert.equal(view.batch.site, "from-tag");
  assert.equal(await tab.evaluate(() => localStorage.length), 0);
});

test("a page that has bent the prototypes is served all the same", async (t) => {
  const { world, tab } = await visit(t, {
    "/": `<!doctype html><script src="/bend.js"></script><script src="/sdk.js"></script><form name="f"><input name="a"><button>Go</button></form>`,
    "/bend.js": `Object.prototype.extra = function () {}; Array.prototype.extra = function () {}; Object.prototype.flag = true; String.prototype.extra = 1;`,
  });
  await tab.click("input");
  await tab.keyboard.type("x");
  await tab.click("button");
  await hide(tab);
  await until(() => events(world, "click"));
  await until(() => events(world, "field"));
});

test("nothing that the page breaks makes the script throw", async (t) => {
  const { world, tab } = await visit(t, {
    "/": `<!doctype html><script src="/break.js"></script><script src="/sdk.js"></script><button>Go</button>`,
    "/break.js": `window.fetch = () => { throw new Error("no") }; navigator.sendBeacon = () => { throw new Error("no") }; Element.prototype.closest = null;`,
  });
  await tab.click("button");
  await hide(tab);
  await pause(800);
  assert.equal(world.received.length, 0);
});
