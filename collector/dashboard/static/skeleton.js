// What does a page look like? Draws its skeleton (boxes with roles and some names) onto a canvas, in light and in dark.
(() => {
  "use strict";
  const LIGHT = {
    paper: "#fcfbf8", panel: "#f3f1ea", edge: "#dcd8cc", bar: "#dedad0", image: "#e9e5da", ink: "#4d5653", heading: "#2b322f",
    link: "#35776b", control: "#ffffff", border: "#b4afa0", button: "#d9e8e2", pressed: "#24564b",
  };
  const DARK = {
    paper: "#171b1a", panel: "#1e2423", edge: "#2e3735", bar: "#323b39", image: "#262e2c", ink: "#a3aeaa", heading: "#d3dad7",
    link: "#6fb5a6", control: "#111514", border: "#47524f", button: "#21423b", pressed: "#a9dccf",
  };
  const FONT = "system-ui, sans-serif";
  const PANELS = ["banner", "navigation", "main", "complementary", "contentinfo", "form", "region", "dialog", "search", "frame"];
  const FIELDS = ["textbox", "searchbox", "combobox", "spinbutton", "listbox", "slider"];
  const TICKS = ["checkbox", "radio", "switch"];
  const BUTTONS = ["button", "tab", "menuitem", "option"];

  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };

  // Panels lie below what stands on them, large ones below small ones.
  const rank = ([role, , , , width, height]) => (PANELS.includes(role) ? -width * height - 1 : role === "image" || role === "video" ? 0 : role === "text" ? 1 : 2);
  const ordered = (boxes) => boxes.map((box) => [rank(box), box]).sort((one, other) => one[0] - other[0]).map(([, box]) => box);

  // A text in at most `size` px, with an ellipsis.
  const fitted = (pen, text, size) => {
    if (pen.measureText(text).width <= size) return text;
    let low = 0, high = text.length;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (pen.measureText(`${text.slice(0, middle)}…`).width <= size) low = middle;
      else high = middle - 1;
    }
    return low ? `${text.slice(0, low).trimEnd()}…` : "";
  };

  const round = (pen, x, y, width, height, radius) => {
    pen.beginPath();
    pen.roundRect(x, y, width, height, Math.min(radius, width / 2, height / 2));
  };

  const panel = (pen, ink, x, y, width, height, role) => {
    pen.strokeStyle = ink.edge;
    pen.fillStyle = ink.panel;
    round(pen, x, y, width, height, 4);
    if (role !== "main") pen.fill();
    if (role === "frame") pen.setLineDash([4, 4]);
    pen.stroke();
    pen.setLineDash([]);
  };

  const bars = (pen, ink, x, y, width, height, scale) => {
    const step = Math.max(5, Math.min(22 * scale, height));
    pen.fillStyle = ink.bar;
    const lines = Math.max(1, Math.round(height / step));
    for (let line = 0; line < lines; line += 1) {
      const last = lines > 1 && line === lines - 1;
      round(pen, x, y + (line + 0.25) * (height / lines), last ? width * 0.6 : width, Math.min(0.5 * step, height), 2);
      pen.fill();
    }
  };

  const image = (pen, ink, x, y, width, height, role) => {
    pen.fillStyle = ink.image;
    pen.strokeStyle = ink.edge;
    round(pen, x, y, width, height, 3);
    pen.fill();
    pen.stroke();
    pen.beginPath();
    if (role === "video") {
      const size = Math.min(width, height) / 6, left = x + width / 2, top = y + height / 2;
      pen.fillStyle = ink.border;
      pen.moveTo(left - size, top - size);
      pen.lineTo(left + size, top);
      pen.lineTo(left - size, top + size);
      pen.fill();
      return;
    }
    pen.moveTo(x, y + height);
    pen.lineTo(x + width, y);
    pen.stroke();
  };

  // Words in lines of at most `width` px; what does not fit into `most` lines ends with an ellipsis.
  const wrapped = (pen, text, width, most) => {
    const lines = [];
    let words = text.split(/\s+/);
    while (words.length && lines.length < most) {
      let taken = 1;
      while (taken < words.length && pen.measureText(words.slice(0, taken + 1).join(" ")).width <= width) taken += 1;
      if (lines.length === most - 1) taken = words.length;
      lines.push(fitted(pen, words.slice(0, taken).join(" "), width));
      words = words.slice(taken);
    }
    return lines;
  };

  // A name within its box; too small to be read, it is a bar.
  const label = (pen, name, colour, x, y, width, height, wanted, weight, centred) => {
    let size = wanted;
    pen.fillStyle = colour;
    pen.font = `${weight} ${size}px ${FONT}`;
    const most = Math.max(1, Math.floor(height / (1.1 * size)));
    const wide = pen.measureText(name).width;
    // Our letters may be wider than the page's.
    if (most === 1 && wide > width) pen.font = `${weight} ${(size *= Math.max(0.7, width / wide))}px ${FONT}`;
    if (size < 5.5) {
      pen.globalAlpha *= 0.35;
      pen.fillRect(x, y + height * 0.3, Math.min(width, name.length * size * 0.5), Math.max(1.5, Math.min(size, height * 0.4)));
      pen.globalAlpha /= 0.35;
      return;
    }
    const lines = wrapped(pen, name, width + 1, most), step = Math.min(height / lines.length, size * 1.3);
    const first = y + (height - step * lines.length) / 2;
    for (const [place, said] of lines.entries()) {
      const left = centred ? x + (width - pen.measureText(said).width) / 2 : x;
      pen.fillText(said, left, first + (place + 0.5) * step + size * 0.04);
    }
  };

  const control = (pen, ink, role, x, y, width, height, name, scale) => {
    const size = Math.max(Math.min(14 * scale, height * 0.6), Math.min(8, height * 0.7));
    if (FIELDS.includes(role) || TICKS.includes(role)) {
      pen.fillStyle = ink.control;
      pen.strokeStyle = ink.border;
      round(pen, x + 0.5, y + 0.5, width - 1, height - 1, role === "radio" ? 99 : 3);
      pen.fill();
      pen.stroke();
      if (role === "combobox" || role === "listbox") {
        const middle = y + height / 2, left = x + width - 10 * scale - 4, wide = 4 * scale;
        pen.beginPath();
        pen.moveTo(left - wide, middle - wide / 2);
        pen.lineTo(left, middle + wide / 2);
        pen.lineTo(left + wide, middle - wide / 2);
        pen.stroke();
      }
      if (FIELDS.includes(role) && name) label(pen, name, ink.ink, x + 6 * scale + 2, y, width - 18 * scale - 4, height, size, "400", false);
      return;
    }
    if (BUTTONS.includes(role)) {
      pen.fillStyle = ink.button;
      round(pen, x, y, width, height, 5);
      pen.fill();
      if (name) label(pen, name, ink.pressed, x + 2, y, width - 4, height, size, "600", true);
      return;
    }
    // Links and whatever else can be used.
    if (name) label(pen, name, ink.link, x, y, width, height, size, "500", false);
    else panel(pen, ink, x, y, width, height, "frame");
  };

  // Draws onto `pen`, whose (0, 0) is the page's corner, a CSS px of the page being `scale` wide.
  const draw = (pen, found, scale, dark = isDark()) => {
    const ink = dark ? DARK : LIGHT;
    pen.save();
    pen.lineWidth = 1;
    pen.textBaseline = "middle";
    for (const [role, level, left, top, wide, tall, name] of ordered(found.boxes)) {
      const x = left * scale, y = top * scale, width = wide * scale, height = tall * scale;
      if (width < 1 || height < 1) continue;
      if (PANELS.includes(role)) panel(pen, ink, x, y, width, height, role);
      else if (role === "image" || role === "video") image(pen, ink, x, y, width, height, role);
      else if (role === "text") bars(pen, ink, x, y, width, height, scale);
      else if (role === "heading") label(pen, name || "heading", ink.heading, x, y, width, height, Math.min(height * 0.72, (40 - 4 * (level || 2)) * scale), "700", false);
      else control(pen, ink, role, x, y, width, height, name || "", scale);
    }
    pen.restore();
  };

  // A page that was drawn at another width: what goes from edge to edge still does, the rest stays in the middle where
  // it has place, as most pages are built, else it gets narrower. Heights stay.
  const refitted = (found, width) => {
    const more = width - found.width;
    if (Math.abs(more) < 2) return found;
    const isWhole = ([, , x, , wide]) => x <= 8 && x + wide >= found.width - 8;
    // What stands beside the page, such as a link to skip to the content, says nothing of its margins.
    const inner = found.boxes.filter((box) => !isWhole(box) && box[2] > 0 && box[2] + box[4] < found.width);
    const left = Math.min(...inner.map((box) => box[2])), right = Math.max(...inner.map((box) => box[2] + box[4]));
    const fits = left + more / 2 >= 0 && right + more / 2 <= width;
    const ratio = width / Math.max(1, found.width);
    const moved = (box) => {
      const [role, level, x, y, wide, tall, name] = box;
      return isWhole(box) || !fits ? [role, level, x * ratio, y, wide * ratio, tall, name] : [role, level, x + more / 2, y, wide, tall, name];
    };
    return { width, height: found.height, boxes: found.boxes.map(moved) };
  };

  window.footpathSkeleton = { draw, refitted, isDark, fitted, inks: () => (isDark() ? DARK : LIGHT), LIGHT, DARK };
})();
