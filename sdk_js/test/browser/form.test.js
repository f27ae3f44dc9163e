import assert from "node:assert/strict";
import { after, test } from "node:test";
import { events, hide, pause, quit, until, visit } from "./harness.js";

after(quit);

const FORM = `<form name="signup" action="/done">
<label>E-mail <input name="email" type="email" required></label>
<label>Words <textarea name="words"></textarea></label>
<select name="size"><option value="">-</option><option>small</option></select>
<input type="radio" name="plan" value="a"><input type="radio" name="plan" value="b">
<input name="city"><button>Send</button></form>`;

/** What was in flight when the page was left came twice, under the same number. */
const steps = (world) =>
  [...new Map(events(world, "form").map((event) => [event.batch.page.id + event.n, event])).values()]
    .sort((a, b) => a.n - b.n)
    .map(({ step }) => step);

/** @param {import("playwright-core").Page} tab */
const fieldOf = async (world, tab, name) => {
  await hide(tab);
  const list = await until(() => events(world, "field").filter(({ field }) => field === name));
  return list[list.length - 1];
};

test("a field visit tells hesitation, dwell, edits and deletes, never what was typed", async (t) => {
  const { world, tab } = await visit(t, FORM);
  await tab.focus("[name=email]");
  await pause(400);
  await tab.keyboard.type("zqx7", { delay: 20 });
  await tab.keyboard.press("Backspace");
  await tab.focus("[name=city]");
  const event = await fieldOf(world, tab, "email");
  assert.equal(event.form, "signup");
  assert.equal(event.index, 0);
  assert.equal(event.visit, 1);
  assert.equal(event.edits, 5);
  assert.equal(event.deletes, 1);
  assert.ok(event.hesitation_ms >= 380 && event.hesitation_ms < 900, `${event.hesitation_ms}`);
  assert.ok(event.dwell_ms >= event.hesitation_ms);
  assert.equal(event.filled, 1);
  assert.equal(event.invalid, "typeMismatch");
});

test("a required field left blank says which rule it breaks and has no hesitation", async (t) => {
  const { world, tab } = await visit(t, FORM);
  await tab.focus("[name=email]");
  await tab.focus("[name=city]");
  const event = await fieldOf(world, tab, "email");
  assert.equal(event.invalid, "valueMissing");
  assert.equal(event.filled, 0);
  assert.equal(event.edits, 0);
  assert.ok(!("hesitation_ms" in event));
});

/** Runs in the page: has the file come that knows forms? */
const isThere = () =>
  performance
    .getEntriesByType("resource")
    .some(({ name, responseEnd }) => responseEnd && /\.form\.js$/.test(name));

test("emptying a field and filling it again is a refill", async (t) => {
  const { world, tab } = await visit(t, FORM);
  await tab.focus("[name=city]");
  // Whether a field was empty before the file came that asks is not known.
  await until(() => tab.evaluate(isThere));
  await pause(200);
  await tab.keyboard.type("ab");
  await tab.keyboard.press("Control+A");
  await tab.keyboard.press("Delete");
  await tab.keyboard.type("cd");
  await tab.focus("[name=email]");
  assert.equal((await fieldOf(world, tab, "city")).refills, 1);
});

test("coming back to a field is its second visit", async (t) => {
  const { world, tab } = await visit(t, FORM);
  for (const name of ["city", "email", "city", "email"]) await tab.focus(`[name=${name}]`);
  assert.equal((await fieldOf(world, tab, "city")).visit, 2);
});

test("pasting is told", async (t) => {
  const { world, tab } = await visit(t, FORM);
  await tab.focus("[name=city]");
  await tab.keyboard.type("copied");
  await tab.keyboard.press("Control+A");
  await tab.keyboard.press("Control+C");
  await tab.focus("[name=words]");
  await tab.keyboard.press("Control+V");
  await tab.focus("[name=email]");
  assert.equal((await fieldOf(world, tab, "words")).pasted, 1);
});

test("choices count as filled and the buttons of a group are one field", async (t) => {
  const { world, tab } = await visit(t, FORM);
  await tab.selectOption("[name=size]", "small");
  await tab.focus("[name=size]");
  await tab.click("[value=b]");
  await tab.focus("[name=city]");
  const plan = await fieldOf(world, tab, "plan");
  assert.deepEqual([plan.filled, plan.index], [1, 3]);
});

test("a form is viewed when it comes into view, once, and started by its first field", async (t) => {
  const { world, tab } = await visit(t, `<div id="gap" style="height:2000px"></div>${FORM}`);
  await pause(1500);
  await hide(tab);
  await pause(200);
  assert.deepEqual(steps(world), []);
  await tab.evaluate(() => {
    delete document.hidden;
    delete document.visibilityState;
    scrollTo(0, 9999);
  });
  await pause(600);
  await tab.focus("[name=city]");
  await tab.focus("[name=email]");
  await hide(tab);
  await until(() => steps(world).length > 1);
  assert.deepEqual(steps(world), ["view", "start"]);
});

test("a submit that the browser refuses is an attempt and an error", async (t) => {
  const { world, tab } = await visit(t, FORM);
  await tab.click("button");
  await until(() => steps(world).includes("attempt"));
  await hide(tab);
  await until(() => steps(world).includes("error"));
  assert.deepEqual(
    steps(world).filter((step) => step !== "start"),
    ["view", "attempt", "error"],
  );
});

test("a submit that leaves the page is an attempt and a success", async (t) => {
  const { world, tab } = await visit(t, { "/": FORM, "/done": "<p>Thanks</p>" });
  await tab.fill("[name=email]", "a@b.example");
  await tab.click("button");
  await tab.waitForURL("**/done*");
  await until(() => steps(world).includes("ok") && steps(world).length >= 4);
  assert.deepEqual(steps(world).slice(0, 4), ["view", "start", "attempt", "ok"]);
  const ok = events(world, "form").find(({ step }) => step === "ok");
  assert.equal(ok.last_field, "email");
});

test("a submit whose form then disappears is a success", async (t) => {
  const { world, tab } = await visit(t, FORM);
  await tab.evaluate(() => {
    document.forms[0].onsubmit = (e) => {
      e.preventDefault();
      setTimeout(() => document.forms[0].replaceWith("Thanks"), 300);
    };
  });
  await tab.fill("[name=email]", "a@b.example");
  await tab.click("button");
  await until(() => steps(world).includes("ok"));
});

test("a conversion told within 5 s makes the submit a success", async (t) => {
  const { world, tab } = await visit(t, FORM);
  await tab.evaluate(() => {
    document.forms[0].onsubmit = (e) => {
      e.preventDefault();
      footpath("conversion", "signup");
    };
  });
  await tab.fill("[name=email]", "a@b.example");
  await tab.click("button");
  await until(() => steps(world).includes("ok"));
  assert.equal((await until(() => events(world, "conversion")))[0].goal, "signup");
});

test("a submit that leaves fields marked invalid is an error after 5 s", async (t) => {
  const { world, tab } = await visit(t, FORM);
  await tab.evaluate(() => {
    document.forms[0].noValidate = true;
    document.forms[0].onsubmit = (e) => e.preventDefault();
  });
  await tab.click("button");
  await until(() => steps(world).includes("error"), 14000);
});

test("fields outside a form and inside a shadow root are visited too", async (t) => {
  const { world, tab } = await visit(t, `<input name="lonely"><div id="host"></div>`);
  await tab.evaluate(() => {
    document
      .querySelector("#host")
      .attachShadow({ mode: "open" }).innerHTML = `<form name="deep"><input name="inner"></form>`;
  });
  await tab.focus("[name=lonely]");
  await tab.focus("[name=inner]");
  await tab.focus("[name=lonely]");
  await hide(tab);
  const list = await until(() => events(world, "field").length >= 2 && events(world, "field"));
  assert.deepEqual(
    list.slice(0, 2).map(({ form, field }) => `${form}/${field}`),
    ["page/lonely", "deep/inner"],
  );
});

test("a form whose fields are called id and name still has its own name", async (t) => {
  const { world, tab } = await visit(t, `<form id="clobbered"><input name="id"><input name="name"></form>`);
  await tab.focus("[name=id]");
  await tab.focus("[name=name]");
  assert.equal((await fieldOf(world, tab, "id")).form, "clobbered");
});

test("nothing that was typed, pasted or chosen is in any byte sent", async (t) => {
  const secrets = { email: "zqmark1", words: "zqmark2", city: "zqmark3", pin: "zqmark4", rich: "zqmark5" };
  const { world, tab } = await visit(
    t,
    `<form name="f"><label>Mail <input name="email" type="email"></label><label>Words <textarea name="words">zqmark7</textarea></label>
     <input name="city"><input name="pin" type="password"><label>Pick <select name="pick"><option>none</option><option>zqmark6</option></select></label>
     <div contenteditable id="rich" style="min-height:20px"></div><button>Send</button></form>`,
  );
  await tab.evaluate(() => {
    document.forms[0].noValidate = true;
    addEventListener("submit", (e) => e.preventDefault());
  });
  for (const name of ["email", "words", "city", "pin"]) {
    await tab.click(`[name=${name}]`);
    await tab.keyboard.type(secrets[name]);
    await tab.click(`[name=${name}]`);
  }
  await tab.click("#rich");
  await tab.keyboard.type(secrets.rich);
  await tab.click("#rich");
  await tab.selectOption("select", "zqmark6");
  await tab.click("label:has(textarea)");
  await tab.click("button");
  await tab.goto("about:blank");
  await until(() => events(world, "field").length >= 4);
  await pause(300);
  assert.ok(!world.bodies.join().includes("zqmark"));
});
