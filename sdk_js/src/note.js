// What does the second file need to know? It hears everything from the page's first moment on, however late it comes.

import { listen, targetOf, tick } from "./guard.js";

/** @typedef {[type: string, at: number, subject?: any, more?: any]} Note */

/** Kept until the second file is there, which takes them over by a `push` of its own. @type {Note[]} */
export const notes = [];

/**
 * @param {string} type
 * @param {any} [subject]
 * @param {any} [more]
 */
export const note = (type, subject, more) => notes.push([type, tick(), subject, more]);

/** @param {EventTarget} [target] */
export const openNotes = (target) =>
  listen(
    "focusin input focusout submit invalid reset error unhandledrejection",
    (event) => note(event.type, targetOf(event), event),
    target,
  );
