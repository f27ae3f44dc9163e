// What does the script capture right now? A panel on the page and lines in the console, for who installs it.

import { panel } from "./panel.js";
import { sentence } from "./sentence.js";

/** @param {import("../handed.js").Handed} core */
export const debug = (core) => {
  const { hooks, pageNow, refused, settings, tick, visitNow, waiting } = core;
  const { version, copies } = /** @type {any} */ (window.footpath);
  const page = pageNow();
  const show = panel(`Footpath ${version} · ${settings.site || "no site: data-site is missing"}`);
  const say = (/** @type {string} */ line) => {
    show.line(line);
    console.info(`footpath: ${line}`);
  };
  if (refused)
    say("nothing is captured: this browser asks not to be tracked (GPC or DNT) and the site respects it");
  else if (!page) say("nothing is captured: consent is missing, or the page is being prerendered");
  if (copies) say("a second script tag was found; only the first one runs");
  if (page)
    say(`page view ${page.block.id}, ${page.block.url}, since ${Math.round((tick() - page.zero) / 1000)} s`);
  const { visitor, session } = visitNow();
  if (page)
    say(
      visitor ? `visitor ${visitor}, session ${session}` : "nobody is known: nothing is kept on the device",
    );
  say(`events go to ${core.eventsUrl}`);
  hooks.recorded = (event) => {
    say(sentence(event));
    show.mark(event);
  };
  setInterval(() => show.state(waiting.size), 500);
};
