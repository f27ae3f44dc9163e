// Where is something of ours shown on a page? In a shadow root, which neither the page's styles nor a strict policy
// for styles change.

/** @param {string} name @param {string} [text] */
export const make = (name, text = "") => {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
};

/** Nothing inside is told. @param {string} style */
export const openShadow = (style) => {
  const host = make("div");
  host.setAttribute("data-footpath-ignore", "");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  return { host, root };
};
