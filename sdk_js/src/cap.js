// How much may a broken page send? 10 a second after a burst of 100, 500 a page view.

import { tick } from "./guard.js";
import { page } from "./page.js";
import { sums } from "./sums.js";

const PER_MS = 10 / 1000;
const BURST = 100;

let tokens = BURST;
let at = 0;

/** May one more click or custom event pass? */
export const passes = () => {
  const now = tick();
  tokens = Math.min(BURST, tokens + (now - at) * PER_MS);
  at = now;
  if (tokens >= 1 && page.allowance) {
    tokens--;
    page.allowance--;
    return true;
  }
  sums.dropped++;
  return false;
};
