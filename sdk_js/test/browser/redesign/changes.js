// What does a redesign do to a page whose controls stay what they are?
import { chance, shuffle } from "./random.js";
import { copy, each, h, number } from "./tree.js";

/** Where HTML allows no div around or right inside. */
const FIXED_PLACE =
  /^(body|li|tr|td|th|tbody|thead|table|option|legend|summary|select|svg|path|ul|ol|input|label|span|i|b)$/;
const PHRASING = /^(a|button|img|svg|span|i|b|label|p|h1|h2|h3|h4|input|select)$/;

/** Alike parts are one component: all of them get the wrapper or none. */
const component = ({ tag, attrs }) => `${tag} ${attrs.part}`;

/** @param {string} seed */
const wrap = (seed) => (root) => {
  const around = (node, inside) => {
    if (!node.tag || FIXED_PLACE.test(node.tag) || chance(`${seed} around ${component(node)}`) > 0.3)
      return node;
    const tag = PHRASING.test(inside.tag) && !/^(div|li|td|section|main)$/.test(inside.tag) ? "span" : "div";
    return { ...h(tag, { part: `${node.attrs.part || node.tag}-wrap` }, node), block: node.block };
  };
  each(root, (node) => {
    if (/^(select|svg|ul|ol|table|thead|tbody|tr|details)$/.test(node.tag) || node.attrs.part === "app")
      return;
    node.children = node.children.map((child) => around(child, node));
    const deep = /^(li|td|div|section|main|header|footer|aside|article)$/.test(node.tag);
    if (deep && !node.attrs.role && chance(`${seed} inside ${component(node)}`) < 0.3)
      node.children = [h("div", { part: `${node.attrs.part || node.tag}-inner` }, ...node.children)];
  });
};

/** Blocks that stand beside each other change places; what stands between them stays. */
const reorder = (seed) => (root) =>
  each(root, (node) => {
    const blocks = node.children.filter((child) => child.block);
    const moved = shuffle(blocks, `${seed} ${component(node)}`);
    node.children = node.children.map((child) => (child.block ? moved.shift() : child));
  });

const banner = (seed) => (root) => {
  const tag = ["div", "section", "aside"][Math.floor(chance(seed) * 3)];
  const app = root.children[0];
  const text = h("p", null, "Free delivery this week. ", h("a", { href: "/delivery" }, "How it works"));
  const close = h("button", { type: "button", "aria-label": "Close" }, "×");
  app.children.unshift(h(tag, { part: "banner" }, text, close));
};

/** @param {(value: any, i: number) => any} next */
const reword = (kind, next) => () => (root) => {
  let i = 0;
  each(root, (node) => {
    node.children = node.children.map((child) =>
      child.kind === kind ? { ...child, value: next(child.value, i++) } : child,
    );
  });
};

/** A new card, row or line comes first in every list of three or more alike. */
const prepend = () => (root) =>
  each(root, (node) => {
    const first = node.children.find(({ tag }) => tag);
    const alike = node.children.filter((child) => child.tag && component(child) === component(first));
    if (!/-(card)$|^(row|line|review)$/.test((first && first.attrs.part) || "") || alike.length < 3) return;
    const extra = copy(first);
    each(extra, (inside) => {
      delete inside.truth;
    });
    node.children.unshift(extra);
  });

const nothing = () => () => {};

/**
 * Each redesign: what it does to the tree, whether class names and generated ids are new, whether the gate holds it.
 * @type {Record<string, { change: ((seed: string) => (root: any) => void)[], classes?: boolean, ids?: boolean, gated?: boolean }>}
 */
export const redesigns = {
  "class names new": { change: [nothing], classes: true, gated: true },
  "generated ids new": { change: [nothing], ids: true, gated: true },
  "wrappers inserted": { change: [wrap], gated: true },
  "blocks reordered": { change: [reorder], gated: true },
  "a banner on top": { change: [banner], gated: true },
  "all of these": { change: [reorder, banner, wrap], classes: true, ids: true, gated: true },
  "counters changed": { change: [reword("count", (n, i) => n + 1 + i * 40)] },
  "prices changed": {
    change: [reword("price", (text, i) => text.replace(/\d+/, (n) => `${+n + 5 + i * 100}`))],
  },
  "headlines rewritten": {
    change: [reword("headline", (_, i) => `Fresh words ${"abcdefghijklmnop"[i]} for it`)],
  },
  "a card more in each list": { change: [prepend] },
};

/** The page after the redesign. */
export function redesigned(root, name, seed) {
  const after = copy(root);
  const { change, classes, ids } = redesigns[name];
  for (const make of change) make(`${seed} ${name}`)(after);
  // What is new has its own numbers.
  number(after, -1, -1);
  return { tree: after, release: [classes ? seed : "first", ids ? seed : "first"] };
}
