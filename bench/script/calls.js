// node bench/script/calls.js ["Snowplow"]
// Which events, timers and observers of a visit wake the script, how often, and at what CPU time? Of Footpath, or of
// another variant.
import { launch } from "./browser.js";
import { serve } from "./sink.js";
import { calls } from "./trace.js";
import { unshrunk } from "./unshrunk.js";
import { footpath, variants } from "./variants.js";
import { plan, replay } from "./visit.js";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const chrome = await launch();
const world = await serve();
const all = await variants();
const [bare] = all;
world.variant = bare;
const first = await chrome.open(world.url);
await first.tab.goto(`${world.url}/shop`);
const steps = await plan(first.tab, first.cdp);
await first.close();

const wanted = process.argv[2] || "Footpath";
const variant = wanted === "Footpath" ? footpath(await unshrunk()) : all.find(({ name }) => name === wanted);
if (!variant) throw new Error(`${wanted}: no variant; there are ${all.map(({ name }) => name).join("; ")}`);
world.variant = variant;
const { tab, cdp, close } = await chrome.open(world.url);
await chrome.browser.startTracing(tab, { categories: ["devtools.timeline", "v8", "blink.user_timing"] });
await tab.goto(`${world.url}/shop`, { waitUntil: "load" });
await pause(2500);
await tab.evaluate(() => performance.mark("visit"));
await replay(cdp, steps);
await pause(3000);
const trace = await chrome.browser.stopTracing();
await close();
await chrome.close();
world.close();

console.log("| woken by | what | times | CPU ms | us each |\n| --- | --- | --: | --: | --: |");
for (const { by, what, times, ms } of calls(trace, Object.keys(variant.files)))
  console.log(`| ${by} | ${what} | ${times} | ${ms.toFixed(2)} | ${((ms / times) * 1000).toFixed(0)} |`);
