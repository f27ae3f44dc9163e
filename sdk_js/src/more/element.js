// Which control is it? An identity that survives a redesign, and a selector for people.

import { CONTROL, clean, hooks, isField, nearest } from "./core.js";
import { hash } from "./hash.js";
import { parent } from "./parent.js";

const MARKS = ["data-footpath", "data-testid", "data-test", "data-cy", "data-qa"];
const MARKED = `[${MARKS.join("],[")}]`;
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
const attr = (element, name) => {
  const value = element.getAttribute(name);
  return value ? clean(value) : "";
};

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

/** What its tag makes it. @param {any} element */
const nativeRole = ({ type, localName }) => ROLES[type] || ROLES[localName];

/** @param {Element} element */
export const roleOf = (element) =>
  (attr(element, "role") || nativeRole(element) || element.localName).slice(0, 64);

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

/** Before what the page repeats of typed text is taken out. @param {any} element */
const rawName = (element) => {
  const { labels } = element;
  if (nearest(element, SECRET) || nearest(parent(element), EDITED)) return "";
  return (
    attr(element, "aria-label") ||
    // The first look into `labels` walks the document.
    (element.matches(`${CONTROL},h1,h3,h4,${HEADING}`) &&
      clean(textOf((isField(element) && labels && labels[0]) || element))) ||
    firstOf(element, nativeRole(element) === "button" ? "value alt title" : "alt title placeholder")
  );
};

/** @param {any} element */
export const accessibleName = (element) => hooks.hush(rawName(element));

/** "Cart (3)" is the same control as "Cart (4)". @param {string} text */
const withoutCounts = (text) => text.replace(/[\d\s.,*]+/g, "");

/** @param {Element} element */
const markOf = (element) => (element.matches(MARKED) ? MARKS.find((name) => attr(element, name)) : undefined);

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
 * What a key is the hash of.
 * @param {Element} element
 * @param {string} name
 * @param {string} [otherwise] what stands in where nothing is written
 */
const essenceOf = (element, name, otherwise) => {
  const mark = markOf(element);
  // "7" is not "8".
  const known =
    (withoutCounts(name) || name) + attr(element, "name") ||
    (element.matches(CONTROL) ? signOf(element) : otherwise);
  return [
    roleOf(element),
    mark ? attr(element, mark) : [known, zoneOf(element, ZONE), zoneOf(element, FRAME)],
  ].join();
};

/** What says what a control without words is for: an icon's shape, a link's aim. @param {Element} element */
const signOf = (element) => element.outerHTML.match(/ (d|href)="[^"]+/g);

/**
 * What stands in the source of all that share its key, because to search that costs less than to name each.
 * @param {Element} element
 * @param {string} name
 */
const clueOf = (element, name) => {
  if (markOf(element)) return "";
  // A label stands elsewhere, and both may have lost digits.
  if (isField(element)) return (element.outerHTML.match(/ name="[a-z_-]*/i) || [""])[0];
  return ((name ? name.match(/\p{L}{1,3}/u) : signOf(element)) || [""])[0];
};

/** What a part of the page is called. @param {any} at */
const labelOf = (at) => {
  const heading = at.matches(HEADING) ? at : at.querySelector(HEADING);
  return idOf(at) || (heading && accessibleName(heading));
};

/**
 * Where it stands among all of its tag, by halves: to look at each costs more than all else here.
 * @param {ArrayLike<any>} all in the order of the page
 * @param {Element} element
 */
const placeIn = (all, element) => {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle].compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) low = middle + 1;
    else high = middle;
  }
  return low;
};

/**
 * Which of those that share a key: at each ancestor where some of them part, its label or its place.
 * @param {any} element
 * @param {(other: any) => boolean} isTwin asked only where its answer counts
 */
const itemOf = (element, isTwin) => {
  const steps = [];
  /** All of its tag; those from `low` to `high` stand in what was looked at. @type {any[] | NodeListOf<any>} */
  let all = [];
  let place = 0;
  let low = 0;
  let high = 0;
  /** @param {any} from */
  const begin = (from) => {
    all = from.getRootNode().querySelectorAll(from.localName);
    low = high = place = placeIn(all, from);
  };
  let label;
  if (element.matches(CONTROL)) begin(element);
  for (let at = element; at; at = parent(at)) {
    const { localName, className, parentNode } = at;
    if (at.shadowRoot) {
      isTwin = () => true;
      begin(at);
    }
    /** Nearest first, as the elders are. @type {any[]} */
    const before = [];
    let isShared = false;
    while (low && place - low < NEAR && parentNode.contains(all[low - 1])) {
      low--;
      if (at.contains(all[low])) continue;
      before.push(all[low]);
      isShared = isShared || isTwin(all[low]);
    }
    while (high + 1 < all.length && high - place < NEAR && parentNode.contains(all[high + 1])) {
      high++;
      isShared = isShared || isTwin(all[high]);
    }
    const mark = at !== element && attr(at, "data-footpath");
    label = mark || idOf(at) || label;
    if (mark || isShared) {
      const elders = eldersOf(at).filter((other) => {
        const isAlike = other.localName === localName && other.className === className;
        let isRival = false;
        while (other.contains(before[0] || null)) {
          const one = before.shift();
          isRival = isRival || (!isAlike && isTwin(one));
        }
        return isAlike || (isRival && !labelOf(other));
      });
      steps.unshift(label || labelOf(at) || elders.length);
      label = "";
    }
  }
  return steps.join("/").slice(0, 128) || undefined;
};

/**
 * @param {any} element
 * @param {any} [about] what is known of it
 */
export const describe = (element, about = {}) => {
  const selector = selectorOf(element).slice(0, 512);
  const raw = rawName(element);
  const name = hooks.hush(raw);
  const essence = essenceOf(element, raw, selector);
  const text = withoutCounts(element.textContent);
  const clue = clueOf(element, raw);
  /** First told cheaply: texts are the same, or one is a picture. @param {any} other */
  const isTwin = (other) => {
    if (!other.outerHTML.includes(clue)) return false;
    const another = withoutCounts(other.textContent);
    return (
      (!text || !another || text === another) &&
      other.matches(CONTROL) &&
      essenceOf(other, rawName(other)) === essence
    );
  };
  return Object.assign(about, {
    key: hash(name === raw ? essence : essenceOf(element, name, selector)),
    role: roleOf(element),
    name,
    zone: zoneOf(element, ZONE),
    item: itemOf(element, isTwin),
    selector,
  });
};
