// What happens in frames of the same origin? Their events do not reach the page.

import { guard, later, listen, openNotes, whenIdle } from "./core.js";

const FRAMES_MS = 2000;

/** @type {WeakSet<Document>} */
const known = new WeakSet();

/** A frame of another origin shows no document. */
const look = () => {
  for (const { contentDocument } of document.querySelectorAll("iframe")) {
    if (!contentDocument || known.has(contentDocument)) continue;
    known.add(contentDocument);
    openNotes(contentDocument);
  }
};

export const openFrames = () => {
  // A frame that loads anew has another document; its load does not reach the page, the focus that leaves for it does.
  const soon = () => whenIdle(look, 0);
  listen("load", soon);
  // The window's own, not each field's.
  addEventListener("blur", guard(soon));
  later(look, FRAMES_MS);
};
