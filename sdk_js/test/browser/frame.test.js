import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openBeside } from "./beside.js";
import { hide, pause, quit, until, visit } from "./harness.js";
import { told } from "./told.js";

after(quit);

const FORM = `<form name="join" action="/done"><input name="mail" required><input name="city"><button>Join</button></form>`;
const FRAME = `<!doctype html><title>Frame</title>${FORM}`;

const steps = (world) => told(world, "form").map(({ form, step }) => `${form} ${step}`);
const fields = (world) => told(world, "field").map(({ form, field }) => `${form}/${field}`);

/** A frame is looked into a while after it has loaded. */
const FOUND_MS = 3000;

/** Runs in the page. */
const inFrame = (tab, name) =>
  tab.evaluate((field) => {
    const { contentDocument } = document.querySelector("iframe");
    contentDocument.querySelector(`[name=${field}]`).focus();
  }, name);

/** Into the first shadow root. */
async function addShadow(tab, mode, html) {
  await tab.evaluate(
    ([kind, inner]) => {
      window.root = document.querySelector("#host").attachShadow({ mode: kind });
      root.innerHTML = inner;
    },
    [mode, html],
  );
}

test("fields and steps of a form in a frame of the same origin are told", async (t) => {
  const { world, tab } = await visit(t, {
    "/": `<iframe src="/frame" width="600" height="200"></iframe>`,
    "/frame": FRAME,
    "/done": "<!doctype html><p>Thanks</p>",
  });
  await pause(FOUND_MS);
  await inFrame(tab, "mail");
  await tab.keyboard.type("zqmark");
  await inFrame(tab, "city");
  await tab.keyboard.press("Enter");
  await until(() => steps(world).includes("join ok"), 14_000);
  assert.deepEqual(steps(world), ["join view", "join start", "join attempt", "join ok"]);
  await hide(tab);
  await until(() => fields(world).length === 2);
  assert.deepEqual(fields(world), ["join/mail", "join/city"]);
  assert.equal(told(world, "field")[0].filled, 1);
  assert.ok(!world.bodies.join().includes("zqmark"));
});

test("a frame that is added later or shows another document is looked into as well", async (t) => {
  const { world, tab } = await visit(t, {
    "/": `<input name="own">`,
    "/frame": FRAME,
    "/other": FRAME.replace("join", "other"),
  });
  await pause(FOUND_MS);
  await tab.evaluate(
    () =>
      new Promise((done) => {
        const frame = Object.assign(document.createElement("iframe"), { src: "/frame", width: 600 });
        frame.onload = done;
        document.body.append(frame);
      }),
  );
  await tab.focus("[name=own]");
  await inFrame(tab, "mail");
  await pause(1000);
  await inFrame(tab, "city");
  await tab.evaluate(
    () =>
      new Promise((done) => {
        const frame = document.querySelector("iframe");
        frame.onload = done;
        frame.src = "/other";
      }),
  );
  await tab.focus("[name=own]");
  await inFrame(tab, "mail");
  await pause(1000);
  await inFrame(tab, "city");
  await tab.focus("[name=own]");
  await hide(tab);
  await until(() => fields(world).includes("other/city"));
  assert.ok(fields(world).includes("join/city"));
});

test("a frame of another origin breaks nothing and nothing of it is told", async (t) => {
  const beside = await openBeside(t);
  beside.pages["/frame"] = { type: "text/html", body: FRAME };
  const { world, tab } = await visit(
    t,
    `<iframe src="${beside.url}/frame" width="600" height="200"></iframe><input name="own"><button>Go</button>`,
  );
  await pause(FOUND_MS);
  await tab.mouse.click(60, 30);
  await tab.keyboard.type("zqmark");
  await tab.focus("[name=own]");
  await tab.click("button");
  await hide(tab);
  await until(() => fields(world).length && told(world, "click").length);
  await pause(300);
  assert.deepEqual(fields(world), ["page/own"]);
  assert.ok(!world.bodies.join().includes("zqmark"));
});

test("submit, refusal and reset inside an open shadow root are told", async (t) => {
  const { world, tab } = await visit(t, `<div id="host"></div>`);
  await addShadow(tab, "open", FORM);
  await tab.evaluate(() => {
    root.querySelector("form").onsubmit = (event) => {
      event.preventDefault();
      setTimeout(() => root.querySelector("form").reset(), 200);
    };
  });
  await pause(1000);
  await tab.click("[name=city]");
  await pause(1000);
  await tab.click("button");
  await until(() => steps(world).includes("join error"));
  await tab.fill("[name=mail]", "ann");
  await tab.click("button");
  await until(() => steps(world).includes("join ok"));
  assert.deepEqual(steps(world), [
    "join view",
    "join start",
    "join attempt",
    "join error",
    "join attempt",
    "join ok",
  ]);
});

test("a closed shadow root keeps its form to itself and breaks nothing", async (t) => {
  const { world, tab } = await visit(t, `<div id="host"></div><button id="own">Go</button>`);
  await addShadow(tab, "closed", FORM);
  await pause(1000);
  await tab.evaluate(() => root.querySelector("[name=mail]").focus());
  await tab.keyboard.type("zqmark");
  await tab.evaluate(() => {
    root.querySelector("form").onsubmit = (event) => event.preventDefault();
    root.querySelector("form").requestSubmit();
    root.querySelector("form").reset();
  });
  await tab.click("#own");
  await hide(tab);
  await until(() => told(world, "click"));
  await pause(300);
  assert.deepEqual([...fields(world), ...steps(world)], []);
  assert.ok(!world.bodies.join().includes("zqmark"));
});

test("fields that are added later have their place in the form as it is then", async (t) => {
  const { world, tab } = await visit(t, `<form name="grow"><input name="first"></form>`);
  await pause(1000);
  await tab.focus("[name=first]");
  await tab.evaluate(() => {
    document.forms[0].insertAdjacentHTML("beforeend", `<input name="second"><input name="third">`);
  });
  await tab.focus("[name=third]");
  await tab.focus("[name=first]");
  await hide(tab);
  await until(() => fields(world).length >= 2);
  const [first, third] = told(world, "field");
  assert.deepEqual([first.field, first.index, third.field, third.index], ["first", 0, "third", 2]);
});

test("a form that is added later is seen when it is there", async (t) => {
  const { world, tab } = await visit(t, "<p>x</p>");
  await pause(1500);
  await tab.evaluate((html) => {
    document.body.innerHTML = html;
    dispatchEvent(new Event("resize"));
  }, FORM);
  await pause(1000);
  await hide(tab);
  await until(() => steps(world).length);
  assert.deepEqual(steps(world), ["join view"]);
});

test("fields outside any form belong to the page", async (t) => {
  const { world, tab } = await visit(
    t,
    `<input name="search"><select name="sort"><option>a</option></select>`,
  );
  await tab.focus("[name=search]");
  await tab.focus("[name=sort]");
  await tab.focus("[name=search]");
  await hide(tab);
  await until(() => fields(world).length >= 2);
  assert.deepEqual(fields(world).slice(0, 2), ["page/search", "page/sort"]);
});

test("a form in several steps is one form, and its steps are no success", async (t) => {
  const { world, tab } = await visit(t, {
    "/": `<form name="order" action="/done"><fieldset><input name="mail"><button type="button">On</button></fieldset>
<fieldset hidden><input name="street"><button id="send">Send</button></fieldset></form>`,
    "/done": "<p>Thanks</p>",
  });
  await tab.evaluate(() => {
    const [one, two] = document.querySelectorAll("fieldset");
    document.querySelector("[type=button]").onclick = () => {
      one.hidden = true;
      two.hidden = false;
    };
  });
  await tab.click("[name=mail]");
  await tab.keyboard.type("ann");
  await tab.click("[type=button]");
  await tab.click("[name=street]");
  await tab.keyboard.type("main");
  await pause(500);
  await tab.click("#send");
  await tab.waitForURL("**/done*");
  await until(() => steps(world).includes("order ok"));
  await pause(300);
  assert.deepEqual(steps(world), ["order view", "order start", "order attempt", "order ok"]);
  assert.deepEqual(
    told(world, "field").map(({ field, index }) => [field, index]),
    [
      ["mail", 0],
      ["street", 1],
    ],
  );
  assert.equal(told(world, "form").at(-1).last_field, "street");
});

test("what is typed by hand is not called filled by the browser, and what a script sets is no visit", async (t) => {
  const { world, tab } = await visit(t, FORM);
  await tab.focus("[name=mail]");
  await tab.keyboard.type("ann");
  await tab.evaluate(() => {
    const city = document.querySelector("[name=city]");
    city.value = "Rome";
    city.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
  await hide(tab);
  await tab.evaluate(() => document.activeElement.blur());
  await until(() => fields(world).length);
  await pause(300);
  assert.deepEqual(fields(world), ["join/mail"]);
  assert.ok(!("autofilled" in told(world, "field")[0]));
});
