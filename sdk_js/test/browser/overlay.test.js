import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openBeside } from "./beside.js";
import { pause, quit, until, visit } from "./harness.js";
import { told } from "./told.js";

after(quit);

const TOKEN = "abc-DEF_123";
const BODY = `<main><h1>Cart</h1>
<button id="buy" style="width:200px;height:40px">Buy now</button>
<button id="promo">Apply promo</button>
<a href="#x" style="position:fixed;right:0;top:0">Help</a></main>`;
/** The same page after a redesign. */
const REDESIGNED = `<button hidden>Apply promo</button><div class="banner" style="height:300px">New</div><main><h1>Cart</h1>
<div><section><a href="#x" class="z">Help</a></section></div>
<div class="x1"><div class="x2"><button class="q" style="width:320px;height:60px">Buy now</button></div></div></main>`;

/** What the script says of the elements of a page. */
async function described(t) {
  const { world, tab } = await visit(t, BODY);
  for (const name of ["#buy", "#promo", "a"]) await tab.click(name);
  await until(() => told(world, "click").length === 3, 20_000);
  return told(world, "click").map(({ batch, el }) => batch.elements[el]);
}

const answerOf = (elements) => ({
  title: "/ · last 28 days",
  device: "desktop",
  views: 1200,
  clicks: 100,
  page_width: 1000,
  page_height: 600,
  cells: [],
  elements: elements.map(({ key, item, selector, name }, i) => ({
    key,
    item: item || "",
    selector,
    name,
    clicks: [91, 8, 1][i],
    dead: [0, 3, 0][i],
    rage: 0,
    share: [0.91, 0.08, 0.01][i],
    rate: [0.45, 0.04, 0.005][i],
    rect: [0, 0, 1, 1],
    fixed: 0,
  })),
});

/** Opens the page as the dashboard's link does. */
const open = (t, body, answer, more = {}) =>
  visit(t, body, {
    path: `/#footpath=${TOKEN}`,
    ...more,
    prepare: async (_tab, world) => {
      world.settings = { dashboard: world.url };
      world.json = answer ? { [`/overlay/${TOKEN}`]: answer } : {};
      if (more.strict) world.strict();
    },
  });

/** Runs in the page: what the overlay shows. */
const shown = (tab) =>
  tab.evaluate(() => {
    const host = [...document.documentElement.children].find(({ shadowRoot }) => shadowRoot);
    if (!host) return { boxes: [] };
    const boxes = [...host.shadowRoot.querySelectorAll(".box")].map((box) => {
      const { x, y, width, height } = box.getBoundingClientRect();
      return { text: box.textContent, place: [x, y, width, height], isBad: box.classList.contains("bad") };
    });
    const [state, about] = [...host.shadowRoot.querySelectorAll("p")].map(({ textContent }) => textContent);
    return { boxes, state, about, title: host.shadowRoot.querySelector("h2").textContent };
  });

const placeOf = (tab, selector) =>
  tab.evaluate((name) => {
    const { x, y, width, height } = document.querySelector(name).getBoundingClientRect();
    return [x, y, width, height];
  }, selector);

const drawn = (tab, count) => until(async () => (await shown(tab)).boxes.length === count);

test("the link of the dashboard draws what visitors clicked onto the page, and tells nothing of who looks", async (t) => {
  const elements = await described(t);
  const { world, tab } = await open(t, BODY, answerOf(elements), { strict: true });
  await drawn(tab, 3);
  const { boxes, title, state, about } = await shown(tab);
  assert.equal(title, "/ · last 28 days");
  assert.equal(about, "1,200 page views, 100 clicks by desktop.");
  assert.equal(state, "3 clicked elements on the page as it is now.");
  assert.deepEqual(
    boxes.map(({ text, isBad }) => [text, isBad]),
    [
      ["91 clicks · 45.0 % of views", false],
      ["8 clicks · 4.0 % of views · 3 dead clicks", true],
      ["1 click · 0.5 % of views", false],
    ],
  );
  for (const [i, name] of ["#buy", "#promo", "a"].entries())
    assert.deepEqual(boxes[i].place.map(Math.round), (await placeOf(tab, name)).map(Math.round));
  await tab.click("#buy");
  await pause(4000);
  assert.equal(world.received.length, 0);
});

test("where a router reads the fragment, the link is a route with a query", async (t) => {
  const elements = await described(t);
  const { world, tab } = await visit(t, BODY, {
    path: `/#/cart?footpath=${TOKEN}`,
    prepare: async (_tab, world) => {
      world.settings = { dashboard: world.url, hash: true };
      world.json = { [`/overlay/${TOKEN}`]: answerOf(elements) };
    },
  });
  await drawn(tab, 3);
  await tab.click("#buy");
  await pause(4000);
  assert.equal(world.received.length, 0);
});

test("nothing is told of who looks either where the overlay takes its time", async (t) => {
  const elements = await described(t);
  const beside = Object.assign(await openBeside(t), { late: { overlay: 2500 } });
  const { world, tab } = await visit(t, BODY, {
    path: `/#footpath=${TOKEN}`,
    prepare: async (_tab, world) => {
      world.settings = { dashboard: world.url, files: beside.files };
      world.json = { [`/overlay/${TOKEN}`]: answerOf(elements) };
    },
  });
  await drawn(tab, 3);
  await tab.click("#buy");
  await pause(1000);
  assert.ok(beside.asked.includes("overlay"));
  assert.equal(world.received.length, 0);
});

test("after a redesign the boxes are where their elements are now, and who is gone is counted", async (t) => {
  const elements = await described(t);
  const { tab } = await open(t, REDESIGNED, answerOf(elements));
  await drawn(tab, 2);
  const { boxes, state } = await shown(tab);
  assert.match(state, /2 clicked elements on the page as it is now, 1 not here/);
  const buy = boxes.find(({ text }) => text.startsWith("91"));
  assert.deepEqual(buy.place.map(Math.round), (await placeOf(tab, ".q")).map(Math.round));
});

test("what moves is followed", async (t) => {
  const elements = await described(t);
  const { tab } = await open(t, BODY, answerOf(elements));
  await drawn(tab, 3);
  await tab.evaluate(() => {
    document.querySelector("h1").style.marginTop = "200px";
  });
  const [x, y] = await placeOf(tab, "#buy");
  await until(async () => {
    const [now] = (await shown(tab)).boxes;
    return Math.abs(now.place[0] - x) < 1 && Math.abs(now.place[1] - y) < 1;
  });
});

test("an expired link, a dashboard that is away and a collector without one say what to do", async (t) => {
  const cases = [
    [
      { status: 401, error: "This link has expired; open the page from the dashboard again." },
      undefined,
      /has expired/,
    ],
    [undefined, "http://127.0.0.1:9", /does not answer, or this page's policy forbids it/],
    [undefined, "", /FOOTPATH_DASHBOARD_URL/],
  ];
  for (const [answer, dashboard, words] of cases) {
    const { world, tab } = await visit(t, BODY, {
      path: `/#footpath=${TOKEN}`,
      prepare: async (_tab, w) => {
        w.settings = { dashboard: dashboard === undefined ? w.url : dashboard };
        w.json = answer ? { [`/overlay/${TOKEN}`]: answer } : {};
      },
    });
    await until(async () => words.test((await shown(tab)).state || ""));
    await pause(1000);
    assert.equal(world.received.length, 0);
    world.errors.length = 0;
  }
});
