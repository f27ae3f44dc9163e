// What was closed and is not acknowledged? It stays until it is, or until the page is left.

import { DAY_MS } from "./limits.js";
import { visit, writeVisit } from "./visit.js";

/**
 * @typedef {object} Batch
 * @property {any} wire as it goes over the wire
 * @property {number} [zero] the monotonic clock when its page view began, if that is this one's
 * @property {number} attempt how often it was tried
 * @property {boolean} [isLate] it has failed before
 * @property {boolean} [busy] in flight, or waiting for its next try
 */

const MOST = 20;
/** What is kept on the device for the next page. */
const MOST_CHARS = 128e3;
/** Each tab changes its own list. */
const ME = performance.timeOrigin;

/** @type {Set<Batch>} */
export const waiting = new Set();

/** The oldest goes first. @param {Batch} batch */
export const wait = (batch) => {
  waiting.add(batch);
  if (waiting.size > MOST) waiting.delete([...waiting][0]);
};

/** What failed is kept beside who is here; nothing where nobody is known. */
export const keepLate = () => {
  const late = [...waiting].filter(({ isLate }) => isLate).map(({ wire }) => wire);
  while (JSON.stringify(late).length > MOST_CHARS) late.shift();
  if (!visit.visitor || (!visit.late && !late[0])) return;
  visit.late = Object.assign({}, visit.late, { [ME]: late[0] && late });
  writeVisit();
};

/** What earlier pages could not send waits with the rest. */
export const takeLate = () => {
  for (const wire of Object.values(visit.late || {}).flat()) {
    if (Date.now() - wire.sent_at > DAY_MS) continue;
    wire.flags = [...new Set(wire.flags).add("stored")];
    wait({ wire, attempt: wire.attempt + 1, isLate: true });
  }
  // Written without them, also when all were too old.
  visit.late = visit.late && {};
};
