import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { openBeside } from "./beside.js";
import { hide, pause, quit, show, until, visit } from "./harness.js";
import { clockOf, told } from "./told.js";

after(quit);

const NAMES = ["TTFB", "FCP", "LCP", "CLS", "INP"];
/** Interactions are measured in frames. */
const FRAME_MS = 16;
const SLACK = { TTFB: 1, FCP: 1, LCP: 1, CLS: 0.0001, INP: FRAME_MS };

const library = readFileSync(
  new URL("../../node_modules/web-vitals/dist/web-vitals.iife.js", import.meta.url),
  "utf8",
);

const MEASURE = `var vitals = {}, shifts = [];
for (const name of ${JSON.stringify(NAMES)})
  webVitals["on" + name](({ value }) => { vitals[name] = value }, { reportAllChanges: true });
try {
  new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ startTime, value, hadRecentInput }) =>
    hadRecentInput ? [startTime, 0] : [startTime, value]))).observe({ type: "layout-shift", buffered: true });
} catch (_) {}
/** What comes above pushes the rest down. */
function push(height) {
  const box = document.createElement("div");
  box.style.height = height + "px";
  document.querySelector("main").prepend(box);
}
/** A handler that keeps the page from answering. */
function slow(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
  document.querySelector("output").textContent += ".";
}`;

/** More than one bit for 20 pixels, otherwise it is no content. */
const PICTURE = {
  type: "image/svg+xml",
  body: `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="300"><rect width="800" height="300" fill="teal"/><!--${"x".repeat(9000)}--></svg>`,
};

const page = (body, first = "") => ({
  "/": `<!doctype html><title>Vitals</title>${first}<script src="/web-vitals.js"></script><script src="/measure.js"></script>
<script async src="/sdk.js"></script><main><h1>Some text</h1><p>More text</p></main><output></output>${body}`,
  "/web-vitals.js": library,
  "/measure.js": MEASURE,
  "/mute.js":
    "Object.defineProperty(PerformanceResourceTiming.prototype, 'responseStart', { get: () => 0 });",
  "/hidden.js": `Object.defineProperty(document, "hidden", { value: true, configurable: true });
Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });`,
});

/** A clock in whole milliseconds tells of nothing that is faster. */
const WAIT_MS = 20;

/** Opened, and all later files are there. */
async function open(t, body, { first, ms = 0, files = {} } = {}) {
  const beside = await openBeside(t);
  beside.pages["/picture.svg"] = { ...PICTURE, ms };
  Object.assign(beside, files);
  const pages = page(body.replace("/picture.svg", `${beside.url}/picture.svg`), first);
  const prepare = async (_, world) => {
    world.wait = WAIT_MS;
  };
  const opened = await visit(t, pages, { settings: { files: beside.files }, prepare });
  await until(() => beside.asked.includes("idle"));
  return { ...opened, beside };
}

/** What the browser can measure at all. */
const abilities = (tab) =>
  tab.evaluate(() => ({
    shifts: PerformanceObserver.supportedEntryTypes.includes("layout-shift"),
    paints: PerformanceObserver.supportedEntryTypes.includes("largest-contentful-paint"),
    interactions: "PerformanceEventTiming" in window && "interactionId" in PerformanceEventTiming.prototype,
  }));

/** Larger than all text. */
async function addPicture(tab, { url }) {
  await tab.evaluate(async (src) => {
    const picture = Object.assign(document.createElement("img"), { src, width: 800, height: 300 });
    document.querySelector("figure").append(picture);
    await picture.decode();
  }, `${url}/picture.svg`);
  await pause(500);
}

/** The last of a name counts, of a page view. */
const vitalsOf = (world, isWanted = () => true) =>
  Object.fromEntries(
    told(world, "vital")
      .filter(isWanted)
      .map(({ name, value }) => [name, value]),
  );

/** Hidden, and everything told. */
async function finish(tab, world) {
  await pause(300);
  await hide(tab);
  await until(() => told(world, "vital"));
  await pause(300);
  return tab.evaluate(() => vitals);
}

function compare(ours, theirs) {
  assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
  for (const [name, value] of Object.entries(theirs))
    assert.ok(Math.abs(ours[name] - value) <= SLACK[name], `${name} is ${ours[name]}, not ${value}`);
}

test("a load with a late picture, bursts of shifts and slow handlers has the library's vitals", async (t) => {
  const { world, tab } = await open(
    t,
    `<img src="/picture.svg" width="800" height="300"><button onclick="slow(120)">Slow</button>`,
    { ms: 700 },
  );
  const can = await abilities(tab);
  await pause(1200);
  for (const [height, wait] of [
    [30, 200],
    [60, 1500],
    [20, 200],
    [150, 1500],
    [40, 200],
  ]) {
    await tab.evaluate((px) => push(px), height);
    await pause(wait);
  }
  for (let i = 0; i < 3; i++) {
    await tab.click("button");
    await pause(200);
  }
  const theirs = await finish(tab, world);
  const ours = vitalsOf(world);
  compare(ours, theirs);
  assert.ok("TTFB" in ours && "FCP" in ours);
  if (can.paints) assert.ok(ours.LCP > 700);
  if (can.shifts) assert.ok(ours.CLS > 0.01);
  if (can.interactions) assert.ok(ours.INP >= 112);
  for (const { navigation } of told(world, "vital")) assert.equal(navigation, "navigate");
});

test("one of the slowest interactions is left out for every fifty", async (t) => {
  const { world, tab } = await open(
    t,
    `<button onclick="slow(300)">Slow</button><input oninput="slow(value.length % 10 ? 0 : 60)">`,
  );
  await pause(800);
  await tab.click("button");
  await pause(400);
  await tab.focus("input");
  await tab.keyboard.type("x".repeat(60));
  await pause(500);
  const theirs = await finish(tab, world);
  compare(vitalsOf(world), theirs);
  if ((await abilities(tab)).interactions) assert.ok(theirs.INP < 250, `${theirs.INP}`);
});

test("what has changed after the page was hidden is told again, what has not is not", async (t) => {
  const { world, tab } = await open(t, `<button onclick="slow(120)">Slow</button>`);
  await pause(800);
  await finish(tab, world);
  await show(tab);
  await tab.click("button");
  await tab.evaluate(() => new Promise((done) => setTimeout(done, 800)));
  await tab.evaluate(() => push(100));
  const theirs = await finish(tab, world);
  const names = told(world, "vital").map(({ name }) => name);
  compare(vitalsOf(world), theirs);
  for (const name of ["TTFB", "FCP", "LCP"]) assert.ok(names.filter((other) => other === name).length < 2);
  const { shifts } = await abilities(tab);
  assert.equal(names.filter((name) => name === "CLS").length, shifts ? 2 : 0);
});

test("a page view of a single-page app has shifts and interactions of its own, and no load", async (t) => {
  const { world, tab } = await open(t, `<button onclick="slow(150)">Slow</button>`);
  await pause(1000);
  await tab.evaluate(() => push(200));
  await tab.click("button");
  await pause(1200);
  await tab.evaluate(() => {
    history.pushState(0, "", "/two");
    vitals.turned = performance.now();
  });
  await pause(1200);
  await tab.evaluate(() => push(40));
  await pause(300);
  const can = await abilities(tab);
  await hide(tab);
  await until(() => told(world, "page_view").length === 2);
  await pause(400);
  const first = vitalsOf(world, ({ navigation }) => navigation === "navigate");
  const second = vitalsOf(world, ({ navigation }) => navigation === "history");
  const later = await tab.evaluate(() =>
    shifts.filter(([at]) => at > vitals.turned).reduce((total, [, value]) => total + value, 0),
  );
  const isSecond = ({ batch }) => batch.page.url.endsWith("/two");
  assert.ok(told(world, "vital").every((event) => isSecond(event) === (event.navigation === "history")));
  assert.ok("TTFB" in first && "FCP" in first);
  assert.deepEqual(Object.keys(second), can.shifts ? ["CLS"] : []);
  if (can.interactions) assert.ok(first.INP >= 144);
  if (can.shifts) {
    assert.ok(second.CLS > 0 && second.CLS < first.CLS);
    assert.ok(Math.abs(second.CLS - later) <= SLACK.CLS, `${second.CLS}, not ${later}`);
  }
});

test("a picture that comes after a soft navigation is not the load's, nor a paint of the new page view", async (t) => {
  const { world, tab, beside } = await open(t, "<figure></figure>");
  await pause(700);
  await tab.evaluate(() => history.pushState(0, "", "/two"));
  const turned = await clockOf(tab);
  await pause(500);
  await addPicture(tab, beside);
  await hide(tab);
  await until(() => told(world, "page_view").length === 2 && told(world, "vital"));
  await pause(300);
  const paints = told(world, "vital").filter(({ name }) => /TTFB|FCP|LCP/.test(name));
  assert.ok(paints.length);
  for (const { navigation, value } of paints) assert.ok(navigation === "navigate" && value < turned);
});

test("a load of which the browser does not say when the answer began has no time for that", async (t) => {
  const { world, tab } = await open(t, "", { first: `<script src="/mute.js"></script>` });
  await pause(500);
  const theirs = await finish(tab, world);
  const ours = vitalsOf(world);
  compare(ours, theirs);
  assert.ok(!("TTFB" in ours) && "FCP" in ours);
});

test("a page that was hidden before it was painted has no paints", async (t) => {
  const { world, tab } = await open(t, `<img src="/picture.svg" width="800" height="300">`, {
    first: `<script src="/hidden.js"></script>`,
  });
  await pause(1000);
  await show(tab);
  await finish(tab, world);
  const ours = vitalsOf(world);
  assert.ok("TTFB" in ours);
  assert.ok(!("FCP" in ours) && !("LCP" in ours));
});

test("what is painted after the page was hidden does not count, also when the later files come afterwards", async (t) => {
  const { world, tab, beside } = await open(t, "<figure></figure>", { files: { late: { idle: 2500 } } });
  await pause(500);
  await hide(tab);
  await show(tab);
  const shown = await clockOf(tab);
  await addPicture(tab, beside);
  await pause(2500);
  const theirs = await finish(tab, world);
  compare(vitalsOf(world), theirs);
  if ((await abilities(tab)).paints) assert.ok(theirs.LCP < shown);
});

test("a page that comes back from the back/forward cache has shifts of its own, labelled", async (t) => {
  const { world, tab } = await open(t, "");
  await pause(800);
  await tab.evaluate(() => {
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  });
  await pause(1200);
  await tab.evaluate(() => push(100));
  await pause(300);
  await hide(tab);
  await until(() => told(world, "page_view").length === 2);
  await pause(300);
  const back = told(world, "vital").filter(({ batch }) => batch.flags.includes("bfcache"));
  assert.deepEqual(
    back.map(({ name, navigation }) => `${name} ${navigation}`),
    (await abilities(tab)).shifts ? ["CLS bfcache"] : [],
  );
  if (back[0]) assert.ok(back[0].value > 0);
});
