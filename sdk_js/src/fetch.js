// Where do the later files come from?

import { filesUrl } from "./settings.js";

/**
 * By import, because that inherits the nonce of a strict policy from the tag.
 * @param {string} name
 * @returns {Promise<any>}
 */
export const fetchFile = (name) => import(`${filesUrl}.${name}.js`);
