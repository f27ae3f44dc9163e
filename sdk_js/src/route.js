// When does a single-page app show another page?

import { hashPath } from "./address.js";
import { guard, listen } from "./guard.js";

const POLL_MS = 250;

const here = () => location.pathname + hashPath(location);
let route = here();
let address = location.href;

/** Another path is another page view; another query string is not. Says how, once. */
export const moved = () => {
  const before = route;
  route = here();
  return before !== route && (hashPath(location) ? "hash" : "history");
};

/**
 * Where the browser has no Navigation API the address is looked at from time to time: no function of the page is
 * replaced.
 * @param {() => void} onChange
 */
export const openRoute = (onChange) => {
  const look = () => {
    const before = address;
    address = location.href;
    if (before !== address) onChange();
  };
  if (window.NavigateEvent) listen("currententrychange", look, navigation);
  else setInterval(guard(look), POLL_MS);
};
