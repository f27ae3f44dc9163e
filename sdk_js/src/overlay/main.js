// What did visitors do on this very page? For who opens it from the dashboard; nothing of their own visit is told.

import { draw } from "./draw.js";
import { finder } from "./find.js";

/** What the page makes of itself after it was loaded is looked at so often. */
const LOOK_MS = 1000;

/** @param {string} dashboard @param {string} token */
const fetchAnswer = async (dashboard, token) => {
  if (!dashboard) throw new Error("the collector does not know its dashboard: set FOOTPATH_DASHBOARD_URL");
  let answer;
  try {
    answer = await fetch(`${dashboard}/overlay/${token}`, { credentials: "omit", cache: "no-store" });
  } catch {
    throw new Error(`${dashboard} does not answer, or this page's policy forbids it (connect-src)`);
  }
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body;
};

/** @param {import("../handed.js").Core} handed */
export const overlay = async (handed) => {
  // Where a router reads the fragment, it is the query of a route: #/cart?footpath=…
  const token = location.hash.split(/[#?]footpath=/)[1];
  const picture = draw();
  try {
    const { dashboard } = handed.settings;
    const answer = await fetchAnswer(dashboard || "", encodeURIComponent(token));
    const find = finder(answer.elements, handed.describe, handed.CONTROL);
    picture.say(answer);
    const look = () => picture.show(find());
    look();
    setInterval(() => document.hidden || look(), LOOK_MS);
  } catch (error) {
    picture.fail(/** @type {Error} */ (error).message);
  }
};
