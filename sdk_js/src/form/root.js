// Where do events of a form not reach the page?

import { openNotes } from "./core.js";

/** @type {WeakSet<any>} */
const known = new WeakSet([document]);

/**
 * Submit, invalid and reset stay inside their shadow root, which is listened to once one of its fields was used.
 * @param {any} field
 */
export const openRoot = (field) => {
  const root = field.getRootNode();
  if (known.has(root) || !root.host) return;
  known.add(root);
  openNotes(root);
};
