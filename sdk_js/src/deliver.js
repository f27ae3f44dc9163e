// How do events reach the collector, once each and in spite of everything?

import { later, setStopped, tick, whenIdle } from "./guard.js";
import { hooks } from "./hooks.js";
import { page, pageBlock, pageTime } from "./page.js";
import { eventsUrl, settings } from "./settings.js";
import { keepLate, takeLate, wait, waiting } from "./waiting.js";

/** @typedef {import("./waiting.js").Batch} Batch */

/** What was gathered is sent when nothing more has happened for so long: who pauses may leave next. */
const PAUSE_MS = 3000;
/** Of events with their elements: with the page block they stay below 16 KB. */
const MOST_BYTES = 14500;
/** Three bodies of 16 KB fit the 64 KiB that a page may keep alive. */
const MOST_KEPT_ALIVE = 3;
const MOST_RETRIES = 3;
const RETRY_MS = 2000;

/** @type {import("./page.js").Event[]} */
let queue = [];
let bytes = 0;
/** Of the next sending. */
let timer = 0;
/** Server time minus the wall clock, once known. @type {number | undefined} */
let offset;

/** Forgets what has not been sent. */
export const stop = () => {
  queue = [];
  waiting.clear();
  setStopped(true);
};

/**
 * @param {import("./page.js").Event} event
 * @param {number} [within] ms until it is sent; otherwise that can wait for more
 */
export const record = (event, within) => {
  hooks.recorded(event);
  const more = new TextEncoder().encode(JSON.stringify(event)).length;
  if (bytes + more > MOST_BYTES) {
    closeBatch();
    whenIdle(() => send(), 0);
  }
  bytes += more;
  queue.push(event);
  if (within === undefined) {
    timer = timer || later(gather, PAUSE_MS);
    return;
  }
  clearTimeout(timer);
  timer = whenIdle(flush, within);
};

const gather = () => {
  const rest = queue[queue.length - 1].t + PAUSE_MS - pageTime();
  timer = rest > 0 ? later(gather, rest) : whenIdle(flush, 0);
};

/** Closes the batch and sends it. */
export const flush = () => {
  closeBatch();
  send();
};

/** So that its page block is true for its events. @param {boolean} [turning] */
export const closeBatch = (turning) => {
  clearTimeout(timer);
  timer = 0;
  if (!queue[0]) return;
  const block = pageBlock(turning);
  /** @type {any[]} */
  const elements = [];
  // Copies: a browser that closes the tab may stop this anywhere, and what leaves then takes the queue as it is.
  const events = queue.map((event) => {
    const { el } = event;
    let place;
    // Nameless where the page was left before the second file could name it.
    if (el && el.key) {
      place = elements.findIndex(({ key, item }) => key === el.key && item === el.item);
      if (place < 0) place = elements.push({}) - 1;
      Object.assign(elements[place], el);
    }
    return Object.assign({}, event, { el: place });
  });
  wait({
    wire: Object.assign(
      { v: 1, site: settings.site, page: block, elements: Object.assign({}, elements), events },
      page.who,
    ),
    zero: page.zero,
    attempt: 0,
  });
  queue = [];
  bytes = 0;
};

/**
 * @param {boolean} [leaving] a beacon outlives the page; its answer is not seen
 * @param {boolean} [isBack] the collector answers again: what was given up goes out once more
 */
export const send = (leaving, isBack) => {
  for (const batch of waiting)
    if (leaving || (!batch.busy && (isBack || batch.attempt <= MOST_RETRIES))) attempt(batch, leaving);
};

/** What earlier pages could not send. */
export const sendLate = () => {
  takeLate();
  keepLate();
  send(false, true);
};

/**
 * Until it is acknowledged a batch stays; what is given up here still leaves with the page, by beacon.
 * @param {Batch} batch
 * @param {boolean} [leaving]
 */
const attempt = async (batch, leaving) => {
  const { wire, zero } = batch;
  let after;
  // What an earlier page could not send has no clock to tell its age by.
  const sent_t = tick() - /** @type {number} */ (zero) || undefined;
  Object.assign(wire, { attempt: batch.attempt++, sent_at: Date.now(), sent_t, offset });
  try {
    const body = JSON.stringify(wire);
    if (leaving) return navigator.sendBeacon(eventsUrl, body) && waiting.delete(batch);
    batch.busy = true;
    const answer = await fetch(eventsUrl, {
      method: "POST",
      keepalive: waiting.size <= MOST_KEPT_ALIVE,
      // A page that was hidden may have no time left for it.
      body: document.hidden ? body : await hooks.pack(body),
      credentials: "omit",
    });
    const { status } = answer;
    if (status === 410 || status === 403) return stop();
    if (status === 413) return halve(batch);
    after = 1000 * /** @type {any} */ (answer.headers.get("retry-after"));
    if (status !== 429 && status < 500) {
      waiting.delete(batch);
      if (batch.isLate) keepLate();
      send(false, true);
      offset = offset || (await answer.json()).now - Date.now() || undefined;
    }
  } catch {}
  if (!waiting.has(batch)) return;
  batch.isLate = true;
  keepLate();
  batch.busy = batch.attempt <= MOST_RETRIES;
  if (batch.busy)
    later(
      () => {
        batch.busy = false;
        send();
      },
      after || RETRY_MS * 2 ** (batch.attempt - 1) * (0.5 + Math.random()),
    );
};

/** The same events under the same numbers in two batches. @param {Batch} batch */
const halve = (batch) => {
  const { events } = batch.wire;
  const half = events.length >> 1;
  waiting.delete(batch);
  for (const part of [events.slice(0, half), events.slice(half)])
    if (half)
      waiting.add(
        Object.assign({}, batch, { wire: Object.assign({}, batch.wire, { events: part }), busy: false }),
      );
  send(false, true);
};
