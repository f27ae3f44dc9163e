// What does the page look like, without its texts and pictures? Boxes, on which heat and visits are drawn.

import { hash } from "../more/hash.js";
import { BARE, boxOf } from "./box.js";
import { later, pageNow, record, stamp, take, visitNow, whenIdle, writeVisit } from "./core.js";

/** Late enough for what comes into the page by itself. */
const SETTLE_MS = 2500;
/** So long at once: on a slow device it takes four times that. */
const SLICE_MS = 3;
/** Between two pieces. A page that is never idle would have none drawn before it is left. */
const REST_MS = 20;
const MOST_BOXES = 400;
const MOST_CHARS = 9000;
const MOST_ELEMENTS = 8000;
/** Layouts that this browser has told are remembered, beside who is here. */
const MOST_TOLD = 40;
/** CSS px from which a window is another layout of the same page. */
const WIDTHS = [600, 1024];

/** @param {Element} element */
const isHidden = (element) =>
  element.checkVisibility &&
  !element.checkVisibility(
    /** @type {any} */ ({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: false }),
  );

/** @param {Node} root */
const walkerOf = (root) =>
  document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT, (/** @type {any} */ element) =>
    element.matches(BARE) || isHidden(element) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );

/** What stands where, in which order; how often a card is repeated is no other layout. @param {any[]} boxes */
const layoutOf = (boxes) => {
  const kinds = new Set(boxes.map(([role, level]) => `${role}${level}`));
  const width = WIDTHS.filter((least) => innerWidth >= least).length;
  return hash([width, ...kinds].join());
};

/** @param {any[]} boxes */
const tell = (boxes) => {
  const { block } = pageNow();
  const layout = layoutOf(boxes);
  const visit = visitNow();
  const known = hash(layout + block.url.split("?")[0]);
  const told = visit.told || [];
  if (!boxes[0] || told.includes(known)) return;
  visit.told = [...told, known].slice(-MOST_TOLD);
  writeVisit();
  const { scrollWidth, scrollHeight } = document.documentElement;
  record(stamp("skeleton", { layout, width: scrollWidth, height: scrollHeight, boxes }));
};

/** Piece by piece, so that the page has most of the time. */
const draw = () => {
  const page = pageNow();
  /** @type {any[]} */
  const boxes = [];
  /** @type {Node[]} */
  const roots = [document.body];
  let walker = walkerOf(document.body);
  let left = MOST_ELEMENTS;
  let room = MOST_CHARS;
  /** The last whole one: what it contains is passed over. @type {any} */
  let whole;
  /** The last block of text. @type {any} */
  let text;
  const go = () => {
    const start = performance.now();
    while (performance.now() - start < SLICE_MS) {
      /** @type {any} */
      const element = walker.nextNode();
      if (!element && roots[1]) {
        roots.shift();
        walker = walkerOf(roots[0]);
        continue;
      }
      if (!element || !left-- || boxes.length >= MOST_BOXES || room < 0) return tell(boxes);
      if (element.shadowRoot) roots.push(element.shadowRoot);
      if (whole && whole.contains(element)) continue;
      const found = boxOf(element);
      if (!found) continue;
      if (found.box[0] === "text") {
        // Emphasis inside of a text is no block of its own.
        if (text && text.contains(element)) continue;
        text = element;
      }
      if (found.isWhole) whole = element;
      boxes.push(found.box);
      room -= JSON.stringify(found.box).length;
    }
    // The page view may have ended meanwhile.
    if (pageNow() === page) later(go, REST_MS);
  };
  go();
};

/**
 * @param {import("../handed.js").Core} handed
 * @param {import("../note.js").Note[]} notes
 */
export const skeleton = (handed, notes) => {
  take(handed);
  handed.takeOver(notes, {
    open: () => {
      const page = pageNow();
      const look = () => {
        if (pageNow() !== page) return;
        // What is not shown may not be laid out.
        if (document.hidden) handed.hearOnce("visibilitychange", () => whenIdle(look, SETTLE_MS), document);
        else draw();
      };
      whenIdle(look, SETTLE_MS);
    },
  });
};
