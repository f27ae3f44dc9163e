// What does the main thread spend on scripts, and in which of its tasks? From a trace, in thread CPU time, so that
// waiting for a busy machine does not count.

const SCRIPT = new Set([
  "EvaluateScript",
  "FunctionCall",
  "v8.compile",
  "v8.compileModule",
  "v8.evaluateModule",
]);
const WAKING = new Set(["EventDispatch", "TimerFire", "FireIdleCallback", "FireAnimationFrame"]);
const CATEGORIES = ["devtools.timeline", "v8", "blink.user_timing"];
const TASKS = "disabled-by-default-devtools.timeline";
/** Tasks are thousands of events: only where they are asked about. @param {boolean} withTasks */
export const categories = (withTasks) => (withTasks ? [...CATEGORIES, TASKS] : CATEGORIES);

const LONG_MS = 50;

const addressOf = ({ args }) => (args && args.data && args.data.url) || (args && args.fileName) || "";

/** Complete events, and those that begin and end: from µs to ms. @param {any[]} raw of one thread, by time */
function spans(raw) {
  const open = [];
  const found = [];
  for (const { name, ph, ts, dur = 0, tts, tdur = 0, args } of raw) {
    const span = { name, from: ts, to: ts + dur, ms: tdur / 1000, tts, args, address: addressOf({ args }) };
    if (ph === "X") found.push(span);
    else if (ph === "B") open.push(span);
    else if (ph === "E" && open.length) {
      const begun = open.pop();
      found.push({ ...begun, to: ts, ms: (tts - begun.tts) / 1000 });
    }
  }
  return found.sort((a, b) => a.from - b.from || b.to - a.to);
}

/** Spans nest: without those inside others, nothing counts twice. */
function outermost(list) {
  let end = 0;
  return list.filter(({ from, to }) => {
    if (from < end) return false;
    end = to;
    return true;
  });
}

/** A timer or idle callback of the variant with the promise callbacks that follow it: traces show those only so. */
function callers(all, called) {
  let next = 0;
  return all
    .filter(({ name }) => name === "TimerFire" || name === "FireIdleCallback")
    .filter(({ from, to }) => {
      while (next < called.length && called[next].from < from) next++;
      return next < called.length && called[next].from < to;
    });
}

const sum = (list) => list.reduce((total, { ms }) => total + ms, 0);

/** The main thread's spans, and when the visit began. @param {Buffer} trace */
function readThread(trace) {
  const events = JSON.parse(trace.toString("utf8")).traceEvents;
  const mark = events.find(({ name, cat }) => name === "visit" && cat === "blink.user_timing");
  const thread = events.filter(
    ({ pid, tid, ph }) => pid === mark.pid && tid === mark.tid && /[XBE]/.test(ph),
  );
  return { all: spans(thread.sort((a, b) => a.ts - b.ts)), began: mark.ts };
}

/** @param {string[]} paths of a variant's files */
const isFromAny =
  (paths) =>
  ({ address }) =>
    paths.includes(address.replace(/^\w+:\/\/[^/]+|\?.*/g, ""));

/**
 * Calls into a variant's files in the visit, by what brought them about; the costliest first.
 * @param {Buffer} trace
 * @param {string[]} paths of a variant's files
 */
export function calls(trace, paths) {
  const { all, began } = readThread(trace);
  const rows = new Map();
  const around = [];
  let end = 0;
  for (const span of all.filter(({ from }) => from >= began)) {
    while (around.length && around.at(-1).to <= span.from) around.pop();
    const cause = around.findLast(({ name }) => WAKING.has(name));
    around.push(span);
    if (!SCRIPT.has(span.name) || span.from < end || !isFromAny(paths)(span)) continue;
    end = span.to;
    const data = (span.args && span.args.data) || {};
    const by = !cause
      ? "an observer or a promise"
      : cause.name === "EventDispatch"
        ? cause.args.data.type
        : cause.name;
    const what =
      `${data.functionName || ""} ${span.address.split("/").pop()}:${data.lineNumber || ""}`.trim();
    const row = rows.get(by + what) || { by, what, times: 0, ms: 0 };
    rows.set(by + what, Object.assign(row, { times: row.times + 1, ms: row.ms + span.ms }));
  }
  return [...rows.values()].sort((a, b) => b.ms - a.ms);
}

/**
 * Before and after the mark "visit".
 * @param {Buffer} trace
 * @param {string[]} paths of a variant's files
 */
export function readTrace(trace, paths) {
  const { all, began } = readThread(trace);
  const isFrom = isFromAny(paths);
  const scripts = all.filter(({ name }) => SCRIPT.has(name));
  const called = scripts.filter(isFrom);
  const owned = [...called, ...callers(all, called)].sort((a, b) => a.from - b.from || b.to - a.to);
  const tasks = all.filter(({ name }) => name === "RunTask");
  const phase = (isIn) => {
    const own = outermost(owned.filter(isIn));
    const ownByTask = tasks.filter(isIn).map(({ from, to, ms }) => ({
      ms,
      own: sum(own.filter((span) => span.from >= from && span.from < to)),
    }));
    return {
      all: sum(outermost(scripts.filter(isIn))),
      own: sum(own),
      longest: Math.max(0, ...ownByTask.map((task) => task.own)),
      ownLong: ownByTask.filter((task) => task.own > LONG_MS).length,
      long: ownByTask.filter((task) => task.ms > LONG_MS).length,
    };
  };
  return { start: phase(({ from }) => from < began), visit: phase(({ from }) => from >= began) };
}
