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
const MOST_REQUESTS = 6;
/** Three bodies of 16 KB fit the 64 KiB that a page may keep alive. */
const MOST_KEPT_ALIVE = 3;
const MOST_RETRIES = 3;
const RETRY_MS = 2000;

/** @type {import("./page.js").Event[]} */
let queue = [];
/** Closed and not acknowledged. @type {Set<Batch>} */
let waiting = new Set();
let requests = 0;
let due = Infinity;

/** Forgets what has not been sent. */
export function stop() {
  queue = [];
  waiting = new Set();
  due = Infinity;
  setStopped(true);
}

/**
 * @param {import("./page.js").Event} event
 * @param {number} [within] ms until it is sent
 */
export function push(event, within = FLUSH_MS) {
  if (queue.push(event) >= MOST_EVENTS || JSON.stringify(queue).length > MOST_BYTES / 2) within = 0;
  if (tick() + within >= due) return;
  due = tick() + within;
  whenIdle(flush, within);
}

/** Closes the batch and sends it. */
export function flush() {
  closeBatch();
  send();
}

/** So that its page block is true for its events. @param {boolean} [turning] */
export function closeBatch(turning) {
  due = Infinity;
  if (!queue[0]) return;
  const batch = { of: page, block: pageBlock(turning), events: queue, attempt: 0 };
  waiting = new Set([...waiting, batch].slice(-MOST_WAITING));
  queue = [];
}

/** @param {boolean} [leaving] a beacon outlives the page; its answer is not seen */
export function send(leaving) {
  for (const batch of waiting) {
    if (!leaving && (batch.busy || requests >= MOST_REQUESTS)) continue;
    const body = serialise(batch);
    if (batch.events[1] && new Blob([body]).size > MOST_BYTES) {
      halve(batch);
      continue;
    }
    batch.attempt++;
    if (!leaving) request(batch, body);
    else if (navigator.sendBeacon(endpoint, body)) waiting.delete(batch);
  }
}

/** Each attempt says when it was made. @param {Batch} batch */
function serialise({ of, block, events, attempt }) {
  /** @type {Record<string, object>} */
  const elements = {};
  for (const { el } of events) elements[el] = of.elements[el];
  return JSON.stringify(
    Object.assign(
      {
        v: 1,
        site: settings.site,
        attempt,
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
}

/** The same events under the same numbers in two batches. @param {Batch} batch */
function halve(batch) {
  const { events } = batch;
  const half = events.length >> 1;
  waiting.delete(batch);
  for (const part of [events.slice(0, half), events.slice(half)])
    if (half) waiting.add(Object.assign({}, batch, { events: part, busy: false }));
}

/**
 * Until it is acknowledged a batch stays; what is given up here still leaves with the page, by beacon.
 * @param {Batch} batch
 * @param {string} body
 */
async function request(batch, body) {
  const { of, attempt } = batch;
  let wait = RETRY_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
  const keepalive = requests++ < MOST_KEPT_ALIVE;
  batch.busy = true;
  try {
    const answer = await fetch(endpoint, { method: "POST", body, keepalive, credentials: "omit" });
    const { status } = answer;
    wait = +(answer.headers.get("retry-after") || 0) * 1000 || wait;
    if (status === 413) halve(batch);
    else if (status === 410 || status === 403) stop();
    else if (status !== 429 && status < 500) {
      waiting.delete(batch);
      const { now } = await answer.json();
      of.offset = of.offset || now - Date.now() || undefined;
    }
  } catch (_) {}
  requests--;
  later(send);
  if (attempt > MOST_RETRIES) return;
  later(() => {
    batch.busy = false;
    send();
  }, wait);
}
