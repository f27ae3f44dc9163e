// Which field costs people their patience? Never a value, never its length.

import {
  convert,
  describe,
  firstOf,
  isField,
  isIgnored,
  lastClick,
  later,
  record,
  stamp,
  tick,
} from "./core.js";

/**
 * @typedef {object} FormState
 * @property {string} form its name
 * @property {string[]} fields visited so far, in their order
 * @property {string | null} [goal] what its success means to the site
 * @property {number} [attempted] when a submit began to wait for its success
 */

const SUCCESS_MS = 5000;
const REFUSED_MS = 100;

/** Seen in this page view, by name; one that is rendered anew stays the same. @type {Map<string, FormState>} */
let forms = new Map();
/** The field in use. @type {any} */
let current;
/** Its visit, as the wire wants it. @type {import("../page.js").Event} */
let visit;
let focusedAt = 0;
let isEmptied = false;
/** It was entered, and not only filled by the browser. */
let isEntered = false;
/** The click whose submit the browser refused. */
let refusedAt = 0;

export const beginForms = () => {
  forms = new Map();
  current = 0;
};

/** Attributes, because a field called "id" hides the form's own. @param {any} element @param {string} otherwise */
const nameOf = (element, otherwise) =>
  firstOf(element, "data-footpath name id aria-label placeholder") || otherwise;

/** @param {any} field */
const fieldName = (field) => nameOf(field, field.type);

/** The first sight of a form is its view. @param {Element | null} element @returns {FormState} */
export const stateOf = (element) => {
  const form = element ? nameOf(element, "form") : "page";
  let state = forms.get(form);
  if (!state) {
    state = { form, fields: [] };
    forms.set(form, state);
    tell(state, "view");
  }
  return state;
};

/**
 * @param {FormState} state
 * @param {string} step
 * @param {number} [within]
 */
const tell = ({ form, fields }, step, within) =>
  record(stamp("form", { form, step, last_field: fields[fields.length - 1] }), within);

/** Whether it holds anything; never what. @param {any} field */
const isFilled = (field) => (/checkbox|radio/.test(field.type) ? field.checked : field.value !== "");

/** @param {any} field */
const beginVisit = (field) => {
  if (field === current) return;
  endVisit();
  const state = stateOf(field.form);
  const { form, fields } = state;
  const name = fieldName(field);
  // The buttons of a radio group share one place.
  const names = new Set([...(field.form || [field])].filter(isField).map(fieldName));
  if (!fields[0]) tell(state, "start");
  fields.push(name);
  current = field;
  focusedAt = tick();
  isEmptied = isEntered = false;
  visit = stamp("field", {
    form,
    field: name,
    el: describe(field),
    index: [...names].indexOf(name),
    visit: fields.filter((other) => other === name).length,
    edits: 0,
    deletes: 0,
    refills: 0,
  });
};

export const endVisit = () => {
  if (!current) return;
  const { validity } = current;
  visit.dwell_ms = tick() - focusedAt;
  visit.filled = +isFilled(current);
  for (const rule in validity) if (rule !== "valid" && validity[rule] === true) visit.invalid = rule;
  current = 0;
  record(visit);
};

/**
 * A field that is focused, typed into, or filled by the browser.
 * @param {any} field
 * @param {InputEvent} event
 */
export const onField = (field, { type, inputType, isTrusted }) => {
  if (!isTrusted || (field !== current && (!field.matches || !isField(field) || isIgnored(field)))) return;
  beginVisit(field);
  if (type !== "input") {
    isEntered = true;
    return;
  }
  const full = isFilled(field);
  if (!visit.edits++) visit.hesitation_ms = tick() - focusedAt;
  if (/^del/.test(inputType)) visit.deletes++;
  if (/Paste|Drop/.test(inputType)) visit.pasted = 1;
  // A browser that fills a text field says so by its style.
  if (!/^(insertText|del)/.test(inputType) && field.matches(":is(:-webkit-autofill,:autofill)"))
    visit.autofilled = 1;
  if (full && isEmptied) visit.refills++;
  isEmptied = !full;
  // What is heard of late may have lost its focus since.
  if (!isEntered && !field.matches(":focus")) endVisit();
};

/** @param {Element} form */
const attempt = (form) => {
  endVisit();
  const state = stateOf(form);
  tell(state, "attempt", 0);
  return state;
};

/**
 * The browser itself refuses: there is no submit, only a click and its complaints.
 * @param {any} field
 */
export const onInvalid = ({ form }) => {
  if (!form || !lastClick.leads || refusedAt === lastClick.at || tick() - lastClick.at > REFUSED_MS) return;
  refusedAt = lastClick.at;
  tell(attempt(form), "error");
};

/** @param {any} form */
export const onSubmit = (form) => {
  if (isIgnored(form)) return;
  const state = attempt(form);
  const at = tick();
  state.attempted = at;
  state.goal = form.getAttribute("data-footpath-goal");
  later(() => {
    if (state.attempted !== at) return;
    // Success is the form's disappearance; an error is a field that is marked invalid.
    if (form.getClientRects()[0]) {
      if (form.querySelector("[aria-invalid=true],:invalid")) tell(state, "error");
      state.attempted = 0;
    }
    succeed(state);
  }, SUCCESS_MS);
};

/** @param {any} form */
export const onReset = (form) => succeed(stateOf(form));

/** @param {FormState} state */
const succeed = (state) => {
  const { attempted, goal } = state;
  state.attempted = 0;
  if (!attempted) return;
  tell(state, "ok", 0);
  if (goal) convert(goal);
};

/** The page is left or a conversion is told: what was submitted just now has succeeded. */
export const succeedForms = () => forms.forEach(succeed);
