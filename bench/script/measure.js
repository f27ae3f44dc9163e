// What does one visit with one variant cost?
import { categories, readTrace } from "./trace.js";
import { replay } from "./visit.js";

const SETTLE_MS = 2500;
/** What was set off by the last inputs still counts. */
const TAIL_MS = 3000;
const LEAVING_MS = 500;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** CPU ms of the renderer's main thread so far, for whatever. */
async function threadTime(cdp) {
  const { metrics } = await cdp.send("Performance.getMetrics");
  const value = (name) => metrics.find((metric) => metric.name === name).value * 1000;
  return value("ThreadTime") - value("DevToolsCommandDuration");
}

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
  world.served = new Set();
  const { tab, cdp, errors, close } = await chrome.open(world.url);
  try {
    await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
    if (throttle > 1) await cdp.send("Emulation.setCPUThrottlingRate", { rate: throttle });
    await chrome.browser.startTracing(tab, { categories: categories(throttle > 1) });
    const before = await threadTime(cdp);
    await tab.goto(`${world.url}/shop`, { waitUntil: "load" });
    await pause(SETTLE_MS);
    await tab.evaluate(() => performance.mark("visit"));
    await replay(cdp, steps);
    await pause(TAIL_MS);
    const thread = (await threadTime(cdp)) - before;
    const phases = readTrace(await chrome.browser.stopTracing(), Object.keys(variant.files));
    const [latency, done] = await tab.evaluate(() => [window.latency(), window.done]);
    await tab.goto(`${world.url}/empty`);
    await pause(LEAVING_MS);
    if (errors.length || world.missing.length)
      throw new Error(`${variant.name}: ${[...errors, ...world.missing].join("; ")}`);
    return {
      variant: variant.name,
      throttle,
      ...phases,
      thread,
      latency,
      done,
      wire: wire(world.sent),
      files: [...world.served],
    };
  } finally {
    await close();
  }
}
