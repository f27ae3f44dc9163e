// Where do the later files come from, in a build that contains them? Only the debug panel is still fetched.

import { form } from "./form/main.js";
import { idle } from "./idle/main.js";
import { more } from "./more/main.js";
import { filesUrl } from "./settings.js";

/** @param {string} name @returns {Promise<any>} */
export const fetchFile = async (name) =>
  name === "debug" ? import(`${filesUrl}.debug.js`) : { form, idle, more };
