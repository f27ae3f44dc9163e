// Where do people click, and does anything answer?

import { passes } from "./cap.js";
import { push } from "./deliver.js";
import { describe, isControl, isField, isIgnored, isSubmit, nearest, subject } from "./element.js";
import { guard, later, listen, targetOf, tick } from "./guard.js";
import { stamp } from "./page.js";

/**
 * @typedef {object} Held a click that awaits its effect
 * @property {import("./page.js").Event} event
 * @property {number} at
 * @property {any} leads a link or a submit: leaving the page is its response
 */

const WATCH_MS = 7000;
/** What is pressed for longer is no click but a drag or a scroll. */
const PRESS_MS = 500;
/** A wheel goes on scrolling after the hand has left it. */
const MOMENTUM_MS = 500;
/** The browser's own click on the control of a label that was clicked. */
const ECHO_MS = 50;
const EVERYTHING = { subtree: true, childList: true, attributes: true, characterData: true };

/** The last pointerdown and what it found, while layout was clean. @type {any} */
let press = {};
/** @type {Set<Held>} */
const held = new Set();
/** The last click, held or not. @type {Held} */
export let newest = /** @type {any} */ ({});
let handAt = -MOMENTUM_MS;
/** @type {MutationObserver} */
let observer;

const isPressing = () => !press.clicked && tick() - press.at < PRESS_MS;

/** Armed only while something awaits its effect. @param {Element} element */
function watch(element) {
  for (const root of [document, element.getRootNode()]) observer.observe(root, EVERYTHING);
}

/** @param {MutationRecord[]} records */
function onMutations(records) {
  if (!held.size && !isPressing()) return observer.disconnect();
  // A press changes its own element's style.
  for (const { target, type } of records)
    if ((!isPressing() || type === "childList") && !isIgnored(target.parentElement || document.body))
      return effect("mutation");
}

/**
 * All that is read of the layout, at a moment when that is cheap.
 * @param {Element} element
 * @param {string} pointer
 */
function look(element, pointer) {
  const { x, y, width, height } = element.getBoundingClientRect();
  let fixed = 0;
  /** @type {Element | null} */
  let at = element;
  for (; at; at = at.parentElement) if (/fixed|sticky/.test(getComputedStyle(at).position)) fixed = 1;
  press = { element, pointer, x, y, width, height, fixed, left: scrollX, top: scrollY, at: tick() };
}

/** @param {PointerEvent} event */
function onPress(event) {
  const element = subject(targetOf(event));
  look(element, event.pointerType);
  watch(element);
}

/**
 * @param {number} offset
 * @param {number} length
 */
const thousandths = (offset, length) =>
  Math.max(0, Math.min(1000, Math.round((offset / (length || 1)) * 1000)));

/** @param {MouseEvent} event */
function onClick(event) {
  const target = targetOf(event);
  const element = subject(target);
  const keyboard = !event.detail && !event.button;
  const isEcho = tick() - press.clicked < ECHO_MS;
  if (keyboard || element !== press.element) look(element, keyboard ? "keyboard" : press.pointer);
  press.clicked = tick();
  if (isEcho || !event.isTrusted || isIgnored(target) || !passes()) return;
  const { x, y, width, height, left, top, fixed, pointer, response } = press;
  const vx = keyboard ? x + width / 2 : event.clientX;
  const vy = keyboard ? y + height / 2 : event.clientY;
  const rect = [x + (fixed ? 0 : left), y + (fixed ? 0 : top), width, height].map(Math.round);
  const click = {
    at: tick(),
    leads: (isSubmit(element) || nearest(element, "a")) && "navigation",
    event: stamp("click", {
      el: describe(element, { fixed, rect }),
      x: Math.round(vx + left),
      y: Math.round(vy + top),
      vx: Math.round(vx),
      vy: Math.round(vy),
      ex: thousandths(vx - x, width),
      ey: thousandths(vy - y, height),
      interactive: +isControl(element),
      button: event.button || undefined,
      modifier: +(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) || undefined,
      pointer,
    }),
  };
  newest = click;
  held.add(click);
  watch(element);
  later(() => close(click), WATCH_MS);
  // What the press itself did is no answer to the clicks before.
  if (response) close(click, response);
}

/**
 * @param {Held} click
 * @param {string} [response]
 */
function close(click, response) {
  if (!held.delete(click)) return;
  const { event } = click;
  event.watched_ms = Math.min(WATCH_MS, tick() - click.at);
  if (response) {
    event.response = response;
    event.response_ms = event.watched_ms;
    event.selection = response === "selection" ? 1 : undefined;
  }
  push(event);
}

/** It answers the newest click; older ones stay without. @param {string} [kind] */
function effect(kind) {
  if (isPressing()) press.response = press.response || kind;
  else for (const click of held) close(click, click === newest ? kind : undefined);
}

/** Counts unless somebody moves the page or the focus by hand. @param {string} kind */
function effectOfScript(kind) {
  if (isPressing() || handAt < newest.at - MOMENTUM_MS) effect(kind);
}

/**
 * No click is held across page views.
 * @param {string} [kind] what ends the page view; leaving it is an effect of links and submits only
 */
export function concludeClicks(kind = newest.leads) {
  press = {};
  effect(kind);
}

export function openClicks() {
  observer = new MutationObserver(guard(onMutations));
  listen("pointerdown", onPress);
  listen("click auxclick", onClick);
  listen("wheel touchmove keydown", () => {
    handAt = tick();
  });
  listen("focusin", (event) => {
    if (!isPressing() || isField(targetOf(event))) effectOfScript("focus");
  });
  listen("selectionchange", () => {
    if (!(/** @type {Selection} */ (getSelection()).isCollapsed)) effectOfScript("selection");
  });
  listen("scroll", () => isPressing() || effectOfScript("scroll"));
  // A field that was typed into changes when the press takes its focus: no answer to that click.
  listen("change toggle", () => isPressing() || effect("mutation"));
  // The browser's own back button answers no click.
  listen(
    "navigate",
    (event) => event.navigationType === "traverse" || effect("navigation"),
    window.navigation,
  );
}
