import assert from "node:assert/strict";
import { after, test } from "node:test";
import { pause, quit, until, visit } from "./harness.js";
import { told } from "./told.js";

after(quit);

const BODY = `<style>body { margin: 0; } p { width: 400px; }</style>
<header style="height:60px"><nav><a href="#a">Boots</a> <a href="#b">Coats</a></nav></header>
<main style="display:block;margin-top:20px">
  <h1 style="position:absolute;left:40px;top:100px;margin:0;width:300px;height:50px">Boots for 12345 hikers</h1>
  <p>A long text with <b>emphasis</b> and <a href="#c">a link</a> that nobody may read from afar.</p>
  <img alt="A red boot" width="200" height="150" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7">
  <form><label>Name <input name="name" value="Ada Lovelace"></label><button type="button"><span>Add to cart</span></button></form>
  <div data-footpath-mask><h2>Dear Ada Lovelace</h2></div>
  <div data-footpath-ignore><h2>Account of Ada</h2></div>
  <div style="display:none"><h2>Hidden</h2></div>
  <div style="visibility:hidden"><h3>Invisible</h3></div>
</main>
<footer>About us</footer>`;

const ALWAYS = { skeleton: 1 };

const skeletons = (world) => told(world, "skeleton");

/** What was drawn, by role. */
const of = (skeleton, role) => skeleton.boxes.filter((box) => box[0] === role);

test("a page is told as boxes: roles, places, and the names of headings and controls", async (t) => {
  const { world, tab } = await visit(t, BODY, { settings: ALWAYS });
  const [skeleton] = await until(() => skeletons(world));
  assert.deepEqual(of(skeleton, "heading")[0], ["heading", 1, 40, 100, 300, 50, "Boots for *** hikers"]);
  assert.deepEqual(
    of(skeleton, "link").map((box) => box[6]),
    ["Boots", "Coats", "a link"],
  );
  assert.deepEqual(
    of(skeleton, "button").map((box) => box[6]),
    ["Add to cart"],
  );
  assert.deepEqual(
    of(skeleton, "textbox").map((box) => box[6]),
    ["Name"],
  );
  assert.deepEqual(
    of(skeleton, "image").map((box) => [box[4], box[5], box.length]),
    [[200, 150, 6]],
  );
  for (const role of ["banner", "navigation", "main", "form", "contentinfo"])
    assert.equal(of(skeleton, role).length, 1, role);
  const [width, height] = await tab.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.scrollHeight,
  ]);
  assert.deepEqual([skeleton.width, skeleton.height], [width, height]);
});

test("no text of the page is told, nothing masked, ignored or hidden, no value of a field", async (t) => {
  const { world } = await visit(t, BODY, { settings: ALWAYS });
  const [skeleton] = await until(() => skeletons(world));
  const said = JSON.stringify(skeleton.boxes);
  for (const secret of ["nobody may read", "Ada", "Hidden", "Invisible", "red boot", "About us", "12345"])
    assert.ok(!said.includes(secret), `${secret} in ${said}`);
  // The masked heading is drawn, without its words.
  assert.deepEqual(
    of(skeleton, "heading")
      .filter(([, level]) => level === 2)
      .map((box) => box.length),
    [6],
  );
  // A text and the emphasis inside are one block.
  assert.equal(of(skeleton, "text").filter(([, , , , width]) => width === 400).length, 1);
});

test("a layout of a page is told once by a browser, and anew when the page is built otherwise", async (t) => {
  const { world, tab } = await visit(t, BODY, { settings: ALWAYS });
  await until(() => skeletons(world));
  await tab.evaluate(() => history.pushState({}, "", "/other"));
  await until(() => skeletons(world).length === 2);
  const [first, second] = skeletons(world);
  assert.equal(second.layout, first.layout);
  await tab.evaluate(() => {
    history.pushState({}, "", "/");
  });
  await pause(8000);
  assert.equal(skeletons(world).length, 2);
  await tab.evaluate(() => {
    document.querySelector("main").insertAdjacentHTML("beforeend", "<h4>New</h4><iframe></iframe>");
    history.pushState({}, "", "/other");
  });
  await until(() => skeletons(world).length === 3);
  assert.notEqual(skeletons(world)[2].layout, first.layout);
});

test("how often something is repeated, and what it says, is no other layout", async (t) => {
  const card = "<article><h2>Boot</h2><button>Buy</button></article>";
  const layouts = [];
  for (const body of [card.repeat(2), card.repeat(30), card.replace("Boot", "Coat")]) {
    const { world } = await visit(t, `<main>${body}</main>`, { settings: ALWAYS });
    const [skeleton] = await until(() => skeletons(world));
    layouts.push(skeleton.layout);
  }
  assert.equal(new Set(layouts).size, 1);
});

test("what stands in open shadow roots is drawn as well", async (t) => {
  const { world } = await visit(t, "<x-card></x-card>", {
    settings: ALWAYS,
    prepare: async (_tab, w) =>
      w.before(() => {
        addEventListener("DOMContentLoaded", () => {
          const root = document.querySelector("x-card").attachShadow({ mode: "open" });
          root.innerHTML = "<h2>In the shadow</h2><button>Press</button>";
        });
      }),
  });
  const [skeleton] = await until(() => skeletons(world));
  assert.deepEqual(skeleton.boxes.map((box) => box[6]).filter(Boolean), ["In the shadow", "Press"]);
});

test("a page of fifty thousand elements is told in part, in steps that the page does not feel", async (t) => {
  const body = `<main>${"<div><p>text</p><button>One</button></div>".repeat(17000)}</main>`;
  const { world, tab } = await visit(t, body, { settings: ALWAYS });
  const [skeleton] = await until(() => skeletons(world), 30_000);
  assert.ok(skeleton.boxes.length > 50 && skeleton.boxes.length <= 400, `${skeleton.boxes.length}`);
  assert.ok(JSON.stringify(skeleton.boxes).length < 11_000);
  assert.equal(await tab.evaluate(() => document.querySelectorAll("button").length), 17_000);
});

test("pages that hide their own properties are drawn without an error", async (t) => {
  const body = `<form><input name="childNodes"><input name="localName"><input name="matches"><input name="shadowRoot"></form><h1>Title</h1>`;
  const { world } = await visit(t, body, { settings: ALWAYS });
  await until(() => told(world, "page_view"));
  await pause(4000);
  assert.deepEqual(world.errors, []);
});

test("no file is asked for and nothing is told where the site does not ask", async (t) => {
  for (const settings of [{}, { skeleton: 0, trail: 0 }]) {
    const { world, tab } = await visit(t, BODY, { settings });
    await until(() => told(world, "page_view"));
    await pause(4000);
    assert.equal(skeletons(world).length, 0);
    const asked = await tab.evaluate(() =>
      performance.getEntriesByType("resource").filter(({ name }) => /skeleton|trail|overlay/.test(name)),
    );
    assert.deepEqual(asked, []);
  }
});
