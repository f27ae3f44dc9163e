// What breaks, how fast is it, and what does the page say of its visitors?

import { guard, take } from "./core.js";
import { onUse, openEcho } from "./echo.js";
import { beginErrors, onError, onRejection, openErrors } from "./error.js";
import { openFrames } from "./frame.js";
import { pack } from "./pack.js";
import { sayMore } from "./say.js";
import { beginVitals, endVitals, hideVitals, openVitals } from "./vital.js";
import { beginZones, keepSeeing, openZones, reportZones } from "./zone.js";

const REPORT_MS = 15000;

const report = () => {
  endVitals();
  reportZones();
};

/**
 * @param {import("../handed.js").Core} handed
 * @param {import("../note.js").Note[]} notes
 */
export const idle = (handed, notes) => {
  take(handed);
  handed.hooks.pack = pack;
  // Before anything is told.
  openEcho();
  openZones();
  handed.takeOver(notes, {
    open: (soft) => {
      beginErrors();
      beginVitals(soft);
      beginZones();
    },
    input: onUse,
    engage: keepSeeing,
    hide: () => {
      hideVitals();
      report();
    },
    end: report,
    error: onError,
    unhandledrejection: onRejection,
    say: sayMore,
  });
  openFrames();
  openErrors();
  openVitals();
  // What is told by now need not be told when the page is left, which is sent as it is.
  setInterval(guard(report), REPORT_MS);
};
