// What does one visit with one variant cost?
import { ownTasks } from "./trace.js";
import { replay } from "./visit.js";

const SETTLE_MS = 2500;
/** What was set off by the last inputs still counts. */
const TAIL_MS = 3000;
const LEAVING_MS = 500;
const CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "v8", "blink.user_timing"];

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** CPU ms of the renderer's main thread so far: running scripts, and everything. */
async function cpu(cdp) {
  const { metrics } = await cdp.send("Performance.getMetrics");
  const value = (name) => metrics.find((metric) => metric.name === name).value * 1000;
  return { script: value("ScriptDuration"), thread: value("ThreadTime") - value("DevToolsCommandDuration") };
}

const less = (a, b) => ({ script: a.script - b.script, thread: a.thread - b.thread });

/** Everything that was sent, preflights too; asking for the scripts is not counted. */
const wire = (sent) => ({
  requests: sent.length,
  body: sent.reduce((sum, { body }) => sum + body.length, 0),
  head: sent.reduce((sum, { head }) => sum + head, 0),
});

/**
 * @param {import("./variants.js").Variant} variant
 * @param {import("./visit.js").Step[]} steps
 * @param {{ throttle: number }} how
 */
export async function measure(chrome, world, variant, steps, { throttle }) {
  world.variant = variant;
  world.sent = [];
  world.missing = [];
  const { tab, cdp, errors, close } = await chrome.open(world.url);
  try {
    await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
    if (throttle > 1) {
      await cdp.send("Emulation.setCPUThrottlingRate", { rate: throttle });
      await chrome.browser.startTracing(tab, { categories: CATEGORIES });
    }
    const before = await cpu(cdp);
    await tab.goto(`${world.url}/shop`, { waitUntil: "load" });
    await pause(SETTLE_MS);
    const started = await cpu(cdp);
    if (throttle > 1) await tab.evaluate(() => performance.mark("visit"));
    await replay(cdp, steps);
    await pause(TAIL_MS);
    const visited = await cpu(cdp);
    const tasks =
      throttle > 1 ? ownTasks(await chrome.browser.stopTracing(), Object.keys(variant.files)) : undefined;
    const [latency, done] = await tab.evaluate(() => [window.latency(), window.done]);
    await tab.goto(`${world.url}/empty`);
    await pause(LEAVING_MS);
    if (errors.length || world.missing.length)
      throw new Error(`${variant.name}: ${[...errors, ...world.missing].join("; ")}`);
    return {
      variant: variant.name,
      throttle,
      start: less(started, before),
      visit: less(visited, started),
      latency,
      tasks,
      done,
      wire: wire(world.sent),
    };
  } finally {
    await close();
  }
}
