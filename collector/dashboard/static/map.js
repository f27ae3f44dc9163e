// The click map: clicks and elements over the page's skeleton, a picture from the reader's own disk, or nothing.
(() => {
  "use strict";
  const { draw: skeleton, refitted, isDark, inks, fitted } = window.footpathSkeleton;
  const places = [...document.querySelectorAll("[data-map]")];
  const grid = document.querySelector("[data-skeletons]");
  if (!places.length || !grid) return;
  const skeletons = JSON.parse(grid.dataset.skeletons);
  const state = { layer: grid.dataset.layer, ground: grid.dataset.ground, picture: null };
  const MOST_PX = 9000;
  // From few to many. The many must stand out from the ground, so the dark scale ends bright.
  const SCALE = [[246, 224, 138], [240, 160, 75], [212, 81, 58], [140, 41, 129], [44, 16, 92]];
  const DARK_SCALE = [[62, 28, 118], [140, 41, 129], [212, 81, 58], [244, 166, 80], [252, 240, 160]];

  // A picture of a page is light mostly, whatever the dashboard is.
  const dark = () => isDark() && !(state.ground === "picture" && state.picture);
  const colour = (share) => {
    const scale = dark() ? DARK_SCALE : SCALE;
    const at = Math.min(0.999, Math.max(0, share)) * (scale.length - 1);
    const low = scale[Math.floor(at)], high = scale[Math.floor(at) + 1], part = at % 1;
    return low.map((value, place) => Math.round(value + (high[place] - value) * part));
  };

  const map = (place) => {
    const start = performance.now();
    const data = JSON.parse(place.dataset.map);
    const canvas = place.querySelector("canvas");
    const found = state.ground === "skeleton" ? skeletons[data.skeleton] : null;
    // The clicks may have been made in windows of another width than the one in which the page was drawn.
    const drawn = found && refitted(found, data.boxes.length ? data.width : found.width);
    const picture = state.ground === "picture" ? state.picture : null;
    const wide = drawn?.width || data.width;
    // A telephone's page is no wider than it was.
    const width = Math.max(120, Math.min(place.clientWidth, Math.max(wide, 360))), scale = width / wide;
    const lowest = Math.max(400, ...data.cells.map((cell) => cell[1] + 60), ...data.boxes.map((box) => box.y + box.h + 60));
    const tall = Math.max(drawn?.height ?? 0, picture ? (picture.height * wide) / picture.width : 0, lowest) * scale;
    const height = Math.min(MOST_PX, tall), dense = Math.min(window.devicePixelRatio || 1, 2, MOST_PX / height);
    canvas.width = width * dense;
    canvas.height = height * dense;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext("2d");
    pen.scale(dense, dense);
    pen.fillStyle = dark() ? inks().paper : window.footpathSkeleton.LIGHT.paper;
    pen.fillRect(0, 0, width, height);
    if (drawn) skeleton(pen, drawn, scale, dark());
    if (picture) pen.drawImage(picture, 0, 0, width, (picture.height * width) / picture.width);
    if (drawn && data.reach.length) reach(pen, data.reach, width, drawn.height * scale);
    if (state.layer !== "boxes") heat(pen, data, width, height, scale);
    if (state.layer !== "cells") boxes(pen, data, width, scale);
    place.found = { data, width, scale };
    performance.measure("draw map", { start });
  };

  const heat = (pen, { cells, top }, width, height, scale) => {
    if (!cells.length) return;
    const layer = document.createElement("canvas");
    layer.width = width;
    layer.height = height;
    const ink = layer.getContext("2d", { willReadFrequently: true });
    const radius = Math.max(11, 26 * scale);
    for (const [x, y, clicks] of cells) {
      const left = ((x + 0.5) / 100) * width, above = (y + 8) * scale;
      const blob = ink.createRadialGradient(left, above, 0, left, above, radius);
      blob.addColorStop(0, `rgba(0, 0, 0, ${0.12 + 0.78 * Math.sqrt(Math.min(1, clicks / top))})`);
      blob.addColorStop(1, "rgba(0, 0, 0, 0)");
      ink.fillStyle = blob;
      ink.fillRect(left - radius, above - radius, 2 * radius, 2 * radius);
    }
    const picture = ink.getImageData(0, 0, layer.width, layer.height);
    for (let at = 0; at < picture.data.length; at += 4) {
      const strength = picture.data[at + 3] / 255;
      if (!strength) continue;
      const [red, green, blue] = colour(strength);
      picture.data[at] = red;
      picture.data[at + 1] = green;
      picture.data[at + 2] = blue;
      picture.data[at + 3] = Math.min(225, 60 + 255 * strength) * Math.min(1, strength * 9);
    }
    ink.putImageData(picture, 0, 0);
    pen.drawImage(layer, 0, 0, width, height);
  };

  // Where three, two and one in four of the page views end.
  const reach = (pen, rows, width, height) => {
    pen.font = "11px system-ui, sans-serif";
    pen.textBaseline = "bottom";
    let drawn = null;
    for (const share of [0.75, 0.5, 0.25]) {
      const deepest = rows.filter((row) => row[1] >= share).pop();
      if (!deepest || deepest === rows[rows.length - 1] || deepest === drawn) continue;
      const top = ((deepest[0] + 5) / 100) * height;
      drawn = deepest;
      pen.strokeStyle = pen.fillStyle = inks().link;
      pen.setLineDash([5, 4]);
      pen.beginPath();
      pen.moveTo(0, top);
      pen.lineTo(width, top);
      pen.stroke();
      pen.setLineDash([]);
      const said = `${Math.round(share * 100)} % get here`;
      pen.fillText(said, width - pen.measureText(said).width - 4, top - 2);
    }
  };

  const boxes = (pen, { boxes: found, best }, width, scale) => {
    const paper = dark() ? inks().paper : window.footpathSkeleton.LIGHT.paper, ink = dark() ? "#f2f5f4" : "#1c211f";
    pen.lineWidth = 1;
    pen.font = "11px system-ui, sans-serif";
    pen.textBaseline = "top";
    for (const box of found) {
      const [x, y, wide, tall] = [box.x * width, box.y * scale, box.w * width, box.h * scale];
      if (state.layer === "boxes") {
        pen.globalAlpha = 0.55;
        pen.fillStyle = `rgb(${colour(Math.sqrt(box.rate / (best || 1))).join(" ")})`;
        pen.fillRect(x, y, wide, tall);
      }
      pen.globalAlpha = 0.6;
      pen.strokeStyle = ink;
      pen.setLineDash(box.fixed ? [4, 3] : []);
      pen.strokeRect(x + 0.5, y + 0.5, wide, tall);
    }
    pen.setLineDash([]);
    const taken = [];
    const free = (left, top, size) => taken.every((each) => left + size < each[0] || left > each[0] + each[2] || Math.abs(top - each[1]) > 15);
    for (const [place, box] of found.slice(0, 24).entries()) {
      const dead = box.dead ? `, ${box.dead} dead` : "";
      const said = fitted(pen, `${place + 1} · ${box.name.slice(0, 26)} · ${box.clicks}${dead}`, width - 8);
      const size = pen.measureText(said).width + 8;
      const left = Math.min(Math.max(0, box.x * width), width - size);
      const top = [(box.y + box.h) * scale + 2, box.y * scale - 17].find((each) => each >= 0 && free(left, each, size));
      if (top === undefined) continue;
      taken.push([left, top, size]);
      pen.globalAlpha = 0.9;
      pen.fillStyle = paper;
      pen.fillRect(left, top, size, 15);
      pen.globalAlpha = 1;
      pen.fillStyle = ink;
      pen.fillText(said, left + 4, top + 2);
    }
    pen.globalAlpha = 1;
  };

  const all = () => {
    for (const place of places) map(place);
    for (const legend of document.querySelectorAll(".legend .scale")) legend.classList.toggle("dark", dark());
    for (const each of grid.querySelectorAll("[data-drawn]")) each.hidden = state.ground !== "skeleton";
    for (const each of grid.querySelectorAll("[data-picture-hint]")) each.hidden = state.ground !== "picture" || Boolean(state.picture);
    for (const each of grid.querySelectorAll("[data-skeleton-hint]")) each.hidden = state.ground !== "skeleton" || Object.values(skeletons).every(Boolean);
  };

  // What was chosen stands in the address, and goes along with every link and form of the page.
  const keep = (name, value) => {
    state[name] = value;
    const here = new URL(location.href);
    here.searchParams.set(name, value);
    history.replaceState(null, "", here);
    for (const link of document.querySelectorAll("main a[href]")) {
      const there = new URL(link.href);
      if (there.pathname !== here.pathname || link.dataset.set === name) continue;
      there.searchParams.set(name, value);
      link.href = there;
    }
    for (const form of document.querySelectorAll("main form[method=get]")) {
      if (!form.elements[name]) form.append(Object.assign(document.createElement("input"), { type: "hidden", name }));
      form.elements[name].value = value;
    }
    for (const link of document.querySelectorAll(`a[data-set="${name}"]`)) {
      if (link.dataset.value === value) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    all();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-set]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    keep(link.dataset.set, link.dataset.value);
  });

  // The picture stays in this browser: it is drawn, and sent nowhere.
  document.querySelector("input[data-picture]")?.addEventListener("change", async (event) => {
    const said = document.querySelector("[data-picture-said]");
    const file = event.target.files[0];
    if (!file) return;
    try {
      state.picture = await createImageBitmap(file);
      said.textContent = `${file.name}, ${state.picture.width} × ${state.picture.height} px, as wide as the page`;
      keep("ground", "picture");
    } catch {
      said.textContent = `${file.name} is no picture that this browser reads: choose a PNG, JPEG or WebP`;
    }
  });

  // What lies under the pointer, in full.
  const tip = grid.querySelector(".tip");
  const under = (place, event) => {
    const { data, width, scale } = place.found;
    const frame = place.querySelector("canvas").getBoundingClientRect();
    const x = event.clientX - frame.left, y = event.clientY - frame.top;
    const hit = data.boxes.filter((box) => x >= box.x * width && x <= (box.x + box.w) * width && y >= box.y * scale && y <= (box.y + box.h) * scale);
    return hit.sort((one, other) => one.w * one.h - other.w * other.h)[0];
  };
  for (const place of places) {
    place.addEventListener("pointermove", (event) => {
      const box = place.found && under(place, event);
      tip.hidden = !box;
      place.classList.toggle("open", Boolean(box?.href));
      if (!box) return;
      const more = [box.dead && `${box.dead} dead`, box.rage && `${box.rage} rage`].filter(Boolean).join(", ");
      tip.textContent = `${box.name}: ${box.clicks.toLocaleString("en")} clicks, on ${(100 * box.rate).toFixed(1)} % of page views${more && ` (${more})`}`;
      const frame = grid.getBoundingClientRect();
      tip.style.left = `${Math.min(event.clientX - frame.left + 12, frame.width - tip.offsetWidth - 4)}px`;
      tip.style.top = `${event.clientY - frame.top + 16}px`;
    });
    // To the visits with a click on it; the table has the same link.
    place.addEventListener("click", (event) => {
      const box = place.found && under(place, event);
      if (box?.href) location.href = box.href;
    });
    place.addEventListener("pointerleave", () => { tip.hidden = true; });
    // Two maps show the same part of the page; who is scrolled along does not answer.
    place.addEventListener("scroll", () => {
      if (!place.matches(":hover, :focus")) return;
      const share = place.scrollTop / Math.max(1, place.scrollHeight - place.clientHeight);
      for (const other of places) if (other !== place) other.scrollTop = share * (other.scrollHeight - other.clientHeight);
    });
  }

  let waiting = 0;
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(all, 120);
  };
  window.addEventListener("resize", later);
  window.addEventListener("footpath-look", all);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  all();
})();
