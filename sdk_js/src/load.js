// When does the second file come? When the page is idle; the core goes on alone without it.

import { fetchFile } from "./fetch.js";
import { handed } from "./handed.js";

/** @type {Promise<any> | undefined} */
let asked;

/** @param {string} name of the file and of what it exports */
const open = async (name) => {
  const file = await fetchFile(name);
  file[name](handed);
};

export const loadMore = () => {
  asked =
    asked ||
    open("more").catch(() => {
      // The next page view of a single-page app asks again.
      asked = undefined;
    });
};

/** For who installs it, asked for by hand: the panel says why when nothing is captured. */
export const openDebug = () => {
  open("debug").catch(() => {});
};
