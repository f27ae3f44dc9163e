// Which field costs people their patience? Never a value, never its length.

import { push } from "./deliver.js";
import { attr, describe, isField, isIgnored, isSubmit } from "./element.js";
import { later, listen, targetOf, tick } from "./guard.js";
import { stamp } from "./page.js";
import { clean } from "./text.js";

/**
 * @typedef {object} FormState
 * @property {string} form its name
 * @property {string} [last_field]
 * @property {Record<string, number>} visits by field
 * @property {number} [attempted] when a submit began to wait for its success
 */

const SUCCESS_MS = 5000;
const LOOK_MS = 500;

/** By name, so that a form that is rendered anew stays one form. @type {Record<string, FormState>} */
let forms = Object.create(null);
/** The field in use and its visit. @type {any} */
let current;
/** @type {import("./page.js").Event} */
let visit;
let focusedAt = 0;
/** Whether it holds anything; never what. */
let isFull = false;
let isEmptied = false;
let submitAt = 0;

export function resetForms() {
  forms = Object.create(null);
}

/** Attributes, because a field called "id" hides the form's own. @param {any} element @param {string} otherwise */
const nameOf = (element, otherwise) =>
  clean(
    ["data-footpath", "name", "id", "aria-label", "placeholder"]
      .map((name) => attr(element, name))
      .find(Boolean) || otherwise,
  );

/** The first sight of a form is its view. @param {Element | null} form */
function stateOf(form) {
  const name = form ? nameOf(form, "form") : "page";
  if (!forms[name]) {
    forms[name] = { form: name, visits: Object.create(null) };
    tell(forms[name], "view");
  }
  return forms[name];
}

/**
 * @param {FormState} state
 * @param {string} step
 */
const tell = ({ form, last_field }, step) =>
  push(stamp("form", { form, step, last_field }), /attempt|ok/.test(step) ? 0 : undefined);

/** Called when layout is clean. */
export function lookForForms() {
  for (const form of document.forms) {
    const { top, bottom, height } = form.getBoundingClientRect();
    if (height && top < innerHeight && bottom > 0 && !isIgnored(form)) stateOf(form);
  }
}

/** @param {any} field */
const fieldName = (field) => nameOf(field, field.type);

/** @param {any} field */
const holdsAnything = (field) => (/checkbox|radio/.test(field.type) ? field.checked : field.value !== "");

/** @param {any} field */
function beginVisit(field) {
  if (field === current) return;
  endVisit();
  const { form } = field;
  const state = stateOf(form);
  const name = fieldName(field);
  const names = form ? [...form.elements].filter(isField).map(fieldName) : [];
  if (!state.last_field) tell(state, "start");
  state.last_field = name;
  state.visits[name] = (state.visits[name] || 0) + 1;
  current = field;
  focusedAt = tick();
  isFull = holdsAnything(field);
  isEmptied = false;
  visit = stamp("field", {
    form: state.form,
    field: name,
    el: describe(field),
    // The buttons of a radio group share one place.
    index: Math.max(0, [...new Set(names)].indexOf(name)),
    visit: state.visits[name],
    edits: 0,
    deletes: 0,
    refills: 0,
  });
}

export function endVisit() {
  if (!current) return;
  const { validity } = current;
  visit.dwell_ms = Math.round(tick() - focusedAt);
  visit.filled = +holdsAnything(current);
  for (const rule in validity) {
    if (rule !== "valid" && validity[rule] === true) visit.invalid = visit.invalid || rule;
  }
  current = 0;
  push(visit);
}

/** @param {Event} event */
function fieldOf(event) {
  const field = targetOf(event);
  return field.matches && isField(field) && !isIgnored(field) && field;
}

/** @param {InputEvent} event */
function onInput(event) {
  const { inputType } = event;
  const field = fieldOf(event);
  if (!field || !event.isTrusted) return;
  beginVisit(field);
  const full = holdsAnything(field);
  if (!visit.edits++) visit.hesitation_ms = Math.round(tick() - focusedAt);
  if (/^del/.test(inputType)) visit.deletes++;
  if (/Paste|Drop/.test(inputType)) visit.pasted = 1;
  // A browser that fills a text field says so by its style.
  if (field.matches(":-webkit-autofill")) visit.autofilled = 1;
  if (full && isEmptied) visit.refills++;
  isEmptied = !full && (isFull || isEmptied);
  isFull = full;
  if (!field.matches(":focus")) endVisit();
}

/** @param {Element} form */
function attempt(form) {
  submitAt = 0;
  endVisit();
  const state = stateOf(form);
  tell(state, "attempt");
  return state;
}

/** The browser itself refuses: there is no submit, only a click and its complaints. @param {Event} event */
function onInvalid(event) {
  const { form } = targetOf(event);
  if (form && tick() - submitAt < 100) tell(attempt(form), "error");
}

/** @param {Event} event */
function onSubmit(event) {
  const form = targetOf(event);
  if (isIgnored(form)) return;
  const state = attempt(form);
  state.attempted = tick();
  look(form, state);
}

/**
 * Success is the form's disappearance; an error is a field that is marked invalid.
 * @param {Element} form
 * @param {FormState} state
 */
function look(form, state) {
  later(() => {
    if (!state.attempted) return;
    if (!form.getClientRects().length) succeed(state);
    else if (tick() - state.attempted < SUCCESS_MS) look(form, state);
    else {
      state.attempted = 0;
      if (form.querySelector("[aria-invalid=true],:invalid")) tell(state, "error");
    }
  }, LOOK_MS);
}

/** @param {FormState} state */
function succeed(state) {
  if (tick() - (state.attempted || -SUCCESS_MS) <= SUCCESS_MS) tell(state, "ok");
  state.attempted = 0;
}

/** The page is left or a conversion is told: what was submitted just now has succeeded. */
export const succeedForms = () => Object.keys(forms).forEach((name) => succeed(forms[name]));

export function openForms() {
  listen("focusin", (event) => {
    const field = fieldOf(event);
    if (field) beginVisit(field);
  });
  listen("focusout", endVisit);
  listen("input", onInput);
  listen("click", (event) => {
    if (isSubmit(targetOf(event).closest("button,input") || event)) submitAt = tick();
  });
  listen("submit", onSubmit);
  listen("invalid", onInvalid);
  listen("reset", (event) => succeed(stateOf(targetOf(event))));
}
