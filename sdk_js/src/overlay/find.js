// Where on the page as it is now are the elements that visitors clicked? By identity, whatever has moved since.

/**
 * @typedef {object} Clicked an element and what happened to it
 * @property {string} key
 * @property {string} item
 * @property {string} selector
 * @property {string} name
 * @property {number} clicks
 * @property {number} dead
 * @property {number} rage
 * @property {number} share of all clicks on the page
 * @property {number} rate page views with a click on it, of all page views
 */

/** A page may have ten thousand controls; to know one takes a millisecond. */
const MOST = 1500;

/** @param {string} selector */
const select = (selector) => {
  try {
    return [...document.querySelectorAll(selector)];
  } catch {
    // It led through a shadow root, or has words that no selector has.
    return [];
  }
};

/**
 * @param {Clicked[]} wanted
 * @param {(element: any) => any} describe
 * @param {string} controls
 */
export const finder = (wanted, describe, controls) => {
  /** What is known of an element does not change while it stays in the page. @type {WeakMap<Element, string>} */
  const known = new WeakMap();

  /** @param {Element} element */
  const identity = (element) => {
    let found = known.get(element);
    if (found === undefined) {
      const { key, item } = describe(element);
      found = `${key} ${item || ""}`;
      known.set(element, found);
    }
    return found;
  };

  /** The elements that are in the page, each with what happened to it. @returns {[Element, Clicked][]} */
  return () => {
    const missing = new Map(wanted.map((one) => [`${one.key} ${one.item || ""}`, one]));
    /** @type {[Element, Clicked][]} */
    const found = [];
    /** @param {Element} element */
    const meet = (element) => {
      const id = identity(element);
      const one = missing.get(id);
      if (!one) return;
      missing.delete(id);
      found.push([element, one]);
    };
    // Where they stood is looked at first; a redesign moves the rest.
    for (const { selector } of wanted) select(selector).slice(0, 1).forEach(meet);
    if (missing.size) select(controls).slice(0, MOST).forEach(meet);
    return found;
  };
};
