// How is a page used? All that can wait until the page is idle, and what comes even later.

import { takeOver } from "../takeover.js";
import { isField, notes, reserve, take, tick } from "./core.js";
import { describe, firstOf } from "./element.js";
import { beginEngagement, engage, measureSoon, openEngagement, report } from "./engagement.js";
import { follow } from "./follow.js";
import { beginZones, openZones } from "./zone.js";

/** @typedef {import("../note.js").Note} Note */

/** @param {any} subject */
const isForm = (subject) => subject && (subject.localName === "form" || isField(subject));

/** @param {import("../handed.js").Handed} handed */
export const more = (handed) => {
  take(handed);
  const tools = Object.assign({ describe, firstOf }, handed);
  const tellForm = follow("form", tools, isForm);
  const tellIdle = follow("idle", tools, () => true);
  openZones((form) => tellForm(["seen", tick(), reserve(0), form]));
  takeOver(
    notes,
    handed.setClock,
    {
      open: () => {
        beginEngagement();
        beginZones();
        measureSoon();
      },
      engage,
      element: describe,
    },
    (note) => {
      tellForm(note);
      tellIdle(note);
      // What the others tell of the page view goes before its sums.
      if (/hide|end/.test(note[0])) report(true);
    },
  );
  openEngagement();
};
