// A collector that keeps every byte that it is sent, on an origin of its own as most collectors are.
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

export async function record() {
  const heard = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const sent = Buffer.concat(chunks);
    // As the script packs it; gzip is known by its first bytes.
    const body = (sent[0] === 0x1f ? gunzipSync(sent) : sent).toString("utf8");
    heard.push({ line: `${request.method} ${request.url}`, headers: request.rawHeaders.join("\n"), body });
    response.writeHead(202, { "content-type": "application/json", "access-control-allow-origin": "*" });
    response.end(JSON.stringify({ accepted: 0, rejected: [], now: Date.now() }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/v1/events`,
    heard,
    bytes: () => heard.map(({ line, headers, body }) => [line, headers, body].join("\n")).join("\n"),
    /** All events of a kind, each with its page's `url`. */
    events: (kind) =>
      heard
        .filter(({ body }) => body)
        .flatMap(({ body }) => {
          const batch = JSON.parse(body);
          return batch.events.map((event) => ({
            ...event,
            el: batch.elements[event.el],
            url: batch.page.url,
          }));
        })
        .filter(({ k }) => k === kind),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
