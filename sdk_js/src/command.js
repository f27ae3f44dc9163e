// What may a page say in its own words?

import { passes } from "./cap.js";
import { push } from "./deliver.js";
import { succeedForms } from "./form.js";
import { stamp } from "./page.js";
import { reduced } from "./settings.js";

/** @param {any} value */
const text = (value, length = 128) => (value || value === 0 ? String(value).slice(0, length) : undefined);

/** At most 20 plain values. @param {any} props */
function flat(props) {
  /** @type {Record<string, any>} */
  const kept = {};
  for (const key of Object.keys(props || {}).slice(0, 20)) {
    const value = props[key];
    kept[key.slice(0, 64)] = /number|boolean/.test(typeof value) ? value : text(value, 200);
  }
  return kept;
}

/** What each command sends. @type {Record<string, (a: any, b?: any) => object | false>} */
const FIELDS = {
  conversion(goal, { value, currency, order_id } = {}) {
    succeedForms();
    const [code] = /^[a-z]{3}$/i.exec(currency) || [""];
    return {
      goal: text(goal),
      value: +value || undefined,
      currency: code.toUpperCase() || undefined,
      order_id: text(order_id),
    };
  },
  custom: (name, props) => passes() && { name: text(name), props: flat(props) },
  identify: (id, traits) => !reduced && { id: text(id, 256), traits: flat(traits) },
  exposure: (experiment, variant) => ({ experiment: text(experiment), variant: text(variant) }),
  survey: (survey, score) => ({ survey: text(survey), score: +score || 0 }),
};

/**
 * @param {string} command
 * @param {any} subject
 * @param {any} [more]
 */
export function say(command, subject, more) {
  const fields = subject !== undefined && FIELDS[command](subject, more);
  if (fields) push(stamp(command, fields), command === "conversion" ? 0 : undefined);
}
