// When does a single-page app show another page?

import { hashPath } from "./address.js";
import { listen } from "./guard.js";

let path = location.pathname;
let fragment = hashPath(location);

/** Another path is another page view; another query string is not. Says how, once. */
export const moved = () => {
  const soft = path !== location.pathname ? "history" : fragment !== hashPath(location) ? "hash" : "";
  path = location.pathname;
  fragment = hashPath(location);
  return soft;
};

/**
 * Where the browser has no Navigation API. The originals come first: whatever happens here, the page gets what it
 * asked for.
 * @param {() => void} look
 */
export const follow = (look) => {
  listen("popstate hashchange", look);
  for (const name of /** @type {const} */ (["pushState", "replaceState"])) {
    const original = history[name];
    history[name] = function (...args) {
      original.apply(this, args);
      look();
    };
  }
};
