// Who looks on?

/** The debug panel, if it is open. */
export const hooks = {
  /** @param {any} _event that was just recorded */
  recorded: (_event) => {},
  /** Makes a body smaller. @param {string} body @returns {any} */
  pack: (body) => body,
};
