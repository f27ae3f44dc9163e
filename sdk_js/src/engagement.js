// How long, how deep, how restlessly is a page read?

import { push } from "./deliver.js";
import { lookForForms } from "./form.js";
import { guard, listen, tick, whenIdle } from "./guard.js";
import { measureSizes, page, stamp } from "./page.js";
import { sums, takeSums } from "./sums.js";
import { IDLE_MS } from "./visit.js";

const ACTIVE_MS = 15000;
const INPUT_MS = 1000;
const REPORT_MS = 15000;
const SCROLL_MS = 100;
const BANDS = 20;

/** Engaged ms by band since the last report. @type {number[]} */
let bands = [];

/** Of the whole page view. */
let deepest = 0;
let reported = 0;

let since = 0;
let visible = false;
let focused = false;
let lastInput = 0;
let activeUntil = 0;

/** The bands in view. */
let first = 0;
let beyond = 0;
let top = 0;
let direction = 0;
let isMeasuring = false;

export const resetEngagement = () => {
  account();
  takeSums();
  bands = [];
  deepest = reported = direction = beyond = 0;
  lastInput = tick();
  isMeasuring = false;
  measureSoon();
};

/** Once a second is often enough to know that somebody is there. */
export const isEngaged = () => activeUntil - tick() > ACTIVE_MS - INPUT_MS;

/** An input just came. */
export const engage = () => {
  account();
  lastInput = tick();
  activeUntil = lastInput + ACTIVE_MS;
};

/** Adds what has passed since the last time under the conditions that held. */
const account = () => {
  const end = Math.min(tick(), lastInput + IDLE_MS);
  if (visible && end > since) {
    sums.foreground_ms += end - since;
    const busy = Math.min(end, activeUntil) - since;
    if (focused && busy > 0) {
      sums.engaged_ms += busy;
      for (let band = first; band < beyond; band++) bands[band] = (bands[band] || 0) + busy;
    }
  }
  since = tick();
  visible = !document.hidden;
  focused = document.hasFocus();
};

/** Reads the layout when it is clean. */
export const measureSoon = () => {
  if (!isMeasuring) whenIdle(measure, SCROLL_MS);
  isMeasuring = true;
};

const measure = () => {
  account();
  isMeasuring = false;
  const height = measureSizes();
  const bottom = Math.min(height, scrollY + innerHeight);
  const way = Math.sign(scrollY - top);
  if (way * direction < 0) sums.reversals++;
  direction = way || direction;
  top = scrollY;
  first = Math.max(0, Math.floor((top / height) * BANDS));
  beyond = Math.ceil((bottom / height) * BANDS);
  // A page that is still loading is short, and would be called read to its end.
  if (document.readyState !== "loading") {
    deepest = Math.max(deepest, Math.round(bottom));
    lookForForms();
  }
  return height;
};

/** @param {boolean} [always] also when nobody was engaged */
export const report = (always) => {
  const height = measure();
  const percent = Math.min(100, Math.round((deepest / height) * 100));
  // A page is hidden just after it was left: what lies between is no report of its own.
  if (!(sums.dropped || (always ? sums.foreground_ms : sums.engaged_ms) > SCROLL_MS)) return;
  const reached = [];
  while (reported * 5 < percent) reached.push(reported++);
  const event = stamp("engagement", takeSums());
  // A page that lies open after its session's end was not read then.
  event.t = Math.min(event.t, lastInput + IDLE_MS - page.zero);
  event.bands = Object.assign(
    {},
    bands.map((ms) => ms / 1000),
  );
  event.reached = reached;
  event.max_scroll_pct = percent;
  event.max_scroll_px = deepest;
  push(event);
  bands = [];
};

export const openEngagement = () => {
  listen("focus blur visibilitychange", account);
  listen("load scroll", measureSoon);
  setInterval(guard(report), REPORT_MS);
};
