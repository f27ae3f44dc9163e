// Footpath: where visitors walk, where they stumble. Everything meets here.

import { resetCap } from "./cap.js";
import { concludeClicks, openClicks } from "./click.js";
import { say } from "./command.js";
import { closeBatch, flush, push, send, stop } from "./deliver.js";
import { engage, isEngaged, measureSoon, openEngagement, report, resetEngagement } from "./engagement.js";
import { endVisit, openForms, succeedForms } from "./form.js";
import { guard, isStopped, listen, setStopped, tick } from "./guard.js";
import { beginPage, page, stamp } from "./page.js";
import { follow, moved } from "./route.js";
import { refused } from "./settings.js";
import { arrive, forget, isOver, openVisit, stay, visit } from "./visit.js";

const FIRST_MS = 500;

/** What stands in for the script, or the script itself. */
const stub = /** @type {any} */ (window.footpath || {});

/** Commands given before the script could take them. @type {any[] | undefined} */
let early = stub.q || [];

const { prerendering } = document;

/** Signs of automation are tagged, not hidden. */
const isAutomated = () => navigator.webdriver || /HeadlessChrome/.test(navigator.userAgent);

/**
 * @param {string | undefined} soft how it began without a load
 * @param {string} before
 * @param {string} [url]
 */
const open = (soft, before, url) => {
  const flags = [isAutomated() && "bot", prerendering && "prerendered", soft === "bfcache" && soft];
  arrive(before);
  beginPage(soft || prerendering ? tick() : 0, before, /** @type {string[]} */ (flags.filter(Boolean)), url);
  resetCap();
  resetEngagement();
  push(stamp("page_view", { soft }), FIRST_MS);
};

/** What is still open ends with its page view. @param {string} [response] of the last click */
const conclude = (response) => {
  concludeClicks(response);
  endVisit();
  succeedForms();
  report(true);
  closeBatch(true);
};

/**
 * @param {string} soft
 * @param {string} [url]
 */
const turn = (soft, url) => {
  conclude("navigation");
  open(soft, page.block.url, url);
};

const look = () => {
  const soft = moved();
  if (soft) turn(soft);
};

/** A session never continues in an open page. */
const renew = () => {
  if (!isOver() && visit.session === page.who.session) return;
  conclude();
  open("resume", "");
};

const onInput = () => {
  if (isEngaged()) return;
  renew();
  stay();
  engage();
};

const onVisibility = () => {
  if (!document.hidden) return;
  concludeClicks("visibility");
  report(true);
  flush();
};

const onLeave = () => {
  conclude();
  send(true);
};

/** The page block must be true for the clicks of its batch. */
const onResize = () => {
  closeBatch();
  measureSoon();
};

/** @param {boolean} given */
const consent = (given) => {
  if (!given) {
    stop();
    forget();
  } else if (isStopped) {
    setStopped(false);
    open("resume", "");
  }
};

const run = guard((/** @type {string} */ command, /** @type {any} */ subject, /** @type {any} */ more) => {
  look();
  renew();
  if (command === "page") turn("history", subject);
  else say(command, subject, more);
});

/** @param {...any} words */
const footpath = (...words) => {
  try {
    if (refused) return;
    if (early) early.push(words);
    else if (words[0] === "consent") consent(words[1]);
    else run(words[0], words[1], words[2]);
  } catch (_) {}
};

const start = guard(() => {
  const commands = early || [];
  early = undefined;
  listen("pointermove pointerdown keydown wheel touchmove", onInput);
  listen("visibilitychange", onVisibility);
  listen("pagehide", onLeave);
  listen("pageshow", (event) => event.persisted && open("bfcache", ""));
  listen("resize", onResize);
  openVisit(stop);
  openClicks();
  openForms();
  openEngagement();
  if (!window.navigation) follow(guard(look));
  listen(
    "currententrychange",
    () => {
      look();
      concludeClicks("navigation");
    },
    window.navigation,
  );
  // Consent that was refused before the start is heard before anything is kept.
  if (commands.some(([command, given]) => command === "consent" && !given)) consent(false);
  else open(undefined, document.referrer);
  for (const words of commands) footpath(...words);
});

if (!stub.version) {
  footpath.version = VERSION;
  window.footpath = footpath;
  if (refused) forget();
  // A prerendered page has no visitor until it is shown.
  else if (prerendering) document.addEventListener("prerenderingchange", start);
  else start();
}
