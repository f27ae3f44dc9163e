// node scripts/build.js            writes dist/footpath.min.js
// node scripts/build.js --compare  fails if the committed file is not what the source builds to
import { readFileSync, writeFileSync } from "node:fs";
import { bundle, target } from "./bundle.js";

const text = await bundle();
if (!text.endsWith("})({});\n")) throw new Error("the collector cannot write its settings into this");
if (!process.argv.includes("--compare")) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error("dist/footpath.min.js is not what src/ builds to: run npm run build and commit it");
  process.exit(1);
}
