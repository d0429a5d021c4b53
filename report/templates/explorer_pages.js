// The pages. Each returns one view: sentence, figures, meaning and table come from the same cells, so they cannot disagree.
const isFold = (c) => c.column === "" && ["other services", "other handoffs", "other paths"].includes(c.row.slice(c.row.lastIndexOf("/") + 1));
const ranked = (cells) => [...cells].sort((a, b) => (b.value ?? -1) - (a.value ?? -1) || (a.row < b.row ? -1 : a.row > b.row ? 1 : 0));
const rowsOf = (cells) => (cells || []).filter((c) => c.row !== "" && c.column === "");
const listOf = (cells) => (cells || []).filter((c) => c.row !== "" && !isFold(c));
const quartersKnown = [...new Set(cube.slices.map((slice) => cube.labels[slice[2]]).filter(Boolean))].sort();
const days = (n) => plural(Number(n), "day", "days");
const setFilter = (kind, value) => () => change({ chip: state.chip && state.chip.kind === kind && state.chip.value === value ? null : { kind, value } });

function byQuarter(name, row = "") {
  const list = quartersKnown.map((quarter) => {
    const cells = cellsOf(name, { chip: state.chip, quarter });
    return cells ? { name: quarterName(quarter), value: cell(cells, row).value, on: quarter === state.quarter } : null;
  });
  return list.every((item) => item) ? list : [];
}
const quarterAxis = () => quartersKnown.length ? `by quarter, ${quartersKnown[0]} to ${quartersKnown[quartersKnown.length - 1]}` : "";

// A table of plain rows: [cells], keyed by their first column.
const grid = (name, columns, rows) => ({ name, columns, rows: rows.map((cells) => ({ key: String(cells[0]), cells })) });

const PAGES = {
  summary: { name: "Summary", rules: ["C1", "C2", "D1", "FAM2", "H1", "FAM6"], view: summaryView, controls: [] },
  families: { name: "High-demand families", rules: ["FAM2", "FAM3", "C2", "FAM6"], view: familiesView, controls: familiesControls },
  duplicates: { name: "Duplicated assessments", rules: ["D1", "C3", "FAM6"], view: duplicatesView, controls: duplicatesControls },
  journeys: { name: "Journeys", rules: ["H1", "J1", "FAM6"], view: journeysView, controls: journeysControls },
  together: { name: "Working together", rules: ["E1", "A1"], view: togetherView, controls: togetherControls },
  followup: { name: "Follow-up", rules: ["R1", "D2", "G1", "K1", "P1"], view: followView, controls: [] },
  counting: { name: "Counting", rules: ["C1", "C2", "X1", "X2", "X3"], view: countingView, controls: countingControls },
  trust: { name: "Trust", rules: ["C1", "D1", "FAM6"], view: trustView, controls: trustControls },
};

function agenciesIn(state) { return rowsOf(cellsOf("contacts", state)).filter((c) => c.value !== 0).map((c) => c.row); }

// 1 Summary
function summaryView() {
  const people = total("people", state), contacts = total("contacts", state), acts = total("interventions", state);
  const again = total("duplicates", state), asked = total("assessments", state), steps = total("agency_handoffs", state);
  const k = String(state.k), demand = cellsOf("high_demand", state), flagged = demandAt(k);
  const agencies = agenciesIn(state);
  // Of the whole place everything is counted: what is not there was none, or too few to be told.
  const lost = state.chip || state.quarter ? "not counted" : "none to show";
  const tell = (c) => (c ? num(c.value) : lost);
  const list = [
    { page: "counting", name: "People", cell: people, range: rangeOf("people"), caption: people && contacts && people.value && contacts.value
      ? `met ${plural(agencies.length, "agency", "agencies")}, ${num(Math.round(10 * contacts.value / people.value) / 10)} contacts each` : "with at least one contact", chart: byQuarter("people"), rule: "C1" },
    { page: "counting", name: "Contacts", cell: contacts, caption: "every recorded interaction with an agency", chart: byQuarter("contacts"), rule: "C1" },
    { page: "counting", name: "Interventions", cell: acts, caption: acts && contacts && share(acts.value, contacts.value) ? `${percent(share(acts.value, contacts.value))} of contacts: something was done` : "contacts in which something was done", chart: byQuarter("interventions"), rule: "C2" },
    { page: "duplicates", name: "Avoidable assessments", cell: again, range: rangeOf("duplicates"), caption: again && asked && again.value && asked.value
      ? `${oneIn(again.value, asked.value)} of ${num(asked.value)}; an earlier one was still valid` : "an earlier one was still valid",
    chart: validitySteps().map((v) => ({ name: days(v.row), value: v.value, on: Number(v.row) === story.validity_days })), axis: "if assessments stay valid for more days", rule: "D1" },
    { page: "families", name: "High-demand families", cell: flagged, range: rangeOf("high_demand", k), caption: `${k} or more interventions in ${story.window_months} months, ${story.min_agencies} or more agencies`,
      chart: listOf(demand).sort((a, b) => a.row - b.row).map((c) => ({ name: `${c.row} or more`, value: c.value, on: c.row === k })), axis: "at higher thresholds", rule: "FAM2" },
    { page: "journeys", name: "Handoffs between agencies", cell: steps, range: rangeOf("agency_handoffs"), caption: steps && people && steps.value && people.value
      ? `${num(Math.round(10 * steps.value / people.value) / 10)} for each person` : "steps from one agency to another", chart: byQuarter("agency_handoffs"), rule: "H1" },
  ];
  const quarterly = list.filter((item) => !item.axis && item.chart.length);
  const headline = people && contacts
    ? contacts.value === 0 && !contacts.held ? `No contacts${where(state)}`
      : `${capital(num(people.value))} people had ${num(contacts.value)} contacts with ${plural(agencies.length, "agency", "agencies")}${where(state)}`
    : `No contacts${where(state)}`;
  return {
    headline,
    lead: again && asked && again.value && asked.value
      ? `${capital(oneIn(again.value, asked.value))} assessments could have been avoided; ${flagged && flagged.value !== null && flagged.value !== 0 ? `${num(flagged.value)} families had ${k} or more interventions in ${story.window_months} months.` : "see each page for how."}${rangeLine(list.map((item) => [item.name.toLowerCase(), item.range]))}` : rangeLine(list.map((item) => [item.name.toLowerCase(), item.range])).trim(),
    figures: [{ id: "headlines", title: "Six numbers", caption: "", act: "Choose one to open its page.", hideTitle: true, empty: people || contacts ? "" : why("contacts", state, "Contacts"),
      draw: (width) => cards(width, list.map((item) => ({ ...item, key: `card ${item.name}`, value: item.cell ? item.cell.value : null, number: tell(item.cell), span: spanOf(item.range),
        axis: item.axis || quarterAxis(), act: () => change({ page: item.page }, true) })), "Six headline numbers") }],
    meaning: [`People are counted once however many agencies they met. Every number is rounded${story.round_to > 1 ? ` to the nearest ${story.round_to}` : ""}, so parts need not add up to totals; a number with fewer than ${story.min_cell} people or families behind it is withheld.`,
      "An avoidable assessment or a high-demand family is a reason to look at how services fit together. It says nothing about whether help was deserved."],
    table: { name: "six numbers", columns: [["Measure"], ["Number", 1], ["Low", 1], ["High", 1], ["People or families behind it", 1], ["Rule"]],
      rows: list.map((item) => ({ key: item.name, cells: [item.name, item.cell ? item.cell.value : lost, ...(item.range || ["", ""]), item.cell ? (item.rule === "FAM2" ? item.cell.value : item.cell.people) : "", item.rule] })) },
    more: [grid("quarter by quarter", [["Quarter"], ...quarterly.map((item) => [item.name, 1])], quartersKnown.length && quarterly.length ? quartersKnown.map((q, i) => [q, ...quarterly.map((item) => item.chart[i].value)]) : []),
      grid("at other thresholds", [["What"], ["Number", 1]], [3, 4].flatMap((i) => list[i].chart.map((c) => [`${list[i].name}: ${c.name}`, c.value])))],
  };
}

// 2 High-demand families
function thresholds() { return listOf(cellsOf("high_demand", { chip: null, quarter: "" })).map((c) => Number(c.row)).sort((a, b) => a - b); }
function demandAt(k) {
  const cells = cellsOf("high_demand", state);
  return cells ? cells.by.get(`${k}\n`) || { value: null, people: null, held: true, row: k } : null;
}
function lorenzPoints() {
  const cells = listOf(cellsOf("lorenz", state)).filter((c) => c.value !== null).sort((a, b) => a.row - b.row);
  const whole = cells.length && Number(cells[cells.length - 1].row) === 100 ? cells[cells.length - 1].value : 0;
  return whole ? cells.map((c) => [Number(c.row), c.value / whole]) : [];
}
function chosenTop(points) { return points.length ? points.reduce((best, [p]) => (Math.abs(p - state.top) < Math.abs(best - state.top) ? p : best), points[0][0]) : null; }
// Only some shares are published, each at least `min_cell` families from the next: a move goes to the next one its way.
function settleTop(wish) {
  const points = lorenzPoints().map(([p]) => p).filter((p) => p <= 50), now = chosenTop(lorenzPoints());
  const nearest = points.reduce((best, p) => (Math.abs(p - wish) < Math.abs(best - wish) ? p : best), points[0] ?? wish);
  if (nearest !== now || wish === now) return nearest;
  return (wish > now ? points.find((p) => p > now) : points.filter((p) => p < now).pop()) ?? now;
}
function familiesControls() {
  const points = lorenzPoints();
  return [thresholds().length ? choice("k", "Interventions at least", thresholds().map((k) => [k, String(k)])) : null,
    points.length ? slider("top", "Share of families (%)", points[0][0], 50, 1, () => chosenTop(lorenzPoints()) ?? state.top, settleTop) : null];
}
const bandStart = (band) => Number.parseInt(band, 10) || 0;
function familiesView() {
  const points = lorenzPoints(), top = chosenTop(points), point = points.find(([p]) => p === top), k = state.k, demand = demandAt(String(k));
  const bands = cellsOf("family_bands", state), acts = cellsOf("family_band_contacts", state);
  const names = [...new Set([...(bands || []), ...(acts || [])].filter((c) => c.row).map((c) => c.row))].sort((a, b) => bandStart(a) - bandStart(b));
  const counts = [...new Set((bands || []).filter((c) => c.column).map((c) => c.column))].sort((a, b) => bandStart(a) - bandStart(b));
  const span = `${story.window_months} months`;
  // The families of a band are those behind its interventions; they are not a sum of the cells by number of agencies.
  const inBand = (band) => { const c = acts && acts.by.get(`${band}\n`); return c ? c.people : acts ? 0 : null; };
  const families = demand && demand.value !== null
    ? demand.value === 0 ? `No family reached ${k} interventions in ${span}${where(state)}.`
      : `${capital(num(demand.value))} families had ${k} or more interventions in ${span}${where(state)}, from at least ${story.min_agencies} agencies.`
    : demand ? `The number of families with ${k} or more interventions in ${span} is not shown${where(state)}: none, or too few to show.` : "";
  return {
    headline: point ? `${top}% of families account for ${percent(point[1])} of interventions${where(state)}` : families.replace(/\.$/, "") || "Families are not counted for this filter",
    lead: `${point ? families : ""}${rangeLine([[`families at ${k} or more`, demand && rangeOf("high_demand", String(k))]])}`.trim(),
    figures: [
      { id: "concentration", title: "How far demand is concentrated", caption: "Families in order of interventions, highest first.", act: "Drag on the chart, or set the share above.", half: true,
        empty: points.length ? "" : why("lorenz", state, "Shares of families"),
        draw: (width) => curve(width, points, top, (p) => change({ top: p }), `${top}% of families account for ${percent(point[1])} of interventions`) },
      { id: "thresholds", title: "Families over each threshold", caption: `Most interventions in any ${span}, with at least ${story.min_agencies} agencies.`, act: "Choose a threshold.", half: true,
        empty: listOf(cellsOf("high_demand", state)).length ? "" : why("high_demand", state, "Families over a threshold"),
        draw: (width) => columns(width, thresholds().map((t) => ({ name: `${t} or more`, short: `${t}+`, ...pickCell(demandAt(String(t))), pressed: t === k, key: `k ${t}`, act: () => change({ k: t }) })),
          "Families over each threshold", { height: Math.min(430, Math.max(240, width * 0.75)), widest: 120 }) },
      ...(story.families ? [familyDrill(k)] : []),
      { id: "bands", title: "Families by their heaviest period", caption: `Band of interventions in the family's peak ${span}. Neighbouring bands stand together where one has fewer than ${story.min_cell} families.`, half: true,
        empty: acts && names.length ? "" : why("family_band_contacts", state, "Families by band"),
        draw: (width) => bars(width, names.map((band) => ({ name: band, value: inBand(band) })), "Families by band of interventions") },
      { id: "agencies", title: "The same families, by number of agencies", caption: "Row: interventions in the peak. Column: agencies met in it. Hatched: withheld.", half: true,
        empty: counts.length ? "" : why("family_bands", state, "Families by band"),
        draw: (width) => matrix(width, names.map((b) => ({ key: b, name: b })), counts.map((c) => ({ key: c, name: c })), (r, c) => cell(bands, r, c), "Families by band and number of agencies",
          { across: "agencies", widest: 90 }) },
      persistenceFigure(),
    ],
    meaning: [`A family's peak is the most interventions it had in any ${span} in a row, by all agencies together. One visit to a family counts once.`,
      "Families picked for being high fall by themselves later; a lower number next year is not by itself a success.",
      "Only families with a known tie are counted; people without one are left out of this page."],
    table: { name: "families by band", columns: [["Interventions in the peak"], ["Agencies"], ["Families", 1], ["Interventions", 1]],
      rows: names.flatMap((band) => [{ key: band, cells: [band, "any", inBand(band), acts ? cell(acts, band).value : ""] },
        ...counts.map((c) => ({ key: `${band} ${c}`, cells: [band, c, cell(bands, band, c).value, ""] }))]) },
    more: [grid("families over each threshold", [["Interventions at least", 1], ["Families", 1]], cellsOf("high_demand", state) ? thresholds().map((t) => [t, demandAt(String(t)).value]) : []),
      grid("concentration", [["Share of families (%)", 1], ["Share of interventions (%)", 1]], points.map(([p, q]) => [p, Math.round(1000 * q) / 10])),
      grid("from one period to the next", [["What became of them"], ["Families", 1]], persistence().map((c) => [STAYED[c.row] || humane(c.row), c.value])),
      ...(story.families ? [familyList(k)] : [])],
  };
}
// Whether the same families stay at the top: of the whole place, in the last two periods.
const STAYED = { stayed: "high in both periods", fell: "high before, not since", new: "high now, not before" };
const persistence = () => Object.keys(STAYED).map((row) => (cellsOf("persistence", wholeOnly()) || []).find((c) => c.row === row)).filter(Boolean);
function persistenceFigure() {
  const list = persistence(), all = total("persistence", wholeOnly()), least = thresholds()[0] ?? story.k;
  return { id: "persistence", title: "Do the same families stay high?", caption: `Families with ${least} or more interventions in either of the last two periods of ${story.window_months} months${all && all.value ? `: ${num(all.value)} in all` : ""}. Whole place.`, skip: !cube.tables.persistence,
    empty: list.some((c) => !c.held) ? "" : why("persistence", wholeOnly(), "Families in two periods"),
    draw: (width) => bars(width, list.map((c) => ({ name: capital(STAYED[c.row]), value: c.value })), "Families from one period to the next") };
}
const pickCell = (c) => (c ? { value: c.value } : { value: null });

// 3 Duplicated assessments
function validitySteps() { return listOf(cellsOf("duplicates_validity", state)).sort((a, b) => a.row - b.row); }
function stepsKnown() { return [...new Set(listOf(cellsOf("duplicates_validity", { chip: null, quarter: "" })).map((c) => Number(c.row)))].sort((a, b) => a - b); }
function duplicatesControls() {
  return [stepsKnown().length ? choice("validity", "An assessment stays valid for (days)", stepsKnown().map((v) => [v, String(v)])) : null];
}
function duplicatesView() {
  const cells = cellsOf("duplicates", state), asked = total("assessments", state), steps = cellsOf("duplicates_validity", state);
  const atDefault = state.validity === story.validity_days;
  const found = atDefault ? total("duplicates", state) : steps ? cell(steps, String(state.validity)) : null;
  const pairs = (cells || []).filter((c) => c.row && c.column);
  const codes = agencyOrder([...new Set(pairs.flatMap((c) => [c.row, c.column]))]);
  const names = codes.map((code) => ({ key: code, name: agencyName(code) }));
  const purposes = ranked(rowsOf(cellsOf("assessments", state))), again = cellsOf("duplicates_purpose", state);
  const [r, c] = (state.cell || "").split("~"), picked = cells && state.cell ? cell(cells, r, c) : null;
  const hidden = pairs.filter((p) => p.held).length;
  const many = found ? num(found.value) : "";
  return {
    headline: !found ? "Assessments are not counted for this filter"
      : found.value === 0 ? `No assessment could have been avoided${where(state)}`
        : found.value === null ? `The number of avoidable assessments is withheld${where(state)}`
          : asked && asked.value ? `${many} of ${num(asked.value)} assessments could have been avoided${where(state)}: ${oneIn(found.value, asked.value)}`
            : `${many} assessments could have been avoided${where(state)}`,
    lead: found ? `An earlier assessment for the same purpose was still valid, counting it as valid for ${days(state.validity)}. Missed links make this look smaller, so read it as a lower bound.${rangeLine([["avoidable assessments", atDefault ? rangeOf("duplicates") : rangeOf("duplicates_validity", String(state.validity))], ["assessments", rangeOf("assessments")]])}` : "",
    figures: [
      { id: "matrix", title: "Who asked first, and who asked again", caption: `Row: the agency that did the first assessment. Column: the agency that did it again while it was valid. Dashed: the same agency twice. Hatched: withheld${hidden ? ` (${hidden} of ${pairs.length} pairs here)` : ""}. Counted at ${days(story.validity_days)}.`,
        narrow: `The pairs of agencies with most: which asked first, then which asked again. ${hidden} of ${pairs.length} pairs are withheld here. Counted at ${days(story.validity_days)}.`,
        empty: pairs.some((p) => p.value || p.held) ? "" : why("duplicates", state, "Avoidable assessments"),
        draw: (width) => width < 640
          ? bars(width, ranked(pairs).filter((p) => !p.held || state.cell === `${p.row}~${p.column}`).slice(0, 15).map((p) => ({ name: `${agencyName(p.row)}, then ${agencyName(p.column)}`, value: p.value, key: `cell ${p.row} ${p.column}`,
            pressed: state.cell === `${p.row}~${p.column}`, act: () => pickPair(p.row, p.column) })), "Avoidable assessments by pair of agencies")
          : matrix(width, names, names, (a, b) => cell(cells, a, b), "Avoidable assessments: row did it first, column did it again",
            { across: "did it again", own: true, widest: 84, act: pickPair, pressed: (a, b) => state.cell === `${a}~${b}` }),
        panel: picked ? () => [el("h3", { text: `${agencyName(r)} first, then ${agencyName(c)}` }),
          el("p", { text: `${picked.value === null ? "How many could have been avoided is withheld" : `${plural(picked.value, "assessment", "assessments")} could have been avoided`}. ${r === c
            ? "The same agency asked twice: the cure is case management, not sharing." : `Had ${agencyName(c)} seen the result from ${agencyName(r)}, these would not have been needed.`}` }),
          pairByQuarter(r, c)] : null },
      { id: "calendar", title: "Quarter by quarter", caption: `Avoidable assessments by the quarter in which the later one began, at ${days(story.validity_days)}.`, act: "Choose a quarter to filter by it.", skip: !quartersKnown.length,
        empty: byQuarter("duplicates").some((q) => q.value !== 0) ? "" : why("duplicates", state, "Avoidable assessments by quarter"),
        draw: (width) => columns(width, byQuarter("duplicates").map((q, i) => ({ ...q, short: quarterShort(quartersKnown[i]), pressed: q.on, key: `quarter ${quartersKnown[i]}`,
          act: () => change({ quarter: state.quarter === quartersKnown[i] ? "" : quartersKnown[i] }) })), "Avoidable assessments by quarter", { height: 190 }) },
      { id: "validity", title: "If results stay valid for longer", caption: "Avoidable assessments for each number of days.", act: "Choose one.", half: true,
        empty: validitySteps().length ? "" : why("duplicates_validity", state, "Avoidable assessments by validity"),
        draw: (width) => columns(width, stepsKnown().map((v) => ({ name: days(v), short: width < 400 ? String(v) : days(v), ...pickCell(cell(steps, String(v))), pressed: v === state.validity, key: `validity ${v}`, act: () => change({ validity: v }) })),
          "Avoidable assessments by days of validity", { height: 240 }) },
      { id: "purposes", title: "By purpose", caption: `Bar: all assessments. Dark: avoidable, at ${days(story.validity_days)}.`, half: true,
        empty: purposes.length ? "" : why("assessments", state, "Assessments"),
        draw: (width) => bars(width, purposes.map((p) => { const part = again ? cell(again, p.row).value : null;
          return { name: purposeName(p.row), value: p.value, part, colour: "#8fb3d4", text: p.value === null ? WITHHELD : part === null ? `${WITHHELD}, of ${num(p.value)}` : `${num(part)} of ${num(p.value)}` }; }), "Assessments by purpose, and how many were avoidable") },
      repeatCostFigure(),
    ],
    meaning: ["An assessment is avoidable if an earlier one of the same person (or household) for the same purpose was still valid when it began. Joint assessments, reviews required by law, appeals and changes of circumstances are left out first.",
      "Each avoidable assessment stands in one cell. Assessments under a legal bar to sharing are never counted as avoidable.",
      "What is saved is staff time that becomes free, less the work of checking and reusing another agency's result."],
    table: { name: "duplicated assessments", columns: [["Did it first"], ["Did it again"], ["Avoidable assessments", 1]],
      rows: ranked(pairs).map((p) => ({ key: `${p.row}~${p.column}`, picked: state.cell === `${p.row}~${p.column}`, cells: [agencyName(p.row), agencyName(p.column), p.value] })) },
    more: [grid("by days of validity", [["Days", 1], ["Avoidable assessments", 1]], validitySteps().map((v) => [Number(v.row), v.value])),
      grid("by purpose", [["Purpose"], ["Assessments", 1], ["Avoidable", 1]], purposes.map((p) => [purposeName(p.row), p.value, again ? cell(again, p.row).value : "not counted"])),
      ...(cube.tables.duplicates_cost ? [repeatCostTable()] : []),
      grid("by quarter", [["Quarter"], ["Avoidable assessments", 1]], byQuarter("duplicates").map((q, i) => [quartersKnown[i], q.value]))],
  };
}
// When a pair of agencies asked twice: a strip of quarters, where the file has them.
function pairByQuarter(row, column) {
  const list = quartersKnown.map((quarter) => {
    const cells = cellsOf("duplicates", { chip: state.chip, quarter });
    return cells && !cells.cut ? { name: quarterName(quarter), short: quarterShort(quarter), value: cell(cells, row, column).value, pressed: quarter === state.quarter } : null;
  });
  if (!list.length || list.some((item) => !item) || state.quarter) return null;
  return columns(Math.min(whole - 40, 90 * list.length), list, `${agencyName(row)}, then ${agencyName(column)}, by quarter`, { height: 130 });
}
const quarterShort = (quarter) => { const [year, q] = quarter.split("-"); return `${q || ""} ${year}`.trim(); };
function pickPair(row, column) { change({ cell: state.cell === `${row}~${column}` ? "" : `${row}~${column}` }); }

// 4 Journeys
// Half of them took at most so many days; known for the whole place, and rounded as every number is.
const halfDays = (table, row, column = "") => { const cells = cellsOf(table, wholeOnly()); const c = cells && cells.by.get(`${row}\n${column}`); return c && c.value !== null ? c.value : null; };
const daysText = (v) => (v === null ? "" : v < story.round_to ? `under ${days(story.round_to > 1 ? Math.ceil(story.round_to / 2) : 1)}` : days(v));
const medianCell = (v) => (v === null ? "not shown" : v);
const edgesOf = () => listOf(cellsOf("handoffs", state)).filter((c) => c.column && c.people !== null && c.value)
  .sort((a, b) => b.people - a.people || b.value - a.value || (a.row + a.column < b.row + b.column ? -1 : 1));
function largestEdge() {
  const cells = listOf(cellsOf("handoffs", { chip: null, quarter: "" }));
  return Math.max(story.min_cell, ...cells.map((c) => c.people || 0));
}
const mostEdges = () => Math.max(1, Math.min(story.map_handoffs_most, listOf(cellsOf("handoffs", { chip: null, quarter: "" })).filter((c) => c.column && c.value).length));
function journeysControls() {
  const any = listOf(cellsOf("handoffs", wholeOnly())).some((c) => c.column && c.value);
  return [any ? slider("shown", "Handoffs shown", 1, mostEdges(), 1, () => Math.min(state.shown, mostEdges())) : null, any ? slider("people", "People at least", story.min_cell, largestEdge(), 1) : null,
    compareControl(), choice("picture", "Picture", [["map", "Map"], ["flow", "Flow"]]), choice("paths", "Paths", [["between", "Between agencies"], ["all", "All"]])];
}
function edgeTitle(e) {
  const half = daysText(halfDays("handoff_days", e.row, e.column));
  return `${serviceName(e.row)} to ${serviceName(e.column)}: ${num(e.people)} people${half ? `; half of the handoffs took ${half} at most` : ""}`;
}
function journeysView() {
  const cells = cellsOf("handoffs", state), whole = total("handoffs", state), services = cellsOf("services", state);
  const all = edgesOf(), passing = all.filter((e) => e.people >= state.people), kept = passing.slice(0, state.shown);
  const sum = kept.reduce((x, e) => x + e.value, 0), traffic = whole && whole.value ? Math.min(1, sum / whole.value) : null;
  const edges = kept.map((e) => ({ from: e.row, to: e.column, people: e.people, value: e.value, title: edgeTitle(e) }));
  const used = new Map(listOf(services).map((c) => [c.row, c.people]));
  const largest = Math.max(1, ...listOf(cellsOf("services", { chip: null, quarter: "" })).map((c) => c.people || 0));
  const ways = listOf(cellsOf("variants", state)).filter((c) => c.value);
  const chosenWays = ways.filter((c) => state.paths === "all" || c.row.split(" > ").length > 1 || stepAgencies(c.row).length > 1).sort((a, b) => b.value - a.value || (a.row < b.row ? -1 : 1)), paths = chosenWays.slice(0, 12);
  const journeys = state.chip && state.chip.kind !== "area" ? null : total("variants", state);
  const moves = cellsOf("agency_handoffs", state), pairs = (moves || []).filter((c) => c.row && c.column), moved = total("agency_handoffs", state);
  const codes = agencyOrder([...new Set(pairs.flatMap((c) => [c.row, c.column]))]), names = codes.map((code) => ({ key: code, name: agencyName(code) }));
  const hidden = pairs.filter((c) => c.held).length;
  const path = paths.find((p) => p.row === state.path);
  const steps = path && path.row.split(" > ").map(stepAgencies);
  const chosen = story.map.spots.some(([service]) => service === state.service) ? state.service : "";
  const extra = chosen ? all.filter((e) => !kept.includes(e) && (e.row === chosen || e.column === chosen)).map((e) => ({ from: e.row, to: e.column, people: e.people, extra: true })) : [];
  const drawn = [...edges, ...extra];
  const known = all.length + (cells ? cells.cut : 0), service = (key) => `${brief(serviceName(key))} (${brief(agencyName(serviceAgency(key)))})`;
  const told = kept.length ? [kept[0].row, kept[0].column].flatMap((key) => [serviceName(key), agencyName(serviceAgency(key))]) : [];
  const found = comparison(), flow = flowFigure(chosenWays, journeys);
  const between = { id: "between", title: "Which agencies hand over to which", caption: `Row: the agency people come from. Column: the agency they go to next.${hidden ? ` Hatched: withheld (${hidden} of ${pairs.length} pairs here).` : ""}`,
        narrow: `The 12 pairs of agencies with most handoffs, first the one that people come from.${hidden ? ` ${hidden} of ${pairs.length} pairs are withheld here.` : ""}`,
        empty: pairs.some((c) => c.value || c.held) ? "" : why("agency_handoffs", state, "Handoffs between agencies"),
        draw: (width) => width < 640
          ? bars(width, ranked(pairs).slice(0, 12).map((c) => ({ name: `${agencyName(c.row)} → ${agencyName(c.column)}`, value: c.value })), "Largest handoffs between agencies")
          : matrix(width, names, names, (a, b) => cell(moves, a, b), "Handoffs: row to column", { across: "to", blank: true, widest: 84 }) };
  return {
    headline: found ? compareSentence(found) : kept.length ? traffic === null ? `${plural(kept.length, "handoff", "handoffs")} of ${num(known)} between services${where(state)}`
      : kept.length === known && cells.folded ? `The ${plural(known, "handoff", "handoffs")} that can be shown ${known === 1 ? "carries" : "carry"} ${percent(traffic)} of the traffic${where(state)}`
        : `${kept.length} of ${plural(known, "handoff", "handoffs")} carry ${percent(traffic)} of the traffic${where(state)}`
      : moved && moved.value ? `${num(moved.value)} handoffs between agencies${where(state)}`
        : moved && moved.held ? `The number of handoffs is withheld${where(state)}` : `No handoff to show${where(state)}`,
    lead: found ? compareLead(found) : `${kept.length ? `${whole && whole.value !== null ? `${num(whole.value)} steps in all from a service of one agency to a service of another. ` : ""}The largest: ${service(kept[0].row)} to ${service(kept[0].column)}, ${num(kept[0].people)} people${halfDays("handoff_days", kept[0].row, kept[0].column) === null ? "" : `, half of the handoffs take ${daysText(halfDays("handoff_days", kept[0].row, kept[0].column))} at most`}.` : all.length ? `The largest handoff has ${num(all[0].people)} people. Lower the number of people to see it.` : cells && cells.folded && !found ? `No single handoff between services can be shown: each has fewer than ${story.min_cell} people behind it.` : ""}${rangeLine([["handoffs between agencies", rangeOf("agency_handoffs")]])}`.trim(),
    told: found && found.rows[0] ? [serviceName(found.rows[0].from), serviceName(found.rows[0].to)] : told,
    figures: [
      ...(found ? [] : [between]),
      state.picture === "flow" ? flow : found ? compareFigure(found, used, largest) : { id: "map", title: "Where people go next", caption: "One lane per agency, one dot per service. A line is a handoff, wider for more people; arrows show its direction.", act: "Choose a service to see what leads to it and from it.",
        empty: cells && (all.length || listOf(services).length) ? "" : why("handoffs", state, "Handoffs"),
        narrow: "On a narrow screen the map is shown as its list; the widest handoffs come first.",
        draw: (width) => width < 640
          ? bars(width, kept.slice(0, 15).map((e) => ({ name: `${serviceName(e.row)} → ${serviceName(e.column)}`, value: e.people, key: `edge ${e.row} ${e.column}` })), "Handoffs, people")
          : laneMap(story.map, used, drawn, { chosen, largest, steps: steps && new Set(steps.slice(1).flatMap((after, i) => steps[i].flatMap((a) => after.map((b) => `${a}\n${b}`)))), lanes: steps && new Set(steps.flat()),
            act: (key) => change({ service: state.service === key ? "" : key, path: "" }) }, "Service map: handoffs between services, a lane per agency"),
        links: story.graph ? [[story.graph, "Open the map whose boxes can be moved"]] : [],
        panel: chosen ? () => servicePanel(chosen, all, used, extra.length) : null },
      ...(found ? [between] : []),
      { id: "paths", title: "The most common paths through agencies", caption: `Journeys with the same agencies in the same order${journeys && journeys.value ? `, and their share of ${num(journeys.value)} journeys` : ""}. ${state.paths === "all" ? "" : "Journeys that stay with one agency are left out. "}`, act: "Choose one to light it on the map.",
        empty: paths.length ? "" : ways.length ? "Every path shown here stays with one agency. Set Paths to All to see them." : why("variants", state, "Paths"),
        draw: (width) => strips(width, paths.map((p) => ({ steps: p.row.split(" > "), key: `path ${p.row}`, main: num(p.value),
          small: [journeys && journeys.value ? percent(share(p.value, journeys.value)) : "journeys", p.people === null ? "" : `${num(p.people)} people`, daysText(halfDays("variant_days", p.row)) && `median ${daysText(halfDays("variant_days", p.row))}`].filter(Boolean).join(", "), text: `${num(p.value)} journeys${p.people === null ? "" : `, ${num(p.people)} people`}`, pressed: p.row === state.path,
          act: () => change({ path: state.path === p.row ? "" : p.row, service: "" }) })), "Most common paths") },
    ],
    meaning: [`A handoff is a step from one agency to another, by a recorded referral or within ${days(story.max_gap_days)}. Two agencies that work side by side alternate without handing anything over; those steps are counted apart and are not on the map.`,
      `Handoffs and services with fewer than ${story.min_cell} people are not drawn${cells && cells.folded ? `: ${num(cells.folded)} here` : ""}.${cells && cells.cut ? ` ${num(cells.cut)} smaller ones are left out of this file to keep it small.` : ""} Positions never change, so that two filters can be compared by eye.`,
      "A shown path that ends early may go on after the last day of the data.",
      "Half of the handoffs, or of the journeys of a path, took at most the days told: a median of the whole place, shown where enough people stand behind it."],
    table: found ? compareTable(found) : { name: "handoffs", columns: [["From"], ["Agency"], ["To"], ["Agency"], ["People", 1], ["Handoffs", 1], ["Median days", 1]],
      rows: edges.map((e) => ({ key: `${e.from}~${e.to}`, picked: chosen && (e.from === chosen || e.to === chosen), cells: [serviceName(e.from), agencyName(serviceAgency(e.from)), serviceName(e.to), agencyName(serviceAgency(e.to)), e.people, e.value, medianCell(halfDays("handoff_days", e.from, e.to))] })) },
    more: [{ name: "handoffs between agencies", columns: [["From"], ["To"], ["Handoffs", 1]], rows: ranked(pairs).map((c) => ({ key: `${c.row}~${c.column}`, cells: [agencyName(c.row), agencyName(c.column), c.value] })) },
      grid("paths", [["Path"], ["Journeys", 1], ["People", 1], ["Median days", 1]], chosenWays.map((p) => [p.row.split(" > ").map(stepName).join(" > "), p.value, p.people, medianCell(halfDays("variant_days", p.row))])),
      ...(state.picture === "flow" ? [flow.table] : []),
      { name: "services", columns: [["Service"], ["Agency"], ["Contacts", 1], ["People", 1]], rows: ranked(rowsOf(services)).map((c) => ({ key: c.row, picked: c.row === chosen,
        cells: [serviceName(c.row), c.row.includes("/") ? agencyName(serviceAgency(c.row)) : "", c.value, c.people] })) }],
  };
}
function servicePanel(chosen, all, used, extra) {
  const list = (title, edges, end) => el("div", {}, el("h4", { text: title }), edges.length
    ? el("ol", {}, edges.slice(0, 8).map((e) => el("li", {}, el("span", { text: `${serviceName(e[end])}, ${agencyName(serviceAgency(e[end]))}` }), el("span", { text: [num(e.people), daysText(halfDays("handoff_days", e.row, e.column))].filter(Boolean).join(", ") }))))
    : el("p", { text: `None with ${story.min_cell} or more people.` }));
  const people = used.get(chosen);
  return [el("h3", { text: `${serviceName(chosen)}, ${agencyName(serviceAgency(chosen))}${people ? `: ${num(people)} people` : ""}` }),
    el("div", { class: "two" }, list("People came from", all.filter((e) => e.column === chosen), "row"), list("People went on to", all.filter((e) => e.row === chosen), "column")),
    extra ? el("p", { text: `Dashed on the map: ${plural(extra, "handoff", "handoffs")} of this service beyond those set by the sliders.` }) : ""];
}

// 5 Counting
const MEASURES = { contacts: "Contacts", interventions: "Interventions", people: "People", ...(costKnown() ? { cost: "Cost" } : {}), ...(spendKnown() ? { spend: "Spend" } : {}) };
const SHOWN_AS = { total: "Number", share: "Share", each: "Per person" };
function countingControls() { return [choice("measure", "Count", Object.entries(MEASURES)), choice("as", "Show", Object.entries(SHOWN_AS))]; }
function countingView() {
  if (state.measure === "cost") return costView();
  if (state.measure === "spend") return spendView();
  const acts = state.measure === "interventions", name = acts ? "interventions" : "contacts", what = MEASURES[state.measure];
  const byPeople = state.measure === "people";
  const whole = byPeople ? total("people", state) : total(name, state), people = total("people", state);
  const agencies = rowsOf(cellsOf(name, state)), themes = rowsOf(cellsOf("themes", state));
  const read = (c) => (byPeople ? c.people : c.value);
  const as = byPeople && state.as === "each" ? "total" : state.as;
  const shown = (c) => as === "share" ? share(read(c), whole && whole.value) : as === "each" ? (c.value === null || !c.people ? null : c.value / c.people) : read(c);
  const text = (v) => (v === null ? WITHHELD : as === "share" ? percent(v) : as === "each" ? (Math.round(10 * v) / 10).toFixed(1) : num(v));
  const list = (rows, kind) => [...rows].sort((a, b) => (shown(b) ?? -1) - (shown(a) ?? -1) || (a.row < b.row ? -1 : 1)).map((c) => ({ name: label[kind](c.row), value: shown(c), text: text(shown(c)),
    key: `${kind} ${c.row}`, pressed: state.chip && state.chip.kind === kind && state.chip.value === c.row, act: offered(kind, c.row) ? setFilter(kind, c.row) : null }));
  const first = list(agencies, "agency")[0];
  const unit = as === "share" ? `share of ${byPeople ? "people" : `all ${what.toLowerCase()}`}` : as === "each" ? `${what.toLowerCase()} for each person seen` : what.toLowerCase();
  const average = whole && people && whole.value && people.value ? (Math.round(10 * whole.value / people.value) / 10).toFixed(1) : "";
  return {
    headline: !whole || whole.value === 0 ? `No ${what.toLowerCase()}${where(state)}` : whole.value === null ? `The number of ${what.toLowerCase()} is withheld${where(state)}`
      : byPeople ? `${num(whole.value)} people were seen${where(state)}` : `${num(whole.value)} ${what.toLowerCase()}${where(state)}${average ? `: ${average} for each person` : ""}`,
    lead: `${first && first.value !== null && agencies.length > 1 ? as === "each" ? `${brief(first.name)} has the most for each person seen: ${first.text}.` : `${brief(first.name)} has the most: ${first.text}.` : ""}${byPeople ? rangeLine([["people", rangeOf("people")]]) : ""}`.trim(),
    told: first ? [first.name] : [],
    figures: [
      { id: "by-agency", title: `${what} by agency`, caption: `${capital(unit)}.`, act: "Choose an agency to filter by it.", half: true, empty: agencies.length ? "" : why(name, state, what),
        draw: (width) => bars(width, list(agencies, "agency"), `${what} by agency`) },
      { id: "by-theme", title: `${acts ? "Contacts" : what} by theme`, caption: `${capital(acts ? unit.replace(/interventions/g, "contacts") : unit)}. A contact may have no theme.`, act: "Choose a theme to filter by it.", half: true,
        empty: themes.length ? "" : why("themes", state, "Contacts by theme"),
        draw: (width) => bars(width, list(acts ? [] : themes, "theme"), "Contacts by theme"), skip: acts },
      flowsFigure(),
      { id: "by-quarter", title: `${what} by quarter`, caption: "", act: "Choose a quarter to filter by it.", skip: !quartersKnown.length || !byQuarter(byPeople ? "people" : name).length, empty: "",
        draw: (width) => columns(width, quartersKnown.map((q, i) => ({ name: quarterName(q), short: quarterShort(q), value: byQuarter(byPeople ? "people" : name)[i].value, pressed: q === state.quarter,
          key: `quarter ${q}`, act: () => change({ quarter: state.quarter === q ? "" : q }) })), `${what} by quarter`, { height: 220, calm: !state.quarter }) },
    ],
    meaning: ["Contacts and interventions are counted where the agency recorded them. One person may have met several agencies, themes and quarters, so people do not add up across them.",
      "Per person divides by the people seen by that agency or under that theme, both rounded."],
    table: { name: "counts", columns: [["By"], ["Name"], [acts ? "Interventions" : "Contacts", 1], ["People", 1], ["Per person", 1]],
      rows: [...ranked(agencies).map((c) => ["Agency", agencyName(c.row), c, c.row]), ...(acts ? [] : ranked(themes).map((c) => ["Theme", themeName(c.row), c, c.row]))]
        .map(([kind, title, c, key]) => ({ key: `${kind} ${key}`, cells: [kind, title, c.value, c.people, c.value === null || !c.people ? null : Math.round(10 * c.value / c.people) / 10] })) },
    more: [grid(`${what.toLowerCase()} by quarter`, [["Quarter"], [what, 1]], (() => { const list = byQuarter(byPeople ? "people" : name); return list.length ? quartersKnown.map((q, i) => [q, list[i].value]) : []; })()), flowsTable()],
  };
}
// Where people live against where they are served: contacts of the whole place and period.
const flowCells = () => (cellsOf("flows", wholeOnly()) || []).filter((c) => c.row && c.column);
// An area that nobody wrote down says nothing of the place, so it never leads.
const knownFirst = (cells) => { const open = (c) => c.row === "unknown" || c.column === "unknown"; return [...cells.filter((c) => !open(c)), ...cells.filter(open)]; };
const MOST_AREAS = 14, MOST_FLOWS = 300; // a matrix of more areas is a wall; so is a table of more pairs
function flowsFigure() {
  const all = flowCells(), last = (a, b) => (a === "unknown") - (b === "unknown") || (a < b ? -1 : 1);
  const sides = ["row", "column"].map((side) => all.reduce((sums, c) => sums.set(c[side], (sums.get(c[side]) || 0) + (c.value || 0)), new Map()));
  const largest = sides.map((sums) => new Set([...sums].filter(([, sum]) => sum).sort((a, b) => b[1] - a[1] || last(a[0], b[0])).slice(0, MOST_AREAS).map(([key]) => key)));
  const mute = new Set(sides.flatMap((sums) => [...sums].filter(([, sum]) => !sum).map(([key]) => key))).size;
  const cells = all.filter((c) => largest[0].has(c.row) && largest[1].has(c.column));
  const left = sides.some((sums) => sums.size > MOST_AREAS) ? ` The ${MOST_AREAS} areas of most contacts of ${sides[0].size} home areas and ${sides[1].size} areas of service; the table has the ${Math.min(MOST_FLOWS, all.length)} largest pairs.` : mute ? ` ${mute} ${mute > 1 ? "areas" : "area"} without a number to show left out.` : "";
  const [homes, served] = largest.map((keys) => [...keys].sort(last).map((key) => ({ key, name: humane(key) })));
  const hidden = cells.filter((c) => c.held).length;
  return { id: "flows", title: "Where people live, and where they are served", caption: `Contacts of the whole place and period. Row: home area. Column: area of the service.${left}${hidden ? ` Hatched: withheld (${hidden} of ${cells.length} pairs here).` : ""}`, skip: !cube.tables.flows,
    narrow: "Contacts of the whole place and period: the 12 pairs of areas with most.",
    empty: homes.length && served.length ? "" : why("flows", wholeOnly(), "Contacts by home and service area"),
    draw: (width) => width < 640
      ? bars(width, knownFirst(ranked(cells).filter((c) => !c.held)).slice(0, 12).map((c) => ({ name: `${humane(c.row)}, served in ${humane(c.column)}`, value: c.value })), "Contacts by home and service area")
      : matrix(width, homes, served, (a, b) => cells.find((c) => c.row === a && c.column === b) || { value: 0 }, "Contacts by home area and area of the service", { across: "served in", widest: 84 }) };
}
const flowsTable = () => grid("home and service area", [["Home area"], ["Served in"], ["Contacts", 1], ["People", 1]], ranked(flowCells()).slice(0, MOST_FLOWS).map((c) => [humane(c.row), humane(c.column), c.value, c.people]));
