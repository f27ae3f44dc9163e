// What is a page made of, before it is written down in somebody's style?

/**
 * A node. `part` names what it is in its component (classes follow from it), `block` says that it may change places
 * with its sister blocks, an attribute `{ gen: n }` is an id that a library counts up.
 */
export const h = (tag, attrs, ...children) => ({
  tag,
  attrs: attrs || {},
  children: children.flat(9).filter(Boolean),
});

/** A text with a number, a price or a headline in it, which a later release may change. */
export const say = (kind, value, words) => ({ kind, value, words });
export const count = (value, words) => say("count", value, words);
export const price = (value, words = (text) => text) => say("price", value, words);
export const headline = (value) => say("headline", value, (text) => text);

export const block = (node) => Object.assign(node, { block: true });

/** An icon without a word. Its shape is its only meaning. */
export const icon = (name, attrs) =>
  h(
    "svg",
    { viewBox: "0 0 24 24", width: "16", height: "16", part: "icon", "aria-hidden": "true", ...attrs },
    h("path", { d: ICONS[name] || Object.values(ICONS)[name.length % 12] }),
  );

const ICONS = {
  search: "M10 2a8 8 0 1 1-5 14l-3 4",
  heart: "M12 21 3 12a5 5 0 0 1 9-7 5 5 0 0 1 9 7z",
  cart: "M2 3h3l3 12h11l3-8H6",
  user: "M12 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM3 22c0-9 18-9 18 0",
  menu: "M3 6h18M3 12h18M3 18h18",
  close: "M4 4l16 16M20 4 4 20",
  left: "M15 4l-8 8 8 8",
  right: "M9 4l8 8-8 8",
  down: "M4 9l8 8 8-8",
  edit: "M3 21l4-1L20 7l-3-3L4 17z",
  trash: "M4 6h16M8 6V3h8v3M6 6l1 15h10l1-15",
  more: "M5 12h.1M12 12h.1M19 12h.1",
  grid: "M3 3h7v7H3zM14 3h7v7h-7zM3 14h7v7H3zM14 14h7v7h-7z",
  list: "M3 5h18M3 12h18M3 19h18",
  bell: "M6 17V10a6 6 0 0 1 12 0v7zM10 21h4",
  share: "M18 6 6 12l12 6",
  zoom: "M10 4v12M4 10h12",
  bird: "M2 18c8 4 18 0 18-11l2-3-4 1c-3-3-8 0-7 4-4 0-7-2-9-5",
  photo: "M3 6h18v14H3zM12 17a4 4 0 1 0 0-8",
  film: "M3 5h18v14H3zM10 9l5 3-5 3z",
};

const CLICKABLE = /^(a|button|input|select|textarea|summary)$/;
const ROLE = /^(tab|menuitem|switch|button)$/;

const isClickable = ({ tag, attrs }) =>
  CLICKABLE.test(tag) || ROLE.test(attrs.role) || attrs.tabindex === "0" || attrs.clickable;

/** Gives each clickable element that has none its true number, which goes with it through every redesign. */
export function number(root, next = 1, step = 1) {
  let count = 0;
  each(root, (node) => {
    if (!isClickable(node) || node.truth) return;
    node.truth = next + step * count++;
  });
  return count;
}

/** Children first, so that what a visit puts around them is not visited itself. */
export function each(node, visit) {
  if (!node.tag) return;
  for (const child of node.children) each(child, visit);
  visit(node);
}

export const copy = (node) =>
  node.tag ? { ...node, attrs: { ...node.attrs }, children: node.children.map(copy) } : node;
