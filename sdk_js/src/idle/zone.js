// What was seen, and for how long?

import { IDLE_MS } from "../limits.js";
import {
  describe,
  guard,
  hearOnce,
  isIgnored,
  later,
  listen,
  note,
  pageNow,
  passes,
  record,
  stamp,
  tick,
} from "./core.js";

/**
 * @typedef {object} Seen
 * @property {number} ms visible since the last report, less the clock while it is shown
 * @property {number} first when it came into view
 * @property {boolean} isShown now
 * @property {any} [el] which it is
 */

const ZONES = "form,h1,h2,h3,button,[role=button]";
const MARKED = "[data-footpath-zone]";
/** What may be taller than the window; and the first sight of a form is told. */
const LARGE = `${MARKED},form`;
const MOST = 50;
const WATCH_MS = 2000;
/** So much later may be told what comes into view, where a browser can wait: what flits by is not seen anyway. */
const LOOK_MS = 200;
const MOST_WATCHED = 999;
/** What flits by was not seen. */
const SEEN_MS = 100;
/** The line at half its height crosses an edge of the window at one of these, if the zone is no taller than that. */
const HALF = 0.5;

/** @type {Map<Element, Seen>} */
let zones = new Map();
/** Of these. @type {Set<Element>} */
let tall = new Set();
/** Of the observers, which take longer to see that they have one already. @type {WeakSet<Element>} */
let watched = new WeakSet();
/** For so many more. */
let room = 0;
/** By identity: what is rendered anew stays the same. @type {Set<string>} */
let told = new Set();
/** @type {IntersectionObserver} */
let small;
/** @type {IntersectionObserver} */
let large;

/** ms for which a zone could be seen; stands still while the page is hidden or its session over. */
let clock = 0;
let since = 0;
let visible = false;
let lastInput = 0;

/** Adds what has passed since the last time; a page that lies open after its session's end was not seen then. */
const account = () => {
  const at = tick();
  const ms = Math.min(at, lastInput + IDLE_MS) - since;
  if (visible && ms > 0) clock += ms;
  since = at;
  visible = !document.hidden;
};

/** An input just came. */
export const keepSeeing = () => {
  account();
  lastInput = tick();
};

export const beginZones = () => {
  keepSeeing();
  zones = new Map();
  tall = new Set();
  told = new Set();
  watched = new WeakSet();
  room = MOST_WATCHED;
  small.disconnect();
  large.disconnect();
  watchZones();
};

/** @param {Element} zone */
const watchZone = (zone) => {
  if (watched.has(zone) || !room) return;
  room--;
  watched.add(zone);
  (zone.matches(LARGE) ? large : small).observe(zone);
};

/** Marked ones first; those that are watched already are not watched twice. */
const watchZones = () => {
  for (const selector of [MARKED, ZONES]) document.querySelectorAll(selector).forEach(watchZone);
};

/**
 * A zone is in view while the line at half its height is.
 * @param {Element} zone
 * @param {DOMRectReadOnly} place
 * @param {boolean} isVisible any part of it
 */
const see = (zone, { top, height }, isVisible) => {
  const middle = top + height / 2;
  const isShown = isVisible && middle >= 0 && middle <= innerHeight;
  const seen = zones.get(zone);
  if (seen) {
    if (seen.isShown !== isShown) seen.ms += isShown ? -clock : clock;
    seen.isShown = isShown;
  } else if (zones.size >= MOST) small.unobserve(zone);
  else if (isShown && !isIgnored(zone))
    zones.set(zone, { ms: -clock, first: tick() - pageNow().zero, isShown });
  if (height <= innerHeight || tall.has(zone)) return;
  tall.add(zone);
  hearScroll();
};

const hearScroll = () => hearOnce("scroll", lookSoon);

const lookSoon = () =>
  later(() => {
    lookAtTallZones();
    if (tall.size) hearScroll();
  }, LOOK_MS);

/** The observer keeps silent while a tall zone moves through the window. */
const lookAtTallZones = () => {
  account();
  for (const zone of tall) {
    const place = zone.getBoundingClientRect();
    see(zone, place, place.height > 0);
  }
};

export const reportZones = () => {
  lookAtTallZones();
  for (const [zone, seen] of zones) {
    const ms = seen.isShown ? seen.ms + clock : seen.ms;
    if (ms < SEEN_MS || !zone.isConnected || !passes()) continue;
    seen.el = seen.el || describe(zone);
    const { el } = seen;
    const known = el.key + el.item;
    record(
      stamp("zone", {
        el,
        first_ms: told.has(known) ? undefined : seen.first,
        visible_ms: Math.round(ms),
      }),
    );
    told.add(known);
    seen.ms -= ms;
  }
};

/**
 * Marked ones first, whichever observer the browser tells first.
 * @param {IntersectionObserverEntry[]} entries
 */
const look = (entries) => {
  account();
  for (const { target, boundingClientRect, isIntersecting } of [...large.takeRecords(), ...entries]) {
    see(target, boundingClientRect, isIntersecting);
    if (isIntersecting && target.localName === "form" && !isIgnored(target)) note("seen", target);
  }
};

/** @param {number | number[]} threshold */
const observerAt = (threshold) =>
  new IntersectionObserver(guard(look), /** @type {any} */ ({ threshold, delay: LOOK_MS }));

/** Called before the first page view is heard of. */
export const openZones = () => {
  small = observerAt(HALF);
  large = observerAt([0, HALF]);
  listen("visibilitychange", account);
  listen("DOMContentLoaded load", watchZones);
  // What comes into the page later; looking for it costs less than watching every change.
  setInterval(
    guard(() => document.hidden || watchZones()),
    WATCH_MS,
  );
};
