// Who looks on?

/** The debug panel, if it is open, and whoever knows the fields. */
export const hooks = {
  /** @param {any} _event that was just recorded */
  recorded: (_event) => {},
  /** Makes a body smaller. @param {string} body @returns {any} */
  pack: (body) => body,
  /** Takes out what stands in a field just now. @param {string} text */
  hush: (text) => text,
};
