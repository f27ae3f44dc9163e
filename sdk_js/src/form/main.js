// What do people do with a form? It comes when one is seen or used.

import { take } from "./core.js";
import {
  beginForms,
  endVisit,
  onField,
  onInvalid,
  onReset,
  onSubmit,
  stateOf,
  succeedForms,
} from "./form.js";
import { openRoot } from "./root.js";

/**
 * @param {import("../handed.js").Core} handed
 * @param {import("../note.js").Note[]} notes
 */
export const form = (handed, notes) => {
  take(handed);
  handed.takeOver(notes, {
    open: beginForms,
    end: () => {
      endVisit();
      succeedForms();
    },
    seen: stateOf,
    focusin: (field, event) => {
      openRoot(field);
      onField(field, event);
    },
    input: onField,
    focusout: endVisit,
    submit: onSubmit,
    invalid: onInvalid,
    reset: onReset,
    say: (command) => command === "conversion" && succeedForms(),
  });
};
