// A visit, played: time, controls, the line of the timeline that is now. What is seen is drawn by stage.js.
(() => {
  "use strict";
  const root = document.querySelector("[data-replay]");
  if (!root) return;
  const data = JSON.parse(root.dataset.replay);
  const one = (name) => root.querySelector(`[data-${name}]`);
  const stage = window.footpathStage(root.querySelector("canvas"), data);
  const lines = [...document.querySelectorAll(".timelines li[data-at]:not(.vital, .zone, .engagement)")], list = document.querySelector(".timelines");
  const times = lines.map((line) => [Number(line.dataset.at)]);
  const STEP_MS = 5000, LEAD_MS = 1000, QUIET_MS = 2000;
  const state = { now: 0, playing: false, speed: 1, skip: true, before: 0, line: -1, page: -1, told: 0 };

  const span = (ms) => {
    const seconds = Math.round(ms / 1000);
    if (seconds < 60) return `${seconds} s`;
    return seconds < 3600 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  };
  const clock = (ms) => {
    const seconds = Math.floor(ms / 1000), two = (value) => String(value).padStart(2, "0");
    return seconds < 3600 ? `${Math.floor(seconds / 60)}:${two(seconds % 60)}` : `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  };
  const told = (row) => {
    const what = row[5] || row[2];
    return row[10] ? `${row[10]}: ${what}` : what;
  };

  // What went wrong, moment by moment; what follows within two seconds belongs to it, and rage is its name.
  const stumbles = [];
  for (const row of data.rows) {
    if (!row[10] && row[2] !== "error") continue;
    const before = stumbles[stumbles.length - 1];
    if (before && before.row[1] === row[1] && row[0] - before.until < QUIET_MS) {
      before.until = row[0];
      before.times += 1;
      if (row[10] === "rage" && before.row[10] !== "rage") before.row = row;
    } else stumbles.push({ at: Math.max(0, row[0] - LEAD_MS), row, until: row[0], times: 1 });
  }

  // What is left out of a pause: all but a second of it.
  const idle = data.rows.reduce((sum, row, place) => {
    const gap = place ? row[0] - data.rows[place - 1][0] : 0;
    return sum + (gap > QUIET_MS ? gap - LEAD_MS : 0);
  }, 0);

  const show = () => {
    const frame = one("stage");
    stage.within(Math.max(160, frame.clientWidth), Math.max(240, window.innerHeight - (document.fullscreenElement ? 300 : 400)));
    const seen = stage.draw(state.now);
    const page = data.pages[seen.page];
    if (state.page !== seen.page) {
      state.page = seen.page;
      one("path").textContent = page.path;
      one("size").textContent = `${page.device ? `${page.device}, ` : ""}${page.viewport[0]} × ${page.viewport[1]} px`;
      one("undrawn").hidden = Boolean(data.skeletons[page.skeleton]);
    }
    one("clock").textContent = `${clock(state.now)} / ${clock(data.duration)}`;
    one("head").style.left = `${(100 * state.now) / data.duration}%`;
    const range = one("range");
    range.value = Math.round(state.now);
    range.setAttribute("aria-valuetext", `${span(state.now)} of ${span(data.duration)}, ${page.path}`);
    root.dataset.scroll = seen.scroll.join(" ");
    caption();
    mark();
  };

  // What has just happened, until the next thing does or four seconds are over.
  const caption = () => {
    let at = stage.last(data.rows, state.now);
    while (at >= 0 && (data.rows[at][2] === "pointer" || data.rows[at][2] === "scroll")) at -= 1;
    const row = at >= 0 && state.now - data.rows[at][0] < 4000 ? data.rows[at] : null;
    one("caption").textContent = row ? told(row) : "";
    one("caption").className = `caption ${row ? row[2] : ""}${row && row[10] ? " error" : ""}`;
  };

  const mark = () => {
    const at = stage.last(times, state.now);
    if (at === state.line) return;
    lines[state.line]?.removeAttribute("aria-current");
    state.line = at;
    const line = lines[at];
    if (!line) return;
    line.setAttribute("aria-current", "true");
    if (list.matches(":hover") && state.playing) return;
    const top = line.getBoundingClientRect().top - list.getBoundingClientRect().top + list.scrollTop;
    if (top < list.scrollTop + 40 || top > list.scrollTop + list.clientHeight - 60) list.scrollTop = top - list.clientHeight / 3;
  };

  // The moment stands in the address, to be sent to somebody.
  const here = () => `${root.dataset.here}#t=${(state.now / 1000).toFixed(1)}`;
  const note = () => history.replaceState(null, "", here());

  const seek = (ms) => {
    state.now = Math.min(data.duration, Math.max(0, ms));
    show();
    note();
    if (!state.playing) one("status").textContent = `${span(state.now)}, ${data.pages[state.page].path}: ${one("caption").textContent}`;
  };

  const play = (on) => {
    if (on && state.now >= data.duration) state.now = 0;
    state.playing = on;
    state.before = 0;
    one("play").textContent = on ? "Pause" : "Play";
    if (on) requestAnimationFrame(tick);
    else note();
  };

  const tick = (at) => {
    if (!state.playing) return;
    // A tab in the background gets no frames: what it missed is not made up for.
    const passed = state.before ? Math.min(250, at - state.before) : 0;
    state.before = at;
    state.now += passed * state.speed;
    if (state.skip) leap();
    if (state.now >= data.duration) {
      state.now = data.duration;
      show();
      play(false);
      return;
    }
    show();
    if (at - state.told > 1000) {
      state.told = at;
      note();
    }
    requestAnimationFrame(tick);
  };

  // Over a pause, with half a second left before what comes next.
  const leap = () => {
    const place = stage.last(data.rows, state.now), before = data.rows[place], next = data.rows[place + 1];
    const until = next ? next[0] - LEAD_MS / 2 : data.duration;
    if (!before || state.now < before[0] + LEAD_MS / 2 || until - state.now < QUIET_MS - LEAD_MS) return;
    one("skipped").textContent = `skipped ${span(until - state.now)}`;
    clearTimeout(state.hide);
    state.hide = setTimeout(() => { one("skipped").textContent = ""; }, 2500);
    state.now = until;
  };

  const jump = (way) => {
    const place = way > 0 ? stumbles.findIndex(({ at }) => at > state.now + 1) : stumbles.findLastIndex(({ at }) => at < state.now - 1);
    const found = place < 0 ? null : stumbles[place];
    if (!found) {
      one("status").textContent = way > 0 ? "nothing more went wrong" : "nothing went wrong before";
      return;
    }
    seek(found.at);
    one("status").textContent = `${place + 1} of ${stumbles.length}: ${told(found.row)}${found.times > 1 ? `, ${found.times} times` : ""}`;
  };

  one("play").addEventListener("click", () => play(!state.playing));
  one("next").addEventListener("click", () => jump(1));
  one("previous").addEventListener("click", () => jump(-1));
  one("skip").addEventListener("change", (event) => { state.skip = event.target.checked; });
  one("speed").addEventListener("change", (event) => { state.speed = Number(event.target.value); });
  one("range").addEventListener("input", (event) => seek(Number(event.target.value)));
  // Neither is there in every browser, nor without TLS.
  one("copy").hidden = !navigator.clipboard;
  one("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(new URL(here(), location.href).href);
    one("skipped").textContent = one("status").textContent = "link to this moment copied";
  });
  one("full").hidden = !document.fullscreenEnabled;
  one("full").addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()));
  document.addEventListener("fullscreenchange", () => {
    one("full").textContent = document.fullscreenElement ? "Back" : "Whole screen";
    show();
  });
  one("idle").textContent = idle ? ` (${span(idle)})` : "";
  for (const each of ["next", "previous"]) one(each).disabled = !stumbles.length;
  one("stumbles").textContent = stumbles.length ? `${stumbles.length} stumble${stumbles.length > 1 ? "s" : ""}` : "no stumbles";

  // The strip is dragged; its slider is for keys and screen readers.
  const strip = one("strip");
  const drag = (event) => {
    const frame = strip.getBoundingClientRect();
    seek(((event.clientX - frame.left) / frame.width) * data.duration);
  };
  strip.addEventListener("pointerdown", (event) => {
    strip.setPointerCapture(event.pointerId);
    drag(event);
  });
  strip.addEventListener("pointermove", (event) => { if (strip.hasPointerCapture(event.pointerId)) drag(event); });

  list.addEventListener("click", (event) => {
    const line = event.target.closest("li[data-at]");
    if (!line || event.ctrlKey || event.metaKey || String(getSelection())) return;
    event.preventDefault();
    seek(Number(line.dataset.at));
  });

  const KEYS = { " ": () => play(!state.playing), ArrowRight: () => seek(state.now + STEP_MS), ArrowLeft: () => seek(state.now - STEP_MS) };
  const NEAR = { n: () => jump(1), p: () => jump(-1) };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const near = root.contains(event.target);
    // A button that was clicked keeps the focus: space presses it, arrows are the player's.
    const own = event.target.matches("select") || (event.key.startsWith("Arrow") && event.target.matches("input, textarea"));
    const plays = near && !own && (NEAR[event.key] || event.key.startsWith("Arrow"));
    if (event.target.matches("input, select, textarea, summary, button, a") && !plays) return;
    if (!near && event.target !== document.body) return;
    // Single letters answer within the player alone.
    const act = KEYS[event.key] ?? (near ? NEAR[event.key] : undefined);
    if (!act) return;
    event.preventDefault();
    act();
  });

  const asked = () => {
    const found = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
    return found ? Number(found[1]) * 1000 : null;
  };
  window.addEventListener("hashchange", () => { if (asked() !== null) seek(asked()); });
  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 100);
  });
  window.addEventListener("footpath-look", show);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  state.now = Math.min(asked() ?? 0, data.duration);
  const start = performance.now();
  show();
  performance.measure("draw replay", { start });
})();
