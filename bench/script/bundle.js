// What does a page load of each peer? What its package ships for a script tag, as it is; otherwise a bundle.
import { readdirSync, readFileSync } from "node:fs";
import { build } from "esbuild";

const here = (/** @type {string} */ name) => new URL(name, import.meta.url).pathname;

/** A file that a package ships. */
export const shipped = (name) => readFileSync(here(`node_modules/${name}`), "utf8");

/** The built files of this repository's script, by name. */
export function ours() {
  const folder = here("../../sdk_js/dist/");
  const names = readdirSync(folder).filter((name) => /^footpath\.(\w+\.)?min\.js$/.test(name));
  return new Map(names.map((name) => [name, readFileSync(folder + name, "utf8")]));
}

export async function bundled(name) {
  const { outputFiles } = await build({
    entryPoints: [here(`entries/${name}.js`)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2018",
    legalComments: "none",
  });
  return outputFiles[0].text;
}
