// Every kind of thing that people type, paste or choose with, and what pages make of it.

const escaped = (html) => html.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

/**
 * By kind: html for an id. Each fills a box of its own, so that a click on the middle of #id reaches it.
 * How it gets its mark: "keys" types it, "set" sets the value as a password manager or a picker does,
 * "file" chooses a file of that name, "made" writes the mark into the page where the visitor chooses it.
 * @type {Record<string, { how?: string, html: (id: string, mark: string) => string }>}
 */
const KINDS = {
  text: { html: (id) => `<input id="${id}" name="${id}" placeholder="Words">` },
  search: { html: (id) => `<input id="${id}" type="search" aria-label="Search">` },
  url: { html: (id) => `<input id="${id}" type="url" name="site">` },
  tel: { html: (id) => `<input id="${id}" type="tel" name="tel">` },
  email: { html: (id) => `<input id="${id}" type="email" required>` },
  password: { html: (id) => `<input id="${id}" type="password" autocomplete="new-password">` },
  pattern: { html: (id) => `<input id="${id}" pattern="[0-9]+" required title="Digits only">` },
  nameless: { html: (id) => `<div><input id="${id}"></div>` },
  unknown: { html: (id) => `<input id="${id}" type="no-such-type">` },
  labelled: { html: (id) => `<label for="${id}">Your city</label><input id="${id}">` },
  wrapped: { html: (id) => `<label>Your name <input id="${id}"> in full</label>` },
  wrappedArea: { html: (id) => `<label>Message <textarea id="${id}"></textarea></label>` },
  wrappedEditor: { html: (id) => `<label>Note <span contenteditable id="${id}">&nbsp;</span></label>` },
  wrappedOutput: {
    html: (id) =>
      `<label>Sum <input id="${id}" oninput="this.nextElementSibling.value=this.value;this.value=''"><output></output></label>`,
  },
  area: { html: (id) => `<textarea id="${id}" name="words"></textarea>` },
  readonly: { how: "set", html: (id) => `<input id="${id}" readonly>` },
  hidden: { how: "set", html: (id) => `<input id="${id}" type="hidden"><button type="button">Save</button>` },
  number: { how: "set", html: (id) => `<input id="${id}" type="text" inputmode="numeric">` },
  submitless: { html: (id) => `<form onsubmit="return false"><input id="${id}" name="q"></form>` },
  submitted: {
    html: (id) =>
      `<form name="f${id}" onsubmit="event.preventDefault();this.reset()"><input id="${id}" name="name"><button>Send</button></form>`,
  },
  refused: {
    html: (id) => `<form><input id="${id}" type="email"><input required hidden><button>Send</button></form>`,
  },
  file: { how: "file", html: (id) => `<label>Picture <input id="${id}" type="file"></label>` },
  datalist: {
    html: (id, mark) =>
      `<label>Town <input id="${id}" list="l${id}"><datalist id="l${id}"><option>${mark}</option></datalist></label>`,
  },
  select: {
    how: "made",
    html: (id, mark) => `<select id="${id}" size="2"><option>${mark}</option></select>`,
  },
  labelledSelect: {
    how: "made",
    html: (id, mark) => `<label>Size <select id="${id}"><option selected>${mark}</option></select></label>`,
  },
  multiple: {
    how: "made",
    html: (id, mark) =>
      `<select id="${id}" multiple><optgroup label="${mark}"><option value="${mark}">${mark}</option></optgroup></select>`,
  },
  editor: { html: (id) => `<div id="${id}" contenteditable style="min-height:24px">&nbsp;</div>` },
  plain: { html: (id) => `<div id="${id}" contenteditable="plaintext-only" style="min-height:24px"></div>` },
  nestedEditor: {
    html: (id) => `<div contenteditable><section><p id="${id}">&nbsp;</p></section></div>`,
  },
  typedHeading: { html: (id) => `<div contenteditable><h2 id="${id}">&nbsp;</h2></div>` },
  typedLink: {
    how: "made",
    html: (id, mark) =>
      `<div contenteditable><a id="${id}" href="#" title="${mark}" aria-label="${mark}">${mark}</a></div>`,
  },
  typedButton: {
    how: "made",
    html: (id, mark) => `<div contenteditable><button id="${id}" type="button">${mark}</button></div>`,
  },
  mention: {
    how: "made",
    html: (id, mark) =>
      `<div contenteditable>To <span contenteditable="false"><button id="${id}" type="button">${mark}</button></span></div>`,
  },
  pastedPicture: {
    how: "made",
    html: (id, mark) =>
      `<div contenteditable><a href="#"><img id="${id}" width="20" height="20" src="data:," alt="${mark}" title="${mark}"></a></div>`,
  },
  textbox: { html: (id) => `<div id="${id}" role="textbox" tabindex="0" contenteditable></div>` },
  drawnTextbox: {
    how: "made",
    html: (id, mark) => `<div id="${id}" role="textbox" tabindex="0">${mark}</div>`,
  },
  drawnSearch: {
    how: "made",
    html: (id, mark) => `<div id="${id}" role="searchbox" tabindex="0">${mark}</div>`,
  },
  combobox: {
    how: "made",
    html: (id, mark) => `<button id="${id}" type="button" role="combobox"><span>${mark}</span></button>`,
  },
  listButton: {
    how: "made",
    html: (id, mark) => `<button id="${id}" type="button" aria-haspopup="listbox">${mark}</button>`,
  },
  listbox: {
    how: "made",
    html: (id, mark) =>
      `<ul role="listbox" tabindex="0"><li id="${id}" role="option" tabindex="0" aria-label="${mark}">${mark} <button type="button" aria-label="Remove ${mark}">x</button></li></ul>`,
  },
  slider: {
    how: "made",
    html: (id, mark) =>
      `<div id="${id}" role="slider" tabindex="0" aria-valuetext="${mark}" aria-valuenow="3">o</div>`,
  },
  spinbutton: {
    how: "made",
    html: (id, mark) => `<div id="${id}" role="spinbutton" tabindex="0" aria-valuetext="${mark}">3</div>`,
  },
  output: {
    how: "made",
    html: (id, mark) => `<button id="${id}" type="button">Total <output>${mark}</output></button>`,
  },
  openRoot: { html: (id) => `<fuzz-field id="${id}" mode="open"></fuzz-field>` },
  closedRoot: { html: (id) => `<fuzz-field id="${id}" mode="closed"></fuzz-field>` },
  member: { html: (id) => `<form><fuzz-member id="${id}" name="${id}"></fuzz-member></form>` },
  frame: {
    html: (id) =>
      `<iframe id="${id}" height="40" srcdoc="${escaped('<body style="margin:0"><input name="inner" style="width:100%;height:40px">')}"></iframe>`,
  },
  framePage: { html: (id) => `<iframe id="${id}" height="40" src="/frame"></iframe>` },
  frameEditor: {
    html: (id) =>
      `<iframe id="${id}" height="40" srcdoc="${escaped('<body contenteditable style="margin:0;height:40px">')}"></iframe>`,
  },
  masked: {
    how: "made",
    html: (id, mark) =>
      `<div data-footpath-mask><button id="${id}" type="button" aria-label="${mark}">${mark}</button></div>`,
  },
  maskedPart: {
    how: "made",
    html: (id, mark) => `<button id="${id}" type="button">Hello <b data-footpath-mask>${mark}</b></button>`,
  },
  ignored: { html: (id, mark) => `<div data-footpath-ignore><input id="${id}" aria-label="${mark}"></div>` },
  // What the page makes of a field that still holds what was typed.
  liveSearch: {
    html: (id) =>
      `<input id="${id}" type="search" data-echo="label"><button id="b${id}" type="button">Search</button>`,
  },
  liveText: {
    html: (id) => `<input id="${id}" data-echo="text"><button id="b${id}" type="button">-</button>`,
  },
  liveTitle: {
    html: (id) =>
      `<input id="${id}" data-echo="title"><a id="b${id}" href="#"><svg width="20" height="20"></svg></a>`,
  },
  liveHeading: {
    html: (id) => `<textarea id="${id}" data-echo="text"></textarea><h2 id="b${id}">Results</h2>`,
  },
  liveImage: {
    html: (id) =>
      `<input id="${id}" data-echo="alt"><a id="b${id}" href="#"><img src="data:," width="20" height="20"></a>`,
  },
  livePlaceholder: { html: (id) => `<input id="${id}" data-echo="placeholder"><input id="b${id}">` },
  liveError: {
    html: (id) => `<input id="${id}" data-echo="error"><button id="b${id}" type="button">Check</button>`,
  },
  liveDocument: {
    html: (id) => `<input id="${id}" data-echo="document"><button id="b${id}" type="button">Go</button>`,
  },
  liveAddress: {
    html: (id) => `<input id="${id}" data-echo="address"><button id="b${id}" type="button">Go</button>`,
  },
  liveHost: {
    html: (id) => `<fuzz-field id="${id}" mode="open" data-echo="text"></fuzz-field><h3 id="b${id}">-</h3>`,
  },
};

/** Runs in the page: what its author has written, carelessly. */
function author() {
  const BOX = "display:block;width:100%;height:24px";
  customElements.define(
    "fuzz-field",
    class extends HTMLElement {
      connectedCallback() {
        this.style.cssText = "display:block;width:300px;height:24px";
        const root = this.attachShadow({ mode: this.getAttribute("mode") });
        root.innerHTML = `<label><input style="${BOX}"><slot></slot></label>`;
      }
    },
  );
  customElements.define(
    "fuzz-member",
    class extends HTMLElement {
      static formAssociated = true;
      connectedCallback() {
        const internals = this.attachInternals ? this.attachInternals() : { setFormValue() {} };
        this.style.cssText = "display:block;width:300px;height:24px";
        const root = this.attachShadow({ mode: "open", delegatesFocus: true });
        root.innerHTML = `<input style="${BOX}">`;
        root.firstChild.oninput = (event) => internals.setFormValue(event.target.value);
      }
    },
  );
  addEventListener("input", (event) => {
    const [field] = event.composedPath();
    const { id, dataset } = event.target;
    const other = document.getElementById(`b${id}`);
    const typed = field.value;
    if (dataset.echo === "label") other.setAttribute("aria-label", `Search for ${typed}`);
    if (dataset.echo === "text") other.textContent = `Results for ${typed.toUpperCase()} (3)`;
    if (dataset.echo === "title") other.title = `Look for ${typed}`;
    if (dataset.echo === "alt") other.firstChild.alt = typed;
    if (dataset.echo === "placeholder") other.placeholder = `Not ${typed}?`;
    if (dataset.echo === "document") document.title = `${typed} - Search`;
    if (dataset.echo === "address") history.replaceState(null, "", `?q=${typed}&utm=${typed}#${typed}`);
    if (dataset.echo === "error")
      setTimeout(() => {
        throw new Error(`${typed} is not valid`);
      });
  });
  document.addEventListener("submit", (event) => event.preventDefault());
}

/**
 * Pages with controls of every kind in random order.
 * @param {import("./random.js").Random} random
 * @param {number} count of controls on one page
 */
export function makePage(random, count) {
  const names = random.shuffle(Object.keys(KINDS)).slice(0, count);
  const controls = names.map((kind, i) => ({
    kind,
    id: `c${i}`,
    mark: random.mark(),
    how: KINDS[kind].how || "keys",
  }));
  const boxes = controls.map(({ kind, id, mark }) => {
    const tag = random.pick(["p", "div", "section", "fieldset", "main", "form"]);
    const html = KINDS[kind].html(id, mark);
    const box = tag === "p" || (tag === "form" && html.includes("<form")) ? "div" : tag;
    return `<${box} ${random.pick(["", "data-footpath-zone='box'", "role='group'"])}>${html}</${box}>`;
  });
  return {
    controls,
    html: `<!doctype html><html><head><title>Fuzz</title><script async src="/sdk.js"></script></head>
<body>${boxes.join("\n")}<script>(${author})()</script></body></html>`,
  };
}

export const kinds = Object.keys(KINDS).length;
