import assert from "node:assert/strict";
import { after, test } from "node:test";
import { hide, pause, quit, until, visit } from "./harness.js";
import { told } from "./told.js";

after(quit);

const TALL = `<p style="height:3000px;margin:0">Tall</p>`;
const ALWAYS = { trail: 1 };
const POINTER = 0;
const SCROLL = 1;

/** All samples in their order: [ms since the page view, type, x, y]. */
const samples = (world) =>
  told(world, "trail").flatMap(({ t, samples: list }) => list.map(([at, ...rest]) => [t + at, ...rest]));

/** The file is there and listens. */
const isFollowed = (tab) =>
  until(() =>
    tab.evaluate(() =>
      performance.getEntriesByType("resource").some(({ name }) => name.endsWith("trail.js")),
    ),
  );

async function wander(tab, steps) {
  for (let i = 0; i < steps; i++) {
    await tab.mouse.move(100 + i * 5, 200 + i * 2);
    await pause(20);
  }
}

test("the way of the pointer and the scrolling are told, five samples a second at most", async (t) => {
  const { world, tab } = await visit(t, TALL, { settings: ALWAYS });
  await isFollowed(tab);
  await pause(300);
  await wander(tab, 100);
  await tab.evaluate(() => scrollTo(0, 700));
  await pause(500);
  await tab.mouse.move(300, 300);
  await pause(300);
  await hide(tab);
  await until(() => samples(world).some(([, type]) => type === SCROLL));
  const all = samples(world);
  const pointer = all.filter(([, type]) => type === POINTER);
  assert.ok(pointer.length > 4, JSON.stringify(all));
  for (let i = 1; i < all.length; i++)
    assert.ok(all[i][0] - all[i - 1][0] >= 195, `${all[i - 1]} and ${all[i]}`);
  assert.ok(all.some(([, type, x, y]) => type === SCROLL && x === 0 && y === 700));
  // In the page's own measure: what the pointer is over, however far it is scrolled.
  assert.deepEqual(pointer.at(-1).slice(2), [300, 1000]);
});

test("a trail belongs to its page view, and ends with it", async (t) => {
  const { world, tab } = await visit(t, TALL, { settings: ALWAYS });
  await isFollowed(tab);
  await pause(300);
  await wander(tab, 30);
  await tab.evaluate(() => history.pushState({}, "", "/next"));
  await pause(500);
  await wander(tab, 30);
  await hide(tab);
  await until(() => told(world, "trail").length > 1);
  const [first, second] = told(world, "trail");
  assert.notEqual(first.batch.page.id, second.batch.page.id);
  assert.ok(second.batch.page.url.endsWith("/next"));
  assert.ok(second.samples.every(([at]) => at >= 0) && second.t >= 0);
});

test("where nothing is to be told, the pointer is not followed", async (t) => {
  const body = `<div data-footpath-ignore style="height:300px">Here</div><div style="height:300px">There</div>`;
  const { world, tab } = await visit(t, `<style>body{margin:0}</style>${body}`, { settings: ALWAYS });
  await isFollowed(tab);
  await pause(300);
  for (let i = 0; i < 40; i++) {
    await tab.mouse.move(100 + i, 100);
    await pause(20);
  }
  for (let i = 0; i < 40; i++) {
    await tab.mouse.move(100 + i, 400);
    await pause(20);
  }
  await hide(tab);
  await until(() => samples(world));
  assert.ok(
    samples(world).every(([, , , y]) => y === 400),
    JSON.stringify(samples(world)),
  );
});

test("after consent is withdrawn nothing is followed, and again once it is given", async (t) => {
  const { world, tab } = await visit(t, TALL, { settings: ALWAYS });
  await isFollowed(tab);
  await pause(300);
  await tab.evaluate(() => footpath("consent", false));
  await wander(tab, 30);
  await tab.evaluate(() => footpath("consent", true));
  await pause(300);
  const before = told(world, "trail").length;
  await wander(tab, 30);
  await hide(tab);
  await until(() => told(world, "trail").length > before);
  assert.equal(before, 0);
  assert.equal(new Set(told(world, "trail").map(({ batch }) => batch.page.id)).size, 1);
});
