// How does one team write its pages down? Class names, generated ids, landmarks or none.
import { chance, digits, number, pick } from "./random.js";

const UTILITIES =
  "flex grid block items-center justify-between gap-2 gap-4 px-3 px-4 py-2 py-3 mt-4 mb-6 text-sm text-lg font-medium rounded-md rounded-lg border bg-white bg-slate-900 text-white shadow-sm hover:underline md:grid-cols-3 w-full".split(
    " ",
  );

const capital = (word) => word[0].toUpperCase() + word.slice(1);

/** Each: a class list for a part of a component, an id for the nth thing that needs one, and what is a landmark. */
export const styles = {
  // CSS modules, React Aria, landmarks and sections, test ids.
  modules: {
    classes: (part, release) =>
      `${capital(part).replace(/-/g, "_")}_root__${digits(`${part}${release}`, 5)}${chance(part) < 0.4 ? ` is-${part}` : ""}`,
    id: (n, release) => `react-aria${1000000 + (number(release) % 9000000)}-:r${n.toString(32)}:`,
    tag: (tag) => tag,
    heading: "h3",
    isLabelled: true,
    testId: (name) => ({ "data-testid": name }),
  },
  // Tailwind, Radix, landmarks, but sections are divs more often than not.
  utilities: {
    classes: (part, release) => [1, 2, 3, 4].map((i) => pick(UTILITIES, `${part} ${i} ${release}`)).join(" "),
    id: (n, release) => `radix-:r${((number(release) % 900) + n).toString(32)}:`,
    tag: (tag) => (tag === "section" ? "div" : tag),
    heading: "h3",
    isLabelled: false,
    testId: (name) => (name.startsWith("add") ? { "data-testid": name } : {}),
  },
  // Emotion and MUI, nothing but divs, no test ids.
  emotion: {
    classes: (part, release) =>
      `Mui${capital(part).replace(/-./g, (at) => at[1].toUpperCase())}-root css-${digits(`${part}${release}`, 6)}`,
    id: (n, release) => `mui-${(number(release) % 400) + n}`,
    tag: (tag) => (/^(section|article|header|main|aside|footer)$/.test(tag) ? "div" : tag),
    heading: "p",
    isLabelled: true,
    testId: () => ({}),
  },
  // A template of years ago: names that people wrote, ids of a framework.
  authored: {
    classes: (part, release) => `${part} ${release === "first" ? "" : "v2-"}${part.split("-")[0]}`,
    id: (n, release) => `ember${100 + (number(release) % 700) + n}`,
    tag: (tag) => (tag === "article" ? "li" : tag),
    heading: "h2",
    isLabelled: false,
    testId: (name) => (name === "pay" ? { "data-qa": name } : {}),
  },
};

const VOID = /^(img|input|path|br|hr)$/;
const escaped = (text) => String(text).replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");

/**
 * HTML. The true numbers stand in an attribute that is taken away before anything looks at the page.
 * @param {[string, string]} release what class names and what generated ids of this release depend on
 */
export function write(node, style, release) {
  if (typeof node === "string") return escaped(node);
  if (!node.tag) return escaped(node.words(node.value));
  const tag = node.as || style.tag(node.tag);
  const { part, clickable, ...attrs } = node.attrs;
  const named = { ...attrs, class: part && style.classes(part, release[0]), truth: node.truth };
  const written = Object.entries(named)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) => ` ${name}="${escaped(value.gen ? style.id(value.gen, release[1]) : value)}"`)
    .join("");
  const inside = node.children.map((child) => write(child, style, release)).join("");
  return VOID.test(tag) ? `<${tag}${written}>` : `<${tag}${written}>${inside}</${tag}>`;
}
