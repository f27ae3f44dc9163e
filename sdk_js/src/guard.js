// How does the script run inside a stranger's page without harming it?

import { sums } from "./sums.js";

export let isStopped = false;

/** While stopped no listener, timer or observer of the script does anything. @param {boolean} stopped */
export const setStopped = (stopped) => {
  isStopped = stopped;
};

let noted = 0;

/** @param {number} at when what is heard of now was noted; 0: it happens now */
export const setTick = (at) => {
  noted = at;
};

/** The monotonic clock, whole ms. What is heard of late is dated as it happened. */
export const tick = () => noted || Math.round(performance.now());

/**
 * Every way into the script goes through here: it never throws into the page and meters itself.
 * @template {any[]} A
 * @param {(...args: A) => void} handler
 * @returns {(...args: A) => void}
 */
export const guard =
  (handler) =>
  (...args) => {
    if (isStopped) return;
    const start = performance.now();
    try {
      handler(...args);
    } catch {}
    sums.script_ms += performance.now() - start;
  };

/**
 * What happens often is heard once, and again when it counts again: that a pointer moves costs most by being heard.
 * The handler only compares and sets, so that neither can anything go wrong nor is the measuring worth its cost.
 * @param {string} types names, separated by spaces
 * @param {(event: any) => void} handler
 * @param {EventTarget} [target]
 */
export const hearOnce = (types, handler, target = window, once = true) => {
  for (const type of types.split(" "))
    target.addEventListener(type, handler, { capture: true, passive: true, once });
};

/**
 * @param {string} types
 * @param {(event: any) => void} handler
 * @param {EventTarget} [target]
 */
export const listen = (types, handler, target) => hearOnce(types, guard(handler), target, false);

/** Through shadow roots. @param {Event} event @returns {any} */
export const targetOf = (event) => event.composedPath()[0];

/**
 * @param {() => void} task
 * @param {number} [ms]
 */
export const later = (task, ms) => setTimeout(guard(task), ms);

/**
 * When the page has nothing better to do, and has been painted.
 * @param {() => void} task
 * @param {number} ms
 */
export const whenIdle = (task, ms) =>
  // Safari has none, where an element may have its id; a timer takes the options for 0.
  later(
    () =>
      /** @type {any} */ (window.IdleDeadline ? requestIdleCallback : setTimeout)(guard(task), {
        timeout: 400,
      }),
    ms,
  );
