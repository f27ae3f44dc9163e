// Where do people click, and does anything answer?

import { passes } from "./cap.js";
import { CONTROL, isField, isIgnored, isSubmit, nearest, subject } from "./control.js";
import { record } from "./deliver.js";
import { guard, hearOnce, later, listen, targetOf, tick } from "./guard.js";
import { note } from "./note.js";
import { pageTime, stamp } from "./page.js";

/** @typedef {import("./page.js").Event} Event */

const WATCH_MS = 7000;
/** What is pressed for longer is a drag or a scroll. */
const PRESS_MS = 500;

/** The last press; a click has come of it where its time is 0. */
let pointer = "";
let pressedAt = 0;
/** What happened since, when menus open and words are selected. */
let early = "";

/** There was a click in this task: the browser's own one on the control of a label is in it, too, without a press. */
let isClicking = false;
/** Clicks that await their effect. @type {Set<Event>} */
const held = new Set();
/** @type {Event} */
let newest;
/** Somebody moves the page or the focus since the press. */
let isByHand = false;
/** The last click: when, and its response should the page be left, to which links and submits lead. */
export const lastClick = { at: 0, leads: "" };
/** @type {MutationObserver} */
let observer;

const isPressing = () => pressedAt && tick() - pressedAt < PRESS_MS;

/** Armed only while something awaits its effect. @param {UIEvent} event */
const watch = (event) => {
  isByHand = false;
  // What happens in a shadow root does not reach the document.
  for (const root of [document, targetOf(event).getRootNode()])
    observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
  hearOnce("wheel keydown", onHand);
  hearOnce("scroll", onScroll);
  hearOnce("selectionchange", onSelection);
};

const onHand = () => {
  isByHand = true;
};

/** What moves while it is pressed was moving before: a wheel goes on scrolling after the hand has left it. */
const onScroll = guard(() => {
  if (isPressing()) isByHand = true;
  else if (!isByHand) effect("scroll");
});

const onFocus = () => isPressing() || isByHand || effect("focus");

/** A field that was typed into changes when the press takes its focus: no answer to that click. */
const onChange = () => isPressing() || effect("mutation");

const onSelection = guard(() => {
  if (!(/** @type {Selection} */ (getSelection()).isCollapsed)) effect("selection");
  else if (held.size || isPressing()) hearOnce("selectionchange", onSelection);
});

/** @param {MutationRecord[]} records */
const onMutations = (records) => {
  const isPress = isPressing();
  if (!held.size && !isPress) observer.disconnect();
  // A press changes the style of its own element.
  if (
    records.some(({ target, type }) => (!isPress || type === "childList") && !isIgnored(target.parentElement))
  )
    effect("mutation");
};

const onClicked = () => {
  isClicking = false;
};

/** @param {PointerEvent} event */
const onPress = (event) => {
  if (!event.isTrusted) return;
  pointer = event.pointerType;
  pressedAt = tick();
  early = "";
  watch(event);
};

/**
 * @param {number} offset
 * @param {number} length
 */
const thousandths = (offset, length) =>
  Math.max(0, Math.min(1000, Math.round((offset / (length || 1)) * 1000)));

/** @param {MouseEvent} event */
const onClick = (event) => {
  if (!event.isTrusted || (isClicking && !pressedAt)) return;
  const target = targetOf(event);
  const element = subject(target);
  const keyboard = !event.detail && !event.button;
  const isWatched = isPressing();
  // What the press itself did is no answer to the clicks before.
  const response = isField(element) ? "focus" : pressedAt && early;
  pressedAt = 0;
  lastClick.at = tick();
  isClicking = true;
  setTimeout(onClicked);
  if (isIgnored(target) || !passes()) return;
  // Layout is clean: nothing of the page has heard of the click, and there was a frame since the press.
  const { x, y, width, height } = element.getBoundingClientRect();
  // The way up is the event's: a field called "parentElement" hides its form's own.
  const fixed = +event
    .composedPath()
    .some((/** @type {any} */ at) => at.closest && /fixed|sticky/.test(getComputedStyle(at).position));
  const vx = keyboard ? x + width / 2 : event.clientX;
  const vy = keyboard ? y + height / 2 : event.clientY;
  lastClick.leads = isSubmit(element) || nearest(element, "a") ? "navigation" : "";
  newest = stamp("click", {
    el: { fixed, rect: [fixed ? x : x + scrollX, fixed ? y : y + scrollY, width, height].map(Math.round) },
    x: Math.round(vx + scrollX),
    y: Math.round(vy + scrollY),
    vx: Math.round(vx),
    vy: Math.round(vy),
    ex: thousandths(vx - x, width),
    ey: thousandths(vy - y, height),
    interactive: +element.matches(CONTROL),
    button: event.button || undefined,
    modifier: +(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) || undefined,
    pointer: keyboard ? "keyboard" : pointer,
  });
  const click = newest;
  note("element", element, click.el);
  held.add(click);
  later(() => close(click), WATCH_MS);
  if (!isWatched) watch(event);
  if (response) close(click, response);
};

/**
 * @param {Event} click
 * @param {string} [response]
 */
const close = (click, response) => {
  if (!held.delete(click)) return;
  click.watched_ms = Math.min(WATCH_MS, pageTime() - click.t);
  if (response) {
    click.response = response;
    click.response_ms = click.watched_ms;
    if (response === "selection") click.selection = 1;
  }
  record(click);
};

/** It answers the newest click; older ones stay without. @param {string} kind */
const effect = (kind) => {
  if (isPressing()) early = early || kind;
  else held.forEach((click) => close(click, click === newest ? kind : ""));
};

/**
 * No click is held across page views.
 * @param {string} [kind] what ends the page view; leaving it is an effect of links and submits only
 */
export const concludeClicks = (kind = lastClick.leads) => {
  pressedAt = 0;
  effect(kind);
};

export const openClicks = () => {
  observer = new MutationObserver(guard(onMutations));
  listen("pointerdown", onPress);
  listen("click auxclick", onClick);
  listen("focusin", onFocus);
  listen("change toggle", onChange);
};
