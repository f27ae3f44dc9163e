// Which tasks of the main thread did a script make long? Thread time, so that a busy machine does not matter.

const SCRIPT = new Set(["FunctionCall", "EvaluateScript", "v8.compile"]);

const address = ({ args }) => (args.data && args.data.url) || "";

/** Events nest: the outermost of a variant's own, so that nothing counts twice. @param {any[]} events by time */
function outermost(events) {
  let end = 0;
  return events.filter(({ ts, dur }) => {
    if (ts < end) return false;
    end = ts + dur;
    return true;
  });
}

/**
 * ms of each task that the variant's own functions ran for, and how many tasks were long whoever made them so.
 * @param {Buffer} trace
 * @param {string[]} paths of the variant's files
 */
export function ownTasks(trace, paths) {
  const all = JSON.parse(trace.toString("utf8")).traceEvents;
  const mark = all.find(({ name, cat }) => name === "visit" && cat === "blink.user_timing");
  const page = all.filter(({ pid, tid, ph }) => ph === "X" && pid === mark.pid && tid === mark.tid);
  page.sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const tasks = page.filter(({ name, tdur }) => name === "RunTask" && tdur);
  const own = outermost(
    page.filter(
      (event) =>
        SCRIPT.has(event.name) &&
        paths.some((path) => new RegExp(`:\\d+${path}(\\?|$)`).test(address(event))),
    ),
  );
  let next = 0;
  const split = { start: { own: [], long: 0 }, visit: { own: [], long: 0 } };
  for (const { ts, dur, tdur } of tasks) {
    const phase = ts < mark.ts ? split.start : split.visit;
    if (tdur > 50_000) phase.long++;
    let mine = 0;
    for (; next < own.length && own[next].ts < ts + dur; next++)
      if (own[next].ts >= ts) mine += own[next].tdur || 0;
    if (mine) phase.own.push(mine / 1000);
  }
  const told = ({ own, long }) => ({
    long,
    longest: Math.max(0, ...own),
    ownLong: own.filter((ms) => ms > 50).length,
    total: own.reduce((sum, ms) => sum + ms, 0),
  });
  return { start: told(split.start), visit: told(split.visit) };
}
