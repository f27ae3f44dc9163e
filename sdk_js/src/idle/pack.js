// How does a body become smaller?

/** A short one does not. */
const LEAST = 400;

/**
 * As gzip, which the collector knows by its first bytes: a header that says so would cost a preflight.
 * @param {string} body
 */
export const pack = async (body) =>
  window.CompressionStream && body.length > LEAST
    ? // To make a Blob of it, for its stream, would ask another process of the browser and wait.
      new Response(
        /** @type {any} */ (new Response(body).body).pipeThrough(new CompressionStream("gzip")),
      ).arrayBuffer()
    : body;
