// What has the browser itself measured?

import { guard } from "./core.js";

/** @type {(() => void)[]} */
const drains = [];

/** What was measured and not yet told. */
export const drain = () => {
  for (const task of drains) task();
};

/**
 * From the load on; nothing where the browser does not measure it.
 * @param {string} type
 * @param {(entry: any) => void} handler
 */
export const observe = (type, handler) => {
  try {
    const observer = new PerformanceObserver(guard((list) => list.getEntries().forEach(handler)));
    observer.observe(/** @type {any} */ ({ type, buffered: true, durationThreshold: 40 }));
    drains.push(() => observer.takeRecords().forEach(handler));
  } catch {}
};
