// Does a click find its control again after a redesign?
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { chosen } from "./engines/index.js";
import { events, hide, quit, until, visit } from "./harness.js";
import { redesigns } from "./redesign/changes.js";
import { html, inPage, pages, score, shares } from "./redesign/score.js";

after(quit);

/** The rules are the same in every engine, and this takes half a minute. */
const options = { skip: chosen !== "chromium" && "in Chromium only" };

const gated = Object.keys(redesigns).filter((name) => redesigns[name].gated);

test("the pages have more than 400 elements to click on", () => {
  assert.ok(pages().reduce((sum, { clickable }) => sum + clickable, 0) > 400);
});

test(
  "over all redesigns 95 % of the clicks find their element again and at most 1 % another one",
  options,
  async (t) => {
    const results = await score(gated);
    for (const { name, identity, path } of results) {
      t.diagnostic(
        `${name}: ${JSON.stringify(shares([identity]))}, a CSS path: ${JSON.stringify(shares([path]))}`,
      );
    }
    const { found, wrong } = shares(results.map(({ identity }) => identity));
    assert.ok(found >= 95, `${found} % found`);
    assert.ok(wrong <= 1, `${wrong} % wrong`);
  },
);

test("a counter in a name and a price in a button may change", options, async () => {
  const results = await score(["counters changed", "prices changed"]);
  const { found } = shares(results.map(({ identity }) => identity));
  assert.ok(found >= 99, `${found} % found`);
});

test("a control of the header is the same whatever else is called alike on the page", async (t) => {
  const keys = [];
  for (const crumbs of ["", `<nav><a href="/">Home</a><a href="/shop">Shop</a></nav>`]) {
    const { world, tab } = await visit(
      t,
      `<header><nav><a href="#shop">Shop</a></nav></header><main>${crumbs}</main><footer><nav><a href="/shop">Shop</a></nav></footer>`,
    );
    await tab.click("a");
    await hide(tab);
    const [{ batch, el }] = await until(() => events(world, "click"));
    keys.push([batch.elements[el].key, batch.elements[el].item]);
  }
  assert.deepEqual(keys[0], keys[1]);
});

test("real clicks carry the identity that these figures are about", options, async (t) => {
  const { tree, style } = pages().find(({ name }) => name === "product modules");
  const page = html(tree, style).replace("</head>", `<script async src="/sdk.js"></script></head>`);
  const { world, tab } = await visit(t, page);
  await tab.evaluate(await inPage());
  await tab.evaluate(() => {
    window.begin();
    for (const type of ["click", "submit"]) addEventListener(type, (event) => event.preventDefault());
  });
  const clicked = [];
  for (const each of (await tab.evaluate(() => window.survey())).filter((_, i) => i % 5 === 0)) {
    const handle = await tab.evaluateHandle((truth) => window.element(truth), each.truth);
    const box = await handle.boundingBox();
    // The middle of a label may be its radio button; a list of options opens a window of its own.
    if (!box || !box.width || !box.height || /label|combobox/.test(each.role)) continue;
    await handle.click();
    clicked.push(each);
  }
  await hide(tab);
  const told = await until(() => events(world, "click").length === clicked.length && events(world, "click"));
  const identities = told.sort((a, b) => a.n - b.n).map(({ batch, el }) => batch.elements[el]);
  assert.ok(clicked.length >= 15, `${clicked.length} clicks`);
  assert.deepEqual(
    identities.map(({ key, item }) => [key, item]),
    clicked.map(({ key, item }) => [key, item]),
  );
});
