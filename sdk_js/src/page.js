// Which page view is this?

import { cleanAddress } from "./address.js";
import { tick } from "./guard.js";
import { timedId } from "./id.js";
import { reduced, settings } from "./settings.js";
import { clean } from "./text.js";
import { visit } from "./visit.js";

/**
 * @typedef {object} Page
 * @property {string} id
 * @property {number} started_at Unix ms
 * @property {number} zero the monotonic clock when the page view began
 * @property {string} url
 * @property {string} referrer
 * @property {string} [title]
 * @property {string} visitor
 * @property {string} session
 * @property {{ url: string, referrer: string }} entry
 * @property {string[]} flags
 * @property {number} [offset] server time minus the wall clock, frozen
 * @property {number} next the number of the next event
 * @property {any[]} elements described so far, named by their place
 */

/** @typedef {{ n: number, t: number, k: string, [field: string]: any }} Event */

/** @type {Page} */
export let page;

/** @type {number[] | undefined} */
let viewport;
/** @type {number[] | undefined} */
let documentSize;
/** @type {string | undefined} */
let timeZone;

/**
 * @param {number} zero
 * @param {string} referrer
 * @param {string[]} flags
 * @param {string} [url]
 */
export function beginPage(zero, referrer, flags, url) {
  const started = Math.round(Date.now() - tick() + zero);
  page = {
    id: timedId(started),
    started_at: started,
    zero,
    url: cleanAddress(url || location.href),
    referrer: cleanAddress(referrer),
    visitor: visit.visitor,
    session: visit.session,
    entry: visit.entry,
    flags,
    offset: page && page.offset,
    next: 0,
    elements: [],
  };
}

/** The clock of a page view, ms. */
export const pageTime = (of = page) => Math.max(0, Math.round(tick() - of.zero));

/**
 * Number and time are taken when the thing happens.
 * @param {string} k
 * @param {object} fields
 * @returns {Event}
 */
export const stamp = (k, fields) => Object.assign({ n: page.next++, t: pageTime(), k }, fields);

/** Layout is read here and nowhere in a handler. */
export function measureSizes() {
  const root = document.scrollingElement || document.documentElement;
  viewport = [innerWidth, innerHeight];
  documentSize = [root.scrollWidth, Math.max(root.scrollHeight, innerHeight)];
  return documentSize[1];
}

/** The first question for the time zone costs 40 ms: ask it when idle. */
export function learnTimeZone() {
  timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A single-page app sets its title after the address: each batch reads it again. */
export function readTitle() {
  page.title = document.title.slice(0, 512);
}

/** What the wire says about the page view, true for the events of this batch. */
export function pageBlock() {
  const typed = document.querySelector("[data-footpath-page-type]");
  return {
    id: page.id,
    started_at: page.started_at,
    url: page.url,
    referrer: page.referrer,
    title: page.title,
    type: typed ? clean(/** @type {string} */ (typed.getAttribute("data-footpath-page-type"))) : undefined,
    viewport,
    document: documentSize,
    screen: [screen.width, screen.height, devicePixelRatio],
    lang: navigator.language,
    tz: timeZone,
  };
}

/** Signs of automation are tagged, not hidden. */
export const isAutomated = () =>
  settings.sign_of_automation !== false &&
  (navigator.webdriver || navigator.userAgent.includes("HeadlessChrome"));

export const mayIdentify = !reduced;
