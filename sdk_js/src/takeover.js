// How does a later file catch up with what happened before it came?

/** @typedef {import("./note.js").Note} Note */

/**
 * @param {Note[]} notes kept for it; from now on each goes to it directly
 * @param {(at: number) => void} setClock of the core
 * @param {Record<string, ((subject: any, more: any) => any) | undefined>} hearers by the type of a note
 * @param {(note: Note) => void} [others] are told first
 */
export const takeOver = (notes, setClock, hearers, others = () => {}) => {
  /** @param {Note} note */
  const hear = (note) => {
    const [type, at, subject, more] = note;
    const hearer = hearers[type];
    others(note);
    setClock(at);
    try {
      if (hearer) hearer(subject, more);
    } catch (_) {}
    setClock(0);
    return 0;
  };
  notes.splice(0).forEach(hear);
  notes.push = hear;
};
