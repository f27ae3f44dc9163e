import assert from "node:assert/strict";
import { after, test } from "node:test";
import { hide, pause, quit, show, sum, until, visit } from "./harness.js";
import { about, clockOf, told } from "./told.js";

after(quit);

/** Layout is looked at when the page is idle, so a zone comes into view a little late. */
const LATE_MS = 400;

const nameOf = (event) => about(event).name || about(event).zone;
const zonesOf = (world, name) => told(world, "zone").filter((event) => nameOf(event) === name);

/** Hidden, and what it told is there. */
async function shut(tab, world, name, times = 1) {
  const at = await clockOf(tab);
  await hide(tab);
  await until(() => zonesOf(world, name).length >= times);
  return at;
}

const near = (value, expected, slack = LATE_MS) =>
  assert.ok(Math.abs(value - expected) <= slack, `${value} is not about ${expected}`);

test("a zone tells once when it came into view, and its time in view in parts that add up", async (t) => {
  const { world, tab } = await visit(t, "<h1>Offer</h1>");
  await pause(1500);
  const hidden = await shut(tab, world, "Offer");
  await pause(1000);
  const shown = await clockOf(tab);
  await show(tab);
  await pause(1500);
  const again = await shut(tab, world, "Offer", 2);
  const [first, second] = zonesOf(world, "Offer");
  assert.ok(first.first_ms > 0 && first.first_ms < hidden);
  near(first.first_ms + first.visible_ms, hidden);
  near(second.visible_ms, again - shown);
  assert.ok(!("first_ms" in second));
});

test("what is scrolled away is no longer in view", async (t) => {
  const { world, tab } = await visit(t, `<h1>Offer</h1><div style="height:3000px"></div>`);
  await pause(1200);
  const left = await clockOf(tab);
  await tab.evaluate(() => scrollTo(0, 2000));
  await pause(2000);
  await shut(tab, world, "Offer");
  const [{ first_ms, visible_ms }] = zonesOf(world, "Offer");
  near(first_ms + visible_ms, left);
});

test("what is scrolled to tells when that was", async (t) => {
  const { world, tab } = await visit(t, `<div style="height:3000px"></div><h2>Below</h2>`);
  await pause(1200);
  const came = await clockOf(tab);
  await tab.evaluate(() => scrollTo(0, 9999));
  await pause(1200);
  await shut(tab, world, "Below");
  near(zonesOf(world, "Below")[0].first_ms, came);
});

test("a zone is in view while the line at half its height is, however much of it is", async (t) => {
  const box = (zone, top, height) =>
    `<section data-footpath-zone="${zone}" style="position:absolute;left:0;width:200px;top:${top}px;height:${height}px"></section>`;
  const { world, tab } = await visit(
    t,
    box("half", 100, 900) + box("less", 100, 1100) + box("small", 590, 30) + box("whole", 10, 20),
  );
  await pause(1000);
  await shut(tab, world, "whole");
  assert.deepEqual(told(world, "zone").map(nameOf).sort(), ["half", "whole"]);
});

test("marked elements, forms, headings and buttons are zones; other elements and ignored ones are not", async (t) => {
  const { world, tab } = await visit(
    t,
    `<h1>One</h1><h2>Two</h2><h3>Three</h3><h4>Four</h4><p>Text</p><nav>Menu</nav>
    <button>Buy</button><div role="button">Open</div><form aria-label="Order"><input></form>
    <section data-footpath-zone="marked">x</section><button style="display:none">Unseen</button>
    <div data-footpath-ignore><h1>Secret</h1><section data-footpath-zone="hidden">x</section></div>`,
  );
  await pause(1000);
  await shut(tab, world, "One");
  assert.deepEqual(told(world, "zone").map(nameOf).sort(), [
    "Buy",
    "One",
    "Open",
    "Order",
    "Three",
    "Two",
    "marked",
  ]);
});

test("what is rendered anew came into view once", async (t) => {
  const { world, tab } = await visit(t, "<main><h1>Offer</h1></main>");
  await pause(1000);
  await shut(tab, world, "Offer");
  await tab.evaluate(() => {
    document.querySelector("main").innerHTML = "<h1>Offer</h1>";
  });
  await show(tab);
  await tab.evaluate(() => dispatchEvent(new Event("resize")));
  // Looked for every two seconds.
  await pause(3500);
  await shut(tab, world, "Offer", 2);
  const [first, second] = zonesOf(world, "Offer");
  assert.equal(about(first).key, about(second).key);
  assert.ok("first_ms" in first && !("first_ms" in second));
  assert.ok(second.visible_ms > 500);
});

test("a page view tells at most 50 zones, those that are marked first", async (t) => {
  const buttons = Array.from(
    { length: 80 },
    (_, i) => `<button id="b${"abcdefgh"[i >> 3]}${"abcdefgh"[i & 7]}">.</button>`,
  );
  const { world, tab } = await visit(t, `${buttons.join("")}<div data-footpath-zone="last">x</div>`);
  await pause(1000);
  await shut(tab, world, "last");
  await pause(300);
  assert.equal(told(world, "zone").length, 50);
});

test("a page view of a single-page app counts its zones anew, from its own beginning", async (t) => {
  const { world, tab } = await visit(t, "<h1>Offer</h1>");
  await pause(1500);
  await tab.evaluate(() => history.pushState(0, "", "/two"));
  await pause(1500);
  await hide(tab);
  await until(() => zonesOf(world, "Offer").length === 2);
  const [one, two] = zonesOf(world, "Offer");
  assert.notEqual(one.batch.page.id, two.batch.page.id);
  // From the beginning of the first page it would be more.
  assert.ok(two.first_ms < 1500);
  const end = two.t;
  near(two.first_ms + two.visible_ms, end);
});

test("what flits by is not told", async (t) => {
  const { world, tab } = await visit(t, `<h1>Offer</h1><div style="height:6000px"></div><h2>Passed</h2>`);
  await pause(800);
  await tab.evaluate(
    () =>
      new Promise((done) => {
        scrollTo(0, 9999);
        requestAnimationFrame(() => {
          scrollTo(0, 0);
          done();
        });
      }),
  );
  await pause(800);
  await shut(tab, world, "Offer");
  assert.equal(zonesOf(world, "Passed").length, 0);
  assert.ok(sum(zonesOf(world, "Offer"), "visible_ms") > 0);
});
