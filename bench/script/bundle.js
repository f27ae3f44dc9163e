// What does a page load of each peer? What its package ships for a script tag, as it is; otherwise a bundle.
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const here = (/** @type {string} */ name) => new URL(name, import.meta.url).pathname;

/** A file that a package ships. */
export const shipped = (name) => readFileSync(here(`node_modules/${name}`), "utf8");

/** The built script of this repository, or nothing where there is no such file. */
export function ours(name) {
  try {
    return readFileSync(here(`../../sdk_js/dist/${name}`), "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
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
