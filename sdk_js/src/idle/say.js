// What else may a page say in its own words?

import { passes, record, stamp, visitNow } from "./core.js";

/** As long as the collector takes it. @param {any} value */
const cut = (value, length = 128) => `${value}`.slice(0, length);

/** At most 20 plain values. @param {any} values */
const plain = (values) => {
  /** @type {Record<string, any>} */
  const kept = {};
  for (const key of Object.keys(values || {}).slice(0, 20)) {
    const value = values[key];
    if (value != null) kept[cut(key, 64)] = /number|boolean/.test(typeof value) ? value : cut(value, 200);
  }
  return kept;
};

/** An answer that is no number is none; 0 is one. @param {number} score */
const numeric = (score) => (Number.isFinite(score) ? score : undefined);

/** @type {Record<string, (subject: any, details: any) => object | undefined>} */
const sayings = {
  identify: (id, traits) => (visitNow().visitor ? { id: cut(id, 256), traits: plain(traits) } : undefined),
  custom: (name, props) => (passes() ? { name: cut(name), props: plain(props) } : undefined),
  exposure: (experiment, variant) =>
    variant == null ? undefined : { experiment: cut(experiment), variant: cut(variant) },
  survey: (survey, score) => ({ survey: cut(survey), score: numeric(parseFloat(score)) }),
};

/**
 * @param {string} command
 * @param {any[]} words
 */
export const sayMore = (command, [subject, details]) => {
  const saying = sayings[command];
  const event = saying && saying(`${subject}`, details);
  if (event) record(stamp(command, event));
};
