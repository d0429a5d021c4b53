// The frame: one state, kept in the address; one render; filters, tables and files to take away.
const byId = (id) => document.getElementById(id);
const kOffered = thresholds();
const DEFAULTS = { page: "summary", chip: null, quarter: "", k: kOffered.includes(story.k) ? story.k : kOffered[0] || story.k, top: 5, validity: story.validity_days, people: story.min_cell,
  shown: Math.min(story.map_handoffs, story.map_handoffs_most), measure: "contacts", as: "total", cell: "", service: "", path: "", paths: "between", picture: "map", pairs: "agency", versus: "", link: "",
  family: 1, event: -1, minor: "fold", scenario: story.redesign ? story.redesign.scenarios[0].key : "", redesigned: "avoidable" };
const NUMBERS = ["k", "top", "validity", "people", "shown", "family", "event"], TEXTS = ["measure", "as", "cell", "service", "path", "paths", "picture", "pairs", "versus", "link", "minor", "scenario", "redesigned"];
if (story.families) PAGES.family = { name: "One family", rules: ["FAM2", "C2", "D1"], view: familyView, controls: familyControls };
let state = { ...DEFAULTS };
let view = null;
const sorting = new Map(), opened = new Map();
let printing = false;
let filterNote = "";

const chipsKnown = [...new Map(cube.slices.filter((slice) => slice[0]).map(([kind, value]) =>
  [`${KINDS[kind]}=${cube.labels[value]}`, { kind: KINDS[kind], value: cube.labels[value] }])).values()];
const offered = (kind, value) => chipsKnown.some((c) => c.kind === kind && c.value === value);

function fromAddress() {
  const params = new URLSearchParams(location.hash.slice(1));
  const next = { ...DEFAULTS, page: Object.hasOwn(PAGES, params.get("page")) ? params.get("page") : DEFAULTS.page };
  const notes = [], chips = ORDER.filter((kind) => params.has(kind)).flatMap((kind) => params.getAll(kind).map((value) => ({ kind, value })));
  const known = chips.filter((chip) => offered(chip.kind, chip.value));
  if (known.length < chips.length) notes.push("The link names a filter that this file does not hold; it was left out.");
  if (known.length > 1) notes.push(`This edition takes one filter besides time, because every combination must be checked for small numbers; only “${label[known[0].kind](known[0].value)}” was kept.`);
  next.chip = known[0] || null;
  const quarter = params.get("quarter") || "";
  if (quarter && !quartersKnown.includes(quarter)) notes.push("The link names a quarter that this file does not hold; it was left out.");
  next.quarter = quartersKnown.includes(quarter) ? quarter : "";
  if (isApart(next.chip, next.quarter)) {
    notes.push(apartNote(`“${quarterName(next.quarter)}”`, next.chip.kind));
    next.quarter = "";
  }
  for (const key of NUMBERS) if (params.has(key) && Number.isFinite(Number(params.get(key)))) next[key] = Number(params.get(key));
  for (const key of TEXTS) if (params.has(key)) next[key] = params.get(key);
  if (!Object.hasOwn(MEASURES, next.measure)) next.measure = DEFAULTS.measure;
  if (!Object.hasOwn(SHOWN_AS, next.as)) next.as = DEFAULTS.as;
  if (!kOffered.includes(next.k)) next.k = DEFAULTS.k;
  if (next.validity !== story.validity_days && !stepsKnown().includes(next.validity)) next.validity = DEFAULTS.validity;
  next.top = clamp(next.top, 1, 50);
  next.shown = clamp(next.shown, 1, story.map_handoffs_most);
  next.people = clamp(next.people, story.min_cell, largestEdge());
  next.family = Math.max(1, Math.round(next.family));
  if (!linksOffered().includes(next.link)) next.link = DEFAULTS.link;
  if (next.picture !== "flow") next.picture = DEFAULTS.picture;
  if (!PAIR_KINDS[next.pairs] || !cube.tables[`${next.pairs}_pairs`]) next.pairs = DEFAULTS.pairs;
  if (next.versus && next.versus !== EVERYONE && !chipsKnown.some((chip) => chipKey(chip) === next.versus)) {
    notes.push("The link compares with a group that this file does not hold; it was left out.");
    next.versus = "";
  }
  if (story.redesign && !story.redesign.scenarios.some((one) => one.key === next.scenario)) next.scenario = DEFAULTS.scenario;
  if (!["contacts", "avoidable", "handoffs", "visits", "spend"].includes(next.redesigned)) next.redesigned = DEFAULTS.redesigned;
  if (next.paths !== "all") next.paths = DEFAULTS.paths;
  if (next.minor !== "all") next.minor = DEFAULTS.minor;
  filterNote = notes.join(" ");
  return next;
}
const apartNote = (gone, kind) => `${gone} was taken away: to stay small, this file holds no numbers of one ${kind} in one quarter.`;
const clamp = (x, low, high) => Math.min(high, Math.max(low, Math.round(x)));
function toAddress(s0) {
  const params = new URLSearchParams({ page: s0.page });
  if (s0.chip) params.set(s0.chip.kind, s0.chip.value);
  if (s0.quarter) params.set("quarter", s0.quarter);
  for (const key of [...NUMBERS, ...TEXTS]) if (s0[key] !== DEFAULTS[key]) params.set(key, s0[key]);
  return `#${params}`;
}
function change(part, travel = false) {
  const before = state;
  filterNote = "";
  if (part.chip && before.chip && (part.chip.kind !== before.chip.kind || part.chip.value !== before.chip.value)) {
    filterNote = `“${label[before.chip.kind](before.chip.value)}” was replaced: one filter besides time, because every combination must be checked for small numbers.`;
  }
  state = { ...before, ...part };
  if (isApart(state.chip, state.quarter)) {
    filterNote = [filterNote, part.chip ? apartNote(`“${quarterName(state.quarter)}”`, state.chip.kind) : apartNote(`“${label[state.chip.kind](state.chip.value)}”`, state.chip.kind)].filter(Boolean).join(" ");
    state = { ...state, ...(part.chip ? { quarter: "" } : { chip: null }) };
  }
  history[travel || state.page !== before.page ? "pushState" : "replaceState"](null, "", toAddress(state));
  render(state.page !== before.page);
}

// Controls are made once per page and then follow the state, so that a dragged slider keeps its grip.
const follows = [];
function choice(key, title, options) {
  const inputs = options.map(([value, text]) => {
    const input = el("input", { type: "radio", name: key, value: String(value), "data-key": `choice ${key} ${value}`, onchange: () => change({ [key]: value }) });
    return [input, el("label", {}, input, el("span", { text }))];
  });
  follows.push(() => inputs.forEach(([input]) => { input.checked = input.value === String(state[key]); }));
  return el("fieldset", {}, el("legend", { text: title }), el("div", { class: "pick" }, inputs.map(([, box]) => box)));
}
// `held` is what the page works with; `settle` finds the nearest value that it can (only some shares are published).
function slider(key, title, low, high, step, held = () => state[key], settle = (wish) => wish) {
  const move = (wish) => { change({ [key]: settle(clamp(wish, low, high)) }); follow(); };
  const range = el("input", { type: "range", id: `range-${key}`, min: low, max: high, step, oninput: () => move(Number(range.value)) });
  const box = el("input", { type: "number", id: `box-${key}`, min: low, max: high, step, "aria-label": title, onchange: () => move(Number(box.value) || low) });
  const follow = () => { for (const input of [range, box]) if (Number(input.value) !== held()) input.value = held(); };
  follows.push(follow);
  return el("div", { class: "slide" }, el("label", { for: `range-${key}`, text: title }), range, box);
}

function render(newPage) {
  const page = PAGES[state.page], focus = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.key : "";
  readWidth();
  view = page.view();
  if (newPage) {
    follows.length = 0;
    byId("controls").replaceChildren(...(typeof page.controls === "function" ? page.controls() : page.controls).filter(Boolean));
  }
  for (const follow of follows) follow();
  byId("main").dataset.page = state.page;
  byId("page-name").textContent = page.name;
  byId("headline").replaceChildren(...withWholeNames(view.headline, view.told));
  byId("lead").replaceChildren(...withWholeNames(view.lead, view.told));
  byId("lead").hidden = !view.lead;
  document.title = `${view.headline} – ${page.name} – ${story.place}`;
  drawFilters();
  drawFigures();
  drawMeaning(page);
  drawTables(newPage);
  for (const link of byId("pages").querySelectorAll("a")) {
    link.href = toAddress({ ...state, page: link.dataset.page });
    if (link.dataset.page === state.page) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  if (focus) { const again = document.querySelector(`[data-key="${CSS.escape(focus)}"]`); if (again && again !== document.activeElement) again.focus({ preventScroll: true }); }
  if (started) byId("say").textContent = [filterNote, view.headline].filter(Boolean).join(" ");
}
let started = false;

function drawFilters() {
  byId("chip").value = state.chip ? `${state.chip.kind}=${state.chip.value}` : "";
  byId("quarter").value = state.quarter;
  const chip = (text, part, key) => el("button", { type: "button", class: "chip", "data-key": key, "aria-label": `Remove the filter ${text}`, title: text, text: `${text}  ×`, onclick: () => { change(part); byId("chip").focus(); } });
  byId("chips").replaceChildren(...[state.chip && chip(`${capital(state.chip.kind)}: ${label[state.chip.kind](state.chip.value)}`, { chip: null }, "remove chip"),
    state.quarter && chip(quarterName(state.quarter), { quarter: "" }, "remove quarter")].filter(Boolean));
  byId("filter-note").textContent = filterNote;
  byId("filter-note").hidden = !filterNote;
}
const KIND_NAMES = { area: "Area", agency: "Agency", theme: "Theme", cohort: "Cohort" };
// Every filter on offer, by kind and name: [title, [[value of the option, its text], ...]].
function chipGroups() {
  return ORDER.map((kind) => [KIND_NAMES[kind], chipsKnown.filter((c) => c.kind === kind).map((c) => [chipKey(c), shorten(label[kind](c.value), 300)])
    .sort((a, b) => (a[1] < b[1] ? -1 : 1))]).filter(([, list]) => list.length);
}
function fillFilters() {
  byId("chip").append(el("option", { value: "", text: "Everyone" }), ...chipGroups().map(([title, list]) => el("optgroup", { label: title }, list.map(([value, text]) => el("option", { value, text })))));
  byId("quarter").append(el("option", { value: "", text: "The whole period" }), ...quartersKnown.map((q) => el("option", { value: q, text: quarterName(q) })));
  byId("chip").addEventListener("change", (event) => {
    const cut = event.target.value.indexOf("=");
    change({ chip: cut < 0 ? null : { kind: event.target.value.slice(0, cut), value: event.target.value.slice(cut + 1) } });
  });
  byId("quarter").addEventListener("change", (event) => change({ quarter: event.target.value }));
}

// The width is read once, before anything is changed: asking in between would lay the page out again each time.
let whole = 1112;
const PAPER = 1054; // A4 across, less its margins, in CSS pixels
function readWidth() { whole = printing ? PAPER : byId("figures").clientWidth || whole; }
function widthOf(half) {
  return half && (printing || innerWidth > 820) ? Math.floor((whole - 44) / 2) : whole;
}
function drawFigures() {
  byId("figures").replaceChildren(...view.figures.filter((f) => !f.skip).map((figure) => {
    const picture = figure.empty || !figure.draw ? null : figure.draw(widthOf(figure.half)), narrow = figure.narrow && widthOf(figure.half) < (figure.narrowUnder || 640);
    const caption = narrow ? figure.narrow : figure.caption, act = narrow ? "" : figure.act;
    const box = el("figure", { class: figure.half ? "half" : null, id: `figure-${figure.id}`, "aria-labelledby": `title-${figure.id}` },
      el("h2", { id: `title-${figure.id}`, text: figure.title, class: figure.hideTitle ? "unseen" : null }), el("figcaption", {}, caption, act ? el("span", { class: "screen", text: `${caption ? " " : ""}${act}` }) : null),
      picture || (figure.empty ? el("p", { class: "empty", text: figure.empty }) : null),
      picture && el("div", { class: "actions" },
        (figure.links || []).map(([href, text]) => el("a", { href, class: "button", "data-key": `link ${figure.id}`, text })),
        el("button", { type: "button", class: "quiet", "data-key": `svg ${figure.id}`, "aria-label": `Save picture as SVG: ${figure.title}`, text: "Save picture (SVG)", onclick: () => saveSvg(figure, picture) }),
        el("button", { type: "button", class: "quiet", "data-key": `png ${figure.id}`, "aria-label": `Save picture as PNG: ${figure.title}`, text: "PNG", onclick: () => savePng(figure, picture) })),
      figure.panel && !figure.empty ? el("div", { class: "panel" }, figure.panel()) : null);
    return box;
  }));
}
function drawMeaning(page) {
  byId("meaning").replaceChildren(...view.meaning.map((text) => el("p", { text })),
    el("dl", {}, page.rules.filter((id) => story.rules[id]).flatMap((id) => [el("dt", { text: id }), el("dd", { text: story.rules[id] })])));
}

// The table under every chart: the same numbers, sortable, and saved exactly as they stand.
const order = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : a === null ? -1 : b === null ? 1 : typeof a === "number" ? 1 : typeof b === "number" ? -1 : a < b ? -1 : a > b ? 1 : 0);
function tableRows(table) {
  const rows = [...table.rows], by = sorting.get(table.name);
  if (by) rows.sort((a, b) => by.way * order(a.cells[by.column], b.cells[by.column]));
  return rows;
}
const ON_PAPER = [8, 5]; // rows of a page's first table, and of each further one; the file has them all
function drawTables(newPage) {
  if (newPage) { sorting.clear(); opened.clear(); }
  byId("tables").replaceChildren(...[view.table, ...(view.more || [])].filter((table) => table.rows.length || table === view.table).map((table, i) => {
    const all = tableRows(table), rows = printing ? all.slice(0, ON_PAPER[Math.min(i, 1)]) : all;
    if (!opened.has(table.name)) opened.set(table.name, i === 0 && rows.length <= 12);
    const box = el("details", { class: table.columns.length > 4 ? "many" : null, open: opened.get(table.name) || printing, ontoggle: () => { if (!printing) opened.set(table.name, box.open); } },
      el("summary", { "data-key": `open ${table.name}`, text: `${capital(table.name)}: ${all.length ? plural(all.length, "row", "rows") : state.chip || state.quarter ? "no rows for this filter" : "no rows to show"}` }),
      rows.length ? [el("div", { class: "actions" }, el("button", { type: "button", class: "quiet", "data-key": `csv ${table.name}`, "aria-label": `Save table as CSV: ${table.name}`, text: "Save table (CSV)", onclick: () => saveCsv(table) })),
        el("div", { class: "scroll", role: "group", "aria-label": `Table: ${table.name}`, tabindex: 0 }, drawTable(table, rows)),
        rows.length < all.length ? el("p", { class: "rest", text: `${plural(all.length - rows.length, "more row", "more rows")} in the CSV of this table.` }) : null] : []);
    return box;
  }));
}
function drawTable(table, rows) {
  const by = sorting.get(table.name);
  return el("table", {},
    printing ? el("caption", { text: capital(table.name) }) : null,
    el("thead", {}, el("tr", {}, table.columns.map(([title, number], i) => el("th", { scope: "col", class: number ? "number" : null,
      "aria-sort": by && by.column === i ? (by.way > 0 ? "ascending" : "descending") : "none" },
    el("button", { type: "button", "data-key": `sort ${table.name} ${i}`, text: title, onclick: () => {
      sorting.set(table.name, { column: i, way: by && by.column === i ? -by.way : number ? -1 : 1 });
      render(false);
    } }))))),
    el("tbody", {}, rows.map((row) => el("tr", { class: row.picked ? "picked" : null }, row.cells.map((value, i) =>
      el("td", { class: [table.columns[i][1] ? "number" : "", value === null ? "held" : ""].join(" ").trim() || null, text: value === null ? WITHHELD : typeof value === "number" ? num(value) : value }))))));
}

// Taking things away: a picture, a table, a link. Nothing asks the network.
function save(blob, name) {
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  byId("say").textContent = `${name} was saved.`;
}
function fileName(what, ending) {
  const parts = [what, state.chip && state.chip.value, state.quarter].filter(Boolean).join("-");
  return `${parts.replace(/[^A-Za-z0-9-]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80) || "totalplace"}.${ending}`;
}
function standalone(figure, picture) {
  const copy = picture.cloneNode(true), width = Number(picture.getAttribute("width")), height = Number(picture.getAttribute("height"));
  const head = 64, foot = 34;
  copy.removeAttribute("role");
  copy.querySelectorAll("[tabindex]").forEach((node) => ["tabindex", "role", "data-key", "aria-pressed"].forEach((name) => node.removeAttribute(name)));
  const inner = s("g", { transform: `translate(0 ${head})` }, ...copy.childNodes);
  const heading = { fill: INK };
  copy.append(s("rect", { x: -16, y: -12, width: width + 32, height: height + head + foot + 24, fill: "#ffffff" }),
    s("text", { x: 0, y: 22, ...heading, "font-size": 18, "font-weight": 600, text: shorten(view.headline, width, 18, 600) }),
    s("text", { x: 0, y: 46, fill: SOFT, text: shorten(figure.title, width) }), inner,
    s("text", { x: 0, y: height + head + foot - 8, fill: SOFT, text: shorten(story.source, width) }));
  copy.setAttribute("viewBox", `-16 -12 ${width + 32} ${height + head + foot + 24}`);
  copy.setAttribute("width", width + 32);
  copy.setAttribute("height", height + head + foot + 24);
  return new XMLSerializer().serializeToString(copy);
}
function saveSvg(figure, picture) {
  save(new Blob([standalone(figure, picture)], { type: "image/svg+xml" }), fileName(figure.id, "svg"));
}
function savePng(figure, picture) {
  const text = standalone(figure, picture), address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" })), image = new Image();
  image.onload = () => {
    const board = el("canvas", { width: image.width * 2, height: image.height * 2 }), paint = board.getContext("2d");
    paint.drawImage(image, 0, 0, board.width, board.height);
    URL.revokeObjectURL(address);
    board.toBlob((blob) => save(blob, fileName(figure.id, "png")), "image/png");
  };
  image.src = address;
}
const quoted = (value) => {
  // A spreadsheet must not run a label as a formula.
  const text = value === null ? WITHHELD : typeof value === "number" ? String(value) : /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
function saveCsv(table) {
  const lines = [table.columns.map(([title]) => title), ...tableRows(table).map((row) => row.cells)];
  save(new Blob([`\ufeff${lines.map((line) => line.map(quoted).join(",")).join("\r\n")}\r\n`], { type: "text/csv;charset=utf-8" }), fileName(table.name, "csv"));
}
async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
  } catch {
    const box = el("textarea", { class: "unseen", text: location.href });
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  byId("copy").textContent = "Link copied";
  byId("say").textContent = "The link to this view was copied.";
  setTimeout(() => { byId("copy").textContent = "Copy link"; }, 2500);
}

function start() {
  fillFilters();
  byId("copy").addEventListener("click", copyLink);
  byId("skip").addEventListener("click", (event) => { event.preventDefault(); byId("headline").focus(); });
  byId("pages").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    change({ page: link.dataset.page }, true);
    scrollTo(0, 0);
  });
  const follow = () => { state = fromAddress(); render(true); };
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);
  let width = 0;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; readWidth(); drawFigures(); } });
  width = innerWidth;
  // On paper the numbers come last: they may run over a sheet, and what stands behind them never alone on one.
  const strip = document.querySelector(".strip"), numbers = document.querySelector(".numbers");
  const print = (on) => () => { printing = on; (on ? numbers : strip).before(on ? strip : numbers); readWidth(); drawFigures(); drawTables(false); };
  addEventListener("beforeprint", print(true));
  addEventListener("afterprint", print(false));
  follow();
  started = true;
  document.documentElement.dataset.ready = "yes";
}
start();
