// The scripted visit: 230 mouse moves, 31 clicks, 150 wheel ticks, 50 keys, the same for every variant.

const MOVES_TO_A_CLICK = 7;
const READING_MOVES = 13;
const TICK_PX = 70;

/** Between two inputs, ms. */
const PACE = { move: 16, wheel: 16, press: 30, release: 90, key: 30, settle: 250 };

/** Scroll by so many ticks, then click these, then type. One click in three is on something that does nothing. */
const CHAPTERS = [
  { ticks: 0, clicks: ["input[type=search]"], keys: "walnut chair" },
  { ticks: 0, clicks: ["#next", "#next", ".tile", ".filter"], keys: "" },
  ...[".note", ".picture", ".price", "h3 a", ".note", ".add"].map((other) => ({
    ticks: 14,
    clicks: [".add", other],
    keys: "",
  })),
  { ticks: -6, clicks: [".add", ".card"], keys: "" },
  { ticks: 14, clicks: ["h3 a", ".note"], keys: "" },
  { ticks: 14, clicks: [".add"], keys: "" },
  { ticks: 14, clicks: [".card"], keys: "" },
  { ticks: 10, clicks: ["#f-name"], keys: "Ada Lovelace" },
  { ticks: 0, clicks: ["#f-email"], keys: "ada@home.example" },
  { ticks: 0, clicks: ["#f-city"], keys: "London" },
  { ticks: 0, clicks: ["#f-code"], keys: "1815" },
  { ticks: 8, clicks: [".helpful", "article p", ".helpful", "article h3"], keys: "" },
];

const EXPECTED = { move: 230, press: 31, wheel: 150, key: 50 };

/** @typedef {{ type: string, x: number, y: number, delta?: number, text?: string }} Step */

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The middle of the nth visible element below the sticky header. */
const place = (tab, selector, nth) =>
  tab.evaluate(
    ([selector, nth]) => {
      const places = [...document.querySelectorAll(selector)]
        .map((element) => ({ element, box: element.getBoundingClientRect() }))
        .map(({ element, box }) => ({ element, x: box.x + box.width / 2, y: box.y + box.height / 2 }))
        .filter(({ element, x, y }) => element.contains(document.elementFromPoint(x, y)));
      if (!places.length) throw new Error(`no ${selector} in view at ${scrollY}`);
      const { x, y } = places[nth % places.length];
      return { x: Math.round(x), y: Math.round(y) };
    },
    [selector, nth],
  );

/** Goes through the visit once, looking where things are; the steps then need no look at the page. */
export async function plan(tab, cdp) {
  /** @type {Step[]} */
  const steps = [];
  let at = { x: 640, y: 400 };
  const walk = (to, count) => {
    for (let i = 1; i <= count; i++) {
      const part = (from, until) => Math.round(from + ((until - from) * i) / count);
      steps.push({ type: "move", x: part(at.x, to.x), y: part(at.y, to.y) });
    }
    at = to;
  };
  let done = 0;
  const catchUp = async () => {
    await replay(cdp, steps.slice(done));
    done = steps.length;
  };
  walk({ x: 500, y: 300 }, READING_MOVES);
  for (const { ticks, clicks, keys } of CHAPTERS) {
    for (let tick = 0; tick < Math.abs(ticks); tick++)
      steps.push({ type: "wheel", ...at, delta: Math.sign(ticks) * TICK_PX });
    if (ticks) steps.push({ type: "settle", ...at });
    await catchUp();
    for (const [nth, selector] of clicks.entries()) {
      await catchUp();
      walk(await place(tab, selector, nth + 1), MOVES_TO_A_CLICK);
      steps.push({ type: "press", ...at }, { type: "release", ...at });
    }
    for (const text of keys) steps.push({ type: "key", ...at, text });
  }
  await catchUp();
  for (const [type, count] of Object.entries(EXPECTED)) {
    const found = steps.filter((step) => step.type === type).length;
    if (found !== count) throw new Error(`the visit has ${found} of ${type}, not ${count}`);
  }
  return steps;
}

const commands = {
  move: ({ x, y }) => [["Input.dispatchMouseEvent", { type: "mouseMoved", x, y }]],
  wheel: ({ x, y, delta }) => [
    ["Input.dispatchMouseEvent", { type: "mouseWheel", x, y, deltaX: 0, deltaY: delta }],
  ],
  press: ({ x, y }) => [
    ["Input.dispatchMouseEvent", { type: "mousePressed", x, y, button: "left", clickCount: 1 }],
  ],
  release: ({ x, y }) => [
    ["Input.dispatchMouseEvent", { type: "mouseReleased", x, y, button: "left", clickCount: 1 }],
  ],
  key: ({ text }) => [
    [
      "Input.dispatchKeyEvent",
      { type: "keyDown", text, key: text, windowsVirtualKeyCode: text.charCodeAt(0) },
    ],
    ["Input.dispatchKeyEvent", { type: "keyUp", key: text, windowsVirtualKeyCode: text.charCodeAt(0) }],
  ],
  settle: () => [],
};

/** At its own pace, whether or not the page keeps up. @param {Step[]} steps */
export async function replay(cdp, steps) {
  const sent = [];
  let due = performance.now();
  for (const step of steps) {
    if (step.type === "settle") {
      // On a busy machine scrolling lags, and the next click would meet something else.
      await Promise.all(sent);
      due = performance.now();
    }
    for (const [method, params] of commands[step.type](step)) sent.push(cdp.send(method, params));
    due += PACE[step.type];
    await pause(due - performance.now());
  }
  await Promise.all(sent);
}
