// How is a page used? All that can wait until the page is idle, and what comes even later.

import { convert, isField, nearest, notes, take } from "./core.js";
import { accessibleName, describe, firstOf, roleOf } from "./element.js";
import { beginEngagement, engage, measureSoon, openEngagement, report } from "./engagement.js";
import { follow } from "./follow.js";
import { takeOver } from "./takeover.js";

/** @typedef {import("../note.js").Note} Note */

/** @param {any} subject */
const isForm = (subject) => subject && (subject.localName === "form" || isField(subject));

/** @param {import("../handed.js").Handed} handed */
export const more = (handed) => {
  take(handed);
  const tools = Object.assign({ accessibleName, describe, firstOf, roleOf, takeOver }, handed);
  const tellers = [follow("form", tools, isForm)];
  // Who works on the page is no visitor of it: nothing is told of them, however long the overlay takes to come.
  const overlay = /[#?]footpath=/.test(location.hash);
  if (overlay) handed.stop();
  /** In which share of all loads of a page. @type {Record<string, any>} */
  const shares = {
    idle: 1,
    skeleton: handed.settings.skeleton,
    trail: handed.settings.trail,
    overlay,
  };
  for (const name of Object.keys(shares)) if (Math.random() < shares[name]) tellers.push(follow(name, tools));
  takeOver(
    notes,
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
      for (const tell of tellers) tell(note);
      // What the others tell of the page view goes before its sums.
      if (/hide|end/.test(note[0])) report(true);
    },
  );
  openEngagement();
};
