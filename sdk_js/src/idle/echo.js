// Does the page repeat what was typed? "Search for ..." on a button, "Results for ..." in a heading.

import { clean, hooks } from "./core.js";

/** Shorter ones are words of the page, too. A page that answers slowly repeats only the beginning. */
const LEAST = 4;
/** What people type into; the value of a button is its name. */
const TYPED = /^(text|search|email|tel|url|password|number|textarea)$/;

/** So many fields that were used are remembered, by what was last typed into them. It never leaves this file. */
const MOST = 50;

/** @type {Map<any, { type: string, value: string }>} */
const used = new Map();

/**
 * A field that is emptied, or in a shadow root, counts as well.
 * @param {any} field
 */
export const onUse = (field) => {
  const { type, value } = field;
  const last = used.get(field);
  if (!value || (last && last.value.startsWith(value))) return;
  used.set(field, { type, value });
  if (used.size > MOST) used.delete([...used.keys()][0]);
};

/** What stands or stood in the fields; the lists are live. */
const fields = ["input", "textarea"].map((tag) => document.getElementsByTagName(tag));

/** What was typed, as it would look in a name: to find that out again takes longer. @type {Map<string, string>} */
const words = new Map();

/** @param {string} value */
const wordOf = (value) => {
  let word = words.get(value);
  if (word === undefined) {
    word = clean(value, 999).toLowerCase();
    if (words.size > MOST) words.clear();
    words.set(value, word);
  }
  return word;
};

/**
 * How many letters from a place on are the first of a word.
 * @param {string} text
 * @param {number} at
 * @param {string} word
 */
const shared = (text, at, word) => {
  let length = 0;
  while (length < word.length && `${text[at + length]}`.toLowerCase() === word[length]) length++;
  return length;
};

/**
 * Of words that begin alike the one that goes on longest is taken out: without the beginning the rest is not found.
 * @param {string} text
 * @param {string[]} typed
 */
const without = (text, typed) => {
  let left = "";
  for (let at = 0; at < text.length; ) {
    const length = Math.max(...typed.map((word) => shared(text, at, word)));
    const isFound = length >= LEAST && !/[\p{L}\p{N}]$/u.test(left);
    left += isFound ? "***" : text[at];
    at += isFound ? length : 1;
  }
  return left;
};

/** @param {string} text */
const hush = (text) => {
  // All of such a page was typed, as far as anybody can tell.
  if (document.designMode === "on") return "";
  const folded = text.toLowerCase();
  const typed = [];
  for (const list of text.length < LEAST ? [] : [...fields, used.values()])
    for (const { type, value } of /** @type {Iterable<any>} */ (list)) {
      if (value.length < LEAST || !TYPED.test(type)) continue;
      const word = wordOf(value);
      if (folded.includes(word.slice(0, LEAST))) typed.push(word);
    }
  return typed[0] ? without(text, typed) : text;
};

export const openEcho = () => {
  hooks.hush = hush;
};
