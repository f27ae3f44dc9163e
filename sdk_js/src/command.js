// What may a page say in its own words?

import { record } from "./deliver.js";
import { note } from "./note.js";
import { stamp } from "./page.js";

/** @param {any} value */
const text = (value) => (value == null ? undefined : `${value}`.slice(0, 128));

/**
 * @param {string} command
 * @param {any} subject
 * @param {any} [more]
 */
export const say = (command, subject, more) => {
  const name = text(subject);
  if (!name) return;
  note("say", command, [subject, more]);
  if (command === "conversion") {
    const { value, currency, order_id } = more || {};
    record(
      stamp("conversion", {
        goal: name,
        value: +value || undefined,
        currency: /^[a-z]{3}$/i.test(currency) ? currency.toUpperCase() : undefined,
        order_id: text(order_id),
      }),
      0,
    );
  }
};

/** What an attribute of the page calls a goal. @param {string} goal */
export const convert = (goal) => say("conversion", goal);
