// Which scripts are compared, and what does each put into the page?
import { bundled, ours, shipped } from "./bundle.js";

/**
 * @typedef {object} Variant
 * @property {string} name
 * @property {Record<string, string>} files by path, as the sink serves them
 * @property {(sink: string) => string} head what stands in the page's head
 */

const SITE = "bench";

const script = (path) => (sink) => `<script async src="${sink}${path}"></script>`;

const FOLDER = "/sdk/bench";

/** As the collector serves it: the site's settings inside the core, the later files beside it. */
export function footpath(built = ours(), name = OURS, more = {}) {
  const settings = { site: SITE, endpoint: "/v1/events", files: FOLDER, ...more };
  const files = {};
  for (const [file, text] of built) files[file.replace("footpath", FOLDER).replace(".min", "")] = text;
  const core = files[`${FOLDER}.js`];
  if (!core) throw new Error("sdk_js/dist/footpath.min.js is missing: npm --prefix sdk_js run build");
  files["/sdk.js"] = core.replace(/\(\{\}\);\n?$/, `(${JSON.stringify(settings)});`);
  return {
    name,
    files,
    head: (sink) => `<script async src="${sink}/sdk.js?site=${SITE}" data-site="${SITE}"></script>`,
  };
}

/** @param {object} options beside those that point it to the sink */
function posthog(name, options, lazy = []) {
  const files = { "/static/array.js": shipped("posthog-js/dist/array.js") };
  const { version } = JSON.parse(shipped("posthog-js/package.json"));
  for (const file of lazy) files[`/static/${version}/${file}`] = shipped(`posthog-js/dist/${file}`);
  return {
    name,
    files,
    // The queue of its loader snippet, filled by hand.
    head: (sink) => `<script>
window.posthog = Object.assign([], { people: [], __SV: 1, _i: [["${SITE}", ${JSON.stringify({ api_host: sink, disable_surveys: true, ...options })}, "posthog"]] });
</script>${script("/static/array.js")(sink)}`,
  };
}

const clarity = () => ({
  name: "Clarity",
  files: { "/clarity.js": shipped("clarity-js/build/clarity.min.js") },
  head: (sink) => `<script>
window.clarity = function () { (clarity.q = clarity.q || []).push(arguments); };
clarity("start", { projectId: "${SITE}", upload: "${sink}/collect", track: true, content: true });
</script>${script("/clarity.js")(sink)}`,
});

async function bundle(name, entry) {
  const path = `/${entry}.js`;
  return { name, files: { [path]: await bundled(entry) }, head: script(path) };
}

export const BASE = "no script";
export const OURS = "Footpath";
export const ALL = "Footpath, skeleton, trail";
export const POSTHOG = "PostHog, autocapture, heatmaps, dead clicks";
export const SNOWPLOW = "Snowplow";

/** @returns {Promise<Variant[]>} */
export const variants = async () => [
  { name: BASE, files: {}, head: () => "" },
  footpath(),
  footpath(ours(), ALL, { skeleton: 1, trail: 1 }),
  posthog("PostHog, autocapture", { autocapture: true, capture_heatmaps: false, capture_dead_clicks: false }),
  posthog(POSTHOG, { autocapture: true, capture_heatmaps: true, capture_dead_clicks: true }, [
    "dead-clicks-autocapture.js",
  ]),
  await bundle(SNOWPLOW, "snowplow"),
  await bundle("Snowplow, links, forms", "snowplow-plugins"),
  clarity(),
  await bundle("rrweb record", "rrweb"),
  await bundle("Plausible", "plausible"),
];
