// What does the second file need to know? It hears everything from the page's first moment on, however late it comes.

import { listen, targetOf, tick } from "./guard.js";
import { RESERVED, reserve } from "./page.js";

/** @typedef {[type: string, at: number, first: number, subject?: any, more?: any]} Note first: a number kept for it */

/** Kept until the second file is there, which takes them over by a `push` of its own. @type {Note[]} */
export const notes = [];

/**
 * Numbers are taken when the thing happens, also for what is told of it later. A later file that is there answers 0.
 * @param {Note[]} list
 * @param {Note} note
 */
export const keep = (list, note) => list.push(note) && reserve(RESERVED);

/**
 * @param {string} type
 * @param {any} [subject]
 * @param {any} [more]
 */
export const note = (type, subject, more) => keep(notes, [type, tick(), reserve(0), subject, more]);

/** @param {EventTarget} [target] */
export const openNotes = (target) =>
  listen(
    "focusin input focusout submit invalid reset error unhandledrejection",
    (event) => note(event.type, targetOf(event), event),
    target,
  );
