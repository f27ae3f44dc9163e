// How do events reach the collector, once each and in spite of everything?

import { later, setStopped, tick, whenIdle } from "./guard.js";
import { page, pageBlock } from "./page.js";
import { endpoint, settings } from "./settings.js";

/**
 * @typedef {object} Batch
 * @property {import("./page.js").Page} of
 * @property {object} block
 * @property {import("./page.js").Event[]} events
 * @property {number} attempt
 * @property {boolean} [busy] in flight, or waiting for its next try
 */

const FLUSH_MS = 5000;
const MOST_EVENTS = 50;
const MOST_BYTES = 16000;
const MOST_WAITING = 20;
/** Three bodies of 16 KB fit the 64 KiB that a page may keep alive. */
const MOST_KEPT_ALIVE = 3;
const MOST_RETRIES = 3;
const RETRY_MS = 2000;

/** @type {import("./page.js").Event[]} */
let queue = [];
/** Closed and not acknowledged. @type {Set<Batch>} */
let waiting = new Set();
let isDue = false;

/** Forgets what has not been sent. */
export const stop = () => {
  closeBatch();
  waiting = new Set();
  setStopped(true);
};

/**
 * @param {import("./page.js").Event} event
 * @param {number} [within] ms until it is sent
 */
export const push = (event, within = FLUSH_MS) => {
  if (queue.push(event) >= MOST_EVENTS || JSON.stringify(queue).length > MOST_BYTES / 2) within = 0;
  if (!isDue || within < FLUSH_MS) whenIdle(flush, within);
  isDue = true;
};

/** Closes the batch and sends it. */
export const flush = () => {
  closeBatch();
  send();
};

/** So that its page block is true for its events. @param {boolean} [turning] */
export const closeBatch = (turning) => {
  isDue = false;
  if (!queue[0]) return;
  const batch = { of: page, block: pageBlock(turning), events: queue, attempt: 0 };
  waiting = new Set([...waiting, batch].slice(-MOST_WAITING));
  queue = [];
};

/** @param {boolean} [leaving] a beacon outlives the page; its answer is not seen */
export const send = (leaving) => {
  for (const batch of waiting) if (leaving || !batch.busy) attempt(batch, leaving);
};

/**
 * Until it is acknowledged a batch stays; what is given up here still leaves with the page, by beacon.
 * @param {Batch} batch
 * @param {boolean} [leaving]
 */
const attempt = async (batch, leaving) => {
  const { of, block, events } = batch;
  const half = events.length >> 1;
  /** The same events under the same numbers in two batches, sent by whoever goes through those that wait. */
  const halve = () => {
    waiting.delete(batch);
    for (const part of [events.slice(0, half), events.slice(half)])
      if (half) waiting.add({ of, block, events: part, attempt: batch.attempt });
  };
  let wait = RETRY_MS * 2 ** batch.attempt * (0.5 + Math.random());
  try {
    /** @type {Record<string, object>} */
    const elements = {};
    for (const { el } of events) elements[el] = of.elements[el];
    const body = JSON.stringify(
      Object.assign(
        {
          v: 1,
          site: settings.site,
          attempt: batch.attempt,
          sent_at: Date.now(),
          sent_t: tick() - of.zero,
          offset: of.offset,
          page: block,
          elements,
          events,
        },
        of.who,
      ),
    );
    if (half && new Blob([body]).size > MOST_BYTES) return halve();
    batch.attempt++;
    if (leaving) return navigator.sendBeacon(endpoint, body) && waiting.delete(batch);
    batch.busy = true;
    const keepalive = waiting.size <= MOST_KEPT_ALIVE;
    const answer = await fetch(endpoint, { method: "POST", body, keepalive, credentials: "omit" });
    const { status } = answer;
    wait = /** @type {any} */ (answer.headers.get("retry-after")) * 1000 || wait;
    if (status === 413) {
      halve();
      wait = 0;
    }
    if (status === 410 || status === 403) stop();
    else if (status !== 429 && status < 500) {
      waiting.delete(batch);
      const { now } = await answer.json();
      of.offset = of.offset || now - Date.now() || undefined;
    }
  } catch (_) {}
  if (batch.attempt > MOST_RETRIES) return;
  later(() => {
    batch.busy = false;
    send();
  }, wait);
};
