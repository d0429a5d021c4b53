// Redesigns that were run on history: before and after of one scenario, step by step, always low to high.
const redesigns = story.redesign ? story.redesign.scenarios : [];
const REDESIGN_MEASURES = { contacts: "Contacts", avoidable: "Avoidable assessments", handoffs: "Handoffs", visits: "Days with a visit", spend: "Cost, GBP" };
const LEVELS = ["low", "central", "high"];
const redesignAt = () => redesigns.find((r) => r.key === state.scenario) || redesigns[0];
// A figure that is not in the file is zero; null is withheld.
const figureOf = (r, ...at) => { const v = r.figures[at.join("|")]; return v === undefined ? 0 : v; };
const fallOf = (r, measure, level = "central", step = 0) => figureOf(r, level, step, "place", "", measure, "less");
const riseOf = (r, measure, level = "central", step = 0) => figureOf(r, level, step, "place", "", measure, "more");
const beforeOf = (measure) => { const v = story.redesign.before[measure]; return v === undefined ? 0 : v; };
function afterOf(r, measure) {
  const parts = [beforeOf(measure), fallOf(r, measure), riseOf(r, measure)];
  return parts.includes(null) ? null : Math.max(0, parts[0] - parts[1] + parts[2]);
}
// By how much something falls, as far as each level may be told; the sentences say it likewise.
function fallText(r, measure, step = 0) {
  const [low, central, high] = LEVELS.map((level) => fallOf(r, measure, level, step)), rise = riseOf(r, measure, "central", step);
  const more = rise === 0 ? "" : rise === null ? ", more for others" : `, ${num(rise)} more for others`;
  if (central === null) return `${high === null ? "withheld" : `withheld, at most ${num(high)} fewer`}${more}`;
  const ends = low === high ? "" : low === null ? `up to ${num(high)}` : high === null ? `from ${num(low)}` : `${num(low)} to ${num(high)}`;
  return `${num(central)} fewer${ends ? ` (${ends})` : ""}${more}`;
}
// What is known first, largest first; agencies of which the number is withheld stand in one bar, and each in the table.
function fewHeld(items) {
  const known = items.filter((item) => item.value !== null).sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1)), held = items.filter((item) => item.value === null);
  return [...known, ...(held.length > 1 ? [{ name: `${known.length ? "Another " : ""}${num(held.length)} agencies`, value: null, text: `${WITHHELD} for each` }] : held)];
}
function redesignControls() {
  return [choice("scenario", "Scenario", redesigns.map((r) => [r.key, r.name])), choice("redesigned", "Steps of", Object.entries(REDESIGN_MEASURES)),
    el("button", { type: "button", "data-key": "save scenario", text: "Save as scenario.toml", onclick: () => save(new Blob([redesignAt().toml], { type: "application/toml" }), `${redesignAt().key}.toml`) })];
}
function redesignView() {
  const r = redesignAt(), measure = state.redesigned, names = Object.entries(REDESIGN_MEASURES);
  const here = state.chip || state.quarter ? "This page is about the whole place and period, whatever the filter. " : "";
  const ledger = agencyOrder([...new Set(r.agencies)]).map((code) => ({ code, done: figureOf(r, "central", 0, "agency", code, "no_longer_done", "less"), on: figureOf(r, "central", 0, "agency", code, "taken_on", "more"),
    over: figureOf(r, "central", 0, "agency", code, "handed_over", "less"), relied: figureOf(r, "central", 0, "agency", code, "relied_on", "less"), pounds: figureOf(r, "central", 0, "agency", code, "released", "less"),
    checking: figureOf(r, "central", 0, "agency", code, "checking", "less"), last: figureOf(r, "central", 0, "agency", code, "last_contact", "less") }));
  const shed = (one) => (one.done === null || one.over === null ? null : one.done + one.over);
  const relieved = ledger.filter((one) => shed(one) !== 0), bearing = ledger.filter((one) => one.on !== 0 || one.relied !== 0), lost = r.areas.map((area) => ({ name: label.area(area), value: figureOf(r, "central", 0, "area", area, "persons", "less") })).filter((one) => one.value !== 0);
  const steps = r.operations.map((text, i) => [text, r.operations.length > 1 ? i + 1 : 0]);
  return {
    headline: `${r.name}: ${r.says[0].replace(/\.$/, "")}`,
    lead: [here.trim(), ...r.says.slice(1)].filter(Boolean).join("\n"),
    figures: [
      { id: "redesign-pairs", title: "Before and after", caption: "Pale: before. Dark: after, at the central level. Each pair has a scale of its own.", empty: "",
        draw: (width) => pairs(width, names.map(([key, name]) => ({ name, before: beforeOf(key), after: afterOf(r, key), text: fallText(r, key) })), "Before and after"),
        panel: () => [el("h3", { text: "What it does" }), el("ul", {}, r.operations.map((text) => el("li", { text }))), el("h3", { text: "What it takes for granted" }), el("ul", {}, r.assumptions.map((text) => el("li", { text })))] },
      { id: "redesign-steps", title: `${REDESIGN_MEASURES[measure]}: what each operation takes away`, caption: "Each operation starts where the one before ended. Bar: central. Line: low to high. Hatched: withheld.", empty: "",
        draw: (width) => falls(width, [...steps.map(([text, step]) => ({ name: text, values: LEVELS.map((level) => fallOf(r, measure, level, step)), text: fallText(r, measure, step) })),
          ...(steps.length > 1 ? [{ name: "All together", whole: true, values: LEVELS.map((level) => fallOf(r, measure, level)), text: fallText(r, measure) }] : [])], "What each operation takes away") },
      { id: "redesign-gains", title: "Who is relieved", caption: "Contacts that the agency no longer makes, or that another arranges; central.", half: true, empty: relieved.length ? "" : "No agency makes fewer contacts.",
        draw: (width) => bars(width, fewHeld(relieved.map((one) => ({ name: agencyName(one.code), value: shed(one) }))), "Contacts less by agency") },
      { id: "redesign-pays", title: "Who carries it", caption: "Contacts of others that it arranges, and assessments that others use instead of their own; central.", half: true, empty: bearing.length ? "" : "No agency carries anything for another.",
        draw: (width) => bars(width, fewHeld(bearing.map((one) => ({ name: agencyName(one.code), value: one.on === null || one.relied === null ? null : one.on + one.relied }))), "Contacts carried for others by agency") },
      { id: "redesign-alone", title: "Who is left without anybody", caption: "People without any contact afterwards, by area; central. Hatched: withheld.", empty: lost.length ? "" : "Nobody loses their only contact with any service.",
        draw: (width) => bars(width, lost, "People left without any contact, by area") },
    ],
    meaning: ["The scenario's operations edit a copy of history, then the same measures are taken again. It is an upper bound on avoidable activity, not a forecast. “After” is worked out from the rounded numbers before, less and more.",
      "Low, central and high differ in how many people the new way is followed for, and in how much work checking another's result is. Before a number of a scenario is shown, it is held against every other table of the run and against the other scenarios."],
    table: { name: `before and after: ${r.name}`, columns: [["Measure"], ["Before", 1], ["Less, low", 1], ["Less, central", 1], ["Less, high", 1], ["More, central", 1], ["After", 1]],
      rows: names.map(([key, name]) => ({ key, cells: [name, beforeOf(key), ...LEVELS.map((level) => fallOf(r, key, level)), riseOf(r, key), afterOf(r, key)] })) },
    more: [grid(`operations: ${r.name}`, [["Operation"], ["Low", 1], ["Central", 1], ["High", 1]], steps.map(([text, step]) => [text, ...LEVELS.map((level) => fallOf(r, measure, level, step))])),
      grid(`agencies: ${r.name}`, [["Agency"], ["No longer made", 1], ["Handed over", 1], ["Taken on", 1], ["Relied on", 1], ["Released, GBP", 1], ["Checking, GBP", 1], ["People no longer met", 1]],
        ledger.map((one) => [agencyName(one.code), one.done, one.over, one.on, one.relied, one.pounds, one.checking, one.last])),
      grid(`left alone: ${r.name}`, [["Area"], ["People", 1]], lost.map((one) => [one.name, one.value]))],
  };
}
// Two bars a number, each pair on a scale of its own: {name, before, after, text}.
function pairs(width, items, title) {
  const row = 74, svg = canvas(width, items.length * row, title), right = 90, room = width - right;
  items.forEach((item, i) => {
    const y = i * row, top = Math.max(item.before ?? 0, item.after ?? 0) || 1;
    const bar = (value, at, colour, name) => [s("rect", { x: 0, y: at, width: value === null ? 64 : Math.max(value ? 2 : 0, room * value / top), height: 16, fill: value === null ? svg.hatch : colour, stroke: value === null ? "#6b7279" : "none" }, s("title", { text: `${name}: ${num(value)}` })),
      s("text", { x: (value === null ? 64 : room * value / top) + 8, y: at + 13, fill: INK, text: num(value) })];
    const words = `${item.name}: ${item.text}`;
    svg.append(label14(words, 0, y + 17, width - 4, { "font-weight": 600 }), s("g", {}, bar(item.before, y + 26, "#8fb3d4", "Before"), bar(item.after, y + 45, BLUE, "After")));
  });
  return svg;
}
// What falls, one operation after the other, with its range: {name, values: [low, central, high], text, whole}.
function falls(width, items, title) {
  const told = items.map((item) => wrap(item.name, width - 8).slice(0, 3)), lines = Math.max(...told.map((one) => one.length)) + 1, row = 40 + 19 * lines;
  const svg = canvas(width, items.length * row, title), top = Math.max(...items.flatMap((item) => item.values.map((v) => v ?? 0)), items.filter((item) => !item.whole).reduce((sum, item) => sum + (item.values[1] ?? 0), 0)) || 1;
  const room = width - 8;
  let from = 0;
  items.forEach((item, i) => {
    const y = i * row + 19 * lines - 22, [low, central, high] = item.values, start = item.whole ? 0 : from, x = (v) => room * Math.min(v, top) / top;
    told[i].forEach((line, k) => svg.append(s("text", { x: 0, y: y + 19 * (k - told[i].length) + 17, fill: INK, text: line })));
    svg.append(label14(item.text, 0, y + 17, width - 4, { "font-weight": 600 }),
      s("rect", { x: x(start), y: y + 27, width: central === null ? Math.min(64, room - x(start)) : Math.max(central ? 2 : 0, x(central)), height: 18, fill: central === null ? svg.hatch : item.whole ? BLUE : MID, stroke: central === null ? "#6b7279" : "none" }));
    if (low !== null && high !== null && high > low) svg.append(s("path", { d: `M${x(start + low)} ${y + 50}h${Math.max(1, x(start + high) - x(start + low))}m0 -4v8M${x(start + low)} ${y + 46}v8`, stroke: INK, "stroke-width": 2, fill: "none" }));
    if (!item.whole && central !== null) from += central;
  });
  return svg;
}
PAGES.redesign = { name: "Redesign", rules: ["W1", "D1", "H1", "X1"], view: redesignView, controls: redesignControls };
