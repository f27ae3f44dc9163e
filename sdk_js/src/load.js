// When does the second file come? When the page is idle; the core goes on alone without it.

import { fetchFile } from "./fetch.js";
import { handed } from "./handed.js";

/** @type {Promise<any> | undefined} */
let asked;

export const loadMore = () => {
  asked =
    asked ||
    fetchFile("more")
      .then(({ more }) => more(handed))
      .catch(() => {
        // The next page view of a single-page app asks again.
        asked = undefined;
      });
};

/** For who installs it, asked for by hand: the panel says why when nothing is captured. */
export const openDebug = () => {
  fetchFile("debug")
    .then(({ debug }) => debug(handed))
    .catch(() => {});
};
