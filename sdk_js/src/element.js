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
  "textarea,select,script,style,[contenteditable],[role=textbox],[role=option],[data-footpath-mask],[data-footpath-ignore]";
const BUTTON = /submit|button|reset|image/;
const GENERATED = /\d{3}|:|^(radix|headlessui|mui|react)/i;
const UTILITY =
  /[^a-z_-]|^(css|flex|grid|items|text|font|border|rounded|relative|absolute|block|inline|.{0,2}(-|$))/i;

/** @type {Record<string, string>} */
const ROLES = { a: "link", summary: "button", select: "combobox", textarea: "textbox", input: "textbox" };

/**
 * @param {Element} element
 * @param {string} name
 */
export const attr = (element, name) => element.getAttribute(name) || "";

/** @param {Element} element @returns {Element | undefined} */
const host = (element) => /** @type {ShadowRoot} */ (element.getRootNode()).host;

/**
 * The nearest ancestor, through shadow roots.
 * @param {Element | undefined} element
 * @param {string} selector
 * @returns {Element | undefined}
 */
export const nearest = (element, selector) =>
  element && (element.closest(selector) || nearest(host(element), selector));

/** @param {Element} element */
export const isIgnored = (element) => nearest(element, "[data-footpath-ignore]");

/** @param {any} element */
const isButton = (element) => BUTTON.test(element.type);

/** Something people fill in. @param {Element} element */
export const isField = (element) => element.matches("input,select,textarea") && !isButton(element);

/** @param {any} element */
export const isSubmit = (element) => /submit|image/.test(element.type) && element.form;

/** @param {Element} element */
export const isControl = (element) => element.matches(CONTROL);

/** The control that a click is about. @param {Element} target */
export const subject = (target) => nearest(target, CONTROL) || nearest(target, "[data-footpath]") || target;

/** @param {any} element */
function role(element) {
  const tag = element.localName;
  if (isButton(element)) return "button";
  return /checkbox|radio/.test(element.type) ? element.type : ROLES[tag] || tag;
}

/**
 * Text that the page's author wrote. Never what a person typed.
 * @param {any} node
 * @returns {string}
 */
function textOf(node) {
  if (node.nodeType === 3) return node.data;
  if (node.nodeType !== 1 || node.matches(VALUE)) return "";
  return [...node.childNodes].map(textOf).join(" ") + attr(node, "alt");
}

/** @param {any} element */
function accessibleName(element) {
  const label = element.labels && element.labels[0];
  return nearest(element, "[data-footpath-mask]")
    ? ""
    : clean(
        attr(element, "aria-label") ||
          (label && textOf(label)) ||
          (element.matches(`${CONTROL},h1,h2,h3,h4`) && textOf(element)) ||
          (isButton(element) && attr(element, "value")) ||
          attr(element, "alt") ||
          attr(element, "title") ||
          attr(element, "placeholder"),
      );
}

/** The attribute by which its author named it. @param {Element} element */
const mark = (element) => MARKS.find((name) => attr(element, name));

/**
 * Where it stands: at most 6 steps up to something named, and which of the repeating ancestors.
 * @param {Element} element
 */
function place(element) {
  const steps = [];
  let item;
  let isNamed;
  /** @type {Element | null | undefined} */
  let at = element;
  for (; at && at !== document.body; at = at.parentElement || host(at)) {
    const { localName, className } = at;
    const id = attr(at, "id");
    const siblings = at.parentElement ? [...at.parentElement.children] : [];
    const alike = siblings.filter((other) => other.localName === localName);
    const same = alike.filter((other) => other.className === className);
    const marked = mark(at);
    const own = attr(at, "class")
      .split(" ")
      .find((name) => !UTILITY.test(name));
    if (!isNamed && steps.length < 6) {
      isNamed = marked || (id && !GENERATED.test(id));
      steps.unshift(
        marked
          ? `[${marked}="${clean(attr(at, marked))}"]`
          : localName +
              (isNamed
                ? `#${id}`
                : (own ? `.${own}` : "") + (alike[1] ? `:nth-of-type(${alike.indexOf(at) + 1})` : "")),
      );
    }
    if (at !== element && !item)
      item = clean(attr(at, "data-footpath")) || (same[1] && `${same.indexOf(at)}`);
  }
  return { selector: steps.join(">").slice(0, 512), item };
}

/**
 * @param {Element} element
 * @param {DOMRect} [rect] viewport px
 * @param {number[]} [scroll]
 * @returns {number} its place in the page view's list of elements
 */
export function describe(element, rect, scroll = []) {
  const around = nearest(element, ZONE);
  const zone = around ? clean(attr(around, "data-footpath-zone")) || around.localName : "";
  const marked = mark(element);
  const { selector, item } = place(element);
  const kind = clean(attr(element, "role") || role(element), 64);
  const name = accessibleName(element);
  const known = name + attr(element, "name");
  const about = {
    // "Cart (3)" is the same control as "Cart (4)", "7" is not "8".
    key: hash(
      [kind, marked ? attr(element, marked) : [known.replace(/(\D)\d+/g, "$1") || selector, zone]].join(),
    ),
    item: isField(element) ? undefined : item,
    selector,
    role: kind,
    name,
    zone,
    rect: rect && [rect.x + scroll[0], rect.y + scroll[1], rect.width, rect.height].map(Math.round),
  };
  const { elements } = page;
  const at = elements.findIndex(({ key, item }) => key === about.key && item === about.item);
  if (at < 0) return elements.push(about) - 1;
  if (rect && !elements[at].fixed) Object.assign(elements[at], about);
  return at;
}

/**
 * Whether an element scrolls with the page is asked when idle: the answer costs a style read.
 * @param {Element | null} element
 * @param {any} about
 * @param {number[]} rect viewport px
 */
export function findFixed(element, about, rect) {
  for (; element; element = element.parentElement) {
    if (!/fixed|sticky/.test(getComputedStyle(element).position)) continue;
    about.fixed = 1;
    about.rect = rect.map(Math.round);
    return;
  }
}
