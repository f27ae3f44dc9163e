// What people type never leaves: every kind of control, random marks, and a search in every byte.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { kinds, makePage } from "./fuzz/controls.js";
import { Random } from "./fuzz/random.js";
import { record } from "./fuzz/recorder.js";
import { found } from "./fuzz/search.js";
import { hide, pause, quit, until, visit } from "./harness.js";

after(quit);

const SEED = Number(process.env.FOOTPATH_SEED) || Date.now() % 1e6;
const PAGES = Number(process.env.FOOTPATH_FUZZ_PAGES) || 4;

/** The middle of an element, in view. */
const middle = (tab, id) =>
  tab.evaluate((name) => {
    const element = document.getElementById(name);
    element.scrollIntoView({ block: "center", behavior: "instant" });
    const { left, top, width, height } = element.getBoundingClientRect();
    return width && height ? [left + Math.min(width, 200) / 2, top + height / 2] : null;
  }, id);

async function clickOn(tab, id) {
  const place = await middle(tab, id);
  if (place) await tab.mouse.click(Math.round(place[0]), Math.round(place[1]));
}

/** As a picker, a password manager or a script sets it. */
const set = (tab, id, value) =>
  tab.evaluate(
    ([name, text]) => {
      const field = document.getElementById(name);
      field.value = text;
      for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
    },
    [id, value],
  );

const choose = (tab, id, name) =>
  tab.evaluate(
    ([field, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], `${text}.png`));
      const element = document.getElementById(field);
      element.files = data.files;
      element.dispatchEvent(new Event("change", { bubbles: true }));
    },
    [id, name],
  );

async function give(tab, { id, mark, how }) {
  // Where a click on it opens a window of the system, it is chosen without one.
  if (how === "file") {
    await tab.focus(`#${id}`);
    return choose(tab, id, mark);
  }
  await clickOn(tab, id);
  if (how === "set") return set(tab, id, mark);
  if (how === "keys") await tab.keyboard.type(mark);
}

/** Cut here and pasted there, in the same field. */
async function cutAndPaste(tab) {
  for (const key of ["a", "x", "v"]) await tab.keyboard.press(`Control+${key}`);
}

/** Controls that the page labels with what was typed, and buttons of forms. */
const clickEverything = async (tab) => {
  const count = await tab.evaluate(() => {
    const list = [...document.querySelectorAll("button,[id^=bc],summary")];
    list.forEach((element, i) => {
      if (!element.id) element.id = `extra${i}`;
    });
    window.everything = list.map(({ id }) => id);
    return list.length;
  });
  for (let i = 0; i < count; i++) {
    const id = await tab.evaluate((place) => window.everything[place], i);
    if (await tab.evaluate((name) => !!document.getElementById(name), id)) await clickOn(tab, id);
  }
};

async function run(t, seed) {
  const random = new Random(seed);
  const collector = await record();
  t.after(collector.close);
  const page = makePage(random, kinds);
  const { tab, world, errors } = await visit(
    t,
    { "/": page.html, "/frame": `<!doctype html><label>Inner <textarea name="inner"></textarea></label>` },
    { settings: { endpoint: collector.url, skeleton: 1, trail: 1 } },
  );
  const mail = `${random.mark()}@${random.mark()}.org`;
  await until(() => collector.events("page_view"));
  for (const control of page.controls) {
    await give(tab, control);
    if (control.how === "keys" && random.below(3) === 0) await cutAndPaste(tab);
  }
  await clickEverything(tab);
  await tab.evaluate((address) => {
    setTimeout(() => {
      throw new Error(`no account for ${address}`);
    });
    Promise.reject(new Error(`cannot write to ${address}`));
    const image = new Image();
    image.src = `/missing/${address}/face.png?of=${address}`;
    document.body.append(image);
    const script = document.createElement("script");
    script.src = `/none.css?${address}`;
    document.body.append(script);
  }, mail);
  // Another page view, so that what was typed is in the page while its layout is told. That of the first may never be
  // told, where submits load the page anew all the time.
  await until(async () => {
    // A submit may have loaded the page anew.
    await tab.evaluate(() => location.pathname === "/typed" || history.pushState({}, "", "/typed"));
    return collector.events("skeleton").some(({ url }) => new URL(url).pathname === "/typed");
  }, 20_000);
  const stored = await tab.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  await hide(tab);
  await pause(500);
  await tab.goto(`${world.url}/frame`);
  await pause(300);
  // The errors that the page has made itself.
  await until(() => errors.filter((text) => text.includes("no account")));
  errors.length = 0;
  return { collector, stored, page, mail };
}

for (let i = 0; i < PAGES; i++) {
  const seed = SEED + i;
  test(`nothing that was typed, pasted or chosen leaves the browser (FOOTPATH_SEED=${seed})`, async (t) => {
    const { collector, stored, page, mail } = await run(t, seed);
    const marks = [...page.controls.map(({ mark }) => mark), ...mail.slice(0, -4).split("@")];
    const kindOf = (text) => page.controls.find(({ mark }) => text.startsWith(mark))?.kind || "mail";
    const leaks = [...found(marks, collector.bytes()), ...found(marks, stored)];
    assert.deepEqual(
      leaks.map((text) => `${kindOf(text)}: ${text}`),
      [],
    );
    // The search would find nothing either if nothing had been sent.
    assert.ok(collector.events("click").length > 30, `${collector.events("click").length} clicks`);
    assert.ok(collector.events("field").length > 20, `${collector.events("field").length} fields`);
    assert.ok(collector.events("error").length > 1);
    assert.ok(collector.events("zone").length > 1);
    assert.ok(collector.events("skeleton").some(({ boxes }) => boxes.some(([, , , , , , name]) => name)));
    assert.ok(collector.events("trail").length);
  });
}

test("the search finds a mark in any disguise", () => {
  const mark = "ghjklmnpqrst";
  const disguises = [
    mark,
    mark.toUpperCase(),
    mark.slice(3, 9),
    [...mark].reverse().join(""),
    encodeURIComponent(`?q=${mark}`),
    JSON.stringify(JSON.stringify({ mark })),
    Buffer.from(mark).toString("hex"),
    ...["", "a", "ab"].map((before) => Buffer.from(`${before}${mark} and more`).toString("base64")),
  ];
  for (const disguise of disguises) assert.equal(found([mark], `{"a":"${disguise}"}`).length, 1, disguise);
  assert.deepEqual(found([mark], "zyxwvutsrq"), []);
});
