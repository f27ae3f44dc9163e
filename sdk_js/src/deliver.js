// How do events reach the collector, once each and in spite of everything?

import { guard, later, setStopped, whenIdle } from "./guard.js";
import { page, pageBlock, pageTime } from "./page.js";
import { endpoint, settings } from "./settings.js";

/**
 * @typedef {object} Batch
 * @property {import("./page.js").Page} page
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
/** @type {Batch[]} */
let waiting = [];
let queuedBytes = 0;
let requests = 0;
let due = Infinity;
let timer = 0;

/** Forgets what has not been sent. */
export function stop() {
  empty();
  waiting = [];
  setStopped(true);
}

function empty() {
  clearTimeout(timer);
  due = Infinity;
  queuedBytes = 0;
  queue = [];
}

/**
 * @param {import("./page.js").Event} event
 * @param {number} [within] ms until it is sent
 */
export function push(event, within = FLUSH_MS) {
  queuedBytes += JSON.stringify(event).length;
  if (queue.push(event) >= MOST_EVENTS || queuedBytes > MOST_BYTES / 2) within = 0;
  const at = Date.now() + within;
  if (at >= due) return;
  due = at;
  clearTimeout(timer);
  timer = later(() => whenIdle(flush), within);
}

/** Closes the batch and sends it. */
export function flush() {
  closeBatch();
  send();
}

/** So that its page block is true for its events. @param {boolean} [turning] */
export function closeBatch(turning) {
  if (queue[0]) waiting.push({ page, block: pageBlock(turning), events: queue, attempt: 0 });
  waiting = waiting.slice(-MOST_WAITING);
  empty();
}

/** @param {boolean} [leaving] a beacon outlives the page; its answer is not seen */
export function send(leaving) {
  for (const batch of waiting) {
    if (!leaving && (batch.busy || requests >= MOST_REQUESTS)) continue;
    const body = serialise(batch);
    if (batch.events[1] && new Blob([body]).size > MOST_BYTES) {
      halve(batch);
      return send(leaving);
    }
    batch.attempt++;
    if (!leaving) request(batch, body);
    else if (navigator.sendBeacon(endpoint, body)) done(batch);
  }
}

/** @param {Batch} batch */
function serialise({ page, block, events, attempt }) {
  /** @type {Record<string, object>} */
  const elements = {};
  for (const { el } of events) if (el + 1) elements[el] = page.elements[el];
  return JSON.stringify(
    Object.assign(
      {
        v: 1,
        site: settings.site,
        attempt,
        sent_at: Date.now(),
        sent_t: pageTime(page),
        offset: page.offset,
        page: block,
        elements,
        events,
      },
      page.who,
    ),
    // An old library's Array.prototype.toJSON would turn lists into text.
    function (key) {
      return this[key];
    },
  );
}

/** @param {Batch} batch */
function done(batch) {
  waiting = waiting.filter((other) => other !== batch);
}

/** The same events under the same numbers in two batches. @param {Batch} batch */
function halve(batch) {
  const { events } = batch;
  const half = events.length >> 1;
  done(batch);
  for (const part of [events.slice(0, half), events.slice(half)]) {
    if (half) waiting.push(Object.assign({}, batch, { events: part, busy: false }));
  }
}

/**
 * @param {Batch} batch
 * @param {string} body
 */
function request(batch, body) {
  const keepalive = requests++ < MOST_KEPT_ALIVE;
  const onAnswer = guard((/** @type {any} */ answer) => {
    requests--;
    settle(batch, answer);
    send();
  });
  batch.busy = true;
  fetch(endpoint, { method: "POST", body, keepalive, credentials: "omit" }).then(onAnswer, onAnswer);
}

/**
 * @param {Batch} batch
 * @param {Response & Error} answer a network error has no status
 */
function settle(batch, answer) {
  const { status, headers } = answer;
  if (!status || status === 429 || status >= 500) retry(batch, headers && headers.get("retry-after"));
  else if (status === 413) halve(batch);
  else if (status === 410 || status === 403) stop();
  else {
    done(batch);
    const { page } = batch;
    answer.json().then(
      guard(({ now }) => {
        if (page.offset === undefined && now) page.offset = now - Date.now();
      }),
      () => {},
    );
  }
}

/**
 * What is given up here still leaves with the page, by beacon.
 * @param {Batch} batch
 * @param {any} asked seconds
 */
function retry(batch, asked) {
  if (batch.attempt > MOST_RETRIES) return;
  const wait = RETRY_MS * 2 ** (batch.attempt - 1) * (0.5 + Math.random());
  later(
    () => {
      batch.busy = false;
      send();
    },
    asked * 1000 || wait,
  );
}
