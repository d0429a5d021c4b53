// Charts as SVG. Only presentation attributes, so that a saved picture looks the same without this page.
const INK = "#1a1a1a", SOFT = "#4a5056", LINE = "#d5d9dd", BLUE = "#12436D", MID = "#2073BC", HOT = "#F46A25", PALE = "#dfe7ef";
const FONT = '"Segoe UI", -apple-system, "Helvetica Neue", Arial, "Liberation Sans", sans-serif';
const pen = document.createElement("canvas").getContext("2d");

function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}
function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
const widths = new Map();
function measure(text, size = 14, weight = 400) {
  const key = `${size} ${weight} ${text}`;
  if (!widths.has(key)) {
    pen.font = `${weight} ${size}px ${FONT}`;
    widths.set(key, pen.measureText(text).width);
  }
  return widths.get(key);
}
function shorten(text, room, size = 14, weight = 400) {
  if (measure(text, size, weight) <= room) return text;
  const letters = [...text];
  let low = 0, high = letters.length;
  while (low < high) {
    const mid = (low + high + 1) >> 1;
    if (measure(letters.slice(0, mid).join("") + "…", size, weight) <= room) low = mid; else high = mid - 1;
  }
  return letters.slice(0, low).join("").trimEnd() + "…";
}
function wrap(text, room, size = 14, weight = 400) {
  const lines = [];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last !== undefined && measure(`${last} ${word}`, size, weight) <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(shorten(word, room, size, weight));
  }
  return lines;
}
// A name on one line, or on two; what is longer still is cut.
function twoLines(text, room) {
  if (measure(text) <= room) return [text];
  const [first, ...rest] = wrap(text, room);
  return rest.length ? [first, shorten(rest.join(" "), room)] : [first];
}
// A label that tells its whole text when it had to be shortened.
function label14(text, x, y, room, attributes = {}) {
  const short = shorten(text, room, attributes["font-size"] || 14, attributes["font-weight"] || 400);
  return s("text", { x, y, fill: INK, ...attributes }, document.createTextNode(short), short !== text && s("title", { text }));
}

let drawings = 0;
function canvas(width, height, title) {
  drawings += 1;
  const hatch = `hatch${drawings}`;
  const svg = s("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${Math.round(width)} ${Math.round(height)}`, width: Math.round(width),
    height: Math.round(height), "font-family": FONT, "font-size": 14, role: "group", "aria-label": title },
  s("defs", {}, s("pattern", { id: hatch, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    s("rect", { width: 6, height: 6, fill: "#ffffff" }), s("line", { x1: 0, y1: 0, x2: 0, y2: 6, stroke: "#6b7279", "stroke-width": 1.6 }))));
  svg.hatch = `url(#${hatch})`;
  return svg;
}
// Makes a shape answer to pointer and keyboard alike, with a frame when it has the focus.
function clickable(group, name, key, act, pressed) {
  const attributes = { tabindex: 0, role: "button", "aria-label": name, "data-key": key };
  if (pressed !== undefined) attributes["aria-pressed"] = String(Boolean(pressed));
  fill(group, attributes, []);
  group.addEventListener("click", act);
  group.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); }
  });
  return group;
}
const axisTop = (max) => { const step = 10 ** Math.floor(Math.log10(max || 1)); return [1, 2, 2.5, 5, 10].map((k) => k * step).find((t) => t >= max); };

// Ranked bars: {name, value, text, key, act, pressed, colour, part}. `part` is drawn dark inside the bar.
function bars(width, items, title, options = {}) {
  const stacked = width < 440;
  const texts = items.map((item) => item.text ?? num(item.value));
  const left = stacked ? 0 : Math.min(width * 0.46, Math.max(...items.map((item) => measure(item.name))) + 16);
  const names = items.map((item) => twoLines(item.name, stacked ? width - 4 : left - 14)), tall = names.some((lines) => lines.length > 1);
  const right = Math.max(...texts.map((text) => measure(text))) + 14;
  const row = stacked ? (tall ? 64 : 46) : tall ? 38 : printing ? 26 : 32, thick = 18;
  const room = Math.max(40, width - left - right);
  const top = options.max || Math.max(...items.map((item) => item.value ?? 0), 0) || 1;
  const svg = canvas(width, items.length * row + 2, title);
  items.forEach((item, i) => {
    const y = i * row, mid = stacked ? y + (tall ? 51 : 33) : y + row / 2;
    const length = item.value === null ? Math.min(64, room) : Math.max(item.value ? 2 : 0, room * item.value / top);
    const group = s("g", {},
      s("rect", { class: "ring", x: 1.5, y: y + 1.5, width: width - 3, height: row - 3, fill: item.pressed ? "#e8eef4" : "#ffffff", stroke: "none", rx: 3 }),
      names[i].map((text, k, all) => s("text", { x: stacked ? 2 : left - 12, y: stacked ? mid - 16 - 18 * (all.length - 1 - k) : mid + 5 + 17 * (k - (all.length - 1) / 2), fill: INK, "text-anchor": stacked ? null : "end", text })),
      names[i].join(" ") === item.name ? null : s("title", { text: item.name }),
      s("rect", { x: left, y: mid - thick / 2, width: length, height: thick, fill: item.value === null ? svg.hatch : item.colour || MID,
        stroke: item.value === null ? "#6b7279" : "none" }),
      item.part ? s("rect", { x: left, y: mid - thick / 2, width: Math.max(2, room * item.part / top), height: thick, fill: BLUE }) : null,
      s("text", { x: left + length + 8, y: mid + 5, fill: item.value === null ? SOFT : INK, text: texts[i] }));
    svg.append(item.act ? clickable(group, `${item.name}: ${texts[i]}`, item.key, item.act, item.pressed) : group);
  });
  return svg;
}

// Upright columns with their numbers: for steps of time, days or thresholds.
function columns(width, items, title, options = {}) {
  const height = options.height || 200, base = height - 30, gap = Math.min(14, width / items.length * 0.3);
  const each = Math.min(options.widest || 110, (width - 4) / items.length), thick = Math.max(3, each - gap);
  const top = Math.max(...items.map((item) => item.value ?? 0), 0) || 1;
  const svg = canvas(width, height, title);
  // Where numbers do not fit over their columns, one is told: the chosen or the highest.
  // Names that do not fit under their columns stand under every second, third ... one, whole.
  const chosen = items.findIndex((item) => item.pressed), spoken = chosen < 0 ? items.findIndex((item) => item.value === top) : chosen;
  const names = items.map((item) => item.short || item.name), wide = Math.max(...names.map((name) => measure(name, 14, 600)));
  const every = wide <= each ? 1 : [2, 3, 4, 6, 12].find((n) => wide <= n * each - 6 && names.length > n) || 1;
  items.forEach((item, i) => {
    const x = 2 + i * each, text = item.text ?? num(item.value), edge = every > 1 && i === 0;
    const tall = item.value === null ? 24 : Math.max(item.value ? 2 : 0, (base - 30) * item.value / top);
    const wide = measure(text, 14, 600), fits = wide <= each, half = Math.min(wide, width) / 2;
    const group = s("g", {},
      s("rect", { class: "ring", x: x + 1, y: 1.5, width: each - 2, height: height - 3, fill: "#ffffff", "fill-opacity": 0, stroke: "none", rx: 3 }),
      s("rect", { x: x + gap / 2, y: base - tall, width: thick, height: tall, stroke: item.value === null ? "#6b7279" : "none",
        fill: item.value === null ? svg.hatch : item.pressed ? BLUE : options.calm ? MID : "#8fb3d4" }),
      fits || i === spoken ? s("text", { x: fits ? x + each / 2 : Math.min(Math.max(x + each / 2, half), width - half), y: base - tall - 8, "text-anchor": "middle", fill: INK, "font-weight": item.pressed ? 600 : 400, text }) : null,
      s("title", { text: `${item.name}: ${text}` }),
      i % every ? null : label14(names[i], edge ? x : x + each / 2, height - 9, each * every, { "text-anchor": edge ? "start" : "middle", fill: item.pressed ? INK : SOFT,
        "font-weight": item.pressed ? 600 : 400 }));
    svg.append(item.act ? clickable(group, `${item.name}: ${text}`, item.key, item.act, item.pressed) : group);
  });
  svg.append(s("line", { x1: 0, x2: items.length * each + 4, y1: base + 0.5, y2: base + 0.5, stroke: SOFT }));
  return svg;
}

// Share of families against share of interventions, highest first; a dragged point is the sentence.
function curve(width, points, chosen, move, title) {
  const left = 46, top = 14, size = Math.min(width - left - 24, 620), height = Math.min(360, size * 0.72);
  const x = (p) => left + size * p / 100, y = (q) => top + height * (1 - q);
  const svg = canvas(width, height + top + 52, title);
  [0, 0.25, 0.5, 0.75, 1].forEach((q) => {
    svg.append(s("line", { x1: left, x2: left + size, y1: y(q), y2: y(q), stroke: LINE }),
      s("text", { x: left - 8, y: y(q) + 5, "text-anchor": "end", fill: SOFT, text: `${100 * q}%` }),
      s("text", { x: x(100 * q), y: top + height + 22, "text-anchor": "middle", fill: SOFT, text: `${100 * q}%` }));
  });
  svg.append(s("text", { x: left + size / 2, y: top + height + 46, "text-anchor": "middle", fill: SOFT, text: "of families, most interventions first" }));
  svg.append(s("line", { x1: x(0), y1: y(0), x2: x(100), y2: y(1), stroke: "#6b7279", "stroke-dasharray": "4 4" }));
  if (size > 420) svg.append(s("text", { x: x(100), y: y(0.62) + 14, "text-anchor": "end", fill: SOFT, text: "if every family had the same" }));
  const path = [[0, 0], ...points].map(([p, q], i) => `${i ? "L" : "M"}${x(p).toFixed(1)} ${y(q).toFixed(1)}`).join("");
  const point = points.find(([p]) => p === chosen);
  if (point) {
    const at = [[0, 0], ...points.filter(([p]) => p <= chosen)];
    const area = at.map(([p, q], i) => `${i ? "L" : "M"}${x(p).toFixed(1)} ${y(q).toFixed(1)}`).join("") + `L${x(chosen)} ${y(0)}Z`;
    svg.append(s("path", { d: area, fill: PALE }));
  }
  svg.append(s("path", { d: path, fill: "none", stroke: BLUE, "stroke-width": 3, "stroke-linejoin": "round" }));
  if (point) {
    const text = `${percent(point[1])} of interventions`;
    const over = x(chosen) + 18 + measure(text, 16, 600) > left + size + 8;
    svg.append(s("line", { x1: left, x2: x(chosen), y1: y(point[1]), y2: y(point[1]), stroke: BLUE, "stroke-dasharray": "2 3" }),
      s("circle", { cx: x(chosen), cy: y(point[1]), r: 8, fill: "#ffffff", stroke: BLUE, "stroke-width": 3 }),
      s("text", { x: x(chosen) + (over ? -16 : 16), y: y(point[1]) + (over ? -10 : 22), "text-anchor": over ? "end" : "start", fill: BLUE, "font-size": 16,
        "font-weight": 600, stroke: "#ffffff", "stroke-width": 4, "paint-order": "stroke", text }));
  }
  const pad = s("rect", { x: left, y: top, width: size, height, fill: "#ffffff", "fill-opacity": 0, cursor: "ew-resize" });
  const follow = (event) => {
    const box = svg.getBoundingClientRect();
    const p = ((event.clientX - box.left) * width / box.width - left) / size * 100;
    move(points.reduce((best, [q]) => (Math.abs(q - p) < Math.abs(best - p) ? q : best), points[0][0]));
  };
  pad.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    follow(event);
    const stop = () => { removeEventListener("pointermove", follow); removeEventListener("pointerup", stop); };
    addEventListener("pointermove", follow);
    addEventListener("pointerup", stop);
  });
  svg.append(pad);
  return svg;
}

// Mixes white into a hue: 0 = palest, 1 = full. Text on it turns white where it must.
function shade(t) {
  const low = [230, 238, 246], high = [18, 67, 109];
  return `rgb(${low.map((c, i) => Math.round(c + (high[i] - c) * t)).join(",")})`;
}
// A matrix of numbers: rows and columns {key, name}; at(row, column) -> cell; act(row, column); pressed(row, column).
function matrix(width, rows, cols, at, title, options = {}) {
  const left = Math.min(250, Math.max(...rows.map((r) => measure(r.name))) + 18);
  const each = Math.max(34, Math.min(options.widest || 78, (width - left - 96) / cols.length)), high = printing ? 27 : 38;
  const slant = Math.max(...cols.map((c) => measure(c.name))) > each - 6;
  const longest = Math.min(230, Math.max(...cols.map((c) => measure(c.name))) + 6);
  const top = (options.across ? 26 : 4) + (slant ? longest * 0.72 + 14 : 26);
  const last = slant ? Math.max(0, measure(shorten(cols[cols.length - 1].name, longest)) * 0.72 - each / 2 + 10) : 0;
  const svg = canvas(Math.max(width, left + cols.length * each + last), top + rows.length * high + 6, title);
  const values = rows.flatMap((r) => cols.map((c) => at(r.key, c.key).value || 0));
  const max = Math.max(...values, 1);
  if (options.across) svg.append(s("text", { x: left, y: 15, fill: SOFT, text: options.across }));
  cols.forEach((c, j) => {
    const x = left + j * each + each / 2;
    svg.append(slant
      ? label14(c.name, 0, 0, longest, { fill: INK, transform: `translate(${(x - 4).toFixed(1)} ${top - 8}) rotate(-45)` })
      : label14(c.name, x, top - 9, each, { "text-anchor": "middle" }));
  });
  rows.forEach((r, i) => {
    const y = top + i * high;
    svg.append(label14(r.name, left - 12, y + high / 2 + 5, left - 14, { "text-anchor": "end" }));
    cols.forEach((c, j) => {
      const found = at(r.key, c.key), x = left + j * each, t = found.value ? Math.sqrt(found.value / max) : 0;
      const name = `${r.name}, ${c.name}: ${num(found.value)}`, own = options.own && r.key === c.key, on = options.pressed && options.pressed(r.key, c.key);
      const group = s("g", {},
        s("rect", { class: "ring", x: x + 1.5, y: y + 1.5, width: each - 3, height: high - 3, fill: found.held ? svg.hatch : found.value ? shade(t) : "#ffffff",
          stroke: on ? INK : own ? "#6b7279" : found.value || found.held ? "none" : LINE, "stroke-width": on ? 3 : 1,
          "stroke-dasharray": own && !on ? "3 2" : null }),
        found.held ? null : s("text", { x: x + each / 2, y: y + high / 2 + 5, "text-anchor": "middle", fill: t > 0.52 ? "#ffffff" : found.value ? INK : "#6b7279",
          text: found.value ? num(found.value) : options.blank && r.key === c.key ? "" : "0" }),
        s("title", { text: name }));
      svg.append(options.act && (found.value || found.held) ? clickable(group, name, `cell ${r.key} ${c.key}`, () => options.act(r.key, c.key), on) : group);
    });
  });
  return svg;
}

// A service map: lanes and spots come from the file, so nothing moves when a filter does.
function laneMap(map, services, edges, options, title) {
  const svg = canvas(map.width, map.height + 2, title);
  const spot = new Map(map.spots.map(([service, x, y, room]) => [service, { x, y, room }]));
  const most = Math.max(...edges.map((e) => e.people), 1);
  const tip = `tip${drawings}`;
  svg.querySelector("defs").append(...[["", "#5b7fa3"], ["on", BLUE], ["less", LESS]].map(([suffix, colour]) =>
    s("marker", { id: tip + suffix, markerUnits: "userSpaceOnUse", markerWidth: 9, markerHeight: 9, refX: 1, refY: 4.5, orient: "auto" },
      s("path", { d: "M0 0L9 4.5L0 9Z", fill: colour }))));
  map.lanes.forEach(([agency, top, height, more], i) => {
    const lit = options.lanes && options.lanes.has(agency);
    svg.append(s("rect", { x: 0, y: top, width: map.width, height, fill: lit ? "#e8eef4" : i % 2 ? "#ffffff" : "#f4f6f8" }),
      s("rect", { x: 0, y: top, width: 5, height, fill: hue(agency) }),
      laneName(agencyName(agency), more, top, height, map.lane - 34));
  });
  const ground = new Map(map.lanes.map(([agency], i) => [agency, options.lanes && options.lanes.has(agency) ? "#e8eef4" : i % 2 ? "#ffffff" : "#f4f6f8"]));
  const people = (service) => services.get(service);
  const radius = (service) => { const p = people(service); return p ? 4 + 7 * Math.sqrt(p / options.largest) : 3; };
  const touching = (e) => options.chosen && (e.from === options.chosen || e.to === options.chosen);
  const stepOf = (e) => options.steps && options.steps.has(`${serviceAgency(e.from)}\n${serviceAgency(e.to)}`);
  const focus = options.chosen ? touching : options.steps ? stepOf : null;
  const near = new Set(edges.filter((e) => !focus || focus(e)).flatMap((e) => [e.from, e.to]));
  const drawn = [...edges].sort((a, b) => (focus ? focus(a) - focus(b) : 0) || a.people - b.people);
  for (const e of drawn) {
    const a = spot.get(e.from), b = spot.get(e.to);
    if (!a || !b) continue;
    const on = focus && focus(e), off = focus && !on, extra = e.extra ? "5 4" : null;
    svg.append(s("path", { d: link(a, b, radius(e.from), radius(e.to)), fill: "none", stroke: e.colour || (on ? BLUE : "#5b7fa3"),
      "stroke-opacity": off ? 0.1 : on ? 0.9 : 0.5, "stroke-width": (1 + 4.5 * (e.people / most) ** 0.7).toFixed(2), "stroke-dasharray": extra, "marker-end": off ? null : `url(#${tip}${e.colour === LESS ? "less" : on || e.colour ? "on" : ""})` },
    s("title", { text: e.title || `${serviceName(e.from)} to ${serviceName(e.to)}: ${num(e.people)} people` })));
  }
  for (const [service, place] of spot) {
    const used = people(service), idle = used === undefined || used === 0, dim = focus && !near.has(service) && service !== options.chosen;
    const name = `${serviceName(service)}, ${agencyName(serviceAgency(service))}: ${idle ? "nobody shown" : `${num(used)} people`}`;
    const group = s("g", {},
      s("rect", { class: "ring", x: place.x - 13, y: place.y - 14, width: place.room + 28, height: 28, fill: "#ffffff", "fill-opacity": 0, stroke: "none", rx: 4 }),
      s("circle", { cx: place.x, cy: place.y, r: radius(service).toFixed(1), fill: used === null ? svg.hatch : idle ? "#ffffff" : hue(serviceAgency(service)), opacity: dim ? 0.4 : null,
        stroke: service === options.chosen ? INK : used === null || idle ? "#6b7279" : "#ffffff", "stroke-width": service === options.chosen ? 3 : 1.2 }),
      s("rect", { x: place.x + 12, y: place.y - 8, width: Math.min(place.room + 2, measure(serviceName(service))) + 4, height: 17, rx: 3, fill: ground.get(serviceAgency(service)) || "#ffffff", "fill-opacity": 0.88 }),
      label14(serviceName(service), place.x + 14, place.y + 5, place.room + 2, { fill: dim ? "#6b7279" : idle ? SOFT : INK, stroke: "#ffffff", "stroke-width": 3.5, "stroke-opacity": 0.85,
        "paint-order": "stroke", "stroke-linejoin": "round", "font-weight": service === options.chosen ? 600 : 400 }));
    svg.append(clickable(group, name, `service ${service}`, () => options.act(service), service === options.chosen));
  }
  return svg;
}
// A lane's name on as many lines as the lane has room for; one that is longer still is told whole by its title.
function laneName(name, more, top, height, room) {
  const lines = wrap(name, room, 14, 600), most = Math.max(1, Math.floor(height / LANE_LINE) - (more ? 1 : 0));
  const kept = lines.length > most ? [...lines.slice(0, most - 1), shorten(lines.slice(most - 1).join(" "), room, 14, 600)] : lines;
  const all = [...kept.map((text) => ({ text, weight: 600, fill: INK })), ...(more ? [{ text: `+${more} more`, weight: 400, fill: SOFT }] : [])];
  return s("g", {}, all.map((line, i) => s("text", { x: 16, y: top + height / 2 + 5 + (i - (all.length - 1) / 2) * LANE_LINE, fill: line.fill, "font-weight": line.weight, text: line.text })),
    kept.join(" ") === name ? null : s("title", { text: name }));
}
const LANE_LINE = 17, MOST_LANE_LINES = 6;
const laneRoom = (name, room) => LANE_LINE * Math.min(MOST_LANE_LINES, wrap(name, room, 14, 600).length) + 6;
function link(a, b, ra, rb) {
  const down = b.y - a.y, dx = b.x - a.x;
  if (Math.abs(down) < 8) {
    const rise = Math.min(34, 12 + Math.abs(dx) * 0.06), side = Math.sign(dx) || 1;
    return `M${a.x + side * 2} ${a.y - ra}C${a.x + dx * 0.2} ${a.y - ra - rise} ${b.x - dx * 0.2} ${b.y - rb - rise} ${b.x - side * 6} ${b.y - rb - 9}`;
  }
  const way = Math.sign(down), bend = Math.max(24, Math.abs(down) * 0.45);
  const y1 = a.y + way * ra, y2 = b.y - way * (rb + 9);
  return `M${a.x} ${y1}C${a.x} ${y1 + way * bend} ${b.x} ${y2 - way * bend} ${b.x} ${y2}`;
}

// Paths as strips of steps: {steps, value, text, key, act, pressed}.
function strips(width, items, title) {
  const told = Math.max(...items.map((item) => measure(item.main, 14, 600) + measure(`  ${item.small}`))) + 24;
  const narrow = width < 560 || told > width * 0.4, left = narrow ? 0 : Math.max(180, told), high = 28, gap = 22;
  const placed = items.map((item) => {
    let x = left, y = 0;
    const chips = item.steps.map((code) => {
      const name = shorten(stepName(code), width - left - 28);
      const wide = measure(name) + 22;
      if (x > left && x + wide > width - 4) { x = left; y += high + 6; }
      const chip = { code, name, x, y, wide };
      x += wide + gap;
      return chip;
    });
    return { item, chips, height: y + high + (narrow ? 42 : 16) };
  });
  const svg = canvas(width, placed.reduce((sum, p) => sum + p.height, 0) + 2, title);
  let top = 0;
  for (const { item, chips, height } of placed) {
    const y = top + (narrow ? 30 : 8);
    const name = `${item.steps.map(stepName).join(", then ")}: ${item.text}`;
    const group = s("g", {},
      s("rect", { class: "ring", x: 1.5, y: top + 1.5, width: width - 3, height: height - 3, fill: item.pressed ? "#e8eef4" : "#ffffff", stroke: "none", rx: 4 }),
      s("text", { x: 8, y: narrow ? top + 20 : y + 19, fill: INK, "font-weight": 600 }, document.createTextNode(item.main),
        s("tspan", { fill: SOFT, "font-weight": 400, text: `  ${item.small}` })),
      chips.map((chip, i) => [
        s("rect", { x: chip.x, y: y + chip.y, width: chip.wide, height: high, fill: "#ffffff", stroke: "#6b7279", rx: 4 }),
        stepAgencies(chip.code).map((code, k, all) => s("rect", { x: chip.x, y: y + chip.y + high * k / all.length, width: 6, height: high / all.length, fill: hue(code) })),
        label14(stepName(chip.code), chip.x + 13, y + chip.y + 19, width - left - 28),
        i < chips.length - 1 ? s("path", { d: `M${chip.x + chip.wide + 5} ${y + chip.y + 14}h10m-4 -4l4 4l-4 4`, fill: "none", stroke: SOFT, "stroke-width": 1.6 }) : null]));
    svg.append(clickable(group, name, item.key, item.act, item.pressed));
    top += height;
  }
  return svg;
}

// Shares with their ranges on one scale: {name, central, low, high}.
function whiskers(width, items, title) {
  const left = Math.min(160, width * 0.4), right = 20, row = 58, room = width - left - right;
  const floor = Math.max(0, Math.min(...items.map((i) => Math.floor((i.low - 0.02) * 20) / 20)));
  const x = (v) => left + room * (v - floor) / (1 - floor);
  const svg = canvas(width, items.length * row + 34, title);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((t) => floor + t * (1 - floor));
  ticks.forEach((t, i) => svg.append(s("line", { x1: x(t), x2: x(t), y1: 4, y2: items.length * row, stroke: LINE }),
    width > 420 || i % 2 === 0 ? s("text", { x: x(t), y: items.length * row + 22, "text-anchor": "middle", fill: SOFT, text: `${rounded(100 * t)}%` }) : null));
  items.forEach((item, i) => {
    const y = i * row + row / 2;
    svg.append(s("text", { x: 0, y: y + 5, fill: INK, text: item.name }),
      s("line", { x1: x(item.low), x2: x(item.high), y1: y, y2: y, stroke: MID, "stroke-width": 6, "stroke-linecap": "round" }),
      s("circle", { cx: x(item.central), cy: y, r: 7, fill: BLUE, stroke: "#ffffff", "stroke-width": 2 }),
      s("text", { x: x(item.central), y: y - 14, "text-anchor": x(item.central) > width - 120 ? "end" : "middle", fill: INK,
        text: `${decimal(item.central)} (${decimal(item.low)} to ${decimal(item.high)})` }));
  });
  return svg;
}
const decimal = (x) => `${(100 * x).toFixed(1).replace(/\.0$/, "")}%`;

// Six headline numbers, each with a small chart of its own; a click opens its page.
function cards(width, items, title) {
  const across = width < 560 ? 1 : width < 900 ? 2 : 3, gap = across === 1 ? 0 : 48;
  const each = (width - gap * (across - 1)) / across, high = 232;
  const svg = canvas(width, Math.ceil(items.length / across) * high, title);
  items.forEach((item, i) => {
    const x = (i % across) * (each + gap), y = Math.floor(i / across) * high;
    const small = item.chart, top = Math.max(...small.map((c) => c.value ?? 0), 0) || 1, step = small.length ? Math.min(46, each / small.length) : 0;
    const group = s("g", { transform: `translate(${x.toFixed(1)} ${y})` },
      s("rect", { class: "ring", x: 1.5, y: 1.5, width: each - 3, height: high - 8, fill: "#ffffff", stroke: "none", rx: 4 }),
      s("line", { x1: 0, x2: each, y1: 1, y2: 1, stroke: LINE }),
      s("text", { x: 0, y: 30, fill: SOFT, text: item.name }),
      s("text", { x: 0, y: 70, fill: item.value === null ? SOFT : BLUE, "font-size": item.value === null ? 20 : 34, "font-weight": 600 }, item.number,
        item.span ? s("tspan", { dx: 10, fill: SOFT, "font-size": 16, "font-weight": 400, text: item.span }) : null),
      wrap(item.caption, each - 6).slice(0, 2).map((line, k) => s("text", { x: 0, y: 95 + 19 * k, fill: SOFT, text: line })),
      small.map((c, j) => {
        const tall = c.value === null ? 14 : Math.max(c.value ? 2 : 0.5, 50 * c.value / top);
        return s("rect", { x: (j * step).toFixed(1), y: 182 - tall, width: Math.max(2, step - 4).toFixed(1), height: tall.toFixed(1),
          fill: c.value === null ? svg.hatch : c.on ? BLUE : "#8fb3d4", stroke: c.value === null ? "#6b7279" : "none" }, s("title", { text: `${c.name}: ${num(c.value)}` }));
      }),
      small.length ? s("text", { x: 0, y: 200, fill: SOFT, text: shorten(item.axis, each) }) : null);
    svg.append(clickable(group, `${item.name}: ${item.number}${item.span ? `, range ${item.span}` : ""}. Open the page.`, item.key, item.act));
  });
  return svg;
}
