// When does a single-page app show another page?

import { hashPath } from "./address.js";

let path = location.pathname;
let fragment = hashPath(location);

/** Another path is another page view; another query string is not. Says how, once. */
export const moved = () => {
  const soft = path !== location.pathname ? "history" : fragment !== hashPath(location) ? "hash" : "";
  path = location.pathname;
  fragment = hashPath(location);
  return soft;
};
