// A world with a server and a real browser, and how to ask what the script has sent.
import { engine } from "./engines/index.js";
import { serve } from "./world.js";

export { fastForward, runFor } from "./clock.js";

let browser;

/** One browser for a test file. */
export async function launch() {
  browser = browser || (await engine.launch());
  return browser;
}

export const quit = () => browser && browser.close();

/**
 * A world with one page in it, open in a fresh profile.
 * @param {string | Record<string, string>} pages html of "/", or of several paths
 */
export async function visit(
  t,
  pages,
  { settings = {}, path = "/", prepare = async () => {}, context: options = {}, clock } = {},
) {
  const world = await serve();
  world.pages = typeof pages === "string" ? { "/": pages } : pages;
  world.settings = settings;
  world.clock = clock;
  let context;
  t.after(async () => {
    if (context) await context.close();
    await world.close();
    if (world.invalid) throw new Error(`a batch breaks the schema: ${world.invalid}`);
    if (world.errors.length) throw new Error(`the page saw ${world.errors}`);
  });
  context = await (await launch()).newContext({ viewport: { width: 1000, height: 600 }, ...options });
  const tab = await context.newPage();
  await prepare(tab, world);
  await tab.goto(world.url + path);
  // The second file comes over the network, which takes its time however the clock is moved.
  if (clock) {
    await tab.evaluate(() => testClock.runFor(0));
    await until(() => tab.evaluate(isFollowed));
  }
  return { world, tab, context, errors: world.errors };
}

/** Runs in the page: has the core's second file come? */
const isFollowed = () =>
  performance.getEntriesByType("resource").some(({ name }) => /\.more\.js$/.test(name));

/** Events of one kind, each with its batch. */
export const events = (world, kind) =>
  world.received
    .filter(({ answer }) => answer === 202)
    .flatMap((batch) =>
      batch.events.filter(({ k }) => !kind || k === kind).map((event) => ({ ...event, batch })),
    );

export const sum = (list, field) => list.reduce((total, event) => total + (event[field] || 0), 0);

/** Waits until the question has an answer. */
export async function until(question, ms = 9000) {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await question();
    if (answer && (!Array.isArray(answer) || answer.length)) return answer;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${question}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The page is hidden as by another tab; headless tabs are always visible otherwise. */
export async function hide(tab) {
  await tab.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  });
}

export async function show(tab) {
  await tab.evaluate(() => {
    delete document.hidden;
    delete document.visibilityState;
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  });
}
