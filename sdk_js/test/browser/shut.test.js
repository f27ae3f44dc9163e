// What is told of places that the script cannot look into, and of pages that are typed as a whole?
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { events, hide, pause, quit, until, visit } from "./harness.js";
import { about, told } from "./told.js";

after(quit);

const sent = (world) => world.bodies.join();

test("a click inside a closed shadow root is told of its host; its fields and what answers inside are not", async (t) => {
  const { world, tab } = await visit(t, `<x-box id="box" style="display:block"></x-box>`);
  await tab.evaluate(() => {
    const root = document.querySelector("x-box").attachShadow({ mode: "closed" });
    root.innerHTML = `<form><input name="inside"><button type="button">Inside</button></form>`;
    const [field, button] = root.querySelectorAll("input,button");
    button.onclick = () => root.append("answered");
    window.places = [field, button].map((at) => at.getBoundingClientRect().toJSON());
  });
  const [field, button] = await tab.evaluate(() => window.places);
  await tab.mouse.click(field.x + 5, field.y + 5);
  await tab.keyboard.type("secretive");
  await tab.mouse.click(button.x + 5, button.y + 5);
  await pause(300);
  await hide(tab);
  const clicks = await until(() => events(world, "click").length === 2 && events(world, "click"));
  for (const click of clicks) assert.match(about(click).selector, /x-box#box$/);
  assert.equal(clicks.sort((a, b) => a.n - b.n)[1].response, "visibility");
  assert.deepEqual([events(world, "field"), events(world, "form")], [[], []]);
  for (const word of ["Inside", "inside", "secret"]) assert.ok(!sent(world).includes(word), word);
});

for (const [what, html, edit] of [
  [
    "designMode",
    "<h1>Title</h1><p>Text</p>",
    () => {
      document.designMode = "on";
    },
  ],
  ["contenteditable of the body", "<body contenteditable><h1>Title</h1><p>Text</p>", () => {}],
  [
    "contenteditable of the root",
    "<h1>Title</h1><p>Text</p>",
    () => document.documentElement.setAttribute("contenteditable", ""),
  ],
]) {
  test(`nothing that is typed into a page that is edited by ${what} is told`, async (t) => {
    const { world, tab } = await visit(t, html);
    await until(() => events(world, "page_view"));
    await tab.evaluate(edit);
    await pause(800);
    await tab.click("h1");
    await tab.keyboard.type("Private words");
    await pause(800);
    await tab.click("p");
    await hide(tab);
    await until(() => events(world, "click").length === 2);
    await until(() => told(world, "zone")[0]);
    assert.match(await tab.evaluate(() => document.querySelector("h1").textContent), /Private words/);
    assert.ok(!/Private|words/.test(sent(world)), sent(world));
  });
}
