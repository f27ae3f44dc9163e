// What did the visitor's window look like at a moment? Page, scrolling, pointer, clicks and fields, drawn on a canvas.
(() => {
  "use strict";
  const { draw: skeleton, refitted, isDark, inks } = window.footpathSkeleton;
  const RIPPLE_MS = 900, MARK_MS = 1800, TAIL_MS = 1400, FOCUS_MS = 20000, LEAD_MS = 600, MOST_PX = 12000;
  const WRONG = { dead: "dead click", rage: "rage click", error: "click, then an error" };
  const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  // The place of the last entry at or before `now`; entries begin with their time. -1: there is none.
  const last = (entries, now) => {
    let low = 0, high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (entries[middle][0] <= now) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };

  // Between two samples the way is straight; where the next is long to come, it begins shortly before it.
  const between = (entries, now, first) => {
    const at = last(entries, now), before = entries[at] || first, next = entries[at + 1];
    if (!next || isStill()) return before;
    const begin = Math.max(before ? before[0] : -Infinity, next[0] - LEAD_MS);
    if (now <= begin) return before;
    if (!before) return next;
    const part = (now - begin) / Math.max(1, next[0] - begin);
    return [now, before[1] + (next[1] - before[1]) * part, before[2] + (next[2] - before[2]) * part];
  };

  // `data`: pages, skeletons and rows as the page has them. Rows are [offset, page, kind, x, y, what, left, top, width,
  // height, friction].
  window.footpathStage = (canvas, data) => {
    const scrolls = data.pages.map(() => []), points = data.pages.map(() => []), hits = data.pages.map(() => new Map());
    const grounds = new Map();
    let room = { width: 600, height: 400 };
    for (const [at, page, kind, x, y, what, left, top, width, height] of data.rows) {
      const [, sx, sy] = scrolls[page][scrolls[page].length - 1] ?? [0, 0, 0];
      if (kind === "scroll") scrolls[page].push([at, x, y]);
      // Who scrolls with the wheel moves the page below a pointer that stays: it has its place in the window.
      else if (kind === "pointer" || (kind === "click" && x !== null)) points[page].push([at, x - sx, y - sy]);
      if (width && left !== null) hits[page].set(`${left} ${top} ${width} ${height}`, [left, top, width, height, what]);
    }

    // A page that was never drawn is empty but for what was touched on it.
    const ROLES = { link: "link", textbox: "textbox", combobox: "combobox", checkbox: "checkbox", radio: "radio", img: "image" };
    const touched = (page) => [...hits[page].values()].map(([left, top, width, height, what]) => {
      const [, role] = /^clicked (\S+)/.exec(what) ?? [], [, name] = /"(.*)"/.exec(what) ?? [];
      const [, field] = /^visited field (\S+)/.exec(what) ?? [];
      return [field ? "textbox" : ROLES[role] ?? "button", 0, left, top, width, height, name ?? field ?? ""];
    });

    const ground = (page, scale) => {
      const key = `${page} ${scale} ${isDark()}`;
      if (!grounds.has(key)) {
        const { document: size, viewport, skeleton: place } = data.pages[page];
        const found = data.skeletons[place] ?? { width: size[0] || viewport[0], height: size[1], boxes: touched(page) };
        const layer = document.createElement("canvas");
        const dense = canvas.width / room.width;
        layer.width = Math.max(1, Math.min(MOST_PX, Math.max(size[0], viewport[0]) * scale * dense));
        layer.height = Math.max(1, Math.min(MOST_PX, Math.max(size[1], found.height, viewport[1]) * scale * dense));
        const pen = layer.getContext("2d");
        pen.scale(dense, dense);
        skeleton(pen, refitted(found, size[0] || found.width), scale);
        grounds.clear();
        grounds.set(key, layer);
      }
      return grounds.get(key);
    };

    const accent = () => (isDark() ? "#55c4ae" : "#0f6b5c");
    const worse = () => (isDark() ? "#f09a5e" : "#b23c0a");

    const arrow = (pen, x, y, touch) => {
      pen.fillStyle = isDark() ? "#ffffff" : "#1c211f";
      pen.strokeStyle = isDark() ? "#131716" : "#ffffff";
      pen.lineWidth = 1.5;
      pen.beginPath();
      if (touch) {
        pen.globalAlpha = 0.55;
        pen.arc(x, y, 9, 0, 2 * Math.PI);
      } else {
        for (const [dx, dy] of [[0, 0], [0, 17], [4.2, 13.2], [7, 19.5], [9.8, 18.2], [7.1, 12.2], [12.6, 11.8]]) pen.lineTo(x + dx, y + dy);
        pen.closePath();
      }
      pen.fill();
      pen.stroke();
      pen.globalAlpha = 1;
    };

    const chip = (pen, text, x, y, colour) => {
      pen.font = "600 12px system-ui, sans-serif";
      const width = pen.measureText(text).width + 12;
      const left = Math.min(Math.max(2, x - width / 2), room.width - width - 2), top = y > 40 ? y - 36 : y + 16;
      pen.fillStyle = colour;
      pen.beginPath();
      pen.roundRect(left, top, width, 19, 6);
      pen.fill();
      pen.fillStyle = isDark() ? "#131716" : "#ffffff";
      pen.textBaseline = "middle";
      pen.fillText(text, left + 6, top + 10);
    };

    const ripple = (pen, row, now, place, scale, isLatest) => {
      const [at, , , x, y, , left, top, width, height, friction] = row;
      const age = now - at, [px, py] = place(x, y), colour = friction ? worse() : accent();
      if (width && left !== null && age < RIPPLE_MS) {
        const [bx, by] = place(left, top);
        pen.strokeStyle = colour;
        pen.lineWidth = 2;
        pen.strokeRect(bx, by, width * scale, height * scale);
      }
      if (age < RIPPLE_MS || friction) {
        const part = isStill() ? 0.5 : Math.min(1, age / RIPPLE_MS);
        pen.strokeStyle = colour;
        pen.lineWidth = 3;
        pen.globalAlpha = Math.max(friction ? 0.5 : 0, 1 - part);
        pen.beginPath();
        pen.arc(px, py, 6 + 22 * part, 0, 2 * Math.PI);
        pen.stroke();
        pen.globalAlpha = 1;
      }
      if (friction && isLatest) chip(pen, WRONG[friction] ?? friction, px, py, colour);
    };

    // The field that has the focus: the last one, until something else is done.
    const focus = (pen, page, now, place, scale) => {
      for (let at = last(data.rows, now); at >= 0 && now - data.rows[at][0] < FOCUS_MS; at -= 1) {
        const [, on, kind, , , , left, top, width, height] = data.rows[at];
        if (on !== page || kind === "pointer" || kind === "scroll" || (kind === "click" && width && now - data.rows[at][0] < 1)) continue;
        if (kind !== "field" || left === null || !width) return;
        const [x, y] = place(left, top);
        pen.strokeStyle = accent();
        pen.lineWidth = 2;
        pen.setLineDash([6, 3]);
        pen.strokeRect(x - 2, y - 2, width * scale + 4, height * scale + 4);
        pen.setLineDash([]);
        return;
      }
    };

    // The page that is shown, and where its window stands, is what `draw` gives.
    const draw = (now) => {
      const place = Math.max(0, last(data.rows, now)), page = data.rows.length ? data.rows[place][1] : 0;
      const { viewport, document: size, device } = data.pages[page];
      const [wide, tall] = [viewport[0] || 1280, viewport[1] || 800];
      const scale = Math.min(room.most / wide, room.tallest / tall);
      fit(wide * scale, tall * scale);
      const dense = canvas.width / room.width, pen = canvas.getContext("2d");
      pen.setTransform(dense, 0, 0, dense, 0, 0);
      pen.fillStyle = inks().paper;
      pen.fillRect(0, 0, room.width, room.height);
      const [, sx, sy] = between(scrolls[page], now, [0, 0, 0]);
      const back = ground(page, scale);
      pen.drawImage(back, -sx * scale, -sy * scale, back.width / dense, back.height / dense);
      const on = (x, y) => [(x - sx) * scale, (y - sy) * scale];
      const end = (size[1] - sy) * scale;
      if (size[1] && end < room.height - 1) {
        pen.fillStyle = inks().edge;
        pen.fillRect(0, Math.max(0, end), room.width, room.height);
      }
      focus(pen, page, now, on, scale);
      const within = (x, y) => [x * scale, y * scale];
      if (!isStill()) tail(pen, points[page], now, within);
      let isLatest = true;
      for (let at = place; at >= 0 && now - data.rows[at][0] < MARK_MS; at -= 1) {
        const row = data.rows[at];
        if (row[1] !== page || row[2] !== "click" || row[3] === null || (!row[10] && now - row[0] >= RIPPLE_MS)) continue;
        ripple(pen, row, now, on, scale, isLatest);
        if (row[10]) isLatest = false;
      }
      thumb(pen, sy, tall, size[1]);
      const pointer = between(points[page], now);
      if (pointer) arrow(pen, ...within(pointer[1], pointer[2]), device === "mobile" || device === "tablet");
      return { page, scroll: [Math.round(sx), Math.round(sy)] };
    };

    const tail = (pen, entries, now, on) => {
      const to = last(entries, now);
      pen.strokeStyle = accent();
      pen.lineWidth = 2;
      for (let at = to; at > 0 && now - entries[at - 1][0] < TAIL_MS; at -= 1) {
        pen.globalAlpha = 0.6 * (1 - (now - entries[at][0]) / TAIL_MS);
        pen.beginPath();
        pen.moveTo(...on(entries[at - 1][1], entries[at - 1][2]));
        pen.lineTo(...on(entries[at][1], entries[at][2]));
        pen.stroke();
      }
      pen.globalAlpha = 1;
    };

    // How far down the window stands.
    const thumb = (pen, top, tall, of) => {
      if (of <= tall) return;
      const length = Math.max(14, (room.height * tall) / of);
      pen.fillStyle = inks().border;
      pen.beginPath();
      pen.roundRect(room.width - 6, Math.min(room.height - length, (room.height * top) / of), 4, length, 2);
      pen.fill();
    };

    const fit = (width, height) => {
      if (room.width === width && room.height === height && room.theme === isDark()) return;
      room = { ...room, width, height, theme: isDark() };
      const dense = Math.min(2, window.devicePixelRatio || 1);
      canvas.width = Math.round(width * dense);
      canvas.height = Math.round(height * dense);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    };

    return {
      draw,
      last,
      // How much place there is, in CSS px.
      within: (most, tallest) => { room = { ...room, most, tallest }; },
    };
  };
})();
