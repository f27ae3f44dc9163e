// The rounds as tables, and whether the targets are met.
import { median, spread } from "./numbers.js";
import { BASE, OURS, POSTHOG, SNOWPLOW } from "./variants.js";

const MOST_OF_POSTHOG = 1 / 5;
const MOST_WIRE = 1 / 2;
/** Event timing is rounded to 8 ms: less cannot be measured. https://w3c.github.io/event-timing/#dom-performanceeventtiming-duration */
const INP_RESOLUTION = 8;

const rows = (head, lines) =>
  [head, head.map((_, i) => (i ? "--:" : "---")), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** @param {any[]} results one for each visit */
export function tables(results, sizes) {
  const names = [...sizes.keys()];
  const of = (name, throttle) => results.filter((one) => one.variant === name && one.throttle === throttle);
  /** What each round adds to the base of the same round. */
  const above = (name, throttle, value) =>
    of(name, throttle).map((one) => {
      const base = of(BASE, throttle).find(({ round }) => round === one.round);
      return value(one) - value(base);
    });
  const start = (one) => one.start.script;
  const visit = (one) => one.visit.script;
  const inp = (one) => one.latency.inp;
  const cost = (name, value) => median(above(name, 1, value));
  const body = (name) => median(of(name, 1).map(({ wire }) => wire.body));
  const ratio = (name, other, value) =>
    names.includes(other) && cost(other, value) > 0 ? (cost(name, value) / cost(other, value)).toFixed(2) : "";

  const peers = names.filter((name) => name !== BASE);
  const costs = rows(
    ["script", "bytes gzip", "start-up CPU ms", "visit CPU ms", "to PostHog", "to Snowplow", "whole thread ms", "INP 1x", "sent bytes", "headers", "requests"],
    [
      [BASE, "", spread(of(BASE, 1).map(start), 1), spread(of(BASE, 1).map(visit), 1), "", "", spread(of(BASE, 1).map((one) => one.start.thread + one.visit.thread)), spread(of(BASE, 1).map(inp)), "", "", ""],
      ...peers.map((name) => [
        name,
        sizes.get(name),
        spread(above(name, 1, start), 1),
        spread(above(name, 1, visit), 1),
        `${ratio(name, POSTHOG, start)} / ${ratio(name, POSTHOG, visit)}`,
        `${ratio(name, SNOWPLOW, start)} / ${ratio(name, SNOWPLOW, visit)}`,
        spread(above(name, 1, (one) => one.start.thread + one.visit.thread)),
        spread(above(name, 1, inp)),
        body(name),
        median(of(name, 1).map(({ wire }) => wire.head)),
        median(of(name, 1).map(({ wire }) => wire.requests)),
      ]),
    ],
  );

  const task = (name, phase, field) => of(name, 4).map(({ tasks }) => tasks[phase][field]);
  const slow = rows(
    ["script", "longest own task, start-up ms", "visit ms", "own tasks > 50 ms a visit", "all tasks > 50 ms", "INP 4x ms", "handlers ms"],
    names.map((name) => [
      name,
      spread(task(name, "start", "longest")),
      spread(task(name, "visit", "longest")),
      median(of(name, 4).map(({ tasks }) => tasks.start.ownLong + tasks.visit.ownLong)),
      spread(of(name, 4).map(({ tasks }) => tasks.start.long + tasks.visit.long)),
      name === BASE ? spread(of(name, 4).map(inp)) : spread(above(name, 4, inp)),
      spread(of(name, 4).map(({ latency }) => latency.handling)),
    ]),
  );

  return { costs, slow, targets: targets({ names, cost, start, visit, of, task, above, inp, body }) };
}

function targets({ names, cost, start, visit, of, task, above, inp, body }) {
  const lines = [];
  const say = (target, found, limit, unit) =>
    lines.push([target, `${found.toFixed(1)} ${unit}`, `${limit.toFixed(1)} ${unit}`, found <= limit ? "yes" : "**no**"]);
  for (const [phase, value] of [["start-up", start], ["visit", visit]]) {
    const ours = cost(OURS, value);
    if (names.includes(POSTHOG))
      say(`${phase} CPU at most a fifth of PostHog's`, ours, cost(POSTHOG, value) * MOST_OF_POSTHOG, "ms");
    for (const name of names.filter((one) => one.startsWith(SNOWPLOW)))
      say(`${phase} CPU below that of ${name}`, ours, cost(name, value), "ms");
  }
  if (of(OURS, 4).length) {
    const longest = [...task(OURS, "start", "longest"), ...task(OURS, "visit", "longest")];
    say("no long task of our own at 4x, in any round", Math.max(...longest), 50, "ms");
  }
  for (const throttle of [1, 4])
    if (of(OURS, throttle).length)
      say(`INP at ${throttle}x not measurably above the page's own`, median(above(OURS, throttle, inp)), INP_RESOLUTION, "ms");
  if (names.includes(POSTHOG))
    say("at most half of PostHog's bytes sent", body(OURS), body(POSTHOG) * MOST_WIRE, "B");
  return rows(["target", "ours", "limit", "met"], lines);
}
