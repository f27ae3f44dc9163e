// What the pages do beyond links and forms: the trend, selects that answer at once, light and dark.
(() => {
  "use strict";
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const charts = new Map();

  // Numbers as people read them; the unit is %, s, a currency or none.
  const say = (value, unit) => {
    if (value === null || value === undefined) return "–";
    if (unit === "%") return `${value.toFixed(1)} %`;
    if (unit === "s") return value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
    return `${value.toLocaleString("en", { maximumFractionDigits: 2 })}${unit ? ` ${unit}` : ""}`;
  };

  // How long pictures take stands in the browser's own timeline; bench/dashboard.py reads it.
  const timed = (name) => {
    const start = performance.now();
    return () => performance.measure(`draw ${name}`, { start });
  };

  const line = (label, unit, colour, more) => ({
    label, stroke: colour, width: 2, points: { show: false }, value: (_, value) => say(value, unit), ...more,
  });

  // What can still change is drawn dashed, from the last point that cannot.
  const split = (data) => {
    if (data.open === null) return { firm: data.y, open: null };
    return {
      firm: data.y.map((value, place) => (place < data.open ? value : null)),
      open: data.y.map((value, place) => (place >= data.open - 1 ? value : null)),
    };
  };

  // Spacing of the ticks in s: what is written, and below it where a year or a day begins.
  const TIMES = [
    [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [86400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  ];

  // Notes of the list below, each at the point of the trend that it belongs to; several at one point share a pin.
  const notes = (place, data) => {
    const found = new Map();
    for (const note of place.closest("section")?.querySelectorAll("[data-at]") ?? []) {
      const at = data.x.findLast((each) => each <= Number(note.dataset.at)) ?? data.x[0];
      if (at !== undefined) found.set(at, [...(found.get(at) ?? []), note]);
    }
    return found;
  };

  // Pins are links to the list, outside of the picture: whoever has a keyboard or a screen reader gets to them.
  const pinned = (frame, found) => {
    for (const old of frame.querySelectorAll(".pin")) old.remove();
    return [...found].map(([at, listed]) => {
      const pin = document.createElement("a");
      const tip = document.createElement("span");
      const words = listed.map((note) => `${note.querySelector("time").textContent}: ${note.querySelector(".said").textContent}`);
      pin.className = "pin";
      pin.href = `#${listed[0].id}`;
      pin.setAttribute("aria-label", `note, ${words.join("; ")}`);
      tip.className = "tip";
      tip.textContent = words.join("\n");
      pin.append(tip);
      frame.append(pin);
      return [at, pin];
    });
  };

  // A thin line from each pin down; pins follow when a part of the period is looked at.
  const mark = (chart, pins) => {
    const { left, top, width, height } = chart.bbox, dense = window.devicePixelRatio || 1;
    const pen = chart.ctx;
    pen.save();
    pen.strokeStyle = style("--muted");
    pen.lineWidth = dense;
    pen.setLineDash([2 * dense, 3 * dense]);
    for (const [at, pin] of pins) {
      const x = Math.round(chart.valToPos(at, "x", true));
      pin.hidden = x < left - 1 || x > left + width + 1;
      pin.classList.toggle("west", x > left + width / 2);
      pin.style.left = `${x / dense}px`;
      pin.style.top = `${top / dense}px`;
      if (pin.hidden) continue;
      pen.beginPath();
      pen.moveTo(x, top);
      pen.lineTo(x, top + height);
      pen.stroke();
    }
    pen.restore();
  };

  const draw = (place) => {
    const data = JSON.parse(place.dataset.trend);
    charts.get(place)?.destroy();
    const accent = style("--accent"), other = style("--other"), muted = style("--muted");
    const { firm, open } = split(data);
    const columns = [data.x, firm];
    const series = [{ label: "", value: "{YYYY}-{MM}-{DD} {HH}:{mm}" }, line(data.name, data.unit, accent, data.x.length < 3 ? { points: { show: true } } : {})];
    const add = (values, options) => { columns.push(values); series.push(options); };
    if (open) add(open, line("not over yet", data.unit, accent, { dash: [4, 4], points: { show: data.open === 0 } }));
    const bands = [];
    if (data.low.length) {
      const at = columns.length;
      add(data.high, line("95 % to", data.unit, "transparent"));
      add(data.low, line("95 % from", data.unit, "transparent"));
      bands.push({ series: [at, at + 1], fill: `${accent}26` });
    }
    if (data.before.length) add(data.before, line("period before", data.unit, other, { width: 1.5, dash: [2, 4] }));
    const grid = { stroke: style("--line"), width: 1 };
    const axis = { stroke: muted, grid, ticks: { show: false }, font: "12px system-ui" };
    // Days have no hours to be marked.
    const daily = data.x.length > 1 && data.x[1] - data.x[0] > 80000;
    const days = daily ? { incrs: [1, 2, 3, 7, 14, 28, 56, 91, 182, 364].map((each) => each * 86400) } : {};
    if (daily) series[0].value = "{YYYY}-{MM}-{DD}";
    const pins = pinned(place.parentElement, notes(place, data));
    let drawn = timed("trend");
    const chart = new uPlot({
      hooks: { draw: [(each) => mark(each, pins), () => (drawn?.(), (drawn = null))] },
      width: place.clientWidth, height: place.clientWidth < 560 ? 190 : 240, series, bands,
      cursor: { points: { size: 7 }, y: false },
      legend: { live: true },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), data.zone),
      scales: { y: { range: (_, low, high) => [0, high > 0 ? high * 1.08 : 1] } },
      axes: [{ ...axis, ...days, values: TIMES }, { ...axis, size: 62, values: (_, values) => values.map((value) => say(value, data.unit === "%" ? "%" : data.unit === "s" ? "s" : "")) }],
    }, columns, place);
    charts.set(place, chart);
  };

  const all = () => {
    for (const place of document.querySelectorAll("[data-trend]")) draw(place);
  };

  document.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement || event.target.matches?.("input[type=range]")) event.target.closest("form[data-auto]")?.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    const said = event.target.matches?.("input[type=range]") && event.target.closest("label")?.querySelector("output");
    if (said) said.value = Number(event.target.value).toLocaleString("en");
  });
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const open = event.target.closest("details.means, details.more");
    for (const each of document.querySelectorAll("details.means[open], details.more[open]")) if (each !== open) each.open = false;
    if (event.target.matches("input.copy")) event.target.select();
    if (event.target.closest("[data-theme-switch]")) turn();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const each of document.querySelectorAll("details.means[open], details.more[open]")) each.open = false;
  });

  const turn = () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try {
      localStorage.setItem("footpath-theme", root.dataset.theme);
    } catch {
      // It holds for this page alone.
    }
    all();
    window.dispatchEvent(new Event("footpath-look"));
  };

  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(all, 150);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  // An empty step of a funnel says nothing; addresses stay short without it.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "get") return;
    for (const input of event.target.querySelectorAll("input, select")) if (input.value === "") input.disabled = true;
  });
  window.addEventListener("pageshow", () => {
    for (const input of document.querySelectorAll("form [disabled]")) input.disabled = false;
  });
  // That a page was asked for as a whole does not belong into links that people send.
  const here = new URL(location.href);
  if (here.searchParams.has("whole")) {
    here.searchParams.delete("whole");
    history.replaceState(history.state, "", here);
  }
  all();
})();
