// What else may a page say in its own words?

import { plain, record, stamp, visitNow } from "./core.js";

/** @type {Record<string, (subject: any, details: any) => object | undefined>} */
const sayings = {
  identify: (id, traits) => (visitNow().visitor ? { id, traits: plain(traits || {}) } : undefined),
  exposure: (experiment, variant) => ({ experiment, variant: `${variant}` }),
  survey: (survey, score) => ({ survey, score: +score }),
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
