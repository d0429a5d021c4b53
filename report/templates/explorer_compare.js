// Two groups on the same map: handoffs for each 100 people of both, and their difference. Both are published slices.
const EVERYONE = "all";
const LESS = "#b3470f";
function sliceOf(text) {
  if (text === EVERYONE) return { chip: null, quarter: state.quarter };
  const cut = text.indexOf("="), chip = { kind: text.slice(0, cut), value: text.slice(cut + 1) };
  return cut > 0 && offered(chip.kind, chip.value) ? { chip, quarter: state.quarter } : null;
}
const sliceName = (slice) => (slice.chip ? label[slice.chip.kind](slice.chip.value) : "everyone");
const chipKey = (chip) => (chip ? `${chip.kind}=${chip.value}` : EVERYONE);

// Returns null where nothing is compared, else names, differences by size, and how many handoffs only one group shows.
function comparison() {
  const other = state.versus && sliceOf(state.versus);
  if (!other || chipKey(state.chip) === chipKey(other.chip)) return null;
  const sides = [{ ...state }, other].map((slice) => {
    const people = total("people", slice), cells = listOf(cellsOf("handoffs", slice)).filter((c) => c.column && c.people !== null && c.value);
    return { name: sliceName(slice), people: people ? people.value : null, cells: new Map(cells.map((c) => [`${c.row}\n${c.column}`, c])) };
  });
  const [a, b] = sides, known = a.people && b.people;
  const rate = (side, c) => Math.round(1000 * c.people / side.people) / 10;
  const both = known ? [...a.cells].filter(([key]) => b.cells.has(key)).map(([key, c]) => ({ from: c.row, to: c.column, a: rate(a, c), b: rate(b, b.cells.get(key)) })) : [];
  const rows = both.map((e) => ({ ...e, more: Math.round(10 * (e.a - e.b)) / 10 })).sort((x, y) => Math.abs(y.more) - Math.abs(x.more) || (x.from + x.to < y.from + y.to ? -1 : 1));
  return { a: a.name, b: b.name, known, rows, alone: a.cells.size + b.cells.size - 2 * both.length };
}
function compareControl() {
  const groups = chipGroups(), box = el("select", { id: "versus", onchange: () => change({ versus: box.value, path: "" }) },
    el("option", { value: "", text: "Nothing" }), el("option", { value: EVERYONE, text: "Everyone" }), groups.map(([title, list]) => el("optgroup", { label: title }, list.map(([value, text]) => el("option", { value, text })))));
  follows.push(() => { box.value = state.versus; });
  return el("div", { class: "slide" }, el("label", { for: "versus", text: "Compare with" }), box);
}
const per100 = (e, found) => `${e.a.toFixed(1)} in 100 people for ${found.a}, ${e.b.toFixed(1)} for ${found.b}`;
function compareSentence(found) {
  const most = found.rows[0];
  if (!found.known) return `The people of ${capital(found.a)} and ${found.b} are not both shown, so nothing can be compared`;
  if (!most) return `${capital(found.a)} and ${found.b} have no handoff that is shown for both`;
  if (!most.more) return `${capital(found.a)} and ${found.b} hand people over alike`;
  return `${brief(serviceName(most.from))} to ${brief(serviceName(most.to))}: ${per100(most, found)}`;
}
function compareLead(found) {
  return `The largest difference of ${plural(found.rows.length, "handoff that is", "handoffs that are")} shown for both.${found.alone ? ` ${plural(found.alone, "handoff is", "handoffs are")} shown for one of the two only, so ${found.alone === 1 ? "it has" : "they have"} no difference.` : ""}`;
}
function compareFigure(found, used, largest) {
  const kept = found.rows.filter((e) => e.more).slice(0, state.shown);
  return { id: "map", title: "Where the two differ", caption: `Same places as on the map of one group. Blue, solid: more common for ${found.a}. Orange, dashed: less common. Wider: a larger difference.`,
    empty: kept.length ? "" : `${compareSentence(found)}.`,
    draw: (width) => width < 640
      ? bars(width, kept.slice(0, 15).map((e) => ({ name: `${serviceName(e.from)} → ${serviceName(e.to)}`, value: Math.abs(e.more), text: signed(e.more), colour: e.more > 0 ? BLUE : LESS })), "Differences for each 100 people")
      : laneMap(story.map, used, kept.map((e) => ({ from: e.from, to: e.to, people: Math.abs(e.more), colour: e.more > 0 ? BLUE : LESS, extra: e.more < 0, title: `${serviceName(e.from)} to ${serviceName(e.to)}: ${per100(e, found)}` })),
        { chosen: "", largest, act: (key) => change({ service: key, versus: "" }) }, `Differences between ${found.a} and ${found.b}, a lane per agency`) };
}
const signed = (x) => `${x > 0 ? "+" : "\u2212"}${Math.abs(x).toFixed(1)}`;
function compareTable(found) {
  return { name: "differences", columns: [["From"], ["Agency"], ["To"], ["Agency"], [`In 100 people, ${found.a}`, 1], [`In 100 people, ${found.b}`, 1], ["Difference", 1]],
    rows: found.rows.map((e) => ({ key: `${e.from}~${e.to}`, cells: [serviceName(e.from), agencyName(serviceAgency(e.from)), serviceName(e.to), agencyName(serviceAgency(e.to)), e.a, e.b, e.more] })) };
}
