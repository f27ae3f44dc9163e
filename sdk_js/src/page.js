// Which page view is this?

import { cleanAddress } from "./address.js";
import { setTick, tick } from "./guard.js";
import { hooks } from "./hooks.js";
import { timedId } from "./id.js";
import { clean } from "./text.js";
import { visit } from "./visit.js";

/**
 * @typedef {object} Block what the wire says about the page view
 * @property {string} id
 * @property {number} started_at
 * @property {string} url
 * @property {string} referrer
 * @property {string} [title]
 * @property {number[]} [viewport] known once layout was read
 * @property {number[]} [document]
 */

/**
 * @typedef {object} Page
 * @property {number} zero the monotonic clock when the page view began
 * @property {Block} block
 * @property {{ visitor: string, session: string, entry: object, flags: string[] }} who
 * @property {number} allowance how many clicks, zones, errors and custom events it may still have
 * @property {number} count the number of the next event
 */

/** @typedef {{ n: number, t: number, k: string, [field: string]: any }} Event */

const MOST = 500;
/** As many events as one note becomes at most. */
export const RESERVED = 4;

/** @type {Page} */
export let page;

/**
 * @param {number} zero
 * @param {string} referrer
 * @param {string[]} flags
 * @param {string} [url]
 */
export const beginPage = (zero, referrer, flags, url = location.href) => {
  const { visitor, session, entry } = visit;
  const started_at = Date.now() - tick() + zero;
  page = {
    zero,
    block: { id: timedId(started_at), started_at, url: cleanAddress(url), referrer: cleanAddress(referrer) },
    who: { visitor, session, entry, flags },
    allowance: MOST,
    count: 0,
  };
};

export const pageNow = () => page;

/** The clock of the page view, ms. */
export const pageTime = () => tick() - page.zero;

/** @param {number} some numbers that are not given to others @returns the first of them */
export const reserve = (some) => {
  page.count += some;
  return page.count - some;
};

let reserved = 0;
let beyond = 0;

/**
 * What is heard of late has the time and the numbers that were kept for it.
 * @param {number} at 0: it happens now
 * @param {number} [first]
 */
export const setClock = (at, first = 0) => {
  reserved = first;
  beyond = first && first + RESERVED;
  setTick(at);
};

/**
 * Number and time are taken when the thing happens.
 * @param {string} k
 * @param {object} fields
 * @returns {Event}
 */
export const stamp = (k, fields) =>
  Object.assign({ n: reserved < beyond ? reserved++ : page.count++, t: pageTime(), k }, fields);

/** The first question by Intl costs 14 to 40 ms. */
const zone = () =>
  window.Temporal ? Temporal.Now.timeZoneId() : Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Called when layout is clean. */
export const measureSizes = () => {
  const { scrollWidth, scrollHeight } = document.documentElement;
  const height = Math.max(scrollHeight, innerHeight);
  page.block.viewport = [innerWidth, innerHeight];
  page.block.document = [scrollWidth, height];
  return height;
};

/**
 * What the wire says about the page view, true for the events of this batch. Called when idle, because the
 * first question for the time zone costs 40 ms.
 * @param {boolean} [turning] the title may already be the next page's
 */
export const pageBlock = (turning) => {
  const { block } = page;
  // An order told at once is sent before the first measuring.
  if (!block.viewport) measureSizes();
  const typed = document.querySelector("[data-footpath-page-type]");
  // A single-page app sets its title after the address: each batch reads it again.
  if (!turning || !block.title) block.title = hooks.hush(clean(document.title, 512));
  return Object.assign({}, block, {
    type: typed ? clean(typed.getAttribute("data-footpath-page-type")) : undefined,
    screen: [screen.width, screen.height, devicePixelRatio],
    lang: navigator.language,
    tz: zone(),
  });
};
