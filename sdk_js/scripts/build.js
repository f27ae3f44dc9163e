// node scripts/build.js            writes the files of dist/
// node scripts/build.js --compare  fails if a committed file is not what the source builds to
import { readFileSync, writeFileSync } from "node:fs";
import { bundle, dist } from "./bundle.js";

for (const [name, text] of Object.entries(await bundle())) {
  if (/^footpath(\.full)?\.min/.test(name) && !text.endsWith("})({});\n"))
    throw new Error("the collector cannot write its settings into this");
  if (!process.argv.includes("--compare")) {
    writeFileSync(dist(name), text);
  } else if (readFileSync(dist(name), "utf8") !== text) {
    console.error(`dist/${name} is not what src/ builds to: run npm run build and commit it`);
    process.exit(1);
  }
}
