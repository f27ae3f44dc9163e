// node test/browser/every.js [file...]: the browser tests in each engine, or in the one that FOOTPATH_ENGINE names.
// An engine that is not installed is passed over, except in CI.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { missing, names } from "./engines/index.js";

const here = new URL("./", import.meta.url).pathname;
const all = readdirSync(here).filter((name) => name.endsWith(".test.js"));
const files = process.argv.length > 2 ? process.argv.slice(2) : all.map((name) => here + name);
const wanted = process.env.FOOTPATH_ENGINE ? [process.env.FOOTPATH_ENGINE] : names;
let isWell = true;

for (const name of wanted) {
  const lacking = missing(name);
  if (lacking.length) {
    const isNeeded = process.env.CI || process.env.FOOTPATH_ENGINE;
    console.error(`${name}: ${isNeeded ? "FAILED" : "NOT TESTED"}, apt-get install ${lacking.join(" ")}`);
    if (isNeeded) isWell = false;
    continue;
  }
  console.log(`${name}:`);
  const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=2", ...files], {
    stdio: "inherit",
    env: { ...process.env, FOOTPATH_ENGINE: name },
  });
  if (status !== 0) isWell = false;
}

process.exit(isWell ? 0 : 1);
