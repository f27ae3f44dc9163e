// When does a single-page app show another page?

import { hashPath } from "./address.js";
import { guard, listen } from "./guard.js";

const HISTORY = "history";
let path = "";
let fragment = "";
/** @type {(soft: string) => void} */
let onTurn;

/** Another path is another page view; another query string is not. */
function look() {
  const before = path;
  const fragmentBefore = fragment;
  path = location.pathname;
  fragment = hashPath(location);
  if (path !== before) onTurn(HISTORY);
  else if (fragment !== fragmentBefore) onTurn("hash");
}

/** Calls the original first: whatever happens here, the page gets what it asked for. @param {"pushState" | "replaceState"} name */
function follow(name) {
  const original = history[name];
  history[name] = function (...args) {
    original.apply(this, args);
    notice();
  };
}

const notice = guard(look);

/** @param {(soft: string) => void} turn */
export function openRoute(turn) {
  onTurn = turn;
  path = location.pathname;
  fragment = hashPath(location);
  if (window.navigation) {
    listen("currententrychange", look, window.navigation);
    return;
  }
  follow("pushState");
  follow("replaceState");
  listen("popstate hashchange", look);
}
