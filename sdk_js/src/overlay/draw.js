// How is it shown? As boxes above the page, and a panel that says what they are.

import { make, openShadow } from "../shadow.js";

/** @typedef {import("./find.js").Clicked} Clicked */

const STYLE = `
:host { all: initial; }
* { box-sizing: border-box; }
.boxes { position: absolute; inset: 0 auto auto 0; width: 0; height: 0; z-index: 2147483645; pointer-events: none; }
.box { position: absolute; border: 2px solid #b3541e; border-radius: 3px; }
.heat .box { border-color: transparent; }
.counts .box { background: none !important; }
.box.bad { border-style: dashed; border-color: #7a1fa2; }
.box.right span { left: auto; right: -2px; }
.box span { position: absolute; inset: auto auto 100% -2px; padding: 1px 5px; border-radius: 3px 3px 0 0; background: #12211b;
  color: #fff; font: 600 11px/1.4 system-ui, sans-serif; white-space: nowrap; }
.heat .box span { display: none; }
section { position: fixed; inset: auto 12px 12px auto; z-index: 2147483647; width: min(360px, calc(100vw - 24px)); padding: 10px 12px;
  background: #12211b; color: #e8f2ec; font: 13px/1.45 system-ui, sans-serif; border-radius: 8px; box-shadow: 0 4px 24px #0006; }
h2 { margin: 0 24px 4px 0; font-size: 14px; }
p { margin: 0 0 6px; }
label { margin-right: 12px; cursor: pointer; }
button { all: unset; position: absolute; top: 8px; right: 12px; cursor: pointer; font-size: 18px; line-height: 1; }
button:focus-visible, input:focus-visible { outline: 2px solid #7fd6a4; outline-offset: 2px; }
`;
const MODES = { both: "Heat and counts", heat: "Heat", counts: "Counts" };
/** A window so much narrower or wider shows another layout. */
const OTHER = 0.25;

/** @param {number} count @param {string} one */
const some = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

/** @param {Clicked} clicked */
const sentence = ({ clicks, dead, rage, rate }) =>
  [
    `${some(clicks, "click")} · ${(rate * 100).toFixed(1)} % of views`,
    dead && `${some(dead, "dead click")}`,
    rage && `${some(rage, "rage click")}`,
  ]
    .filter(Boolean)
    .join(" · ");

export const draw = () => {
  const { host, root } = openShadow(STYLE);
  const boxes = make("div");
  boxes.className = "boxes both";
  const section = make("section");
  section.setAttribute("aria-label", "Footpath");
  const title = make("h2", "Footpath");
  const state = make("p", "Asking the dashboard …");
  state.setAttribute("role", "status");
  const about = make("p");
  const close = make("button", "×");
  close.setAttribute("aria-label", "Close");
  close.addEventListener("click", () => host.remove());
  const modes = make("div");
  for (const [mode, words] of Object.entries(MODES)) {
    const label = make("label");
    const input = /** @type {HTMLInputElement} */ (make("input"));
    Object.assign(input, { type: "radio", name: "mode", checked: mode === "both" });
    input.addEventListener("change", () => {
      boxes.className = `boxes ${mode}`;
    });
    label.append(input, ` ${words}`);
    modes.append(label);
  }
  section.append(title, state, about, modes, close);
  root.append(boxes, section);
  document.documentElement.append(host);
  /** How many there are to find. */
  let wanted = 0;
  /** Of all clicks, the largest share of one element: the hottest. */
  let most = 0;

  return {
    /** @param {any} answer of the dashboard */
    say: ({ title: words, device, views, clicks, elements, page_width }) => {
      title.textContent = `${words}`;
      wanted = elements.length;
      most = Math.max(...elements.map((/** @type {Clicked} */ { share }) => share), 0);
      about.textContent = `${some(views, "page view")}, ${some(clicks, "click")} by ${device || "all devices"}.`;
      if (page_width && Math.abs(innerWidth / page_width - 1) > OTHER)
        about.textContent += ` They saw the page ${page_width} px wide; this window has ${innerWidth} px.`;
    },
    /** @param {[Element, Clicked][]} found */
    show: (found) => {
      if (!host.isConnected) return;
      const origin = boxes.getBoundingClientRect();
      /** What is folded away has no place. */
      const shown = found
        .map(([element, clicked]) => ({ clicked, place: element.getBoundingClientRect() }))
        .filter(({ place }) => place.width && place.height);
      boxes.replaceChildren(
        ...shown.map(({ clicked, place: { x, y, width, height } }) => {
          const box = make("div");
          box.className = clicked.dead || clicked.rage ? "box bad" : "box";
          if (x > innerWidth / 2) box.classList.add("right");
          Object.assign(box.style, {
            left: `${x - origin.x}px`,
            top: `${y - origin.y}px`,
            width: `${width}px`,
            height: `${height}px`,
            // As on the dashboard's map: the more, the redder, and never so that the page cannot be read.
            background: `rgb(200 60 20 / ${0.1 + 0.45 * Math.sqrt(clicked.share / (most || 1))})`,
          });
          box.append(make("span", sentence(clicked)));
          return box;
        }),
      );
      const absent = wanted - shown.length;
      state.textContent = wanted
        ? `${some(shown.length, "clicked element")} on the page as it is now${absent ? `, ${absent} not here` : ""}.`
        : "Nobody clicked on this page in the period.";
    },
    /** @param {string} why */
    fail: (why) => {
      title.textContent = "Footpath: no overlay";
      state.textContent = why;
      modes.remove();
    },
  };
};
