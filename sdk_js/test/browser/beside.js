// A second server beside the world's: later files that are slow or missing, pictures, frames of another origin.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const built = (name) => readFileSync(new URL(`../../dist/footpath.${name}.min.js`, import.meta.url));

/**
 * @typedef {object} Beside
 * @property {string} url
 * @property {string} files the setting for pages whose later files come from here
 * @property {Record<string, number>} late ms by the name of a later file
 * @property {string[]} missing names of later files
 * @property {string[]} asked names of later files, in their order
 * @property {Record<string, { type: string, body: string, ms?: number }>} pages
 */

/** @returns {Promise<Beside>} */
export async function openBeside(t) {
  const beside = { url: "", files: "", late: {}, missing: [], asked: [], pages: {} };
  const server = createServer((request, response) => {
    const path = request.url.split("?")[0];
    const [, later] = path.match(/^\/files\.([a-z]+)\.js$/) || [];
    if (later) beside.asked.push(later);
    const page = later
      ? { type: "text/javascript", body: built(later), ms: beside.late[later] }
      : beside.pages[path];
    response.setHeader("access-control-allow-origin", "*");
    if (!page || beside.missing.includes(later)) {
      response.statusCode = 404;
      return response.end("");
    }
    response.setHeader("content-type", page.type);
    return setTimeout(() => response.end(page.body), page.ms || 0);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  beside.url = `http://127.0.0.1:${server.address().port}`;
  beside.files = `${beside.url}/files`;
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return beside;
}
