import assert from "node:assert/strict";
import { after, test } from "node:test";
import { events, hide, pause, quit, until, visit } from "./harness.js";

after(quit);

const click = (world) => until(() => events(world, "click")).then((list) => list[0]);
const about = (event) => event.batch.elements[event.el];

test("a click says where it was on the page, in the viewport and in its element", async (t) => {
  const { world, tab } = await visit(
    t,
    `<main style="height:3000px;padding-top:900px"><button style="position:absolute;left:100px;top:1000px;width:200px;height:50px">Add to cart</button></main>`,
  );
  await tab.evaluate(() => scrollTo(0, 700));
  await pause(300);
  await tab.mouse.click(150, 325);
  await pause(300);
  await hide(tab);
  const event = await click(world);
  assert.deepEqual([event.x, event.y, event.vx, event.vy], [150, 1025, 150, 325]);
  assert.deepEqual([event.ex, event.ey], [250, 500]);
  assert.deepEqual(about(event).rect, [100, 1000, 200, 50]);
  assert.equal(event.interactive, 1);
  assert.equal(event.pointer, "mouse");
});

test("an element has a role, a name, a selector and a zone, and the same key after a redesign", async (t) => {
  const before = `<main><form id="buy"><div><button class="btn-primary">Add to <b>cart</b></button></div></form></main>`;
  const later = `<main><form name="order"><p><span><button class="x">  Add to cart</button></span></p></form></main>`;
  const keys = [];
  for (const html of [before, later]) {
    const { world, tab } = await visit(t, html);
    await tab.evaluate(() => addEventListener("submit", (e) => e.preventDefault()));
    await tab.click("button");
    await hide(tab);
    const { role, name, selector, zone, key } = about(await click(world));
    assert.deepEqual([role, name, zone], ["button", "Add to cart", "form"]);
    assert.match(selector, /button/);
    keys.push(key);
  }
  assert.equal(keys[0], keys[1]);
});

test("buttons of repeated cards share a key and differ in item, by place or by data-footpath", async (t) => {
  const card = (mark) => `<li class="card"${mark}><button>Add</button></li>`;
  const { world, tab } = await visit(
    t,
    `<ul>${card("")}${card("")}${card(' data-footpath="sku-blue"')}</ul>`,
  );
  for (const place of [1, 2, 3]) await tab.click(`li:nth-child(${place}) button`);
  await hide(tab);
  const found = (await until(() => events(world, "click").length === 3 && events(world, "click"))).map(about);
  assert.equal(new Set(found.map(({ key }) => key)).size, 1);
  assert.deepEqual(
    found.map(({ item }) => item),
    ["0", "1", "sku-blue"],
  );
});

test("e-mails and long numbers are starred in element names, masked names are empty", async (t) => {
  const { world, tab } = await visit(
    t,
    `<button>Call 0301234567 or ann@example.org</button><div data-footpath-mask><a href="#x">Jane Roe</a></div>`,
  );
  await tab.click("button");
  await tab.click("a");
  await hide(tab);
  const found = (await until(() => events(world, "click").length === 2 && events(world, "click"))).map(about);
  assert.equal(found[0].name, "Call *** or ***");
  assert.equal(found[1].name, "");
  assert.ok(!world.bodies.join().includes("Jane"));
});

test("data-footpath names a control and data-footpath-zone its zone; data-footpath-ignore is silent", async (t) => {
  const { world, tab } = await visit(
    t,
    `<section data-footpath-zone="hero"><div data-footpath="cta"><i>Go</i></div></section><div data-footpath-ignore><button>No</button></div>`,
  );
  await tab.click("button");
  await tab.click("i");
  await hide(tab);
  const event = await click(world);
  assert.equal(events(world, "click").length, 1);
  assert.equal(about(event).zone, "hero");
  assert.match(about(event).selector, /\[data-footpath="cta"\]/);
  assert.equal(event.interactive, 0);
});

test("a fixed element's rectangle is in viewport pixels", async (t) => {
  const { world, tab } = await visit(
    t,
    `<div style="height:3000px"></div><nav style="position:fixed;top:10px;left:20px"><button style="width:80px;height:30px">Menu</button></nav>`,
  );
  await tab.evaluate(() => scrollTo(0, 500));
  await pause(200);
  await tab.click("button");
  await pause(600);
  await hide(tab);
  const found = about(await click(world));
  assert.equal(found.fixed, 1);
  assert.deepEqual(found.rect, [20, 10, 80, 30]);
});

const effects = {
  mutation: `document.body.append("x")`,
  focus: `document.querySelector("input").focus()`,
  scroll: `scrollTo(0, 400)`,
  selection: `getSelection().selectAllChildren(document.querySelector("p"))`,
  navigation: `history.pushState(0, "", "?step=2")`,
};

for (const [kind, code] of Object.entries(effects)) {
  test(`a click that is answered by ${kind} says so and after how long`, async (t) => {
    const { world, tab } = await visit(
      t,
      `<button>Go</button><p>Some text</p><input><div style="height:3000px"></div>`,
    );
    await tab.evaluate((body) => {
      document.querySelector("button").onclick = () => setTimeout(new Function(body), 250);
    }, code);
    await tab.click("button");
    const event = await click(world);
    assert.equal(event.response, kind);
    assert.ok(event.response_ms >= 240 && event.response_ms < 900, `${event.response_ms}`);
    assert.equal(event.watched_ms, event.response_ms);
  });
}

test("a change made by the click's own handler is its response at once", async (t) => {
  const { world, tab } = await visit(t, `<button onclick="this.textContent='Added'">Add</button>`);
  await tab.click("button");
  const event = await click(world);
  assert.equal(event.response, "mutation");
  assert.ok(event.response_ms < 100);
});

test("a menu that opens on pointerdown answers its click", async (t) => {
  const { world, tab } = await visit(t, `<button onpointerdown="document.body.append('menu')">Menu</button>`);
  await tab.click("button");
  assert.equal((await click(world)).response, "mutation");
});

test("a control inside a shadow root is named through its host", async (t) => {
  const { world, tab } = await visit(t, `<div id="host"></div>`);
  await tab.evaluate(() => {
    document.querySelector("#host").attachShadow({ mode: "open" }).innerHTML = "<button>Inside</button>";
  });
  await tab.click("button");
  await hide(tab);
  const event = await click(world);
  assert.equal(about(event).name, "Inside");
  assert.match(about(event).selector, /#host/);
});

test("controls of components that are alike share a key and differ in item", async (t) => {
  const { world, tab } = await visit(t, "<main><my-card></my-card><my-card></my-card></main>");
  await tab.evaluate(() => {
    document.querySelectorAll("my-card").forEach((card, i) => {
      card.attachShadow({ mode: "open" }).innerHTML = `<button class="c${i}">Add</button>`;
    });
  });
  await tab.click(".c0");
  await tab.click(".c1");
  await hide(tab);
  const found = (await until(() => events(world, "click").length === 2 && events(world, "click"))).map(about);
  assert.equal(found[0].key, found[1].key);
  assert.deepEqual(
    found.map(({ item }) => item),
    ["0", "1"],
  );
});

test("a field that takes the focus answers its click", async (t) => {
  const { world, tab } = await visit(t, `<input name="q">`);
  await tab.click("input");
  assert.equal((await click(world)).response, "focus");
});

test("hiding the page answers a click", async (t) => {
  const { world, tab } = await visit(t, `<button>Open app</button>`);
  await tab.click("button");
  await pause(100);
  await hide(tab);
  assert.equal((await click(world)).response, "visibility");
});

test("a dead click is watched for 7 s and arrives within 14 s without a response", async (t) => {
  const { world, tab } = await visit(t, `<div style="height:100px">Not a button</div>`);
  const at = Date.now();
  await tab.click("div");
  const event = await until(() => events(world, "click"), 15000).then((list) => list[0]);
  assert.ok(Date.now() - at < 14000);
  assert.equal(event.watched_ms, 7000);
  assert.equal(event.response, undefined);
  assert.equal(event.response_ms, undefined);
  assert.equal(event.interactive, 0);
});

test("an effect answers the newest click, older ones close without", async (t) => {
  const { world, tab } = await visit(t, `<button id="a">Dead</button><button id="b">Alive</button>`);
  await tab.evaluate(() => {
    document.querySelector("#b").onclick = () => document.body.append("x");
  });
  await tab.click("#a");
  await pause(400);
  await tab.click("#b");
  await hide(tab);
  const [dead, alive] = await until(
    () => events(world, "click").length === 2 && events(world, "click").sort((a, b) => a.n - b.n),
  );
  assert.equal(dead.response, undefined);
  assert.ok(dead.watched_ms >= 390);
  assert.equal(alive.response, "mutation");
});

test("a scroll by the visitor's own wheel does not answer a click", async (t) => {
  const { world, tab } = await visit(t, `<div style="height:4000px">Text</div>`);
  await tab.mouse.click(50, 50);
  await tab.mouse.wheel(0, 500);
  await pause(500);
  await tab.goto("about:blank");
  assert.equal((await click(world)).response, undefined);
});

test("a drag after a click does not swallow the click's late answer, nor does it hold it into the next page", async (t) => {
  const { world, tab } = await visit(
    t,
    `<button>Slow</button><p draggable="true" style="height:200px">Text</p>`,
  );
  await tab.evaluate(() => {
    document.querySelector("button").onclick = () => setTimeout(() => document.body.append("late"), 1200);
  });
  await tab.click("button");
  await tab.mouse.move(50, 100);
  await tab.mouse.down();
  await tab.mouse.move(400, 400);
  await tab.mouse.up();
  await pause(1500);
  await tab.evaluate(() => history.pushState(0, "", "/two"));
  const event = await until(() =>
    events(world, "click").find(({ batch, el }) => batch.elements[el].name === "Slow"),
  );
  assert.equal(event.response, "mutation");
  assert.ok(event.response_ms >= 1150);
});

test("following a link is the response of its click, which belongs to the page it was made on", async (t) => {
  const { world, tab } = await visit(t, { "/": `<a href="/next">Next</a>`, "/next": "<p>Next</p>" });
  await tab.click("a");
  await tab.waitForURL("**/next");
  const event = await click(world);
  assert.equal(event.response, "navigation");
  assert.match(event.batch.page.url, /\/$/);
});

test("a click from the keyboard stands in the middle of its element", async (t) => {
  const { world, tab } = await visit(
    t,
    `<button style="position:absolute;left:100px;top:50px;width:200px;height:40px" onclick="this.title='x'">Go</button>`,
  );
  await tab.focus("button");
  await tab.keyboard.press("Enter");
  const event = await click(world);
  assert.equal(event.pointer, "keyboard");
  assert.deepEqual([event.x, event.y, event.ex, event.ey], [200, 70, 500, 500]);
});

test("a click on a label counts once, however long the page takes between it and the one on its control", async (t) => {
  const { world, tab } = await visit(
    t,
    `<label for="a">Accept</label><input id="a" type="checkbox">
     <label id="b"><span tabindex="0">Save</span> <input type="checkbox"></label>`,
  );
  await tab.evaluate(() =>
    addEventListener("click", () => {
      for (const until = performance.now() + 120; performance.now() < until; );
    }),
  );
  for (const place of ["label", "#b span"]) {
    await tab.click(place);
    await pause(600);
  }
  const checked = await tab.evaluate(() => document.querySelectorAll(":checked").length);
  await hide(tab);
  await until(() => events(world, "click").length > 1);
  await pause(200);
  assert.deepEqual([checked, events(world, "click").length], [2, 2]);
});

test("a key on the control of a label that was just clicked is a click of its own", async (t) => {
  const { world, tab } = await visit(t, `<label for="a">Accept</label><input id="a" type="checkbox">`);
  // Nothing clicks on the control then.
  await tab.evaluate(() =>
    document.querySelector("label").addEventListener("click", (e) => e.preventDefault()),
  );
  await tab.click("label");
  await tab.focus("input");
  await tab.keyboard.press("Space");
  await pause(100);
  await hide(tab);
  await until(() => events(world, "click").length > 1);
  assert.deepEqual(
    events(world, "click").map(({ pointer }) => pointer),
    ["mouse", "keyboard"],
  );
});

test("selecting text marks the click", async (t) => {
  const { world, tab } = await visit(t, `<p style="font:20px monospace">Some words to copy</p>`);
  await tab.mouse.move(20, 30);
  await tab.mouse.down();
  await tab.mouse.move(150, 30);
  await tab.mouse.up();
  // The browser tells of a selection a little later.
  await pause(300);
  await hide(tab);
  const { selection, response } = await click(world);
  assert.deepEqual([selection, response], [1, "selection"]);
});

test("a modifier is told", async (t) => {
  const { world, tab } = await visit(t, `<button onclick="this.title='x'">Go</button>`);
  await tab.click("button", { modifiers: ["Shift"] });
  assert.equal((await click(world)).modifier, 1);
});

test("the middle button is told", async (t) => {
  const { world, tab } = await visit(t, `<button onmouseup="window.released=event.button">Go</button>`);
  await tab.click("button", { button: "middle" });
  if ((await tab.evaluate(() => released)) !== 1)
    return t.skip("WebKitWebDriver 2.50 presses the middle button and releases the left one");
  await hide(tab);
  assert.equal((await click(world)).button, 1);
});

test("a submit button's name is its value, never that of a field", async (t) => {
  const { world, tab } = await visit(
    t,
    `<input type="button" value="Send it"><input value="private-words" name="city">`,
  );
  await tab.click("[type=button]");
  await tab.click("[name=city]");
  await hide(tab);
  await until(() => events(world, "click").length === 2);
  assert.ok(world.bodies.join().includes("Send it"));
  assert.ok(!world.bodies.join().includes("private-words"));
});

test("no more than a burst of 100 clicks passes, and the rest is counted", async (t) => {
  const { world, tab } = await visit(t, `<p>No control, whose sight would count too</p>`);
  await tab.evaluate(() => {
    for (let i = 0; i < 130; i++) footpath("custom", "spam");
  });
  // The file that tells them must have come before the page is hidden.
  await until(() => events(world, "custom")[0]);
  await hide(tab);
  const reports = await until(() => events(world, "engagement").filter(({ dropped }) => dropped));
  await until(() => events(world, "custom").length + reports[0].dropped === 130);
  assert.ok(events(world, "custom").length <= 102);
});
