// Runs in the page: what do the script and a plain CSS path call each element?
import { handed } from "../../../src/handed.js";
import { take } from "../../../src/more/core.js";
import { describe } from "../../../src/more/element.js";

/** Out of every script's sight. @type {Map<Element, number>} */
const truths = new Map();

/** Takes the marks out of the document. */
const hide = () => {
  for (const element of document.querySelectorAll("[truth]")) {
    truths.set(element, Number(element.getAttribute("truth")));
    element.removeAttribute("truth");
  }
};

/** What browsers copy: up to an id, with a class where it tells sisters apart, else with a place. */
const cssPath = (element) => {
  const steps = [];
  for (let at = element; at.localName !== "html"; at = at.parentElement) {
    if (at.id) {
      steps.unshift(`#${CSS.escape(at.id)}`);
      break;
    }
    const sisters = [...at.parentElement.children].filter((other) => other !== at);
    const alike = sisters.filter(({ localName }) => localName === at.localName);
    const telling = [...at.classList].filter(
      (name) => !alike.some((other) => other.classList.contains(name)),
    );
    steps.unshift(
      at.localName +
        (!alike.length
          ? ""
          : telling.length
            ? telling.map((name) => `.${CSS.escape(name)}`).join("")
            : `:nth-child(${[...at.parentElement.children].indexOf(at) + 1})`),
    );
  }
  return steps.join(" > ");
};

Object.assign(window, {
  begin() {
    hide();
    take(handed);
  },
  /** Every clickable element of the page. */
  survey: () =>
    [...truths].map(([element, truth]) => {
      const { key, item, selector, name, role, zone } = describe(element);
      return {
        truth,
        identity: `${key} ${item || ""}`,
        path: cssPath(element),
        key,
        item,
        selector,
        name,
        role,
        zone,
      };
    }),
  /** The true numbers of what a path leads to. */
  resolve: (path) => [...document.querySelectorAll(path)].map((element) => truths.get(element) ?? 0.5),
  element: (truth) => [...truths].find(([, other]) => other === truth)[0],
  identify: describe,
});
