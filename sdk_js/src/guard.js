// How does the script run inside a stranger's page without harming it?

let spent = 0;
export let isStopped = false;

/** While stopped no listener, timer or observer of the script does anything. @param {boolean} stopped */
export function setStopped(stopped) {
  isStopped = stopped;
}

/** Own handler time since the last call, ms. */
export function takeSpent() {
  const ms = Math.round(spent * 10) / 10;
  spent = 0;
  return ms;
}

/** The monotonic clock, ms. */
export const tick = () => performance.now();

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
    const start = tick();
    try {
      handler(...args);
    } catch (_) {}
    spent += tick() - start;
  };

/**
 * @param {string} types names, separated by spaces
 * @param {(event: any) => void} handler
 * @param {EventTarget | undefined} [target]
 */
export function listen(types, handler, target = window) {
  for (const type of types.split(" ")) {
    target.addEventListener(type, guard(handler), { capture: true, passive: true });
  }
}

/** Through shadow roots. @param {Event} event @returns {any} */
export const targetOf = (event) => event.composedPath()[0];

/**
 * @param {() => void} task
 * @param {number} ms
 */
export const later = (task, ms) => setTimeout(guard(task), ms);

/**
 * When the page has nothing better to do, but soon.
 * @param {() => void} task
 */
export const whenIdle = (task) =>
  // Safari has none.
  "requestIdleCallback" in window ? requestIdleCallback(guard(task), { timeout: 400 }) : later(task, 1);
