// What does the panel show?

import { make, openShadow } from "../shadow.js";

const STYLE = `
:host { all: initial; }
section { position: fixed; inset: auto 12px 12px auto; z-index: 2147483647; width: min(560px, calc(100vw - 24px));
  background: #12211b; color: #e8f2ec; font: 12px/1.5 ui-monospace, monospace; border-radius: 8px;
  box-shadow: 0 4px 24px #0006; }
header { display: flex; gap: 12px; padding: 8px 12px; font-weight: bold; }
header span { margin-left: auto; font-weight: normal; }
button { all: unset; cursor: pointer; padding: 0 6px; }
button:focus-visible { outline: 2px solid #7fd6a4; }
ol { margin: 0; padding: 0 12px 8px; list-style: none; max-height: 40vh; overflow: auto; overflow-wrap: anywhere; }
li { border-top: 1px solid #ffffff1f; padding: 2px 0; }
mark { position: fixed; z-index: 2147483646; background: none; outline: 2px solid #e0562b; pointer-events: none; }
`;
const MOST_LINES = 200;
const MARK_MS = 1500;

/** @param {string} title */
export const panel = (title) => {
  const { host, root } = openShadow(STYLE);
  const section = make("section");
  const header = make("header", title);
  const state = make("span", "");
  const close = make("button", "×");
  close.setAttribute("aria-label", "Close");
  close.addEventListener("click", () => host.remove());
  const list = make("ol");
  header.append(state, close);
  section.append(header, list);
  root.append(section);
  document.documentElement.append(host);
  return {
    isOpen: () => host.isConnected,
    /** @param {string} text the newest line comes first */
    line: (text) => {
      list.prepend(make("li", text));
      if (list.children.length > MOST_LINES) /** @type {Element} */ (list.lastElementChild).remove();
    },
    /** @param {number} waiting batches that are not acknowledged */
    state: (waiting) => {
      state.textContent = waiting
        ? `${waiting} batch${waiting > 1 ? "es" : ""} under way`
        : "all acknowledged";
    },
    /** Where a click was. @param {any} event */
    mark: ({ k, el }) => {
      if (k !== "click" || !el || !el.rect) return;
      const [x, y, width, height] = el.rect;
      const mark = make("mark");
      const [left, top] = el.fixed ? [x, y] : [x - scrollX, y - scrollY];
      Object.assign(mark.style, {
        left: `${left}px`,
        top: `${top}px`,
        width: `${width}px`,
        height: `${height}px`,
      });
      root.append(mark);
      setTimeout(() => mark.remove(), MARK_MS);
    },
  };
};
