// node bench/script/run.js [--rounds 7] [--slow-rounds 5] [--only NAME]... [--json FILE]
// Ctrl-C ends it after the present visit and prints what has been measured so far.
// What the script costs a page and its visitor, beside others, in one run. Prints tables in Markdown.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { launch } from "./browser.js";
import { measure } from "./measure.js";
import { serve } from "./sink.js";
import { tables } from "./table.js";
import { BASE, OURS, variants } from "./variants.js";
import { plan } from "./visit.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    "slow-rounds": { type: "string", default: "5" },
    only: { type: "string", multiple: true },
    json: { type: "string" },
  },
});

const MOST_TRIES = 4;

const say = (text) => process.stderr.write(text);

const wanted = (name) => !options.only || [BASE, OURS, ...options.only].includes(name);
const compared = (await variants()).filter(({ name }) => wanted(name));

/** Complete rounds; the rest of one that was cut short is left out. */
const done = (throttle) =>
  Math.floor(results.filter((one) => one.throttle === throttle).length / compared.length);

/** Of the files that its visits asked for. */
const gzipped = ({ name, files }) => {
  const asked = new Set(results.flatMap((one) => (one.variant === name ? one.files : [])));
  return [...asked].reduce((sum, path) => sum + gzipSync(files[path], { level: 9 }).length, 0);
};

/** Where things are on the page, found once on the page alone. */
async function planned(chrome, world) {
  world.variant = compared[0];
  const { tab, cdp, close } = await chrome.open(world.url);
  await tab.goto(`${world.url}/shop`);
  const steps = await plan(tab, cdp);
  const added = await tab.evaluate(() => window.done.added);
  await close();
  return { steps, added };
}

/** Two visits are compared only if the page has done the same in both; on a busy machine a click may come late. */
async function same(added, visit) {
  for (let tries = 1; ; tries++) {
    const result = await visit();
    const { clicks, keys, added: found } = result.done;
    if (clicks === 31 && keys === 50 && found === added) return result;
    if (tries === MOST_TRIES)
      throw new Error(`${result.variant}: the visit went differently: ${JSON.stringify(result.done)}`);
    say(", again");
  }
}

/** Throttled rounds between the others, so that one may stop at any time. */
function* rounds() {
  for (let round = 1; round <= Math.max(+options.rounds, +options["slow-rounds"]); round++) {
    if (round <= +options.rounds) yield [1, round];
    if (round <= +options["slow-rounds"]) yield [4, round];
  }
}

/** Each round begins with another one: a machine that slows down does not always hit the same. */
const turned = (list, by) => list.map((_, i) => list[(i + by) % list.length]);

let isStopped = false;
process.once("SIGINT", () => {
  isStopped = true;
});

const chrome = await launch();
const world = await serve();
const results = [];
try {
  const { steps, added } = await planned(chrome, world);
  for (const [throttle, round] of rounds())
    for (const variant of turned(compared, round)) {
      if (isStopped) break;
      say(`\r\x1b[K${throttle}x, round ${round}: ${variant.name}`);
      const result = await same(added, () => measure(chrome, world, variant, steps, { throttle }));
      results.push({ round, ...result });
    }
} finally {
  say("\n");
  await chrome.close();
  world.close();
}

const sizes = new Map(compared.map((variant) => [variant.name, gzipped(variant)]));
if (options.json)
  writeFileSync(options.json, JSON.stringify({ sizes: Object.fromEntries(sizes), results }, null, 1));
console.log(`Chromium ${chrome.version}, Node ${process.versions.node}, ${cpus().length} x ${cpus()[0].model}, ${done(1)} + ${done(4)} rounds; median (quartiles).

${tables(
  results.filter(({ round, throttle }) => round <= done(throttle)),
  sizes,
)}`);
