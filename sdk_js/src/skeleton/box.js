// What does an element look like from afar? Its role, its place, and of headings and controls the name.

import { accessibleName, isField, roleOf } from "./core.js";

/** @typedef {[role: string, level: number, x: number, y: number, width: number, height: number, name?: string]} Box */

/** By tag, where no attribute says otherwise. @type {Record<string, string>} */
const ROLES = {
  header: "banner",
  nav: "navigation",
  aside: "complementary",
  footer: "contentinfo",
  section: "region",
  article: "region",
  img: "image",
  svg: "image",
  canvas: "image",
  audio: "video",
  iframe: "frame",
};
/** These divide a page. */
const LANDMARK = /^(banner|navigation|main|complementary|contentinfo|form|region|search|dialog|alertdialog)$/;
const PICTURE = /^(image|img|video|frame)$/;
const HEADING = /^h[1-6]$/;
/** What people can use, by role. */
const CONTROL =
  /^(button|link|textbox|searchbox|checkbox|radio|combobox|listbox|switch|slider|spinbutton|tab|menuitem\w*)$/;
/** Nothing to see, or nothing to be told. */
export const BARE = "script,style,noscript,template,[data-footpath-ignore]";

/** @param {any} element */
const hasText = ({ childNodes }) =>
  // A field called "childNodes" hides its form's own.
  [...(childNodes || [])].some(({ nodeType, data }) => nodeType === 3 && data.trim());

/**
 * Undefined: it shows nothing of its own.
 * @param {any} element
 * @returns {{ box: Box, isWhole: boolean } | undefined} whole: what it contains is not worth a box
 */
export const boxOf = (element) => {
  const { localName } = element;
  const given = roleOf(element);
  const isHeading = HEADING.test(localName) || given === "heading";
  const isUsed = isField(element) || CONTROL.test(given);
  const role = isHeading ? "heading" : isUsed ? given : (given === localName && ROLES[localName]) || given;
  const isPicture = PICTURE.test(role);
  const isKnown = isHeading || isUsed || isPicture || LANDMARK.test(role);
  // Text beside links and emphasis is one block with them.
  if (!isKnown && !hasText(element)) return;
  const { x, y, width, height } = element.getBoundingClientRect();
  if (width < 1 || height < 1) return;
  const level = isHeading ? Number(element.getAttribute("aria-level") || localName[1]) || 2 : 0;
  /** @type {any} */
  const box = [isKnown ? role.slice(0, 32) : "text", level, x + scrollX, y + scrollY, width, height];
  for (let i = 2; i < 6; i++) box[i] = Math.round(box[i]);
  const name = (isHeading || isUsed) && accessibleName(element);
  if (name) box.push(name);
  return { box, isWhole: isHeading || isPicture || (isUsed && given !== "link") };
};
