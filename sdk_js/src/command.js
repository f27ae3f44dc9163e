// What may a page say in its own words?

import { passes } from "./cap.js";
import { record } from "./deliver.js";
import { note } from "./note.js";
import { stamp } from "./page.js";

/** @param {any} value */
const text = (value, length = 128) => (value == null ? undefined : `${value}`.slice(0, length));

/** At most 20 plain values. @param {any} props */
export const plain = (props) => {
  /** @type {Record<string, any>} */
  const kept = {};
  for (const key of Object.keys(props).slice(0, 20)) {
    const value = props[key];
    kept[key.slice(0, 64)] = /number|boolean/.test(typeof value) ? value : text(value, 200);
  }
  return kept;
};

/**
 * @param {string} command
 * @param {any} subject
 * @param {any} [more]
 */
export const say = (command, subject, more) => {
  const name = text(subject);
  const details = more || {};
  if (!name) return;
  note("say", command, [subject, more]);
  if (command === "conversion") {
    const { value, currency, order_id } = details;
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
  if (command === "custom" && passes()) record(stamp("custom", { name, props: plain(details) }));
};

/** What an attribute of the page calls a goal. @param {string} goal */
export const convert = (goal) => say("conversion", goal);
