// The rounds as tables, and whether the targets are met.
import { median, spread } from "./numbers.js";
import { BASE, OURS, POSTHOG, SNOWPLOW } from "./variants.js";

const MOST_OF_POSTHOG = 1 / 5;
const MOST_SENT = 1 / 2;
const LONG_MS = 50;
/** Durations of events are rounded to 8 ms. https://w3c.github.io/event-timing/#dom-performanceeventtiming-duration */
const INP_RESOLUTION = 8;

const values = {
  start: ({ start }) => start.own,
  visit: ({ visit }) => visit.own,
  thread: ({ thread }) => thread,
  inp: ({ latency }) => latency.inp,
  handling: ({ latency }) => latency.handling,
  body: ({ wire }) => wire.body,
  head: ({ wire }) => wire.head,
  requests: ({ wire }) => wire.requests,
  startLongest: ({ start }) => start.longest,
  visitLongest: ({ visit }) => visit.longest,
  ownLong: ({ start, visit }) => start.ownLong + visit.ownLong,
  long: ({ start, visit }) => start.long + visit.long,
};

const markdown = (head, lines) =>
  [head, head.map((_, column) => (column ? "--:" : "---")), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");

/** @param {any[]} results one for each visit */
const reader = (results) => {
  const of = (name, throttle) => results.filter((one) => one.variant === name && one.throttle === throttle);
  const all = (name, throttle, value) => of(name, throttle).map(value);
  /** What a script adds in each round to the page without one in that round. */
  const added = (name, throttle, value) =>
    of(name, throttle).map((one) => {
      const base = of(BASE, throttle).find(({ round }) => round === one.round);
      return value(one) - value(base);
    });
  return { all, added, has: (name, throttle) => of(name, throttle).length > 0 };
};

function costs({ all, added }, sizes) {
  const cost = (name, value) => median(all(name, 1, value));
  const ratio = (name, other) =>
    sizes.has(other)
      ? [values.start, values.visit]
          .map((value) => (cost(name, value) / cost(other, value)).toFixed(2))
          .join(" / ")
      : "";
  const base = [
    BASE,
    "",
    spread(
      all(BASE, 1, ({ start }) => start.all),
      1,
    ),
    spread(
      all(BASE, 1, ({ visit }) => visit.all),
      1,
    ),
    "",
    "",
    spread(all(BASE, 1, values.thread)),
    "",
    "",
    "",
  ];
  const line = (name) => [
    name,
    sizes.get(name),
    spread(all(name, 1, values.start), 1),
    spread(all(name, 1, values.visit), 1),
    ratio(name, POSTHOG),
    ratio(name, SNOWPLOW),
    spread(added(name, 1, values.thread)),
    median(all(name, 1, values.body)),
    median(all(name, 1, values.head)),
    median(all(name, 1, values.requests)),
  ];
  return markdown(
    [
      "script",
      "gzip bytes",
      "start-up CPU ms",
      "visit CPU ms",
      "times PostHog's",
      "times Snowplow's",
      "whole thread ms",
      "bytes sent",
      "headers",
      "requests",
    ],
    [base, ...[...sizes.keys()].filter((name) => name !== BASE).map(line)],
  );
}

function delays({ all, added, has }, names) {
  const inp = (name, throttle) =>
    has(name, throttle) ? spread((name === BASE ? all : added)(name, throttle, values.inp)) : "";
  return markdown(
    [
      "script",
      "longest own task at start-up ms",
      "in the visit ms",
      `own tasks > ${LONG_MS} ms`,
      `any task > ${LONG_MS} ms`,
      "INP 4x ms",
      "INP 1x ms",
      "handlers of slow events ms",
    ],
    names.map((name) => [
      name,
      spread(all(name, 4, values.startLongest)),
      spread(all(name, 4, values.visitLongest)),
      median(all(name, 4, values.ownLong)),
      median(all(name, 4, values.long)),
      inp(name, 4),
      inp(name, 1),
      spread(all(name, 4, values.handling)),
    ]),
  );
}

function targets({ all, added, has }, names) {
  const cost = (name, value) => median(all(name, 1, value));
  const lines = [];
  const say = (target, found, limit, unit) =>
    lines.push([
      target,
      `${found.toFixed(1)} ${unit}`,
      `${limit.toFixed(1)} ${unit}`,
      found <= limit ? "yes" : "**no**",
    ]);
  for (const [phase, value] of [
    ["start-up", values.start],
    ["visit", values.visit],
  ]) {
    const ours = cost(OURS, value);
    if (names.includes(POSTHOG))
      say(`${phase} CPU at most a fifth of PostHog's`, ours, cost(POSTHOG, value) * MOST_OF_POSTHOG, "ms");
    for (const name of names.filter((one) => one.startsWith(SNOWPLOW)))
      say(`${phase} CPU below that of ${name}`, ours, cost(name, value), "ms");
  }
  if (has(OURS, 4)) {
    const longest = [...all(OURS, 4, values.startLongest), ...all(OURS, 4, values.visitLongest)];
    say("no long task of our own at 4x, in any round", Math.max(...longest), LONG_MS, "ms");
  }
  for (const throttle of [1, 4].filter((one) => has(OURS, one)))
    say(
      `INP at ${throttle}x not measurably worse`,
      median(added(OURS, throttle, values.inp)),
      INP_RESOLUTION,
      "ms",
    );
  if (names.includes(POSTHOG)) {
    const sent = (name) => median(all(name, 1, values.body));
    say("at most half of the bytes that PostHog sends", sent(OURS), sent(POSTHOG) * MOST_SENT, "B");
  }
  return markdown(["target", "ours", "limit", "met"], lines);
}

/**
 * @param {any[]} results
 * @param {Map<string, number>} sizes gzip bytes by variant
 */
export function tables(results, sizes) {
  const read = reader(results);
  const names = [...sizes.keys()];
  const parts = [];
  if (read.has(OURS, 1)) parts.push("What each adds to the page:", costs(read, sizes));
  if (read.has(OURS, 4)) parts.push("At 4x CPU throttling; INP is what each adds:", delays(read, names));
  if (read.has(OURS, 1)) parts.push("Targets:", targets(read, names));
  return parts.join("\n\n");
}
