// Footpath: where visitors walk, where they stumble. Everything meets here.

import { resetCap } from "./cap.js";
import { concludeClicks, leaveClicks, openClicks } from "./click.js";
import { say } from "./command.js";
import { closeBatch, flush, push, send, stop } from "./deliver.js";
import { engage, measureSoon, openEngagement, report, resetEngagement } from "./engagement.js";
import { endVisit, openForms, resetForms, succeedForms } from "./form.js";
import { guard, isStopped, listen, setStopped, tick, whenIdle } from "./guard.js";
import { beginPage, isAutomated, learnTimeZone, page, stamp } from "./page.js";
import { openRoute } from "./route.js";
import { refused } from "./settings.js";
import { arrive, forget, isOver, openVisit, stay, visit } from "./visit.js";

const FIRST_MS = 500;
const INPUT_MS = 1000;

let inputAt = -INPUT_MS;
let started = false;

const navigated = /** @type {PerformanceNavigationTiming | undefined} */ (
  performance.getEntriesByType("navigation")[0]
);
const activated = (navigated && navigated.activationStart) || 0;

/**
 * @param {string} [soft] how it began without a load
 * @param {string} [url]
 */
function open(soft, url) {
  const before = soft === "history" || soft === "hash" ? page.block.url : soft ? "" : document.referrer;
  arrive(before);
  const flags = [isAutomated() && "bot", activated && "prerendered", soft === "bfcache" && soft];
  beginPage(soft ? tick() : activated, before, /** @type {string[]} */ (flags.filter(Boolean)), url);
  resetCap();
  resetEngagement();
  resetForms();
  const status = soft ? undefined : navigated && navigated.responseStatus;
  push(stamp("page_view", { soft, status: status || undefined }), FIRST_MS);
}

/** What is still open ends with its page view. */
function conclude() {
  endVisit();
  succeedForms();
  report(true);
}

/**
 * @param {string} soft
 * @param {string} [url]
 */
function turn(soft, url) {
  concludeClicks("navigation");
  conclude();
  closeBatch(true);
  send();
  open(soft, url);
}

/** A session never continues in an open page. */
function resume() {
  leaveClicks();
  conclude();
  closeBatch();
  open("resume");
}

const isEnded = () => isOver() || visit.session !== page.who.session;

/** Once a second is often enough to know that somebody is there. */
function onInput() {
  if (tick() - inputAt < INPUT_MS) return;
  inputAt = tick();
  if (isEnded()) resume();
  stay();
  engage();
}

function onVisibility() {
  if (!document.hidden) return;
  concludeClicks("visibility");
  report(true);
  flush();
}

function onLeave() {
  leaveClicks();
  conclude();
  closeBatch();
  send(true);
}

/** The page block must be true for the clicks of its batch. */
function onResize() {
  closeBatch();
  measureSoon();
}

/** @param {boolean} given */
function consent(given) {
  if (!given) {
    stop();
    forget();
  } else if (isStopped) {
    setStopped(false);
    open("resume");
  }
}

const run = guard((/** @type {string} */ command, /** @type {any[]} */ args) => {
  if (isEnded()) resume();
  if (command === "page") turn("history", args[0]);
  else say(command, args[0], args[1]);
});

/** Commands given before the script could take them. @type {ArrayLike<any>[]} */
const early = (window.footpath && window.footpath.q) || [];

/** @param {...any} words */
function footpath(...words) {
  const [command, ...args] = words;
  try {
    if (refused) return;
    if (!started) early.push(words);
    else if (command === "consent") consent(args[0]);
    else run(command, args);
  } catch (_) {}
}

/** The last word on consent, if it was given before the start, is heard before anything is kept. */
function isDenied() {
  const words = early.filter((command) => command[0] === "consent").pop();
  return words && !words[1];
}

const start = guard(() => {
  listen("pointermove pointerdown keydown wheel touchmove", onInput);
  listen("visibilitychange", onVisibility);
  listen("pagehide", onLeave);
  listen("pageshow", (event) => event.persisted && open("bfcache"));
  listen("resize", onResize);
  openVisit(stop);
  openClicks();
  openForms();
  openEngagement();
  openRoute(turn);
  whenIdle(learnTimeZone);
  started = true;
  if (isDenied()) consent(false);
  else open();
  for (const words of early) footpath(...Array.from(words));
});

if (!window.footpath || !window.footpath.version) {
  footpath.version = VERSION;
  window.footpath = footpath;
  if (refused) forget();
  // A prerendered page has no visitor until it is shown.
  else if (document.prerendering) document.addEventListener("prerenderingchange", start, { once: true });
  else start();
}
