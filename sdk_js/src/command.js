// What may a page say in its own words?

import { passes } from "./cap.js";
import { push } from "./deliver.js";
import { succeedForms } from "./form.js";
import { mayIdentify, stamp } from "./page.js";

const MOST_PROPS = 20;

/** @param {any} value */
const name = (value) => String(value).slice(0, 128);

/** @param {any} value */
const given = (value) => (value === undefined || value === null ? undefined : name(value));

/** @param {any} value */
const number = (value) => (Number.isFinite(value) ? value : undefined);

/** @param {any} value */
function plain(value) {
  return typeof value === "boolean" || Number.isFinite(value) || value === null
    ? value
    : String(value).slice(0, 200);
}

/** @param {any} props */
function flat(props) {
  /** @type {Record<string, any>} */
  const kept = {};
  for (const key of Object.keys(props || {}).slice(0, MOST_PROPS)) kept[key.slice(0, 64)] = plain(props[key]);
  return kept;
}

/** One table: what each command sends. @type {Record<string, (a: any, b: any) => void>} */
export const commands = {
  conversion(goal, { value, currency, order_id } = {}) {
    succeedForms();
    const code = String(currency).toUpperCase();
    push(
      stamp("conversion", {
        goal: name(goal),
        value: number(+value),
        currency: /^[A-Z]{3}$/.test(code) ? code : undefined,
        order_id: given(order_id),
      }),
      0,
    );
  },
  custom(what, props) {
    if (passes()) push(stamp("custom", { name: name(what), props: flat(props) }));
  },
  identify(id, traits) {
    if (mayIdentify && id) push(stamp("identify", { id: String(id).slice(0, 256), traits: flat(traits) }));
  },
  exposure(experiment, variant) {
    push(stamp("exposure", { experiment: name(experiment), variant: name(variant) }));
  },
  survey(kind, score) {
    push(stamp("survey", { survey: name(kind), score: number(+score) }));
  },
};
