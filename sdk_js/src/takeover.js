// How does a later file catch up with what happened before it came?

/** @typedef {import("./note.js").Note} Note */

/**
 * @param {Note[]} notes kept for it; from now on each goes to it directly
 * @param {Record<string, ((at: number, subject: any, more: any) => void) | undefined>} hearers by the type of a note
 * @param {(note: Note) => void} [others] are told first
 */
export const takeOver = (notes, hearers, others = () => {}) => {
  /** @param {Note} note */
  const hear = (note) => {
    const [type, at, subject, more] = note;
    const hearer = hearers[type];
    others(note);
    try {
      if (hearer) hearer(at, subject, more);
    } catch (_) {}
    return 0;
  };
  notes.splice(0).forEach(hear);
  notes.push = hear;
};
