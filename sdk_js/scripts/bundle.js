// The built files. The core is one function, called with the settings that the collector writes into it; the second
// file is a module that the core imports; the full file is a core that contains the second.
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { minify } from "terser";

const path = (/** @type {string} */ name) => new URL(`../${name}`, import.meta.url).pathname;

const { version } = JSON.parse(readFileSync(path("package.json"), "utf8"));

/** Names that neither the wire, nor the settings, nor the browser knows. */
const INTERNAL =
  /^(accessibleName|allowance|attempted|block|busy|clean|count|describe|record|eventsUrl|fetchFile|fields|firstOf|guard|isField|isIgnored|isLate|isShown|lastClick|later|leads|listen|measureSizes|note|notes|openNotes|pageNow|passes|nearest|parent|CONTROL|setClock|keep|reserve|roleOf|convert|hooks|hearOnce|hush|pack|recorded|refused|stamp|stop|sums|takeOver|tick|visitNow|whenIdle|who|settings|wire|waiting|writeVisit|zero)$/;

/** Of properties, the same in all files. */
let names = {};

/**
 * @param {string} entry
 * @param {import("esbuild").Plugin[]} [plugins]
 */
async function shrink(entry, plugins = []) {
  const { outputFiles } = await build({
    entryPoints: [path(entry)],
    bundle: true,
    minifySyntax: true,
    write: false,
    format: "esm",
    target: "es2019",
    supported: { "dynamic-import": true },
    charset: "utf8",
    legalComments: "none",
    define: { VERSION: JSON.stringify(version) },
    plugins,
  });
  const nameCache = { props: names };
  const { code } = await minify(outputFiles[0].text, {
    module: true,
    ecma: 2019,
    compress: {
      passes: 4,
      pure_getters: true,
      unsafe: true,
      unsafe_arrows: true,
      unsafe_methods: true,
      booleans_as_integers: true,
      keep_fargs: false,
    },
    mangle: { module: true, properties: { regex: INTERNAL } },
    format: { ascii_only: true },
    nameCache,
  });
  names = nameCache.props;
  return code;
}

/** The second file is inside. @type {import("esbuild").Plugin} */
const contained = {
  name: "contained",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/fetch\.js$/ }, () => ({ path: path("src/fetch.full.js") })),
};

/**
 * Most functions of these files run in every visit. A browser that is told so compiles them with the file, rather than
 * looking at each twice, the second time while the visitor waits. https://v8.dev/blog/explicit-compile-hints
 */
export const EAGER = "//# allFunctionsCalledOnLoad\n";

const asFunction = (/** @type {string} */ code) => `${EAGER}(SETTINGS=>{try{${code}}catch{}})({});\n`;

/** For npm: nothing happens until it is called. */
const asModule = (/** @type {string} */ code) =>
  `export function start(SETTINGS){${code};return window.footpath}\n`;

/** By name in dist/. @returns {Promise<Record<string, string>>} */
export async function bundle() {
  const full = await shrink("src/main.js", [contained]);
  return {
    "footpath.min.js": asFunction(await shrink("src/main.js")),
    "footpath.more.min.js": `${EAGER}${await shrink("src/more/main.js")}\n`,
    "footpath.form.min.js": `${EAGER}${await shrink("src/form/main.js")}\n`,
    "footpath.idle.min.js": `${EAGER}${await shrink("src/idle/main.js")}\n`,
    "footpath.skeleton.min.js": `${await shrink("src/skeleton/main.js")}\n`,
    "footpath.trail.min.js": `${await shrink("src/trail/main.js")}\n`,
    "footpath.overlay.min.js": `${await shrink("src/overlay/main.js")}\n`,
    "footpath.debug.min.js": `${await shrink("src/debug/main.js")}\n`,
    "footpath.full.min.js": asFunction(full),
    "footpath.mjs": asModule(full),
  };
}

export const dist = (/** @type {string} */ name) => path(`dist/${name}`);
