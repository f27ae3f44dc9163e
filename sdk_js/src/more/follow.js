// How do the files that may come even later hear of what they need?

/** @typedef {import("../note.js").Note} Note */

/**
 * It is asked for with the first note that needs it, and hears everything from then on.
 * @param {string} name of the file and of what it exports
 * @param {import("../handed.js").Core} core
 * @param {(subject: any) => any} [needs]
 */
export const follow = (name, core, needs = () => true) => {
  /** @type {Note[]} */
  const notes = [];
  let isAsked = false;
  let isMissing = false;
  const miss = () => {
    isAsked = false;
    isMissing = true;
    notes.length = 0;
  };
  return (/** @type {Note} */ note) => {
    // What the last page view did not hear of in time is lost with it.
    if (note[0] === "open") {
      notes.length = 0;
      isMissing = false;
    }
    // Asked for once a page view.
    if (isMissing) return;
    if (isAsked || needs(note[3])) core.keep(notes, note);
    if (isAsked || !notes[0]) return;
    isAsked = true;
    core
      .fetchFile(name)
      .then((file) => file[name](core, notes), miss)
      // What fails here would fail again: it is not asked for twice.
      .catch(() => {});
  };
};
