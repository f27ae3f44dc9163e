// How does a body become smaller?

/** A short one does not. */
const LEAST = 400;

/**
 * As gzip, which the collector knows by its first bytes: a header that says so would cost a preflight.
 * @param {string} body
 */
export const pack = async (body) =>
  window.CompressionStream && body.length > LEAST
    ? new Response(new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"))).blob()
    : body;
