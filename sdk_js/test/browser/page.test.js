import assert from "node:assert/strict";
import { after, test } from "node:test";
import { events, fastForward, hide, pause, quit, runFor, show, sum, until, visit } from "./harness.js";

after(quit);

const views = (world) => events(world, "page_view");

test("the first page view arrives within a second, with title, address, sizes and no fragment", async (t) => {
  const { world } = await visit(t, `<p>Hello</p>`, { path: "/?utm_source=news&secret=1&gclid=x#part" });
  const [view] = await until(() => views(world), 1500);
  const { page, entry, flags } = view.batch;
  assert.equal(page.title, "Test page");
  assert.equal(page.url, `${world.url}/?utm_source=news&gclid=x`);
  assert.equal(entry.url, page.url);
  assert.deepEqual(page.viewport, [1000, 600]);
  assert.ok(page.document[1] >= 600);
  assert.ok(page.tz && page.lang);
  assert.deepEqual(flags, ["bot"]);
  // A type would cost a preflight, but for that of text; what is compressed has none.
  assert.ok([undefined, "text/plain;charset=UTF-8"].includes(view.batch.type), view.batch.type);
  assert.ok(!("soft" in view));
});

test("the page's type is what data-footpath-page-type says", async (t) => {
  const { world } = await visit(
    t,
    `<!doctype html><body data-footpath-page-type="product"><script async src="/sdk.js"></script>`,
  );
  assert.equal((await until(() => views(world)))[0].batch.page.type, "product");
});

test("another path in a single-page app is another page view, another query is not", async (t) => {
  const { world, tab } = await visit(t, `<button>Go</button>`);
  await until(() => views(world));
  await tab.evaluate(() => {
    document.querySelector("button").onclick = () => {
      history.pushState(0, "", "/second");
      document.title = "Second";
    };
  });
  await tab.click("button");
  await tab.evaluate(() => history.replaceState(0, "", "/second?page=2"));
  const second = await until(() => views(world)[1]);
  assert.equal(second.soft, "history");
  assert.equal(second.batch.page.title, "Second");
  assert.equal(second.batch.page.url, `${world.url}/second`);
  assert.equal(second.batch.page.referrer, `${world.url}/`);
  const [click] = await until(() => events(world, "click"));
  assert.equal(click.batch.page.id, views(world)[0].batch.page.id);
  // Without the Navigation API the address is looked at now and then; the title has changed before.
  const isTold = await tab.evaluate(() => "navigation" in window);
  assert.equal(click.response, isTold ? "navigation" : "mutation");
  await tab.goBack();
  await until(() => views(world)[2]);
  assert.equal(views(world).length, 3);
  assert.equal(new Set(views(world).map(({ batch }) => batch.session)).size, 1);
});

test("without the Navigation API pushState is followed after the page got what it asked for", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`, {
    prepare: (_tab, world) =>
      world.before(() => {
        Object.defineProperty(window, "navigation", { value: undefined });
        Object.defineProperty(window, "NavigateEvent", { value: undefined });
      }),
  });
  await until(() => views(world));
  await tab.evaluate(() => history.pushState({ a: 1 }, "", "/second"));
  await until(() => views(world)[1]);
  assert.deepEqual(await tab.evaluate(() => history.state), { a: 1 });
  await tab.goBack();
  await until(() => views(world)[2]);
});

test("with hash routing another fragment path is another page view", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`, { settings: { hash: true }, path: "/#/one" });
  await until(() => views(world));
  await tab.evaluate(() => {
    location.hash = "#/two?secret=1";
  });
  const second = await until(() => views(world)[1]);
  assert.equal(second.soft, "hash");
  assert.equal(second.batch.page.url, `${world.url}/#/two`);
});

test("footpath('page') begins a page view under the given address", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`);
  await until(() => views(world));
  await tab.evaluate(() => footpath("page", "/virtual"));
  assert.equal((await until(() => views(world)[1])).batch.page.url, `${world.url}/virtual`);
});

test("engaged time counts while there are inputs and stops 15 s after the last", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`, { clock: Date.now() });
  await runFor(tab, 1500);
  await tab.mouse.move(10, 10);
  await runFor(tab, 5000);
  await tab.mouse.move(20, 20);
  await runFor(tab, 40000);
  await hide(tab);
  await pause(300);
  const list = await until(() => events(world, "engagement"));
  const engaged = sum(list, "engaged_ms");
  assert.ok(Math.abs(engaged - 20000) < 500, `${engaged}`);
  assert.ok(Math.abs(sum(list, "foreground_ms") - 46500) < 1500, `${sum(list, "foreground_ms")}`);
});

test("hidden time is neither engaged nor foreground", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`, { clock: Date.now() });
  await runFor(tab, 1500);
  await tab.mouse.move(10, 10);
  await runFor(tab, 2000);
  await hide(tab);
  await runFor(tab, 20000);
  await show(tab);
  await tab.mouse.move(20, 20);
  await runFor(tab, 3000);
  await hide(tab);
  await pause(300);
  const list = await until(() => events(world, "engagement"));
  assert.ok(Math.abs(sum(list, "engaged_ms") - 5000) < 500, `${sum(list, "engaged_ms")}`);
});

test("each scroll band is reached once, and seconds fall on the bands in view", async (t) => {
  const { world, tab } = await visit(t, `<div style="height:6000px">Long</div>`);
  await tab.mouse.move(10, 10);
  await pause(1300);
  await hide(tab);
  await show(tab);
  for (const y of [1500, 3000, 0, 3000]) {
    await tab.evaluate((top) => scrollTo(0, top), y);
    await tab.mouse.move(10 + y / 100, 10);
    await pause(400);
  }
  await hide(tab);
  const list = await until(() => events(world, "engagement").length > 1 && events(world, "engagement"));
  const reached = list.flatMap((event) => event.reached);
  assert.deepEqual(reached, [...new Set(reached)]);
  assert.deepEqual(reached, [...Array(12).keys()]);
  const last = list[list.length - 1];
  assert.ok(Math.abs(last.max_scroll_pct - 60) <= 1, `${last.max_scroll_pct}`);
  assert.ok(last.max_scroll_px >= 3590 && last.max_scroll_px <= 3610);
  assert.ok(sum(list, "reversals") >= 2);
  assert.ok(list[0].bands[0] > 0);
  assert.equal(list[0].bands[15], undefined);
});

test("a page that comes back from the back/forward cache is a page view of its own", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`);
  await until(() => views(world));
  await tab.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  const second = await until(() => views(world)[1]);
  assert.equal(second.soft, "bfcache");
  assert.ok(second.batch.flags.includes("bfcache"));
});

test("the back button shows a page view of its own, marked where the browser had kept the page", async (t) => {
  const { world, tab } = await visit(t, { "/": `<a href="/next">Next</a>`, "/next": "<p>Next</p>" });
  await until(() => views(world));
  await tab.evaluate(() => addEventListener("pageshow", (e) => (window.kept = e.persisted)));
  await tab.click("a");
  await tab.waitForURL("**/next");
  await until(() => views(world)[1]);
  // Not the driver's command: it waits for a load, which a kept page has not.
  await tab.evaluate(() => setTimeout(() => history.back()) && 0);
  const third = await until(() => views(world)[2]);
  // WebKit and Firefox keep it; Chromium does not while its debugging protocol is in use.
  const isKept = await tab.evaluate(() => !!window.kept);
  assert.equal(third.batch.page.url, `${world.url}/`);
  assert.equal(third.soft, isKept ? "bfcache" : undefined);
  assert.equal(third.batch.flags.includes("bfcache"), isKept);
  t.diagnostic(isKept ? "kept" : "loaded anew");
});

test("two tabs share visitor, session and entry", async (t) => {
  const { world, tab, context } = await visit(t, `<p>x</p>`, { path: "/?utm_source=news" });
  await until(() => views(world));
  const other = await context.newPage();
  await other.goto(`${world.url}/`);
  await until(() => views(world).length === 2);
  const [first, second] = views(world).map(({ batch }) => batch);
  assert.equal(first.visitor, second.visitor);
  assert.equal(first.session, second.session);
  assert.equal(second.entry.url, `${world.url}/?utm_source=news`);
  assert.notEqual(first.page.id, second.page.id);
  assert.match(first.visitor, /^[0-9a-f]{16}$/);
  await tab.close();
});

test("the first input after 30 idle minutes begins a new session and page view", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`, { clock: Date.now() });
  await runFor(tab, 2000);
  await tab.mouse.move(10, 10);
  const [first] = await until(() => views(world));
  await fastForward(tab, 31 * 60 * 1000);
  await pause(100);
  assert.equal(views(world).length, 1);
  await tab.mouse.move(30, 30);
  await runFor(tab, 2000);
  const second = await until(() => views(world)[1]);
  assert.equal(second.soft, "resume");
  assert.notEqual(second.batch.session, first.batch.session);
  assert.notEqual(second.batch.page.id, first.batch.page.id);
  assert.equal(second.batch.visitor, first.batch.visitor);
  for (const event of events(world, "engagement")) {
    const ts = event.batch.page.started_at + event.t;
    if (event.batch.session === first.batch.session) assert.ok(ts < second.batch.page.started_at);
  }
});

test("a session that another tab keeps alive does not end in this one", async (t) => {
  const { world, tab, context } = await visit(t, `<p>x</p>`, { clock: Date.now() });
  await runFor(tab, 2000);
  await until(() => views(world));
  await fastForward(tab, 29 * 60 * 1000);
  const other = await context.newPage();
  world.clock = Date.now() + 29 * 60 * 1000;
  await other.goto(world.url);
  await runFor(other, 2000);
  await until(() => views(world)[1]);
  await fastForward(tab, 5 * 60 * 1000);
  await tab.mouse.move(50, 50);
  await runFor(tab, 2000);
  assert.equal(views(world).length, 2);
});

test("after a day even a busy session ends", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`, { clock: Date.now() });
  await runFor(tab, 2000);
  await until(() => views(world));
  for (let hour = 0; hour < 50; hour++) {
    await fastForward(tab, 29 * 60 * 1000);
    await tab.mouse.move(10 + hour, 50);
  }
  await runFor(tab, 2000);
  const sessions = await until(() => new Set(views(world).map(({ batch }) => batch.session)).size > 1);
  assert.ok(sessions);
});
