import assert from "node:assert/strict";
import { after, test } from "node:test";
import { events, hide, pause, quit, until, visit } from "./harness.js";

after(quit);

const kept = (tab) => tab.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
const NOTHING = "[{},{}]";

/** @param {string} name */
const signal = (name, value) => (_tab, world) =>
  world.before(([key, given]) => Object.defineProperty(navigator, key, { value: given }), [name, value]);

for (const [name, value] of [
  ["globalPrivacyControl", true],
  ["doNotTrack", "1"],
]) {
  test(`${name} means that nothing is sent and nothing kept, and commands do no harm`, async (t) => {
    const { world, tab } = await visit(t, `<button>Go</button>`, { prepare: signal(name, value) });
    await tab.click("button");
    await tab.evaluate(() => footpath("conversion", "x"));
    await pause(1200);
    await hide(tab);
    await pause(200);
    assert.equal(world.received.length, 0);
    assert.equal(await kept(tab), NOTHING);
  });
}

test("a site may answer the signal with less: no storage", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`, {
    prepare: signal("globalPrivacyControl", true),
    settings: { gpc: "reduced" },
  });
  const [view] = await until(() => events(world, "page_view"));
  await hide(tab);
  await pause(200);
  assert.equal(view.batch.visitor, "");
  assert.equal(view.batch.session, "");
  assert.equal(await kept(tab), NOTHING);
});

test("a site may ignore the signal", async (t) => {
  const { world } = await visit(t, `<p>x</p>`, {
    prepare: signal("doNotTrack", "1"),
    settings: { dnt: "ignore" },
  });
  await until(() => events(world, "page_view"));
});

test("storage none keeps nothing and sends empty ids", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`, { settings: { storage: "none" } });
  const [view] = await until(() => events(world, "page_view"));
  assert.deepEqual([view.batch.visitor, view.batch.session], ["", ""]);
  assert.equal(await kept(tab), NOTHING);
});

test("storage session keeps the visit in the tab only", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`, { settings: { storage: "session" } });
  await until(() => events(world, "page_view"));
  assert.equal(await tab.evaluate(() => localStorage.length), 0);
  assert.equal(await tab.evaluate(() => sessionStorage.length), 1);
});

test("where storage throws the visit is as with none", async (t) => {
  const { world } = await visit(t, `<p>x</p>`, {
    prepare: (_tab, world) =>
      world.before(() =>
        Object.defineProperty(window, "localStorage", {
          get() {
            throw new Error("blocked");
          },
        }),
      ),
  });
  assert.equal((await until(() => events(world, "page_view")))[0].batch.visitor, "");
});

test("where storage is full the page is unharmed and the visit is as with none", async (t) => {
  const { world } = await visit(t, `<p>x</p>`, {
    prepare: (_tab, world) =>
      world.before(() => {
        Storage.prototype.setItem = () => {
          throw new Error("full");
        };
      }),
  });
  assert.equal((await until(() => events(world, "page_view")))[0].batch.visitor, "");
});

test("withdrawn consent clears storage and stops; given again it begins a new page view as somebody new", async (t) => {
  const { world, tab } = await visit(t, `<button>Go</button>`);
  const [first] = await until(() => events(world, "page_view"));
  await tab.evaluate(() => footpath("consent", false));
  await tab.click("button");
  await tab.evaluate(() => footpath("custom", "x"));
  const before = world.received.length;
  await hide(tab);
  await pause(1000);
  assert.equal(world.received.length, before);
  assert.equal(await kept(tab), NOTHING);
  await tab.evaluate(() => {
    delete document.hidden;
    footpath("consent", true);
  });
  const second = await until(() => events(world, "page_view")[1]);
  assert.notEqual(second.batch.visitor, first.batch.visitor);
  assert.notEqual(second.batch.page.id, first.batch.page.id);
  assert.equal(second.soft, "resume");
});

test("consent withdrawn in one tab stops the other", async (t) => {
  const { world, tab, context } = await visit(t, `<p>x</p>`);
  await until(() => events(world, "page_view"));
  const other = await context.newPage();
  await other.goto(world.url);
  await until(() => events(world, "page_view")[1]);
  await other.evaluate(() => footpath("consent", false));
  await pause(200);
  const before = world.received.length;
  await tab.evaluate(() => footpath("conversion", "x"));
  await hide(tab);
  await pause(600);
  assert.equal(world.received.length, before);
  assert.equal(await kept(tab), NOTHING);
});

test("consent refused before the script loads keeps it silent, and nothing is written even for a moment", async (t) => {
  const { world, tab } = await visit(
    t,
    {
      "/": `<!doctype html><script src="/stub.js"></script><script async src="/sdk.js"></script><button>Go</button>`,
      "/stub.js": `window.footpath = function () { (footpath.q = footpath.q || []).push(arguments) }; footpath("consent", false); footpath("custom", "x")`,
    },
    {
      prepare: (_tab, w) =>
        w.before(() => {
          window.written = [];
          const { setItem } = Storage.prototype;
          Storage.prototype.setItem = function (...words) {
            written.push(words);
            setItem.apply(this, words);
          };
        }),
    },
  );
  await pause(800);
  await tab.click("button");
  await tab.evaluate(() => footpath("conversion", "x"));
  await pause(800);
  assert.equal(world.received.length, 0);
  assert.equal(await kept(tab), NOTHING);
  assert.deepEqual(await tab.evaluate(() => written), []);
  const files = await tab.evaluate(() =>
    performance.getEntriesByType("resource").filter(({ name }) => name.includes("/sdk/")),
  );
  assert.deepEqual(files, []);
  await tab.evaluate(() => footpath("consent", true));
  await until(() => events(world, "page_view"));
  await tab.click("button");
  await hide(tab);
  const [click] = await until(() => events(world, "click"));
  assert.equal(click.batch.elements[click.el].name, "Go");
});

for (const [storage, local, session] of [
  ["local", 1, 0],
  ["session", 0, 1],
  ["none", 0, 0],
]) {
  test(`storage ${storage} keeps ${local + session} key, named after the site, and no cookie`, async (t) => {
    const { world, tab } = await visit(t, `<button>Go</button>`, { settings: { storage } });
    await until(() => events(world, "page_view"));
    await tab.click("button");
    await hide(tab);
    await until(() => events(world, "click"));
    const keys = await tab.evaluate(() => [Object.keys(localStorage), Object.keys(sessionStorage)]);
    const own = ["footpath:test-site"];
    assert.deepEqual(keys, [local ? own : [], session ? own : []]);
    assert.equal(await tab.evaluate(() => document.cookie), "");
  });
}

for (const isDriven of [true, false]) {
  test(`a browser that says it is ${isDriven ? "" : "not "}driven by a program is ${isDriven ? "marked" : "not marked"}`, async (t) => {
    const { world } = await visit(t, `<p>x</p>`, { prepare: signal("webdriver", isDriven) });
    const [view] = await until(() => events(world, "page_view"));
    assert.equal(view.batch.flags.includes("bot"), isDriven);
  });
}

test("a strict content security policy needs script-src and connect-src only", async (t) => {
  const { world, tab, errors } = await visit(t, `<button>Go</button>`, {
    prepare: async (_tab, w) => {
      w.strict();
      w.before(() => {
        window.violations = [];
        addEventListener("securitypolicyviolation", (e) => violations.push(e.blockedURI));
      });
    },
  });
  await tab.click("button");
  await hide(tab);
  await until(() => events(world, "click"));
  const blocked = await tab.evaluate(() => violations);
  // Firefox tells the page of the icon that it wanted for its own tab bar.
  assert.deepEqual([blocked.filter((uri) => !uri.endsWith("/favicon.ico")), errors], [[], []]);
});

test("a heading that is masked or ignored names nothing", async (t) => {
  const part = (attribute) =>
    `<section><div ${attribute}><h2>Jane Roe</h2></div><button>Delete</button></section>`;
  const { world, tab } = await visit(t, part("data-footpath-mask") + part("data-footpath-ignore"));
  for (const nth of [1, 2]) await tab.click(`section:nth-of-type(${nth}) button`);
  await hide(tab);
  const told = await until(() => events(world, "click").length === 2 && events(world, "click"));
  assert.deepEqual(
    told.map(({ batch, el }) => batch.elements[el].item),
    ["0", "1"],
  );
  assert.ok(!world.bodies.join().includes("Jane"));
});

test("of two texts that begin alike the one that the page repeats is taken out to its end", async (t) => {
  const { world, tab } = await visit(
    t,
    `<input id="a"><input id="b" oninput="h.textContent='Results for ' + this.value.toUpperCase() + ' (3)'">
     <h3 id="h">-</h3>`,
  );
  await until(() =>
    tab.evaluate(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("idle"))),
  );
  for (const [field, text] of [
    ["#a", "walnut oil"],
    ["#b", "walnut desk"],
  ]) {
    await tab.focus(field);
    await tab.keyboard.type(text);
  }
  await pause(200);
  await tab.click("h3");
  await hide(tab);
  const [event] = await until(() => events(world, "click"));
  assert.equal(event.batch.elements[event.el].name, "Results for *** (3)");
});
