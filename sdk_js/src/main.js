// Footpath: where visitors walk, where they stumble. Everything meets here.

import { concludeClicks, openClicks } from "./click.js";
import { say } from "./command.js";
import { closeBatch, flush, record, send, sendLate, stop } from "./deliver.js";
import { guard, hearOnce, isStopped, later, listen, setStopped, tick, whenIdle } from "./guard.js";
import { loadMore, openDebug } from "./load.js";
import { note, notes, openNotes } from "./note.js";
import { beginPage, page, stamp } from "./page.js";
import { moved, openRoute } from "./route.js";
import { refused } from "./settings.js";
import { arrive, forget, isOver, openVisit, stay, visit } from "./visit.js";

const FIRST_MS = 500;
/** Once a second is often enough to know that somebody is there. */
const INPUT_MS = 1000;

/** What stands in for the script, or the script itself. */
const stub = /** @type {any} */ (window.footpath || {});

/** Commands given before the script could take them. @type {any[] | undefined} */
let early = stub.q || [];
let inputAt = -INPUT_MS;

const { prerendering } = document;

/**
 * @param {string | undefined} soft how it began without a load
 * @param {string} before
 * @param {string} [url]
 */
const open = (soft, before, url) => {
  // Signs of automation are tagged, not hidden.
  const flags = [navigator.webdriver && "bot", prerendering && "prerendered", soft === "bfcache" && soft];
  arrive(before);
  beginPage(soft || prerendering ? tick() : 0, before, /** @type {string[]} */ (flags.filter(Boolean)), url);
  const [load] = soft ? [] : /** @type {any[]} */ (performance.getEntriesByType("navigation"));
  // Where the browser tells.
  const status = (load && load.responseStatus) || undefined;
  record(stamp("page_view", { soft, status }), FIRST_MS);
  notes.length = 0;
  note("open", soft, !document.hidden);
  // In a task of its own: on a slow device the first is long enough.
  later(loadMore, 0);
  hearInput();
};

/** What is still open ends with its page view. @param {string} [response] of the last click */
const conclude = (response) => {
  concludeClicks(response);
  note("end");
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

const onInput = guard(() => {
  look();
  renew();
  stay();
  note("engage");
});

const hearInput = () => hearOnce("pointermove pointerdown keydown wheel", onAnyInput);

const onAnyInput = () => {
  if (tick() - inputAt < INPUT_MS) return;
  inputAt = tick();
  later(hearInput, INPUT_MS);
  onInput();
};

const onVisibility = () => {
  if (!document.hidden) return;
  concludeClicks("visibility");
  note("hide");
  flush();
};

const onLeave = () => {
  conclude();
  send(true);
};

/** The page block must be true for the clicks of its batch. */
const onResize = () => {
  closeBatch();
  page.block.viewport = undefined;
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
  } catch {}
};

const start = guard(() => {
  const commands = /** @type {any[]} */ (early);
  early = undefined;
  listen("visibilitychange", onVisibility);
  listen("pagehide", onLeave);
  listen("pageshow", (event) => event.persisted && open("bfcache", ""));
  listen("resize", onResize);
  openVisit(stop);
  // Who has refused is not written down for a moment either.
  if (commands.some((words) => words[0] === "consent" && !words[1])) consent(false);
  // First, in case the page lacks what the others need.
  else open(undefined, document.referrer);
  openClicks();
  openNotes();
  openRoute(() => {
    look();
    concludeClicks("navigation");
  });
  whenIdle(sendLate, 0);
  for (const words of commands) footpath(...words);
});

if (!stub.version) {
  footpath.version = VERSION;
  footpath.debug = openDebug;
  window.footpath = footpath;
  if (refused) forget();
  // A prerendered page has no visitor until it is shown.
  else if (prerendering) document.addEventListener("prerenderingchange", start);
  else start();
} else stub.copies = 1;
