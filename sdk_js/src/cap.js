// How much may a broken page send? 10 a second after a burst of 100, 500 a page view.

import { tick } from "./guard.js";

const PER_MS = 10 / 1000;
const BURST = 100;
const MOST = 500;

let tokens = BURST;
let at = 0;
let passed = 0;
let dropped = 0;

/** May one more click or custom event pass? */
export function passes() {
  const now = tick();
  tokens = Math.min(BURST, tokens + (now - at) * PER_MS);
  at = now;
  if (tokens >= 1 && passed < MOST) {
    tokens--;
    passed++;
    return true;
  }
  dropped++;
  return false;
}

/** Counted since the last call. */
export function takeDropped() {
  const count = dropped;
  dropped = 0;
  return count;
}

export function resetCap() {
  passed = 0;
}
