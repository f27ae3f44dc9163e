// A clock that stands still until a test moves it, in any browser.

/** Runs in the page, before everything else. @param {number} start Unix ms */
export function stopClock(start) {
  const RealDate = Date;
  const channel = new MessageChannel();
  const origin = performance.now();
  let elapsed = 0;
  let last = 0;
  /** What is to run, by its number. */
  const timers = new Map();

  const add = (task, ms, args, every) => {
    timers.set(++last, { task, at: elapsed + Math.max(0, +ms || 0), args, every });
    return last;
  };
  const remove = (number) => timers.delete(number);
  /** The earliest that is due by a time. */
  const due = (by, among = timers) =>
    [...among].filter(([, { at }]) => at <= by).sort(([a, one], [b, other]) => one.at - other.at || a - b)[0];
  const fire = ([number, timer]) => {
    if (timer.every === undefined) remove(number);
    else timer.at = Math.max(timer.at + timer.every, elapsed);
    timer.task(...timer.args());
  };
  /** Lets answers of the network and of promises in. */
  const breathe = () =>
    new Promise((resolve) => {
      channel.port1.onmessage = resolve;
      channel.port2.postMessage(0);
    });

  window.Date = class extends RealDate {
    constructor(...given) {
      super(...(given.length ? given : [start + elapsed]));
    }
    static now() {
      return start + elapsed;
    }
  };
  performance.now = () => origin + elapsed;
  window.setTimeout = (task, ms, ...args) => add(task, ms, () => args);
  window.setInterval = (task, ms, ...args) => add(task, ms, () => args, Math.max(1, +ms || 0));
  window.requestAnimationFrame = (task) => add(task, 16, () => [performance.now()]);
  const deadline = { didTimeout: false, timeRemaining: () => 50 };
  if (window.requestIdleCallback) window.requestIdleCallback = (task) => add(task, 1, () => [deadline]);
  for (const name of ["Timeout", "Interval", "AnimationFrame", "IdleCallback"])
    for (const verb of ["clear", "cancel"]) if (window[verb + name]) window[verb + name] = remove;

  window.testClock = {
    /** Every timer runs at its time. */
    async runFor(ms) {
      const end = elapsed + ms;
      for (let next = due(end); next; next = due(end)) {
        elapsed = Math.max(elapsed, next[1].at);
        fire(next);
        await breathe();
      }
      elapsed = end;
    },
    /** As a lid that is opened again: each timer that is late runs once. */
    async fastForward(ms) {
      elapsed += ms;
      const late = new Map([...timers].filter(([, { at }]) => at <= elapsed));
      for (let next = due(elapsed, late); next; next = due(elapsed, late)) {
        late.delete(next[0]);
        if (timers.has(next[0])) fire(next);
        await breathe();
      }
    },
  };
}

export const runFor = (tab, ms) => tab.evaluate((time) => testClock.runFor(time), ms);

export const fastForward = (tab, ms) => tab.evaluate((time) => testClock.fastForward(time), ms);
