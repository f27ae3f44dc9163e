// What is told of fields that nobody types into letter by letter: the browser's own autofill, and an input method.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { chosen } from "./engines/index.js";
import { hide, pause, quit, until, visit } from "./harness.js";
import { told } from "./told.js";

after(quit);

/** Only Chromium can be told to fill a form as its own menu would, and to compose as an input method does. */
const options = { skip: chosen !== "chromium" && "in Chromium only" };

const CARD = {
  number: "4111111111111111",
  name: "Ada Lovelace",
  expiryMonth: "12",
  expiryYear: "2030",
  cvc: "123",
};
const FORM = `<form action="/pay" method="post">${[
  "cc-name",
  "cc-number",
  "cc-exp-month",
  "cc-exp-year",
  "cc-csc",
]
  .map((name) => `<input name="${name}" autocomplete="${name}">`)
  .join("")}<button>Pay</button></form>`;

test(
  "fields that the browser fills are told as filled by it, each once, without what it filled in",
  options,
  async (t) => {
    const { world, tab } = await visit(t, FORM);
    await until(() => told(world, "page_view"));
    const devtools = await tab.context().newCDPSession(tab);
    await tab.click("[name=cc-number]");
    await pause(600);
    await devtools.send("DOM.enable");
    const { root } = await devtools.send("DOM.getDocument");
    const { nodeId } = await devtools.send("DOM.querySelector", {
      nodeId: root.nodeId,
      selector: "[name=cc-number]",
    });
    const { node } = await devtools.send("DOM.describeNode", { nodeId });
    await devtools.send("Autofill.enable");
    await devtools.send("Autofill.trigger", { fieldId: node.backendNodeId, card: CARD });
    await until(() => tab.evaluate(() => document.querySelectorAll(":autofill").length === 5));
    await hide(tab);
    await until(() => told(world, "field").length >= 5);
    const fields = told(world, "field");
    assert.deepEqual(fields.map(({ field }) => field).sort(), [
      "cc-csc",
      "cc-exp-month",
      "cc-exp-year",
      "cc-name",
      "cc-number",
    ]);
    for (const { autofilled, filled, edits, pasted } of fields)
      assert.deepEqual([autofilled, filled, edits, pasted], [1, 1, 1, undefined]);
    for (const secret of ["4111", "Lovelace", "2030"])
      assert.ok(!world.bodies.join().includes(secret), secret);
  },
);

test(
  "words that an input method composes are edits, not deletions, refills or autofill",
  options,
  async (t) => {
    const { world, tab } = await visit(t, `<form><input name="city"><input name="street"></form>`);
    await until(() => told(world, "page_view"));
    const devtools = await tab.context().newCDPSession(tab);
    await tab.focus("[name=city]");
    for (const text of ["に", "にほ", "にほん"]) {
      await devtools.send("Input.imeSetComposition", {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      });
      await pause(60);
    }
    await devtools.send("Input.insertText", { text: "日本" });
    await tab.focus("[name=street]");
    const [city] = await until(() => told(world, "field"));
    assert.equal(await tab.evaluate(() => document.querySelector("input").value), "日本");
    assert.deepEqual([city.field, city.deletes, city.refills, city.filled], ["city", 0, 0, 1]);
    assert.ok(city.edits >= 4, `${city.edits} edits`);
    assert.equal(city.autofilled, undefined);
    assert.ok(!/日|に/.test(world.bodies.join()));
  },
);
