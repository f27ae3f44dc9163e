// How long, how deep, how restlessly is a page read?

import { takeDropped } from "./cap.js";
import { push } from "./deliver.js";
import { lookForForms } from "./form.js";
import { guard, later, listen, takeSpent, tick } from "./guard.js";
import { measureSizes, page, stamp } from "./page.js";
import { IDLE_MS } from "./visit.js";

const ACTIVE_MS = 15000;
const MEDIA_MS = 60000;
const REPORT_MS = 15000;
const SCROLL_MS = 100;
const BANDS = 20;

/** Deltas since the last report. */
let engaged = 0;
let foreground = 0;
let reversals = 0;
/** Seconds by band. @type {Record<number, number>} */
let bands = {};

/** Of the whole page view. */
let deepest = 0;
let deepestPx = 0;
let reported = 0;

let since = 0;
let lastInput = 0;
let activeUntil = 0;
let visible = false;
let focused = false;

/** The bands in view. */
let first = 0;
let beyond = 0;
let top = 0;
let direction = 0;
let isMeasuring = false;

export function resetEngagement() {
  account();
  engaged = foreground = reversals = deepest = deepestPx = reported = direction = beyond = 0;
  bands = {};
  lastInput = tick();
  isMeasuring = false;
  measureSoon();
  later(measureSoon, 1000);
}

/** An input just came. */
export function engage() {
  account();
  lastInput = tick();
  activeUntil = lastInput + ACTIVE_MS;
}

/** Adds what has passed since the last time under the conditions that held. */
function account() {
  const end = Math.min(tick(), lastInput + IDLE_MS);
  if (visible && end > since) {
    foreground += end - since;
    const busy = Math.min(end, activeUntil) - since;
    if (focused && busy > 0) {
      engaged += busy;
      for (let band = first; band < beyond; band++) bands[band] = (bands[band] || 0) + busy / 1000;
    }
  }
  since = tick();
  visible = !document.hidden;
  focused = document.hasFocus();
}

/** Reads the layout after the next paint, when it is clean. */
export function measureSoon() {
  if (!isMeasuring) later(() => requestAnimationFrame(() => later(measure, 0)), SCROLL_MS);
  isMeasuring = true;
}

function measure() {
  account();
  isMeasuring = false;
  const height = measureSizes();
  const bottom = Math.min(height, scrollY + innerHeight);
  const way = Math.sign(scrollY - top);
  if (way * direction < 0) reversals++;
  direction = way || direction;
  top = scrollY;
  first = Math.max(0, Math.floor((top / height) * BANDS));
  beyond = Math.ceil((bottom / height) * BANDS);
  // A page that is still loading is short, and would be called read to its end.
  if (document.readyState === "loading") return;
  deepestPx = Math.max(deepestPx, Math.round(bottom));
  deepest = Math.max(deepest, Math.round((bottom / height) * 100));
  lookForForms();
}

/** @param {boolean} [always] also when nobody was engaged */
export function report(always) {
  measure();
  const dropped = takeDropped();
  const reached = [];
  while (reported * 5 < deepest) reached.push(reported++);
  // A page is hidden just after it was left: what lies between is no report of its own.
  if (!(reached[0] + 1 || dropped || (always ? foreground : engaged) > SCROLL_MS)) return;
  for (let band = 0; band < BANDS; band++) if (bands[band]) bands[band] = +bands[band].toFixed(2);
  const event = stamp("engagement", {
    engaged_ms: Math.round(engaged),
    foreground_ms: Math.round(foreground),
    bands,
    reached,
    max_scroll_pct: deepest,
    max_scroll_px: deepestPx,
    reversals,
    dropped,
    script_ms: takeSpent(),
  });
  // A page that lies open after its session's end was not read then.
  event.t = Math.min(event.t, Math.round(lastInput + IDLE_MS - page.zero));
  push(event);
  engaged = foreground = reversals = 0;
  bands = {};
}

export function openEngagement() {
  listen("focus blur visibilitychange", account);
  listen("load scroll", measureSoon);
  // A film that plays is watched without an input.
  listen("timeupdate", (event) => {
    account();
    if (!event.target.muted) activeUntil = Math.max(activeUntil, lastInput + MEDIA_MS);
  });
  setInterval(
    guard(() => document.hidden || report()),
    REPORT_MS,
  );
}
