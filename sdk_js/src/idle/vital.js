// How fast and how steady does the page feel? As the web-vitals library defines it.

import { record, stamp, tick } from "./core.js";
import { drain, observe } from "./observe.js";

/** A burst of layout shifts ends after a second without one, or after five. */
const GAP_MS = 1000;
const BURST_MS = 5000;
/** INP leaves out one of the slowest interactions for every fifty. */
const PER_OUTLIER = 50;

const [load] = /** @type {any[]} */ (performance.getEntriesByType("navigation"));
const { activationStart = 0, responseStart = 0, type } = load || {};

/** What is known, and what was told. @type {Record<string, number>} */
let values = {};
/** @type {Record<string, number>} */
let told = {};
let navigation = "";
/** Paints belong to the load, not to what a single-page app shows later. */
const isLoad = () => navigation === type;

let burst = 0;
let burstAt = 0;
let shiftAt = 0;
/** The longest duration by interaction. @type {Map<number, number>} */
let interactions = new Map();
let before = 0;
let since = 0;
/** What is painted behind another tab says nothing of the page. Not all browsers keep when it was first hidden. */
const [hidden] = performance
  .getEntriesByType("visibility-state")
  .filter(({ name, startTime }) => name === "hidden" && startTime >= activationStart);
let hiddenAt = hidden ? hidden.startTime : document.hidden ? 0 : Infinity;

const interactionCount = () => /** @type {any} */ (performance).interactionCount || interactions.size;

/** @param {string | undefined} soft */
export const beginVitals = (soft) => {
  drain();
  navigation = soft || type || "";
  values = PerformanceObserver.supportedEntryTypes.includes("layout-shift") ? { CLS: 0 } : {};
  told = {};
  interactions = new Map();
  before = soft ? interactionCount() : 0;
  since = soft ? tick() : 0;
  burst = 0;
};

/** The last of a name is the one that counts: it grows as long as the page is used. */
export const endVitals = () => {
  drain();
  const slowest = [...interactions.values()].sort((a, b) => b - a);
  const outliers = Math.floor((interactionCount() - before) / PER_OUTLIER);
  if (slowest[0]) values.INP = slowest[Math.min(outliers, slowest.length - 1)];
  for (const name in values) {
    const value = Number(values[name].toFixed(4));
    if (told[name] === value) continue;
    told[name] = value;
    record(stamp("vital", { name, value, navigation }));
  }
};

export const hideVitals = () => {
  hiddenAt = Math.min(hiddenAt, tick());
};

/** @param {{ interactionId: number, duration: number }} entry */
const onInteraction = ({ interactionId, duration }) => {
  if (interactionId)
    interactions.set(interactionId, Math.max(duration, interactions.get(interactionId) || 0));
};

/** @param {{ hadRecentInput: boolean, value: number, startTime: number }} entry */
const onShift = ({ hadRecentInput, value, startTime }) => {
  // Where this file came late the browser also tells of the page views before.
  if (hadRecentInput || startTime < since) return;
  if (startTime - shiftAt >= GAP_MS || startTime - burstAt >= BURST_MS) {
    burst = 0;
    burstAt = startTime;
  }
  shiftAt = startTime;
  burst += value;
  values.CLS = Math.max(values.CLS, burst);
};

/** @param {string} name @param {number} at */
const set = (name, at) => {
  // Where a browser does not know it says 0, or a time to come: https://github.com/GoogleChrome/web-vitals/issues/137
  if (at > 0 && at < tick()) values[name] = Math.max(0, at - activationStart);
};

/** @param {string} name */
const paintAs = (name) => (/** @type {{ name: string, startTime: number }} */ entry) => {
  if (isLoad() && entry.startTime < hiddenAt && entry.name !== "first-paint") set(name, entry.startTime);
};

export const openVitals = () => {
  if (isLoad()) {
    set("TTFB", responseStart);
    observe("paint", paintAs("FCP"));
    observe("largest-contentful-paint", paintAs("LCP"));
  }
  observe("layout-shift", onShift);
  observe("event", onInteraction);
  observe("first-input", onInteraction);
};
