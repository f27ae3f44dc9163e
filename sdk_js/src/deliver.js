// How do events reach the collector, once each and in spite of everything?

import { guard, later, whenIdle } from "./guard.js";
import { page, pageBlock, pageTime, readTitle } from "./page.js";
import { endpoint, settings } from "./settings.js";

/**
 * @typedef {object} Batch
 * @property {import("./page.js").Page} page
 * @property {object} block
 * @property {import("./page.js").Event[]} events
 * @property {number} attempt
 * @property {boolean} [busy] in flight or waiting for its next try
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
let onRefused = () => {};

/** @param {() => void} stop what to do when the collector wants nothing more */
export function openDelivery(stop) {
  onRefused = stop;
}

/** Forgets what has not been sent. */
export function discard() {
  clearTimeout(timer);
  due = Infinity;
  requests = queuedBytes = 0;
  queue = [];
  waiting = [];
}

/**
 * @param {import("./page.js").Event} event
 * @param {number} [within] ms until it is sent
 */
export function push(event, within = FLUSH_MS) {
  queue.push(event);
  queuedBytes += JSON.stringify(event).length;
  if (queue.length >= MOST_EVENTS || queuedBytes > MOST_BYTES / 2) within = 0;
  const at = Date.now() + within;
  if (at >= due) return;
  due = at;
  clearTimeout(timer);
  timer = later(() => whenIdle(flush), within);
}

/** Closes the batch, so that its page block is true for its events, and sends it. */
export function flush() {
  closeBatch();
  send();
}

/** @param {boolean} [turning] the title may already be the next page's */
export function closeBatch(turning) {
  clearTimeout(timer);
  due = Infinity;
  queuedBytes = 0;
  if (!queue.length) return;
  if (!turning || !page.title) readTitle();
  waiting.push({ page, block: pageBlock(), events: queue, attempt: 0 });
  queue = [];
  waiting = waiting.slice(-MOST_WAITING);
}

/** @param {boolean} [leaving] a beacon outlives the page; its answer is not seen */
export function send(leaving) {
  for (const batch of waiting.slice()) {
    const body = serialise(batch);
    if (batch.events.length > 1 && new Blob([body]).size > MOST_BYTES) {
      halve(batch);
      return send(leaving);
    }
    if (leaving) beacon(batch, body);
    else if (!batch.busy && requests < MOST_REQUESTS) request(batch, body);
  }
}

/** @param {Batch} batch */
function serialise({ page, block, events, attempt }) {
  /** @type {Record<string, object>} */
  const elements = {};
  for (const { el } of events) if (el !== undefined) elements[el] = page.elements[el];
  return JSON.stringify({
    v: 1,
    site: settings.site,
    attempt,
    sent_at: Date.now(),
    sent_t: pageTime(page),
    offset: page.offset,
    visitor: page.visitor,
    session: page.session,
    flags: page.flags,
    entry: page.entry,
    page: block,
    elements,
    events,
  });
}

/** @param {Batch} batch */
function done(batch) {
  waiting = waiting.filter((other) => other !== batch);
}

/**
 * The same events under the same numbers in two batches.
 * @param {Batch} batch
 */
function halve(batch) {
  const events = batch.events.slice();
  const head = events.splice(0, events.length / 2);
  done(batch);
  if (!head.length) return;
  for (const part of [head, events]) {
    waiting.push(Object.assign({}, batch, { events: part, busy: false }));
  }
}

/**
 * @param {Batch} batch
 * @param {string} body
 */
function beacon(batch, body) {
  batch.attempt++;
  if (navigator.sendBeacon(endpoint, body)) done(batch);
}

/**
 * @param {Batch} batch
 * @param {string} body
 */
function request(batch, body) {
  batch.busy = true;
  batch.attempt++;
  const keepalive = requests++ < MOST_KEPT_ALIVE;
  fetch(endpoint, { method: "POST", body, keepalive, credentials: "omit" }).then(
    guard((answer) => settle(batch, answer)),
    guard(() => settle(batch)),
  );
}

/**
 * @param {Batch} batch
 * @param {Response} [answer] none after a network error
 */
function settle(batch, answer) {
  const status = answer ? answer.status : 0;
  requests--;
  if (answer && answer.ok) {
    done(batch);
    answer.json().then(
      guard(({ now }) => learnOffset(batch.page, now)),
      () => {},
    );
  } else if (status === 410 || status === 403) onRefused();
  else if (status === 413) halve(batch);
  else if (status && status !== 429 && status < 500) done(batch);
  else if (batch.attempt <= MOST_RETRIES) retry(batch, answer);
  send();
}

/**
 * What is given up here still leaves with the page, by beacon.
 * @param {Batch} batch
 * @param {Response} [answer]
 */
function retry(batch, answer) {
  const asked = Number(answer && answer.headers.get("retry-after")) * 1000;
  const wait = RETRY_MS * 2 ** (batch.attempt - 1) * (0.5 + Math.random());
  later(() => {
    batch.busy = false;
    send();
  }, asked || wait);
}

/**
 * @param {import("./page.js").Page} of
 * @param {number} now server ms
 */
function learnOffset(of, now) {
  if (of.offset === undefined && now) of.offset = Math.round(now - Date.now());
}
