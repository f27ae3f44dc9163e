import assert from "node:assert/strict";
import { after, test } from "node:test";
import { hide, pause, quit, until, visit } from "./harness.js";
import { told } from "./told.js";

after(quit);

const goals = (world) => told(world, "conversion").map(({ goal }) => goal);

/** All that comes has come. */
async function settle(tab, world) {
  await until(() => told(world, "page_view"));
  await hide(tab);
  await pause(800);
}

test("a click on a button is its goal, each time, also on what stands inside it", async (t) => {
  const { world, tab } = await visit(t, `<button data-footpath-goal="trial"><b>Try</b> it</button>`);
  await tab.click("b");
  await until(() => goals(world).length === 1);
  await tab.click("button");
  await until(() => goals(world).length === 2);
  assert.deepEqual(goals(world), ["trial", "trial"]);
});

test("a click on a link is its goal although the page is left", async (t) => {
  const { world, tab } = await visit(t, {
    "/": `<a href="/next" data-footpath-goal="pricing">Prices</a>`,
    "/next": "<p>Next</p>",
  });
  await tab.click("a");
  await tab.waitForURL("**/next");
  const [{ batch }] = await until(() => told(world, "conversion"));
  assert.deepEqual(goals(world), ["pricing"]);
  assert.equal(batch.page.url, `${world.url}/`);
});

test("of nested goals the innermost is reached", async (t) => {
  const { world, tab } = await visit(
    t,
    `<div data-footpath-goal="card"><p>Text</p><button data-footpath-goal="buy"><i>Buy</i></button></div>`,
  );
  await tab.click("i");
  await until(() => goals(world).length === 1);
  await tab.click("p");
  await until(() => goals(world).length === 2);
  assert.deepEqual(goals(world), ["buy", "card"]);
});

test("a goal inside a shadow root and around one is reached", async (t) => {
  const { world, tab } = await visit(t, `<div id="host" data-footpath-goal="outer"></div>`);
  await tab.evaluate(() => {
    document.querySelector("#host").attachShadow({
      mode: "open",
    }).innerHTML = `<button id="inner" data-footpath-goal="inner">In</button><button id="plain">Plain</button>`;
  });
  await tab.click("#inner");
  await tab.click("#plain");
  await until(() => goals(world).length === 2);
  assert.deepEqual(goals(world), ["inner", "outer"]);
});

test("clicks in ignored parts and those that a script makes reach no goal", async (t) => {
  const { world, tab } = await visit(
    t,
    `<div data-footpath-ignore><button data-footpath-goal="secret">No</button></div><a data-footpath-goal="fake">x</a>`,
  );
  await tab.click("button");
  await tab.evaluate(() => document.querySelector("a").click());
  await settle(tab, world);
  assert.deepEqual(goals(world), []);
});

const FORM = `<form name="join" action="/done" data-footpath-goal="signup"><input name="mail" required><button>Join</button></form>`;

test("a form's goal is its success, not a click in it, nor a submit that the browser refuses", async (t) => {
  const { world, tab } = await visit(t, { "/": FORM, "/done": "<p>Thanks</p>" });
  await tab.click("input");
  await tab.click("button");
  await until(() => told(world, "form").some(({ step }) => step === "error"));
  assert.deepEqual(goals(world), []);
  await tab.fill("input", "ann");
  await tab.click("button");
  await tab.waitForURL("**/done*");
  await until(() => goals(world).length);
  await pause(300);
  assert.deepEqual(goals(world), ["signup"]);
});

test("a form that stays with a complaint after its submit has not reached its goal", async (t) => {
  const { world, tab } = await visit(t, FORM);
  await tab.evaluate(() => {
    document.forms[0].onsubmit = (event) => {
      event.preventDefault();
      document.querySelector("input").setAttribute("aria-invalid", "true");
    };
  });
  await tab.fill("input", "ann");
  await tab.click("button");
  await until(() => told(world, "form").some(({ step }) => step === "error"), 14_000);
  await settle(tab, world);
  assert.deepEqual(goals(world), []);
});

test("a form that is emptied after its submit has reached its goal once", async (t) => {
  const { world, tab } = await visit(t, FORM);
  await tab.evaluate(() => {
    document.forms[0].onsubmit = (event) => {
      event.preventDefault();
      setTimeout(() => document.forms[0].reset(), 300);
    };
  });
  await tab.fill("input", "ann");
  await tab.click("button");
  await until(() => goals(world).length);
  await settle(tab, world);
  assert.deepEqual(goals(world), ["signup"]);
});

test("a button inside a form has a goal of its own", async (t) => {
  const { world, tab } = await visit(
    t,
    `<form data-footpath-goal="order"><button type="button" data-footpath-goal="voucher">Voucher</button></form>`,
  );
  await tab.click("button");
  await until(() => goals(world).length);
  await settle(tab, world);
  assert.deepEqual(goals(world), ["voucher"]);
});
