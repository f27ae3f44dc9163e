// What is the script made of, for who wants to read its functions' names in a profile?
import { build } from "esbuild";
import { EAGER } from "../../sdk_js/scripts/bundle.js";

const source = (name) => new URL(`../../sdk_js/${name}`, import.meta.url).pathname;

async function readable(entry) {
  const { outputFiles } = await build({
    entryPoints: [source(`src/${entry}.js`)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2018",
    supported: { "dynamic-import": true },
    define: { VERSION: '"bench"' },
  });
  return outputFiles[0].text;
}

/** The files as they are built, but unshrunk. */
export const unshrunk = async () =>
  new Map([
    ["footpath.min.js", `${EAGER}(function(SETTINGS){"use strict";${await readable("main")}})({});\n`],
    ["footpath.more.min.js", EAGER + (await readable("more/main"))],
    ["footpath.form.min.js", EAGER + (await readable("form/main"))],
    ["footpath.idle.min.js", EAGER + (await readable("idle/main"))],
  ]);
