// What the file holds: safe cells by table and slice, and the story round them.
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const cube = read("cells");
const story = read("story");
const KINDS = ["all", "area", "agency", "theme", "cohort"];
const ORDER = KINDS.slice(1);

const sliceKey = (chip, quarter) => `${chip ? chip.kind : "all"}|${chip ? chip.value : ""}|${quarter}`;
const sliceNumber = new Map(cube.slices.map(([kind, value, quarter], i) =>
  [`${KINDS[kind]}|${cube.labels[value]}|${cube.labels[quarter]}`, i]));
const WITH_PEOPLE = new Set(["contacts", "interventions", "themes", "services", "handoffs", "variants", "family_band_contacts", "costs", "costs_theme", "agency_pairs", "service_pairs"]);
// A negative number -n stands for the one before it, n times more.
function unrolled(rolled) {
  const found = [];
  for (const number of rolled) if (number >= 0) found.push(number); else for (let i = 0; i < -number; i++) found.push(found[found.length - 1]);
  return found;
}
for (const [name, table] of Object.entries(cube.tables)) {
  for (const counts of ["n", "m", "f", "c"]) table[counts] = unrolled(table[counts]);
  table.s = positions(table.s, [table.n.length])[0];
  table.at = new Map(table.s.map((slice, i) => [slice, i]));
  table.all = WITH_PEOPLE.has(name);
}
// A negative step -n stands for n steps of one; each slice starts anew.
function positions(steps, counts) {
  const singles = [];
  for (const step of steps) if (step >= 0) singles.push(step); else for (let i = 0; i < -step; i++) singles.push(1);
  let at = 0;
  return counts.map((count) => {
    let pair = 0;
    return singles.slice(at, at += count).map((step) => (pair += step));
  });
}
function open(table) {
  if (table.kept) return;
  table.kept = positions(table.k, table.n);
  table.held = positions(table.w, table.m);
  let at = 0;
  table.first = table.n.map((n) => (at += n) - n);
}

// Returns the cells of a table in a slice, or null where the table was not counted for that slice.
const cache = new Map();
function cellsOf(name, state) {
  const key = `${name}|${sliceKey(state.chip, state.quarter)}`;
  if (!cache.has(key)) cache.set(key, decode(name, sliceNumber.get(sliceKey(state.chip, state.quarter))));
  return cache.get(key);
}

function decode(name, slice) {
  const table = cube.tables[name];
  if (!table || !table.at.has(slice)) return null;
  open(table);
  const i = table.at.get(slice), scale = table.scale;
  const label = (pair) => ({ row: cube.labels[table.pairs[2 * pair]], column: cube.labels[table.pairs[2 * pair + 1]] });
  const behind = (key, j) => {
    const people = table.all ? table.p[j] : key.row === "" && key.column === "" ? table.p[i] : -1;
    return people < 0 ? null : people * scale[1];
  };
  const found = table.kept[i].map((pair, n) => {
    const key = label(pair), j = table.first[i] + n;
    return { ...key, value: rounded(table.v[j] * scale[0]), people: behind(key, j), held: false };
  });
  for (const pair of table.held[i]) found.push({ ...label(pair), value: null, people: null, held: true });
  found.folded = table.f[i];
  found.cut = table.c[i];
  found.by = new Map(found.map((c) => [`${c.row}\n${c.column}`, c]));
  return found;
}

const rounded = (x) => Math.round(x * 100) / 100;
const ZERO = { value: 0, people: 0, held: false };
const cell = (cells, row, column = "") => (cells && cells.by.get(`${row}\n${column}`)) || { ...ZERO, row, column };
const total = (name, state) => { const cells = cellsOf(name, state); return cells ? cell(cells, "") : null; };

// What a large place leaves out of its file: a kind of filter together with a quarter, or altogether.
const isApart = (chip, quarter) => !!chip && !!quarter && cube.apart.includes(chip.kind);
const listed = (kinds) => kinds.map((kind) => `one ${kind}`).join(" or ");
const leftOut = () => [cube.apart.length && `of ${listed(cube.apart)} in one quarter`, cube.absent.length && `of ${listed(cube.absent)}`].filter(Boolean).join(", and none ");

// Why there is nothing to draw: never "no data" without a reason.
function why(name, state, what) {
  const table = cube.tables[name];
  if (!table) return `${what} were not counted in this run.`;
  const cells = cellsOf(name, state);
  if (cells && cells.cut) {
    return `${what} for this filter and quarter together are left out of this file to keep it small. Remove one of the two to see them.`;
  }
  if (cells && cells.length && cells.every((c) => c.held || c.value === 0) && cells.some((c) => c.held)) {
    return `${what} are withheld here: fewer than ${story.min_cell} ${table.unit} stand behind them, or they would give away another number.`;
  }
  if (cells && cells.folded) {
    return `${what} are withheld here: each has fewer than ${story.min_cell} ${table.unit} behind it.`;
  }
  if (cells) return `There are no ${what.toLowerCase()} in this slice.`;
  const kinds = new Set([...table.at.keys()].map((s) => KINDS[cube.slices[s][0]]));
  const quarters = [...table.at.keys()].some((s) => cube.labels[cube.slices[s][2]]);
  if (state.quarter && !quarters) return `${what} are counted over the whole period only. Set the time to the whole period to see them.`;
  if (state.chip && !kinds.has(state.chip.kind)) {
    const on = ORDER.filter((k) => kinds.has(k));
    return `${what} are counted for the whole place${on.length ? ` and by ${on.join(" and ")}` : ""} only. Remove the filter to see them.`;
  }
  if (state.chip && state.quarter && !table.at.has(sliceNumber.get(sliceKey(state.chip, state.quarter)))
    && (table.at.has(sliceNumber.get(sliceKey(state.chip, ""))) || table.at.has(sliceNumber.get(sliceKey(null, state.quarter))))) {
    return `${what} are not counted for this filter and quarter together, or there are none. Remove one of the two.`;
  }
  return `There are no ${what.toLowerCase()} in this slice.`;
}

// How far uncertain links leave a headline open: known for the whole place; a filter has no range.
const rangeOf = (table, row = "") => (state.chip || state.quarter ? null : story.ranges[`${table}|${row}`] || null);
const spanOf = (range) => (!range ? "" : range[0] === range[1] ? "stays the same" : `${num(range[0])} to ${num(range[1])}`);
function rangeLine(parts) {
  const known = parts.filter(([, range]) => range), open = known.filter(([, range]) => range[0] !== range[1]);
  if (!known.length) return "";
  if (!open.length) return ` Uncertain links do not change ${known.map(([name]) => name).join(", ")}.`;
  return ` Uncertain links leave open: ${open.map(([name, range]) => `${name} ${spanOf(range)}`).join("; ")}${open.length < known.length ? "; the rest stays the same" : ""}.`;
}

// A name in a sentence: one that would fill it is cut at a word. `told` are the names of the lead, whole, as they come.
const LONGEST_NAME = 60;
function brief(name) {
  const letters = [...name];
  if (letters.length <= LONGEST_NAME) return name;
  const cut = letters.slice(0, LONGEST_NAME).join(""), space = cut.lastIndexOf(" ");
  return `${(space > LONGEST_NAME / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
function withWholeNames(text, told = []) {
  let at = 0;
  const parts = [];
  for (const name of told) {
    const short = brief(name), from = short === name ? -1 : text.indexOf(short, at);
    if (from < 0) continue;
    parts.push(text.slice(at, from), el("abbr", { title: name, text: short }));
    at = from + short.length;
  }
  return [...parts, text.slice(at)];
}

// Words and numbers.
const WITHHELD = "withheld";
const digits = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });
const num = (x) => (x === null || x === undefined ? WITHHELD : digits.format(x));
const share = (part, whole) => (part === null || !whole ? null : part / whole);
function percent(x) {
  if (x === null) return WITHHELD;
  if (x > 0 && x < 0.01) return "under 1%";
  return x > 0.99 && x < 1 ? "over 99%" : `${Math.round(100 * x)}%`;
}
const plural = (n, one, many) => `${num(n)} ${n === 1 ? one : many}`;
const humane = (code) => { const text = code.replaceAll("_", " ").trim(); return text ? text[0].toUpperCase() + text.slice(1) : "(no name)"; };
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const agencyName = (code) => story.agency_names[code] || humane(code);
const serviceName = (key) => { const cut = key.indexOf("/"); return cut < 0 ? humane(key) : key.slice(cut + 1).trim() || "(no name)"; };
const serviceAgency = (key) => key.split("/")[0];
// A step of a path: agencies met on one day are joined by +; a path that was cut ends in dots.
const stepAgencies = (step) => (step === "..." ? [] : step.split("+"));
const stepName = (step) => (step === "..." ? "and on" : stepAgencies(step).map(agencyName).join(" + "));
const purposeName = (code) => story.purpose_names[code] || humane(code);
const themeName = (code) => story.theme_names[code] || (code === "unaligned" ? "No theme" : humane(code));
const label = { area: humane, agency: agencyName, theme: themeName, cohort: humane };
const quoteTheme = (code) => (code === "unaligned" ? "no theme" : `“${themeName(code)}”`);
const MONTHS = { Q1: "January to March", Q2: "April to June", Q3: "July to September", Q4: "October to December" };
function quarterName(quarter) {
  const [year, q] = quarter.split("-");
  return MONTHS[q] ? `${MONTHS[q]} ${year}` : quarter;
}
function where(state) {
  const place = !state.chip ? "" : { area: ` in ${brief(label.area(state.chip.value))}`, agency: ` with ${brief(agencyName(state.chip.value))}`,
    theme: ` on ${quoteTheme(state.chip.value)}`, cohort: `, cohort “${humane(state.chip.value)}”` }[state.chip.kind];
  return place + (state.quarter ? `, ${quarterName(state.quarter)}` : "");
}
function oneIn(part, whole) {
  if (!part || !whole) return "";
  const n = Math.round(whole / part);
  return n >= 2 ? `1\u00a0in\u00a0${n}` : percent(part / whole);
}
// Agencies' order fixes colour; after six hues, lane and label tell them apart.
const HUES = ["#12436D", "#28A197", "#801650", "#F46A25", "#A285D1", "#2073BC"];
const hue = (code) => { const i = story.agencies.indexOf(code); return i >= 0 && i < HUES.length ? HUES[i] : "#3D3D3D"; };
const agencyOrder = (codes) => [...new Set([...story.agencies.filter((a) => codes.includes(a)), ...[...codes].sort()])];
