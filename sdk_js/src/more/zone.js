// What was seen, and for how long?

import { isIgnored, pageNow, passes, record, stamp, tick } from "./core.js";
import { describe } from "./element.js";

/**
 * @typedef {object} Seen
 * @property {number} ms visible since the last report
 * @property {number} [first] when it came into view
 * @property {boolean} isShown now
 */

const ZONES = "[data-footpath-zone],form,h1,h2,h3,button,[role=button]";
const MOST = 50;
/** What flits by was not seen. */
const SEEN_MS = 100;

/** @type {Map<Element, Seen>} */
let zones = new Map();
/** By identity: what is rendered anew stays the same. @type {Set<string>} */
let told = new Set();

/** @type {(form: Element) => void} */
let onForm;

/** @param {(form: Element) => void} tell that a form is in view */
export const openZones = (tell) => {
  onForm = tell;
};

export const beginZones = () => {
  zones = new Map();
  told = new Set();
};

/** A zone is in view while the line at half its height is. Called when layout is clean. */
export const lookAtZones = () => {
  const marked = [...document.querySelectorAll("[data-footpath-zone]"), ...document.querySelectorAll(ZONES)];
  for (const element of new Set(marked.slice(0, 999))) {
    const seen = zones.get(element);
    if (!seen && zones.size >= MOST) continue;
    const { top, height, width } = element.getBoundingClientRect();
    const middle = top + height / 2;
    if (element.localName === "form" && height && top < innerHeight && top > -height && !isIgnored(element))
      onForm(element);
    const isShown = width > 0 && middle >= 0 && middle <= innerHeight;
    if (seen) seen.isShown = isShown;
    else if (isShown && !isIgnored(element))
      zones.set(element, { ms: 0, first: tick() - pageNow().zero, isShown });
  }
};

/** @param {number} ms that have passed in the foreground */
export const spendOnZones = (ms) => {
  for (const seen of zones.values()) if (seen.isShown) seen.ms += ms;
};

export const reportZones = () => {
  for (const [element, seen] of zones) {
    if (seen.ms < SEEN_MS || !element.isConnected || !passes()) continue;
    const el = describe(element);
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
