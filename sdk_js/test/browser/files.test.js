import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openBeside } from "./beside.js";
import { hide, pause, quit, until, visit } from "./harness.js";
import { about, told } from "./told.js";

after(quit);

/** What a later file hears is dated to the moment, give or take the way through the browser. */
const EXACT_MS = 60;

const BODY = `<form name="join"><input name="mail"><input name="city"><button type="button">Join</button></form>`;

/** When inputs reached the page, by its own listeners; page views begin at 0. */
const WATCH = `var seen = {};
for (const type of ["focusin", "input", "click"])
  addEventListener(type, ({ target }) => { seen[type + " " + (target.name || target.localName)] = performance.now() }, true);`;

const pages = (body = BODY) => ({
  "/": `<!doctype html><title>Late</title><script src="/watch.js"></script><script src="/sdk.js"></script>${body}`,
  "/watch.js": WATCH,
  "/next": "<!doctype html><p>Next</p>",
});

const BODY_ONLY = `<!doctype html><title>Without the script</title>${BODY}`;

/** @param {Record<string, any>} trouble what is late or missing */
async function open(t, trouble, options = {}) {
  const beside = Object.assign(await openBeside(t), trouble);
  const opened = await visit(t, options.pages || pages(), {
    ...options,
    settings: { files: beside.files },
  });
  return { ...opened, beside };
}

const near = (value, expected) =>
  assert.ok(Math.abs(value - expected) <= EXACT_MS, `${value}, not ${expected}`);

for (const late of [{ more: 1500 }, { form: 1500 }, { more: 700, form: 700, idle: 1500 }]) {
  const names = Object.keys(late).join(", ");
  test(`what happens before ${names} has come is told with its own time and in its order`, async (t) => {
    const { world, tab, beside } = await open(t, { late });
    await tab.focus("[name=mail]");
    await tab.keyboard.type("a");
    await tab.focus("[name=city]");
    await tab.evaluate(() => footpath("exposure", "color", "blue"));
    await tab.click("button");
    const done = await tab.evaluate(() => performance.now());
    const seen = await tab.evaluate(() => seen);
    await until(() => beside.asked.includes("form") && beside.asked.includes("idle"));
    await pause(2500);
    await hide(tab);
    await until(() => told(world, "field").length === 2 && told(world, "click").length === 1);
    const [mail, city] = told(world, "field");
    const [click] = told(world, "click");
    const [exposure] = told(world, "exposure");
    near(mail.t, seen["focusin mail"]);
    near(mail.hesitation_ms, seen["input mail"] - seen["focusin mail"]);
    near(mail.dwell_ms, seen["focusin city"] - seen["focusin mail"]);
    near(city.t, seen["focusin city"]);
    near(click.t, seen["click button"]);
    assert.ok(exposure.t >= city.t && exposure.t <= click.t);
    assert.ok([mail, city, exposure, click].every(({ t: at }) => at <= done));
    assert.equal(about(click).name, "Join");
    const happened = told(world)
      .filter(({ k, step }) => /field|click|exposure/.test(k) || step === "start")
      .map(({ k }) => k);
    assert.deepEqual(happened, ["form", "field", "field", "exposure", "click"]);
    const numbers = told(world).map(({ n }) => n);
    assert.equal(new Set(numbers).size, numbers.length);
  });
}

test("if the page is left before more is there, its clicks have their places and no element", async (t) => {
  const { world, tab } = await open(t, { late: { more: 9000 } }, { pages: { ...pages(), "/": BODY_ONLY } });
  // After its load, which a module that is under way holds up in some browsers.
  await tab.evaluate(() => {
    document.head.append(Object.assign(document.createElement("script"), { src: "/sdk.js" }));
  });
  await until(() => told(world, "page_view"));
  await tab.click("button");
  await tab.goto(`${world.url}/next`);
  const [click] = await until(() => told(world, "click"));
  assert.ok(!("el" in click));
  assert.ok(click.x > 0 && click.y > 0 && click.interactive === 1);
  assert.equal(click.pointer, "mouse");
});

for (const missing of [["more"], ["form"], ["idle"], ["more", "form", "idle"]]) {
  test(`without ${missing.join(", ")} the rest goes on and nothing is thrown`, async (t) => {
    const { world, tab, beside, errors } = await open(t, { missing });
    await tab.click("[name=mail]");
    await tab.keyboard.type("a");
    await tab.click("button");
    await tab.evaluate(() => {
      footpath("conversion", "signup");
      footpath("survey", "nps", 9);
    });
    await pause(1000);
    await hide(tab);
    await until(() => told(world, "click").length === 2 && told(world, "conversion").length);
    await pause(300);
    const has = (name) => !missing.includes("more") && !missing.includes(name);
    assert.equal("el" in told(world, "click")[0], has("more"));
    assert.equal(told(world, "engagement").length > 0, has("more"));
    assert.equal(told(world, "field").length > 0, has("form"));
    assert.equal(told(world, "survey").length > 0, has("idle"));
    for (const name of ["more", "form", "idle"])
      assert.ok(beside.asked.filter((other) => other === name).length <= 1, `${beside.asked}`);
    assert.deepEqual(errors, []);
  });
}

test("a file that was missing is asked for again by the next page view of a single-page app", async (t) => {
  const { world, tab, beside } = await open(t, { missing: ["more"] });
  await until(() => beside.asked.includes("more"));
  await pause(300);
  beside.missing.length = 0;
  await tab.evaluate(() => history.pushState(0, "", "/two"));
  await pause(1500);
  await tab.click("button");
  await hide(tab);
  const click = await until(() => told(world, "click").find(({ batch }) => batch.page.url.endsWith("/two")));
  // Whether a module that failed to load may be fetched again is the browser's decision.
  if (beside.asked.filter((name) => name === "more").length > 1) assert.equal(about(click).name, "Join");
});

test("files that answer with something else break nothing", async (t) => {
  const { world, tab, errors } = await visit(t, pages(), { settings: { files: "/empty" } });
  await tab.click("button");
  await pause(500);
  await hide(tab);
  await until(() => told(world, "click"));
  await pause(300);
  assert.deepEqual(errors, []);
});

test("under a policy of nonces the later files come with the nonce of the tag", async (t) => {
  const { world, tab } = await visit(
    t,
    {
      "/": `<!doctype html><title>Nonce</title><script nonce="abc" src="/sdk.js"></script>${BODY}`,
    },
    {
      prepare: async (_tab, w) => {
        w.headers = {
          "content-security-policy": "default-src 'none'; script-src 'nonce-abc'; connect-src 'self'",
        };
      },
    },
  );
  await until(() => told(world, "page_view"));
  await pause(500);
  await tab.click("[name=mail]");
  await tab.click("button");
  await pause(500);
  await hide(tab);
  await until(() => told(world, "field").length && told(world, "vital").length);
  assert.equal(about(told(world, "click").at(-1)).name, "Join");
});

test("a page without forms does not ask for the file of forms", async (t) => {
  const { world, beside } = await open(t, {}, { pages: pages("<p>x</p>") });
  await until(() => beside.asked.includes("idle"));
  await pause(800);
  assert.deepEqual(beside.asked.sort(), ["idle", "more"]);
  assert.equal(told(world, "page_view").length, 1);
});
