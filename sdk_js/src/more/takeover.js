// How does a later file catch up with what happened before it came?

import { setClock } from "./core.js";

/** @typedef {import("../note.js").Note} Note */

/**
 * @param {Note[]} notes kept for it; from now on each goes to it directly
 * @param {Record<string, ((subject: any, more: any) => any) | undefined>} hearers by the type of a note
 * @param {(note: Note) => void} [others] are told first
 */
export const takeOver = (notes, hearers, others = () => {}) => {
  /**
   * @param {Note} note
   * @param {any} [late]
   */
  const hear = (note, late) => {
    const [type, at, first, subject, more] = note;
    const hearer = hearers[type];
    others(note);
    setClock(at, late && first);
    try {
      if (hearer) hearer(subject, more);
    } catch {}
    setClock(0);
    return 0;
  };
  for (const note of notes.splice(0)) hear(note, true);
  notes.push = hear;
};
