// A real server that answers as the collector does, and serves the pages of a test with the script on them.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import Ajv from "ajv/dist/2020.js";
import { stopClock } from "./clock.js";

const path = (name) => new URL(`../../${name}`, import.meta.url);
const file = (name) => readFileSync(path(name), "utf8");

const script = file("dist/footpath.min.js");
const validate = new Ajv({ strict: false }).compile(JSON.parse(file("../schema/event.schema.json")));

const SITE = "test-site";
const CSP = "default-src 'none'; script-src 'self'; connect-src 'self'";

/** The script as the collector serves it. */
const configured = (settings) =>
  script.replace(/\(\{\}\);\n?$/, `(${JSON.stringify({ site: SITE, ...settings })});`);

const page = (html, query = "") => `<!doctype html><html><head><title>Test page</title>
<script async src="/sdk.js?${query}"></script></head><body>${html}</body></html>`;

/** What runs in a page before all else, and how the world hears of errors there. */
const FIRST = `<script src="/before.js"></script>`;
const first = (html) => html.replace(/^<!doctype html>(\s*<html[^>]*>)?(\s*<head>)?/i, `$&${FIRST}`);

/** Runs in the page. A beacon, because a page may be left at once and may break fetch. */
function tellErrors() {
  const tell = navigator.sendBeacon.bind(navigator, "/page-error");
  // Resources that fail to load are no errors of a script: their events do not reach the window.
  addEventListener("error", ({ error, message }) => tell(`${error || message}`));
  addEventListener("unhandledrejection", ({ reason }) => tell(`unhandled: ${reason}`));
}

/** The later files (more, form, idle, debug), as the collector serves them to any site. */
const LATER = /^\/sdk\/[^/]+\.([a-z]+)\.js$/;

function answerLater(name, response) {
  const built = `dist/footpath.${name}.min.js`;
  if (!existsSync(path(built))) return refuse(response);
  response.setHeader("access-control-allow-origin", "*");
  return answer(response, "text/javascript", file(built));
}

function refuse(response) {
  response.statusCode = 404;
  response.end("");
}

function answer(response, type, body) {
  response.setHeader("content-type", type);
  response.end(body);
}

function answerJson({ status = 200, ...body }, response) {
  response.statusCode = status;
  return answer(response, "application/json", JSON.stringify(body));
}

/** One server with pages, the script and the receiver. */
export async function serve() {
  const world = {
    pages: {},
    settings: {},
    received: [],
    bodies: [],
    answers: [],
    headers: {},
    /** How long a page's html takes, ms. */
    wait: 0,
    /** By path; `status` of one is that of the answer. */
    json: {},
    errors: [],
    scripts: [],
    now: Date.now,
    /** The function runs in every page before anything else. It has nothing but what it is given. */
    before: (task, given) => world.scripts.push(`(${task})(${JSON.stringify(given)});`),
    /** Of pages that are opened from now on; runFor and fastForward move it. */
    clock: undefined,
    strict: () => {
      world.headers = { "content-security-policy": CSP };
    },
  };
  const server = createServer((request, response) => respond(world, request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  world.url = `http://127.0.0.1:${server.address().port}`;
  world.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return world;
}

function respond(world, request, response) {
  const name = request.url.split("?")[0];
  const [, later] = name.match(LATER) || [];
  if (request.method === "POST") return receive(world, request, response);
  if (later) return answerLater(later, response);
  if (world.json[name]) return answerJson(world.json[name], response);
  if (name === "/sdk.js") return answer(response, "text/javascript", configured(world.settings));
  if (name === "/before.js") return answer(response, "text/javascript", before(world));
  if (name.endsWith(".js")) return answer(response, "text/javascript", world.pages[name] || "");
  const html = world.pages[name];
  if (html === undefined) return refuse(response);
  for (const [header, value] of Object.entries(world.headers)) response.setHeader(header, value);
  const whole = first(html.startsWith("<!doctype") ? html : page(html));
  return setTimeout(() => answer(response, "text/html", whole), world.wait);
}

const before = ({ clock, scripts }) =>
  [`(${tellErrors})();`, clock ? `(${stopClock})(${clock});` : "", ...scripts].join("\n");

/** What the schema minds, with the event that it minds it of. */
function offence({ events }, errors) {
  const [, place] = errors[0].instancePath.match(/^\/events\/(\d+)/) || [];
  return JSON.stringify(place ? { event: events[place], errors } : errors);
}

async function textOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  // As the collector does: gzip is known by its first bytes.
  return (body[0] === 0x1f ? gunzipSync(body) : body).toString("utf8");
}

async function receive(world, request, response) {
  // A browser that is closed may cut what it was saying.
  const body = await textOf(request).catch(() => "");
  if (!body) return response.end("");
  if (request.url === "/page-error") {
    world.errors.push(body);
    return response.end("");
  }
  const batch = JSON.parse(body);
  const verdict = world.answers.shift() || 202;
  world.bodies.push(body);
  world.received.push({
    ...batch,
    answer: verdict,
    size: body.length,
    type: request.headers["content-type"],
    at: Date.now(),
  });
  if (!validate(batch)) world.invalid = offence(batch, validate.errors);
  if (verdict === "cut") return request.socket.destroy();
  const { status, headers } = typeof verdict === "number" ? { status: verdict } : verdict;
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ accepted: batch.events.length, rejected: [], now: world.now() }));
}
