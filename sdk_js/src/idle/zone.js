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
 * @property {number} ms visible since the last report
 * @property {number} first when it came into view
 * @property {boolean} isShown now
 * @property {any} [el] which it is
 */

const ZONES = "form,h1,h2,h3,button,[role=button]";
const MARKED = "[data-footpath-zone]";
const MOST = 50;
const WATCH_MS = 2000;
const REPORT_MS = 15000;
const LOOK_MS = 200;
const MOST_WATCHED = 999;
/** What flits by was not seen. */
const SEEN_MS = 100;
/** The line at half its height crosses an edge of the window at one of these, if the zone is no taller than that. */
const SHARES = [0, 0.5];

/** @type {Map<Element, Seen>} */
let zones = new Map();
/** Of these. @type {Set<Element>} */
let tall = new Set();
/** Of the observer, which takes longer to see that it has one already. @type {WeakSet<Element>} */
let watched = new WeakSet();
/** By identity: what is rendered anew stays the same. @type {Set<string>} */
let told = new Set();
/** @type {IntersectionObserver} */
let observer;

let since = 0;
let visible = false;
let lastInput = 0;

/** Adds what has passed since the last time; a page that lies open after its session's end was not seen then. */
const account = () => {
  const at = tick();
  const ms = Math.min(at, lastInput + IDLE_MS) - since;
  if (visible && ms > 0) for (const seen of zones.values()) if (seen.isShown) seen.ms += ms;
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
  observer.disconnect();
  watchZones();
};

/** Marked ones first; those that are watched already are not watched twice. */
const watchZones = () => {
  const marked = document.querySelectorAll(MARKED);
  for (const zone of [...marked, ...document.querySelectorAll(ZONES)].slice(0, MOST_WATCHED))
    if (!watched.has(zone)) {
      watched.add(zone);
      observer.observe(zone);
    }
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
  if (seen) seen.isShown = isShown;
  else if (isShown && zones.size < MOST && !isIgnored(zone))
    zones.set(zone, { ms: 0, first: tick() - pageNow().zero, isShown });
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
    if (seen.ms < SEEN_MS || !zone.isConnected || !passes()) continue;
    seen.el = seen.el || describe(zone);
    const { el } = seen;
    const known = el.key + el.item;
    record(
      stamp("zone", {
        el,
        first_ms: told.has(known) ? undefined : seen.first,
        visible_ms: Math.round(seen.ms),
      }),
    );
    told.add(known);
    seen.ms = 0;
  }
};

/** Called before the first page view is heard of. */
export const openZones = () => {
  observer = new IntersectionObserver(
    guard((entries) => {
      account();
      for (const { target, boundingClientRect, isIntersecting } of entries) {
        see(target, boundingClientRect, isIntersecting);
        if (isIntersecting && target.localName === "form" && !isIgnored(target)) note("seen", target);
      }
    }),
    { threshold: SHARES },
  );
  listen("visibilitychange", account);
  listen("DOMContentLoaded load", watchZones);
  // What comes into the page later; looking for it costs less than watching every change.
  setInterval(
    guard(() => document.hidden || watchZones()),
    WATCH_MS,
  );
  setInterval(guard(reportZones), REPORT_MS);
};
