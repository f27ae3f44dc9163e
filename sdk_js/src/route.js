// When does a single-page app show another page?

import { hashPath } from "./address.js";
import { guard, listen } from "./guard.js";

let path = "";
let fragment = "";

/**
 * Another path is another page view; another query string is not.
 * @param {(soft: string) => void} turn
 */
export function openRoute(turn) {
  const look = guard(() => {
    const soft = path !== location.pathname ? "history" : "hash";
    const isSame = soft === "hash" && fragment === hashPath(location);
    remember();
    if (!isSame) turn(soft);
  });
  /** Calls the original first: whatever happens here, the page gets what it asked for. @param {"pushState" | "replaceState"} name */
  const follow = (name) => {
    const original = history[name];
    history[name] = function (...args) {
      original.apply(this, args);
      look();
    };
  };
  remember();
  if (window.navigation) listen("currententrychange", look, window.navigation);
  else {
    follow("pushState");
    follow("replaceState");
    listen("popstate hashchange", look);
  }
}

function remember() {
  path = location.pathname;
  fragment = hashPath(location);
}
