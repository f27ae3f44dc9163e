// What does an event say, in one line?

/** Beside its number, its time and its kind. */
const HIDDEN = new Set(["n", "t", "k", "el"]);

/** @param {any} value */
const short = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** @param {any} event */
export const sentence = (event) => {
  const { el, t, k } = event;
  const what = el && el.role ? ` ${el.role} "${el.name || el.selector}"` : "";
  const more = Object.entries(event)
    .filter(([name, value]) => !HIDDEN.has(name) && value !== undefined)
    .map(([name, value]) => `${name} ${short(value)}`);
  return `${(t / 1000).toFixed(1)} s  ${k}${what}${more.length ? `: ${more.join(", ")}` : ""}`;
};
