// The built file: one function, called with the settings that the collector writes into it.
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { minify } from "terser";

const path = (/** @type {string} */ name) => new URL(`../${name}`, import.meta.url).pathname;

export const target = path("dist/footpath.min.js");
const { version } = JSON.parse(readFileSync(path("package.json"), "utf8"));

/** Names that neither the wire, nor the settings, nor the browser knows. */
const INTERNAL = /^(zero|block|who|next|of|busy|attempted|fields)$/;

/** @returns {Promise<string>} */
export async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [path("src/main.js")],
    bundle: true,
    minifySyntax: true,
    write: false,
    format: "esm",
    target: "es2018",
    charset: "utf8",
    legalComments: "none",
    define: { VERSION: JSON.stringify(version) },
  });
  const { code } = await minify(outputFiles[0].text, {
    module: true,
    ecma: 2018,
    compress: {
      passes: 4,
      pure_getters: true,
      unsafe: true,
      unsafe_arrows: true,
      booleans_as_integers: true,
      keep_fargs: false,
    },
    mangle: { module: true, properties: { regex: INTERNAL } },
    format: { ascii_only: true },
  });
  return `(function(SETTINGS){"use strict";${code}})({});\n`;
}
