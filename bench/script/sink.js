// One server for the page, one for everything that a script loads and sends: another origin, as in life.
import { createServer } from "node:http";
import { shop } from "./shop/page.js";

/** What PostHog's server says about a project that has nothing switched on from there. */
const POSTHOG_CONFIG = {
  supportedCompression: ["gzip", "gzip-js"],
  hasFeatureFlags: false,
  autocapture_opt_out: false,
  capturePerformance: false,
  autocaptureExceptions: false,
  sessionRecording: false,
  surveys: false,
  siteApps: [],
  isAuthenticated: false,
  defaultIdentifiedOnly: true,
};

/** By the path's beginning; whatever is not listed is answered with an empty 200. */
const ANSWERS = {
  "/v1/events": [202, "application/json", () => ({ accepted: 1, rejected: [], now: Date.now() })],
  "/flags": [200, "application/json", () => ({ flags: {}, featureFlags: {}, ...POSTHOG_CONFIG })],
  "/array/": [200, "application/json", () => POSTHOG_CONFIG],
  "/e/": [200, "application/json", () => ({ status: "Ok" })],
  "/i/": [200, "application/json", () => ({ status: "Ok" })],
  "/api/event": [202, "text/plain", () => "ok"],
  "/com.snowplowanalytics.snowplow": [200, "text/plain", () => "ok"],
};

/**
 * @typedef {object} Sent
 * @property {string} method
 * @property {string} url
 * @property {number} head bytes of the request line and the headers
 * @property {Buffer} body
 */

const listen = async (handler) => {
  const server = createServer(handler);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${server.address().port}` };
};

const read = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const head = ({ method, url, rawHeaders }) =>
  `${method} ${url} HTTP/1.1\r\n`.length + rawHeaders.reduce((sum, text) => sum + text.length + 2, 2);

export async function serve() {
  /** @type {{ variant: import("./variants.js").Variant, sent: Sent[], missing: string[], served: Set<string> }} */
  const world = { variant: undefined, sent: [], missing: [], served: new Set() };

  const sink = await listen(async (request, response) => {
    const { method, url, headers } = request;
    const path = url.split("?")[0];
    response.setHeader("access-control-allow-origin", headers.origin || "*");
    response.setHeader("access-control-allow-credentials", "true");
    response.setHeader("timing-allow-origin", "*");
    const file = world.variant.files[path];
    if (file !== undefined) {
      world.served.add(path);
      response.setHeader("content-type", "text/javascript; charset=utf-8");
      return response.end(file);
    }
    const sent = { method, url, head: head(request), body: await read(request) };
    world.sent.push(sent);
    if (method === "OPTIONS") {
      response.setHeader("access-control-allow-headers", headers["access-control-request-headers"] || "");
      response.setHeader("access-control-max-age", "7200");
      response.statusCode = 204;
      return response.end();
    }
    if (path.endsWith(".js")) {
      if (path.startsWith("/array/")) {
        response.setHeader("content-type", "text/javascript");
        const config = JSON.stringify({ bench: { config: POSTHOG_CONFIG, siteApps: [] } });
        return response.end(`window._POSTHOG_REMOTE_CONFIG = ${config};`);
      }
      world.missing.push(path);
      response.statusCode = 404;
      return response.end();
    }
    const found = Object.keys(ANSWERS).find((start) => path.startsWith(start));
    const [status, type, body] = found ? ANSWERS[found] : [200, "text/plain", () => ""];
    const answer = body();
    response.writeHead(status, { "content-type": type });
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });

  const site = await listen((request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    const isShop = request.url.startsWith("/shop");
    response.end(isShop ? shop(world.variant.head(sink.url)) : "<!doctype html><title>Empty</title>");
  });

  return Object.assign(world, {
    url: site.url,
    close: () => {
      for (const { server } of [sink, site]) {
        server.closeAllConnections();
        server.close();
      }
    },
  });
}
