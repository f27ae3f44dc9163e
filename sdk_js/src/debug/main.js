// What does the script capture right now? A panel on the page and lines in the console, for who installs it.

import { panel } from "./panel.js";
import { sentence } from "./sentence.js";

const STATE_MS = 500;

/** @type {ReturnType<typeof panel> | undefined} */
let shown;

/**
 * While the script is stopped nothing that it guards runs.
 * @param {import("../handed.js").Core} core
 */
const isStopped = ({ guard }) => {
  let hasRun = false;
  guard(() => {
    hasRun = true;
  })();
  return !hasRun;
};

/** Why nothing is captured, if so. @param {import("../handed.js").Core} core */
const obstacle = (core) => {
  if (core.refused) return "this browser asks not to be tracked (GPC or DNT) and the site respects it";
  if (!isStopped(core)) return core.pageNow() ? "" : "the page is being prerendered";
  return core.visitNow().since
    ? "the collector has answered that it wants nothing from this site"
    : "consent was refused or withdrawn";
};

/** @param {import("../handed.js").Core} core */
export const debug = (core) => {
  if (shown && shown.isOpen()) return;
  const { hooks, pageNow, settings, tick, visitNow, waiting } = core;
  const { version, copies } = /** @type {any} */ (window.footpath);
  const show = panel(`Footpath ${version} · ${settings.site || "no site: data-site is missing"}`);
  if (!shown) setInterval(() => shown && shown.state(waiting.size), STATE_MS);
  shown = show;
  const say = (/** @type {string} */ line) => {
    show.line(line);
    console.info(`footpath: ${line}`);
  };
  const why = obstacle(core);
  if (why) say(`nothing is captured: ${why}`);
  if (copies) say("a second script tag was found; only the first one runs");
  if (!why) {
    const { block, zero } = pageNow();
    const { visitor, session } = visitNow();
    say(`page view ${block.id}, ${block.url}, since ${Math.round((tick() - zero) / 1000)} s`);
    say(
      visitor ? `visitor ${visitor}, session ${session}` : "nobody is known: nothing is kept on the device",
    );
  }
  say(`events go to ${core.eventsUrl}`);
  hooks.recorded = (event) => {
    say(sentence(event));
    show.mark(event);
  };
};
