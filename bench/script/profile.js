// node bench/script/profile.js [--visits 3]
// Which functions of the script cost what? From the readable source, sampled each 0.1 ms; ms a visit.
import { parseArgs } from "node:util";
import { launch } from "./browser.js";
import { serve } from "./sink.js";
import { unshrunk } from "./unshrunk.js";
import { footpath, variants } from "./variants.js";
import { plan, replay } from "./visit.js";

const { values: options } = parseArgs({ options: { visits: { type: "string", default: "3" } } });
const pathOf = (url) => url.replace(/^\w+:\/\/[^/]+|\?.*/g, "");

/** A function without a name is called by the line that it begins on. */
const nameOf = ({ functionName, lineNumber, url }, files) => {
  if (functionName) return functionName;
  const path = pathOf(url);
  if (!lineNumber) return `all of ${path}`;
  return `\`${files[path].split("\n")[lineNumber].trim().slice(0, 60)}\``;
};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Self and total ms by function; what the browser does for a function is its own row below it. */
function add(profile, files, self, total) {
  const byId = new Map(profile.nodes.map((node) => [node.id, { ...node, ms: 0 }]));
  profile.samples.forEach((id, i) => {
    byId.get(id).ms += profile.timeDeltas[i] / 1000;
  });
  const walk = (node, above) => {
    const { functionName, url } = node.callFrame;
    const isOurs = pathOf(url) in files;
    const caller = above[above.length - 1];
    const name = isOurs ? nameOf(node.callFrame, files) : caller && `${caller} > ${functionName || "native"}`;
    if (name && node.ms) self.set(name, (self.get(name) || 0) + node.ms);
    const path = isOurs && !above.includes(name) ? [...above, name] : above;
    for (const one of path) if (node.ms) total.set(one, (total.get(one) || 0) + node.ms);
    for (const id of node.children || []) walk(byId.get(id), path);
  };
  walk(byId.get(profile.nodes[0].id), []);
}

const show = (title, self, total, visits) => {
  console.log(`\n${title}\n| function | total ms | self ms |\n| --- | --: | --: |`);
  const names = [...new Set([...self.keys(), ...total.keys()])];
  const key = (name) => Math.max(total.get(name) || 0, self.get(name) || 0);
  for (const name of names.sort((a, b) => key(b) - key(a)).slice(0, 40)) {
    const cell = (map) => (map.has(name) ? (map.get(name) / visits).toFixed(2) : "");
    console.log(`| ${name} | ${cell(total)} | ${cell(self)} |`);
  }
};

const chrome = await launch();
const world = await serve();
const all = await variants();
world.variant = all[0];
const first = await chrome.open(world.url);
await first.tab.goto(`${world.url}/shop`);
const steps = await plan(first.tab, first.cdp);
await first.close();

const variant = footpath(await unshrunk());
world.variant = variant;
const phases = { "start-up": [new Map(), new Map()], visit: [new Map(), new Map()] };
for (let visit = 0; visit < +options.visits; visit++) {
  const { tab, cdp, close } = await chrome.open(world.url);
  await cdp.send("Profiler.enable");
  await cdp.send("Profiler.setSamplingInterval", { interval: 100 });
  await cdp.send("Profiler.start");
  await tab.goto(`${world.url}/shop`);
  await pause(2500);
  add((await cdp.send("Profiler.stop")).profile, variant.files, ...phases["start-up"]);
  await cdp.send("Profiler.start");
  await replay(cdp, steps);
  await pause(3000);
  add((await cdp.send("Profiler.stop")).profile, variant.files, ...phases.visit);
  await close();
}
await chrome.close();
world.close();
for (const [title, [self, total]] of Object.entries(phases)) show(title, self, total, +options.visits);
