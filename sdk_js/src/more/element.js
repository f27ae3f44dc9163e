// Which control is it? An identity that survives a redesign, and a selector for people.

import { CONTROL, clean, hooks, isField, nearest } from "./core.js";
import { hash } from "./hash.js";
import { parent } from "./parent.js";

const MARKS = ["data-footpath", "data-testid", "data-test", "data-cy", "data-qa"];
const ZONE = "[data-footpath-zone],nav,header,footer,aside,main,dialog,form";
/** What stands in these is chosen, or not to be told: neither texts nor attributes. */
const SECRET = "option,[role=option],[data-footpath-mask],[data-footpath-ignore]";
/** Everything inside was typed or pasted; its own attributes are the author's. */
const EDITED = "[contenteditable]:not([contenteditable=false]),[role=textbox]";
/** The text of these is a value. */
const VALUE = `${SECRET},${EDITED},textarea,select,output,style,[role=searchbox],[role=combobox],[aria-haspopup=listbox]`;
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

/** @param {any} element */
const roleOf = ({ type, localName }) => ROLES[type] || ROLES[localName];

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
  if (nearest(element, SECRET) || nearest(parent(element), EDITED)) return "";
  return hooks.hush(
    attr(element, "aria-label") ||
      ((label || element.matches(`${CONTROL},h1,h2,h3,h4`)) && clean(textOf(label || element))) ||
      firstOf(element, roleOf(element) === "button" ? "value alt title" : "alt title placeholder"),
  );
};

/**
 * @param {any} element
 * @param {any} [about] what is known of it
 */
export const describe = (element, about = {}) => {
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
  return Object.assign(about, { key, item, selector, role, name, zone });
};
