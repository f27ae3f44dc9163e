// Which control is it? An identity that survives a redesign, and a selector for people.

import { hash } from "./id.js";
import { page } from "./page.js";
import { clean } from "./text.js";

const MARKS = ["data-footpath", "data-testid", "data-test", "data-cy", "data-qa"];
const CONTROL =
  "a,button,input,select,textarea,summary,label,[role=button],[role=tab],[role^=menuitem],[tabindex='0'],[contenteditable]";
const ZONE = "[data-footpath-zone],nav,header,footer,aside,main,dialog,form";
/** What people type or choose stands in these; their text is a value. */
const VALUE =
  "textarea,select,style,[contenteditable],[role=textbox],[role=option],[data-footpath-mask],[data-footpath-ignore]";
/** By a library or a database rather than by the page's author. */
const GENERATED = /\d{3}|-\d|[^\w-]/;

/** By type or tag, where they differ. @type {Record<string, string>} */
const ROLES = {
  submit: "button",
  reset: "button",
  image: "button",
  summary: "button",
  button: "button",
  checkbox: "checkbox",
  radio: "radio",
  a: "link",
  select: "combobox",
  textarea: "textbox",
  input: "textbox",
};

/**
 * @param {Element} element
 * @param {string} name
 */
const attr = (element, name) => clean(element.getAttribute(name) || "");

/**
 * The first of some attributes that says anything.
 * @param {Element} element
 * @param {string} names separated by spaces
 */
export const firstOf = (element, names) =>
  names
    .split(" ")
    .map((name) => attr(element, name))
    .find(Boolean) || "";

/** Through shadow roots. @param {any} element @returns {any} */
const parent = (element) => element.parentElement || element.getRootNode().host;

/**
 * The nearest ancestor, through shadow roots.
 * @param {any} element
 * @param {string} selector
 * @returns {any}
 */
export const nearest = (element, selector) =>
  element && (element.matches(selector) ? element : nearest(parent(element), selector));

/** @param {Element | null} element */
export const isIgnored = (element) => nearest(element, "[data-footpath-ignore]");

/** @param {any} element */
const roleOf = ({ type, localName }) => ROLES[type] || ROLES[localName];

/** Something people fill in. @param {Element} element */
export const isField = (element) => /box|radio/.test(roleOf(element));

/** @param {any} element */
export const isSubmit = (element) => /submit|image/.test(element.type) && element.form;

/** @param {Element} element */
export const isControl = (element) => element.matches(CONTROL);

/** The control that a click is about. @param {Element} target @returns {Element} */
export const subject = (target) => nearest(target, CONTROL) || nearest(target, "[data-footpath]") || target;

/**
 * Text that the page's author wrote. Never what a person typed.
 * @param {any} node
 * @returns {string}
 */
const textOf = (node) => {
  if (node.nodeType === 3) return node.data;
  if (node.nodeType !== 1 || node.matches(VALUE)) return "";
  return [...node.childNodes].map(textOf).join(" ") + attr(node, "alt");
};

/** @param {any} element */
const accessibleName = (element) => {
  const label = element.labels && element.labels[0];
  return nearest(element, "[data-footpath-mask]")
    ? ""
    : attr(element, "aria-label") ||
        ((label || element.matches(`${CONTROL},h1,h2,h3,h4`)) && clean(textOf(label || element))) ||
        firstOf(element, roleOf(element) === "button" ? "value alt title" : "alt title placeholder");
};

/**
 * @param {any} element
 * @param {object} [where] its place on the page
 * @returns {number} its place in the page view's list of elements
 */
export const describe = (element, where) => {
  const around = nearest(element, ZONE);
  const zone = around ? attr(around, "data-footpath-zone") || around.localName : "";
  const name = accessibleName(element);
  const role = (attr(element, "role") || roleOf(element) || element.localName).slice(0, 64);
  const steps = [];
  let item;
  let own;
  let isNamed;
  // At most 6 steps up to something named, and all the way to one of many alike.
  for (let at = element; at && at !== document.body; at = parent(at)) {
    const { localName, className, id } = at;
    const alike = [...at.parentNode.children].filter((other) => other.localName === localName);
    const place = alike.indexOf(at);
    const mark = MARKS.find((name) => attr(at, name));
    if (!isNamed && steps.length < 6) {
      isNamed = mark || (id && !GENERATED.test(id));
      steps.unshift(
        mark
          ? `[${mark}="${attr(at, mark)}"]`
          : localName + (isNamed ? `#${id}` : alike[1] ? `:nth-of-type(${place + 1})` : ""),
      );
    }
    if (at === element) own = mark && attr(at, mark);
    else if (!item)
      item =
        attr(at, "data-footpath") ||
        (alike.some((other) => other !== at && other.className === className) && `${place}`);
  }
  const selector = steps.join(">").slice(0, 512);
  // "Cart (3)" is the same control as "Cart (4)", "7" is not "8".
  const known = (name + attr(element, "name")).replace(/(\D)\d+/g, "$1");
  const key = hash([role, own || [known || selector, zone]].join());
  if (isField(element) || !item) item = undefined;
  const { elements } = page;
  const found = elements.findIndex((other) => other.key === key && other.item === item);
  const index = found < 0 ? elements.length : found;
  elements[index] = Object.assign(elements[index] || {}, { key, item, selector, role, name, zone }, where);
  return index;
};
