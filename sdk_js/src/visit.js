// Who is here, and since when? One storage key holds the visitor and the session for all tabs.

import { cleanAddress } from "./address.js";
import { listen } from "./guard.js";
import { randomId, timedId } from "./id.js";
import { DAY_MS, IDLE_MS } from "./limits.js";
import { settings, storage } from "./settings.js";

/**
 * @typedef {object} Visit
 * @property {string} visitor
 * @property {number} since when the visitor was first seen, Unix ms
 * @property {string} session
 * @property {number} began when the session began
 * @property {number} seen when an input was last seen
 * @property {{ url: string, referrer: string }} entry
 * @property {string[]} [told] hashes of the layouts that were told
 * @property {Record<string, any[]>} [late] what did not arrive, by the tab that keeps it
 */

const KEY = `footpath:${settings.site}`;
const VISITOR_MS = 395 * DAY_MS;
const WRITE_MS = 20000;

/** Empty where nobody is known. @type {Visit} */
export let visit = /** @type {any} */ ({});

export const visitNow = () => visit;

/** @type {Storage} */
let store;
try {
  // Throws where cookies are blocked. There is no "noneStorage".
  store = /** @type {any} */ (window)[`${storage}Storage`];
} catch {}

export const writeVisit = () => {
  try {
    store.setItem(KEY, JSON.stringify(visit));
  } catch {
    // None, full or forbidden: better one visitor a day than a new one on each page.
    if (visit.seen === visit.began) visit.visitor = visit.session = "";
  }
};

/**
 * Reads who is here; begins a session where the last one has ended.
 * @param {string} referrer
 */
export const arrive = (referrer) => {
  const now = Date.now();
  // Another tab may have been quicker, or the page has slept in the back/forward cache.
  try {
    visit = JSON.parse(store.getItem(KEY) || "{}");
  } catch {}
  if (!(visit.since > now - VISITOR_MS)) visit = /** @type {any} */ ({ visitor: randomId(), since: now });
  if (isOver()) {
    visit.session = timedId(now);
    visit.began = now;
    visit.entry = { url: cleanAddress(location.href), referrer: cleanAddress(referrer) };
  }
  visit.seen = now;
  writeVisit();
};

/** 30 min without an input, or a day; or it never began. */
export const isOver = () => {
  const now = Date.now();
  return !(now - visit.seen < IDLE_MS && now - visit.began < DAY_MS);
};

/** An input keeps the session alive. */
export const stay = () => {
  const now = Date.now();
  if (now - visit.seen < WRITE_MS) return;
  visit.seen = now;
  writeVisit();
};

/** Nothing stays on the device. */
export const forget = () => {
  visit = /** @type {any} */ ({});
  try {
    store.removeItem(KEY);
  } catch {}
};

/** @param {() => void} onForgotten another tab has withdrawn consent */
export const openVisit = (onForgotten) => {
  listen("storage", ({ key, newValue }) => {
    if (key !== KEY) return;
    visit = JSON.parse(newValue || "{}");
    if (!newValue) onForgotten();
  });
};
