// Where do people click, and does anything answer?

import { passes } from "./cap.js";
import { say } from "./command.js";
import { push } from "./deliver.js";
import {
  attr,
  describe,
  findFixed,
  isControl,
  isField,
  isIgnored,
  isSubmit,
  nearest,
  subject,
} from "./element.js";
import { guard, later, listen, targetOf, tick, whenIdle } from "./guard.js";
import { page, stamp } from "./page.js";

/**
 * @typedef {object} Held a click that awaits its effect
 * @property {import("./page.js").Event} event
 * @property {number} at
 * @property {any} leads a link or a submit: leaving the page is its response
 */

const WATCH_MS = 7000;
/** A wheel goes on scrolling after the hand has left it. */
const MOMENTUM_MS = 500;
/** The browser's own click on the control of a label that was clicked. */
const ECHO_MS = 50;
/** A touch becomes a click a little after its end. */
const TAP_MS = 350;
const EVERYTHING = { subtree: true, childList: true, attributes: true, characterData: true };

/** @type {Held[]} */
let held = [];
/** What the last pointerdown found, while layout was clean. @type {Element} */
let pressed;
/** @type {DOMRect} */
let rect;
let pointer = "";
/** Between pointerdown and click, when menus open and fields take the focus. */
let pressing = false;
let early = "";
let clickedAt = 0;
let handAt = -MOMENTUM_MS;
/** Whether they are fixed is not known yet. @type {(() => void)[]} */
let unplaced = [];
/** @type {MutationObserver} */
let observer;

/** Armed only while something awaits its effect. @param {Event} event */
function watch(event) {
  observer.observe(document, EVERYTHING);
  for (const node of event.composedPath()) {
    if (node instanceof ShadowRoot) observer.observe(node, EVERYTHING);
  }
}

/** @param {MutationRecord[]} records */
function onMutations(records) {
  const seen = records.filter(
    ({ target, type }) =>
      (!pressing || type === "childList") &&
      !isIgnored(/** @type {Element} */ (target.parentElement || document.body)),
  );
  if (seen[0]) effect("mutation");
}

/** @param {PointerEvent} event */
function onPress(event) {
  pressed = subject(targetOf(event));
  rect = pressed.getBoundingClientRect();
  pointer = event.pointerType;
  pressing = true;
  early = "";
  watch(event);
}

/** @param {PointerEvent} event */
function onClick(event) {
  const target = targetOf(event);
  const keyboard = !event.detail && event.type === "click";
  const isEcho = !pressing && tick() - clickedAt < ECHO_MS;
  pressing = false;
  clickedAt = tick();
  if (isEcho || !event.isTrusted || isIgnored(target) || !passes()) return rest();
  const element = subject(target);
  if (keyboard || element !== pressed) rect = element.getBoundingClientRect();
  // Of the event, because reading scrollX would lay the page out.
  const scroll = keyboard ? [scrollX, scrollY] : [event.pageX - event.clientX, event.pageY - event.clientY];
  const x = keyboard ? rect.x + rect.width / 2 : event.clientX;
  const y = keyboard ? rect.y + rect.height / 2 : event.clientY;
  const el = describe(element, rect, scroll);
  const about = page.elements[el];
  const { x: left, y: top, width, height } = rect;
  unplaced.push(() => findFixed(element, about, [left, top, width, height]));
  whenIdle(placeClicked);
  const click = {
    at: tick(),
    leads: isSubmit(element) || nearest(element, "a"),
    event: stamp("click", {
      el,
      x: Math.round(x + scroll[0]),
      y: Math.round(y + scroll[1]),
      vx: Math.round(x),
      vy: Math.round(y),
      ex: thousandths(x - rect.x, rect.width),
      ey: thousandths(y - rect.y, rect.height),
      interactive: +isControl(element),
      button: event.button || undefined,
      modifier: event.ctrlKey || event.metaKey || event.shiftKey || event.altKey ? 1 : undefined,
      pointer: keyboard ? "keyboard" : pointer,
    }),
  };
  held.push(click);
  watch(event);
  later(() => {
    if (held.includes(click)) close(click);
    held = held.filter((other) => other !== click);
    rest();
  }, WATCH_MS);
  // What the press itself did is no answer to the clicks before.
  if (early) close(/** @type {Held} */ (held.pop()), early);
  early = "";
  rest();
  const goal = nearest(element, "[data-footpath-goal]:not(form)");
  if (goal) say("conversion", attr(goal, "data-footpath-goal"));
}

/**
 * @param {number} offset
 * @param {number} length
 */
const thousandths = (offset, length) =>
  Math.max(0, Math.min(1000, Math.round((offset / (length || 1)) * 1000)));

/** When idle, but before the click is sent: a link in a sticky header leaves at once. */
function placeClicked() {
  for (const find of unplaced) find();
  unplaced = [];
}

function rest() {
  if (!held.length && !pressing) observer.disconnect();
}

/**
 * @param {Held} click
 * @param {string} [response]
 */
function close({ event, at }, response) {
  event.watched_ms = Math.min(WATCH_MS, Math.round(tick() - at));
  if (response) {
    event.response = response;
    event.response_ms = event.watched_ms;
    if (response === "selection") event.selection = 1;
  }
  push(event);
}

/** It answers the newest click; older ones stay without. @param {string} [kind] */
function effect(kind) {
  if (pressing) {
    early = early || kind || "";
    return;
  }
  const newest = held.pop();
  for (const click of held) close(click);
  if (newest) close(newest, kind);
  held = [];
  rest();
}

/** No click is held across page views. @param {string} [kind] what ends the page view, if that is an effect */
export function concludeClicks(kind) {
  pressing = false;
  placeClicked();
  effect(kind);
}

/** The page goes away: the response of links and submits only. */
export function leaveClicks() {
  const newest = held[held.length - 1];
  concludeClicks(newest && newest.leads && "navigation");
}

/** It became a drag or a scroll: what happened meanwhile answers the click before. */
function endPress() {
  pressing = false;
  if (early === "mutation") effect(early);
  early = "";
  rest();
}

/** Counts unless somebody moves the page or the focus by hand. @param {string} kind */
function effectOfScript(kind) {
  const newest = held[held.length - 1];
  if (newest && !pressing && handAt < newest.at - MOMENTUM_MS) effect(kind);
}

/** @param {FocusEvent} event */
function onFocus(event) {
  if (pressing && isField(targetOf(event))) effect("focus");
  effectOfScript("focus");
}

export function openClicks() {
  observer = new MutationObserver(guard(onMutations));
  listen("pointerdown", onPress);
  listen("click auxclick", onClick);
  listen("pointercancel", endPress);
  listen("pointerup", () => {
    const own = rect;
    later(() => own === rect && pressing && endPress(), TAP_MS);
  });
  listen("wheel touchmove keydown", () => {
    handAt = tick();
  });
  listen("focusin", onFocus);
  listen("selectionchange", () => {
    if (!(/** @type {Selection} */ (getSelection()).isCollapsed))
      (pressing ? effect : effectOfScript)("selection");
  });
  listen("scroll", () => effectOfScript("scroll"));
  // A field that was typed into changes when the press takes its focus: no answer to that click.
  listen("change toggle", () => pressing || effect("mutation"));
  // The browser's own back button answers no click.
  listen(
    "navigate",
    (event) => event.navigationType === "traverse" || effect("navigation"),
    window.navigation,
  );
}
