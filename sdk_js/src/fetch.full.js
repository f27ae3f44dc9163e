// Where do the later files come from, in a build that contains them? Only what few pages need is still fetched.

import { form } from "./form/main.js";
import { idle } from "./idle/main.js";
import { more } from "./more/main.js";
import { filesUrl } from "./settings.js";

const inside = { form, idle, more };

/** @param {string} name @returns {Promise<any>} */
export const fetchFile = async (name) => (name in inside ? inside : import(`${filesUrl}.${name}.js`));
