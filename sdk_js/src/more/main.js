// How is a page used? All that can wait until the page is idle, and what comes even later.

import { takeOver } from "../takeover.js";
import { convert, isField, nearest, notes, take } from "./core.js";
import { describe, firstOf } from "./element.js";
import { beginEngagement, engage, measureSoon, openEngagement, report } from "./engagement.js";
import { follow } from "./follow.js";
import { pack } from "./pack.js";

/** @typedef {import("../note.js").Note} Note */

/** @param {any} subject */
const isForm = (subject) => subject && (subject.localName === "form" || isField(subject));

/** @param {import("../handed.js").Handed} handed */
export const more = (handed) => {
  take(handed);
  const tools = Object.assign({ describe, firstOf }, handed);
  const tellForm = follow("form", tools, isForm);
  const tellIdle = follow("idle", tools, () => true);
  handed.hooks.pack = pack;
  takeOver(
    notes,
    handed.setClock,
    {
      open: (_soft, isVisible) => {
        beginEngagement(isVisible);
        measureSoon();
      },
      engage,
      element: (element, about) => {
        describe(element, about);
        const goal = nearest(element, "[data-footpath-goal]:not(form)");
        if (goal) convert(goal.dataset.footpathGoal);
      },
    },
    (note) => {
      if (note[0] === "element") return;
      tellForm(note);
      tellIdle(note);
      // What the others tell of the page view goes before its sums.
      if (/hide|end/.test(note[0])) report(true);
    },
  );
  openEngagement();
};
