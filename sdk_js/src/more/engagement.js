// How long, how deep, how restlessly is a page read?

import { IDLE_MS } from "../limits.js";
import { guard, hearOnce, later, listen, measureSizes, pageNow, record, stamp, sums, tick } from "./core.js";

const ACTIVE_MS = 15000;
const WATCHING_MS = 60000;
/** What plays says so at least this often; what stops or ends says nothing that is sure to come. */
const PLAYING_MS = 5000;
const REPORT_MS = 15000;
const SCROLL_MS = 200;
const BANDS = 20;

/** Since the last report; bands hold engaged ms. */
let engaged = 0;
let foreground = 0;
let reversals = 0;
/** @type {number[]} */
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

const takeSums = () => {
  const taken = {
    engaged_ms: engaged,
    foreground_ms: foreground,
    reversals,
    dropped: sums.dropped,
    script_ms: Math.round(sums.script_ms),
    bands: Object.assign(
      {},
      bands.map((ms) => ms / 1000),
    ),
  };
  engaged = foreground = reversals = sums.dropped = sums.script_ms = 0;
  bands = [];
  return taken;
};

/** @param {boolean} isVisible when the page view began, which may be a while ago */
export const beginEngagement = (isVisible) => {
  account();
  visible = focused = isVisible;
  engaged = foreground = reversals = deepest = reported = direction = beyond = 0;
  bands = [];
  lastInput = tick();
};

/** An input just came. */
export const engage = () => {
  account();
  lastInput = tick();
  activeUntil = lastInput + ACTIVE_MS;
};

/** Adds what has passed since the last time under the conditions that held. */
const account = () => {
  const at = tick();
  const end = Math.min(at, lastInput + IDLE_MS);
  if (visible && end > since) {
    foreground += end - since;
    const busy = Math.min(end, activeUntil) - since;
    if (focused && busy > 0) {
      engaged += busy;
      for (let band = first; band < beyond; band++) bands[band] = (bands[band] || 0) + busy;
    }
  }
  since = at;
  visible = !document.hidden;
  focused = document.hasFocus();
};

/** Reads the layout when it is clean. */
export const measureSoon = () => {
  if (!isMeasuring) later(measure, SCROLL_MS);
  isMeasuring = true;
};

const measure = () => {
  account();
  isMeasuring = false;
  hearOnce("scroll", measureSoon);
  const height = measureSizes();
  const bottom = Math.min(height, scrollY + innerHeight);
  const way = Math.sign(scrollY - top);
  if (way * direction < 0) reversals++;
  direction = way || direction;
  top = scrollY;
  first = Math.max(0, Math.floor((top / height) * BANDS));
  beyond = Math.ceil((bottom / height) * BANDS);
  // A page that is still loading is short, and would be called read to its end.
  if (document.readyState !== "loading") {
    deepest = Math.max(deepest, Math.round(bottom));
  }
  return height;
};

/** @param {boolean} [always] also when nobody was engaged */
export const report = (always) => {
  const height = measure();
  // A page is hidden just after it was left: what lies between is no report of its own.
  if (!(sums.dropped || (always ? foreground : engaged) > SCROLL_MS)) return;
  const percent = Math.min(100, Math.round((deepest / height) * 100));
  const reached = [];
  while (reported * 5 < percent) reached.push(reported++);
  const event = stamp("engagement", takeSums());
  // A page that lies open after its session's end was not read then.
  event.t = Math.min(event.t, lastInput + IDLE_MS - pageNow().zero);
  event.reached = reached;
  event.max_scroll_pct = percent;
  event.max_scroll_px = deepest;
  record(event);
};

/** Somebody who watches a film does nothing else for a while. @param {Event} event */
const onFilm = ({ target }) => {
  account();
  if (!(/** @type {HTMLMediaElement} */ (target).muted))
    activeUntil = Math.max(activeUntil, Math.min(lastInput + WATCHING_MS, tick() + PLAYING_MS));
};

export const openEngagement = () => {
  // The window's own, not each field's.
  for (const type of ["focus", "blur"]) addEventListener(type, guard(account));
  listen("visibilitychange", account);
  listen("load resize", measureSoon);
  listen("timeupdate", onFilm);
  setInterval(guard(report), REPORT_MS);
};
