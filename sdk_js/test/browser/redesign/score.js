// Where is each element of the page before, after the redesign?
import { build } from "esbuild";
import { launch } from "../harness.js";
import { redesigned } from "./changes.js";
import { dashboard } from "./dashboard.js";
import { landing } from "./landing.js";
import { checkout, listing, product } from "./shop.js";
import { styles, write } from "./style.js";
import { number } from "./tree.js";

const kinds = { listing, product, checkout, landing, dashboard };

/** Every kind of page in every team's style. */
export const pages = () =>
  Object.entries(kinds).flatMap(([kind, make]) =>
    Object.entries(styles).map(([team, style]) => {
      const tree = make(style);
      return { name: `${kind} ${team}`, style, tree, clickable: number(tree) };
    }),
  );

const path = (name) => new URL(name, import.meta.url).pathname;

/** The script's own source with the page's side of this test. */
export const inPage = async () => {
  const { outputFiles } = await build({
    entryPoints: [path("inpage.js")],
    bundle: true,
    write: false,
    format: "iife",
    define: { SETTINGS: '{"site": "test-site"}', VERSION: '"test"' },
  });
  return outputFiles[0].text;
};

export const html = (tree, style, release = ["first", "first"]) =>
  `<!doctype html><html lang="en"><head><title>Alder &amp; Finch</title></head>${write(tree, style, release)}</html>`;

/** @param {any} tab @param {string} script @param {string} text */
async function show(tab, script, text) {
  await tab.setContent(text);
  await tab.evaluate(script);
  await tab.evaluate(() => window.begin());
  return tab.evaluate(() => window.survey());
}

const verdict = (truth, places) =>
  !places.length ? "lost" : !places.includes(truth) ? "wrong" : places.length > 1 ? "ambiguous" : "found";

const nobody = () => ({ found: 0, wrong: 0, ambiguous: 0, lost: 0 });

/** Per cent, to one decimal. @param {ReturnType<typeof nobody>[]} counts */
export function shares(counts) {
  const total = nobody();
  for (const each of counts) for (const how in total) total[how] += each[how];
  const all = Object.values(total).reduce((a, b) => a + b);
  return Object.fromEntries(
    Object.entries(total).map(([how, n]) => [how, Math.round((1000 * n) / all) / 10]),
  );
}

/**
 * How many clicks find their element again, by identity and by path.
 * @param {string[]} names of redesigns
 * @param {string[]} seeds each makes another redesign of that name
 */
export async function score(names, seeds = ["a"]) {
  const script = await inPage();
  const context = await (await launch()).newContext();
  const tab = await context.newPage();
  await tab.route("**/*", (route) => route.fulfill({ body: "" }));
  await tab.goto("http://redesign.test/");
  const results = names.map((name) => ({ name, identity: nobody(), path: nobody(), misses: [] }));
  for (const { name: title, style, tree } of pages()) {
    const before = await show(tab, script, html(tree, style));
    for (const result of results) {
      for (const seed of seeds) {
        const { tree: after, release } = redesigned(tree, result.name, `${title} ${seed}`);
        const now = await show(tab, script, html(after, style, release));
        const led = await tab.evaluate(
          (paths) => paths.map((path) => window.resolve(path)),
          before.map(({ path }) => path),
        );
        before.forEach((element, i) => {
          const same = now.filter(({ identity }) => identity === element.identity).map(({ truth }) => truth);
          const how = verdict(element.truth, same);
          result.identity[how]++;
          result.path[verdict(element.truth, led[i])]++;
          const there = now.find(({ truth }) => truth === element.truth);
          if (how !== "found") result.misses.push({ page: title, how, element, there });
        });
      }
    }
  }
  await context.close();
  return results;
}
