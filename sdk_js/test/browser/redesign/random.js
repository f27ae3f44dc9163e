// The same numbers at every run.

/** @param {string} text */
export function number(text) {
  let h = 2166136261;
  for (const c of text) h = Math.imul(h ^ c.codePointAt(0), 16777619);
  h = Math.imul(h ^ (h >>> 15), 2246822507);
  h = Math.imul(h ^ (h >>> 13), 3266489909);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Between 0 and 1, decided by a text. */
export const chance = (text) => number(text) / 2 ** 32;

export const digits = (text, length, base = 36) =>
  (number(text).toString(base) + number(`${text}+`).toString(base)).slice(0, length);

export const pick = (list, text) => list[number(text) % list.length];

export const shuffle = (list, text) =>
  list
    .map((value, i) => [chance(`${text} ${i}`), value])
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
