// When does a single-page app show another page?

import { hashPath } from "./address.js";
import { guard, listen } from "./guard.js";

const LOOK_MS = 250;

let address = "";
let path = "";
let fragment = "";
/** @type {(soft: string) => void} */
let onTurn;

/** Another path is another page view; another query string is not. */
export const look = () => {
  const { href, pathname } = location;
  if (href === address) return;
  const soft = path !== pathname ? "history" : fragment !== hashPath(location) ? "hash" : "";
  address = href;
  path = pathname;
  fragment = hashPath(location);
  onTurn(soft);
};

/** @param {(soft: string) => void} turn "history", "hash", or nothing where the page stays the same */
export const openRoute = (turn) => {
  onTurn = () => {};
  look();
  onTurn = turn;
  // Without the Navigation API the address is asked for rather than history's functions replaced.
  if (window.navigation) listen("currententrychange", look, window.navigation);
  else setInterval(guard(look), LOOK_MS);
};
