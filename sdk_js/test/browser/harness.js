// A real server that answers as the collector does, a real browser, and the schema as the judge.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import Ajv from "ajv/dist/2020.js";
import { chromium } from "playwright-core";

const file = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

const script = file("dist/footpath.min.js");
const validate = new Ajv({ strict: false }).compile(JSON.parse(file("../schema/event.schema.json")));

const SITE = "test-site";
const CSP = "default-src 'none'; script-src 'self'; connect-src 'self'";

/** The script as the collector serves it. */
const configured = (settings) =>
  script.replace(/\(\{\}\);\n?$/, `(${JSON.stringify({ site: SITE, ...settings })});`);

const page = (html, query = "") => `<!doctype html><html><head><title>Test page</title>
<script async src="/sdk.js?${query}"></script></head><body>${html}</body></html>`;

/** One server with pages, the script and the receiver. */
export async function serve() {
  const world = {
    pages: {},
    settings: {},
    received: [],
    bodies: [],
    answers: [],
    headers: {},
    now: Date.now,
  };
  const server = createServer((request, response) => {
    const path = request.url.split("?")[0];
    if (request.method === "POST") return receive(world, request, response);
    if (path === "/sdk.js") {
      response.setHeader("content-type", "text/javascript");
      return response.end(configured(world.settings));
    }
    const later = path.match(/^\/sdk\/[\d.]+\.(more|form|idle|debug)\.js$/);
    if (later) {
      response.setHeader("content-type", "text/javascript");
      response.setHeader("access-control-allow-origin", "*");
      return response.end(file(`dist/footpath.${later[1]}.min.js`));
    }
    if (path.endsWith(".js")) {
      response.setHeader("content-type", "text/javascript");
      return response.end(world.pages[path] || "");
    }
    const html = world.pages[path];
    if (html === undefined) {
      response.statusCode = 404;
      return response.end("");
    }
    for (const [name, value] of Object.entries(world.headers)) response.setHeader(name, value);
    response.setHeader("content-type", "text/html");
    return response.end(html.startsWith("<!doctype") ? html : page(html));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  world.url = `http://127.0.0.1:${server.address().port}`;
  world.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  world.strict = () => {
    world.headers = { "content-security-policy": CSP };
  };
  return world;
}

function receive(world, request, response) {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString("utf8");
    const batch = JSON.parse(body);
    const answer = world.answers.shift() || 202;
    world.bodies.push(body);
    world.received.push({
      ...batch,
      answer,
      size: body.length,
      type: request.headers["content-type"],
      at: Date.now(),
    });
    if (!validate(batch)) world.invalid = validate.errors;
    if (answer === "cut") return request.socket.destroy();
    const { status, headers } = typeof answer === "number" ? { status: answer } : answer;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ accepted: batch.events.length, rejected: [], now: world.now() }));
  });
}

let browser;

/** One browser for a test file. */
export async function launch() {
  browser =
    browser ||
    (await chromium.launch({
      executablePath: process.env.FOOTPATH_CHROMIUM || "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    }));
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
  const context = await (await launch()).newContext({ viewport: { width: 1000, height: 600 }, ...options });
  const tab = await context.newPage();
  const errors = [];
  tab.on("pageerror", (error) => errors.push(String(error)));
  if (clock) await tab.clock.install({ time: clock });
  await prepare(tab, world);
  await tab.goto(world.url + path);
  t.after(async () => {
    await context.close();
    await world.close();
    if (world.invalid) throw new Error(`a batch breaks the schema: ${JSON.stringify(world.invalid)}`);
    if (errors.length) throw new Error(`the page saw ${errors}`);
  });
  return { world, tab, context, errors };
}

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
