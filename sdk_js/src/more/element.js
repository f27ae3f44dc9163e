// Which control is it? An identity that survives a redesign, and a selector for people.

import { CONTROL, clean, hooks, isField, nearest } from "./core.js";
import { hash } from "./hash.js";
import { parent } from "./parent.js";

const MARKS = ["data-footpath", "data-testid", "data-test", "data-cy", "data-qa"];
/** What looks alike on every page, and what its author named. */
const FRAME = "[data-footpath-zone],header,footer,aside,dialog";
const ZONE = `${FRAME},nav,main,form`;
/** What stands in these is chosen, or not to be told: neither texts nor attributes. */
const SECRET = "option,[role=option],[data-footpath-mask],[data-footpath-ignore]";
/** Everything inside was typed or pasted; its own attributes are the author's. */
const EDITED = "[contenteditable]:not([contenteditable=false]),[role=textbox]";
/** The text of these is a value. */
const VALUE = `${SECRET},${EDITED},textarea,select,output,style,[role=searchbox],[role=combobox],[aria-haspopup=listbox]`;
/** By a library or a database rather than by the page's author. */
const GENERATED = /\d{3}|-\d|[^\w-]/;

/** What a section is called by. */
const HEADING = "h2,legend";
/** Siblings are counted so far. */
const MOST = 999;
/** So many others on either side are asked whether they share a key: a list may have 10,000. */
const NEAR = 99;
/** Enough text for a name: a control may be a whole table. */
const LONG = 200;

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

/** @param {any} element */
const roleOf = ({ type, localName }) => ROLES[type] || ROLES[localName];

/**
 * Text that the page's author wrote. Never what a person typed.
 * @param {any} node
 * @returns {string}
 */
const textOf = (node, text = "") => {
  if (node.nodeType === 3) return text + node.data;
  if (node.nodeType !== 1 || node.matches(VALUE)) return text;
  for (let at = node.firstChild; at && text.length < LONG; at = at.nextSibling) text = textOf(at, `${text} `);
  return text + attr(node, "alt");
};

/** @param {any} element */
const accessibleName = (element) => {
  const { labels } = element;
  if (nearest(element, SECRET) || nearest(parent(element), EDITED)) return "";
  return hooks.hush(
    attr(element, "aria-label") ||
      // The first look into `labels` walks the document.
      (element.matches(`${CONTROL},h1,h3,h4,${HEADING}`) &&
        clean(textOf((isField(element) && labels && labels[0]) || element))) ||
      firstOf(element, roleOf(element) === "button" ? "value alt title" : "alt title placeholder"),
  );
};

/** "Cart (3)" is the same control as "Cart (4)". @param {string} text */
const withoutCounts = (text) => text.replace(/[\d\s.,*]+/g, "");

/** @param {Element} element */
const markOf = (element) => MARKS.find((name) => attr(element, name));

/** @param {Element} element */
const idOf = (element) => {
  const id = element.getAttribute("id") || "";
  return GENERATED.test(id) ? "" : id;
};

/** The siblings before it. @param {Element} element */
const eldersOf = (element) => {
  const elders = [];
  let at = element.previousElementSibling;
  for (; at && elders.length < MOST; at = at.previousElementSibling) elders.push(at);
  return elders;
};

/**
 * For people: at most 6 steps from something named.
 * @param {any} at
 * @param {number} [more]
 * @returns {string}
 */
const selectorOf = (at, more = 5) => {
  const { localName } = at;
  const mark = markOf(at);
  const id = idOf(at);
  const up = parent(at);
  const place = eldersOf(at).filter((other) => other.localName === localName).length;
  const step = mark
    ? `[${mark}="${attr(at, mark)}"]`
    : localName + (id ? `#${id}` : place ? `:nth-of-type(${place + 1})` : "");
  return mark || id || !more || !up ? step : `${selectorOf(up, more - 1)}>${step}`;
};

/**
 * @param {Element} element
 * @param {string} zones
 */
const zoneOf = (element, zones) => {
  const around = nearest(element, zones);
  return around ? attr(around, "data-footpath-zone") || around.localName : "";
};

/**
 * @param {Element} element
 * @param {string} [otherwise] what stands in where nothing is written
 */
const identify = (element, otherwise) => {
  const role = (attr(element, "role") || roleOf(element) || element.localName).slice(0, 64);
  const name = accessibleName(element);
  const zone = zoneOf(element, ZONE);
  const mark = markOf(element);
  // "7" is not "8". An icon has its shape, a link its aim.
  const known =
    (withoutCounts(name) || name) + attr(element, "name") ||
    (element.matches(CONTROL) ? element.outerHTML.match(/ (d|href)="[^"]+/g) : otherwise);
  return {
    key: hash([role, mark ? attr(element, mark) : [known, zone, zoneOf(element, FRAME)]].join()),
    role,
    name,
    zone,
  };
};

/** What a part of the page is called. @param {any} at */
const labelOf = (at) => {
  const heading = at.matches(HEADING) ? at : at.querySelector(HEADING);
  return idOf(at) || (heading && accessibleName(heading));
};

/** Of the same tag, nearby. @param {any} element @returns {any[]} */
const othersOf = (element) => {
  const all = [...element.getRootNode().querySelectorAll(element.localName)];
  const place = all.indexOf(element);
  return all.filter((other, i) => other !== element && Math.abs(i - place) < NEAR);
};

/** Where the ways to it and to others part, on their side. @param {Element} element @param {any[]} others */
const partings = (element, others) =>
  others.map((other) => {
    while (!other.parentNode.contains(element)) other = other.parentNode;
    return other;
  });

/**
 * Which of those that share a key: at each ancestor where some of them part, its label or its place.
 * @param {any} element
 * @param {any[]} twins
 */
const itemOf = (element, twins) => {
  const steps = [];
  let rivals = partings(element, twins);
  let label;
  for (let at = element; at; at = parent(at)) {
    const { localName, className, parentNode } = at;
    if (at.shadowRoot) rivals = partings(at, othersOf(at));
    const mark = at !== element && attr(at, "data-footpath");
    label = mark || idOf(at) || label;
    if (mark || rivals.some((rival) => rival.parentNode === parentNode)) {
      const elders = eldersOf(at).filter(
        (other) =>
          (other.localName === localName && other.className === className) ||
          (rivals.includes(other) && !labelOf(other)),
      );
      steps.unshift(label || labelOf(at) || elders.length);
      label = "";
    }
  }
  return steps.join("/").slice(0, 128) || undefined;
};

/**
 * Whether two may share a key, told cheaply: texts are the same, or one is a picture.
 * @param {any} one
 * @param {any} other
 */
const isLike = (one, other) => {
  if (one.name !== other.name || !other.matches(CONTROL)) return false;
  const [text, another] = [one, other].map(({ textContent }) => withoutCounts(textContent));
  return !text || !another || text === another;
};

/**
 * @param {any} element
 * @param {any} [about] what is known of it
 */
export const describe = (element, about = {}) => {
  const selector = selectorOf(element).slice(0, 512);
  const identity = identify(element, selector);
  const others = element.matches(CONTROL) ? othersOf(element) : [];
  const twins = others.filter((other) => isLike(element, other) && identify(other).key === identity.key);
  return Object.assign(about, identity, { item: itemOf(element, twins), selector });
};
