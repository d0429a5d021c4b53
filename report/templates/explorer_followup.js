// What came after a contact: referrals taken up or not, waits, stories told again, cohorts. Whole place and period only.
const wholeOnly = () => ({ chip: null, quarter: "" });
const followTables = ["referrals", "tellings", "waits", "cohorts"];
const followKnown = () => followTables.some((name) => cube.tables[name]);
const bandFrom = (band) => Number.parseInt(band, 10);
function followView() {
  const here = state.chip || state.quarter ? "This page is about the whole place and period, whatever the filter. " : "";
  const made = total("referrals", wholeOnly()), lost = total("drop_outs", wholeOnly()), told = total("tellings", wholeOnly());
  const drops = cellsOf("drop_outs", wholeOnly()), lostOf = (c) => (drops ? cell(drops, c.row, c.column).value : null);
  const referrals = ranked((cellsOf("referrals", wholeOnly()) || []).filter((c) => c.column && c.value)).sort((a, b) => (lostOf(b) ?? -1) - (lostOf(a) ?? -1));
  const times = listOf(cellsOf("tellings", wholeOnly())).sort((a, b) => bandFrom(a.row) - bandFrom(b.row));
  const again = times.filter((c) => bandFrom(c.row) > 1), more = again.length && again.every((c) => c.value !== null) ? again.reduce((sum, c) => sum + c.value, 0) : null;
  const waits = (cellsOf("waits", wholeOnly()) || []).filter((c) => c.row && c.column), lengths = [...new Set(waits.map((c) => c.row))].sort((a, b) => bandFrom(a) - bandFrom(b));
  const cohorts = (cellsOf("cohorts", wholeOnly()) || []).filter((c) => c.row && c.column), groups = [...new Set(cohorts.map((c) => c.row))];
  const rank = (band) => (band === "unknown" ? 2e9 : Number.isNaN(bandFrom(band)) ? 1e9 : bandFrom(band)), bands = [...new Set(cohorts.map((c) => c.column))].sort((a, b) => rank(a) - rank(b));
  const pair = (c) => `${agencyName(c.row)} → ${c.column === "elsewhere" ? "elsewhere" : agencyName(c.column)}`;
  const known = made && made.value && lost && lost.value !== null, retold = told && told.value && more !== null;
  const story2 = retold ? `${num(more)} of ${num(told.value)} people who were assessed told their story more than once in ${story.telling_months} months.` : "";
  const wait = total("waiting_days", wholeOnly()), waiting = ranked((cellsOf("waiting_days", wholeOnly()) || []).filter((c) => c.row && c.column && c.value));
  const returns = (cellsOf("cohort_returns", wholeOnly()) || []).filter((c) => c.row && c.column), cases = pathwayCases();
  const at = (list) => (r, c) => list.find((x) => x.row === r && x.column === c) || { value: 0 };
  return {
    headline: known ? `${num(lost.value)} of ${num(made.value)} referrals were not taken up within ${days(story.follow_up_days)}` : story2.replace(/\.$/, "") || "What came after a contact",
    lead: `${here}${known ? story2 : ""}`.trim(),
    figures: [
      { id: "referrals", title: "Referrals that were not taken up", caption: `Bar: referrals. Dark: not taken up within ${days(story.follow_up_days)} by anyone they were made to. The ${Math.min(12, referrals.length)} pairs with most not taken up.`, empty: referrals.length ? "" : why("referrals", wholeOnly(), "Referrals"),
        draw: (width) => bars(width, referrals.slice(0, 12).map((c) => ({ name: pair(c), value: c.value, part: lostOf(c), colour: "#8fb3d4", text: lostOf(c) === null ? `${WITHHELD}, of ${num(c.value)}` : `${num(lostOf(c))} of ${num(c.value)}` })), "Referrals and how many were not taken up") },
      { id: "tellings", title: "Times the story was told", caption: `People by how often they gave the same facts in an assessment within ${story.telling_months} months.`, half: true, empty: times.length ? "" : why("tellings", wholeOnly(), "Times told"),
        draw: (width) => columns(width, times.map((c) => ({ name: `${c.row} times`, short: c.row, value: c.value, pressed: bandFrom(c.row) > 1 })), "People by times told", { height: 240 }) },
      waitsFigure(waits, lengths),
      helpFigure(), doorsFigure(),
      { id: "waiting", title: "Where the days of waiting go", caption: `Days waited after a referral or a promise, from the agency that made it to the one that came${wait && wait.value ? `: ${num(wait.value)} days in all` : ""}. The ${Math.min(10, waiting.length)} pairs with most.`, skip: !cube.tables.waiting_days,
        empty: waiting.length ? "" : why("waiting_days", wholeOnly(), "Days waited"), draw: (width) => bars(width, waiting.slice(0, 10).map((c) => ({ name: waitPair(c), value: c.value })), "Days waited by pair of agencies") },
      { id: "cohorts", title: "After an event: days until the first contact", caption: "Row: cohort. Column: days after the event. Hatched: withheld.", narrow: "Events by cohort and days after the event.", skip: !cube.tables.cohorts, empty: cohorts.length ? "" : why("cohorts", wholeOnly(), "Cohorts"),
        draw: (width) => width < 640
          ? bars(width, cohorts.map((c) => ({ name: `${humane(c.row)}, ${c.column} days`, value: c.value })), "Cohorts by days until the first contact")
          : matrix(width, groups.map((g) => ({ key: g, name: humane(g) })), bands.map((b) => ({ key: b, name: b })), at(cohorts), "Cohorts by days until the first contact", { widest: 100, across: "days" }) },
      { id: "returns", title: "After an event: days until they are back", caption: "Events by days until the return. Row: cohort. Column: days after the event. Hatched: withheld.", narrow: "Events by cohort and days until the return.", narrowUnder: 500, half: Boolean(cases.length), skip: !cube.tables.cohort_returns, empty: returns.length ? "" : why("cohort_returns", wholeOnly(), "Returns"),
        draw: (width) => width < 500
          ? bars(width, returns.map((c) => ({ name: `${humane(c.row)}, ${c.column} days`, value: c.value })), "Cohorts by days until the return")
          : matrix(width, [...new Set(returns.map((c) => c.row))].map((g) => ({ key: g, name: humane(g) })), [...new Set(returns.map((c) => c.column))].sort((a, b) => rank(a) - rank(b)).map((b) => ({ key: b, name: b })), at(returns), "Cohorts by days until the return", { widest: 100, across: "days" }) },
      { id: "pathways", title: "Are the place's own rules kept?", caption: "Cases that a rule applies to and that can be judged. Dark: the rule was not kept.", half: Boolean(returns.length), skip: !cube.tables.pathways, empty: cases.length ? "" : why("pathways", wholeOnly(), "Cases"),
        draw: (width) => bars(width, cases.map((c) => ({ name: c.name, value: c.judged, part: c.violates, colour: "#8fb3d4", text: c.judged === null ? WITHHELD : `${num(c.violates)} of ${num(c.judged)} not kept` })), "Cases by rule, and how many did not keep it") },
    ],
    meaning: ["A referral counts as taken up if the agency it was made to, or one that stands in for it, met the person in time. A missed link between records looks like a referral that was not taken up, so read this number as an upper bound.",
      "A story is told again when a second assessment asks for facts that an earlier one already had."],
    table: { name: "referrals", columns: [["From"], ["To"], ["Referrals", 1], ["Not taken up", 1]], rows: referrals.map((c) => ({ key: `${c.row}~${c.column}`, cells: [agencyName(c.row), c.column === "elsewhere" ? "Elsewhere" : agencyName(c.column), c.value, lostOf(c)] })) },
    more: [grid("times told", [["Times"], ["People", 1]], times.map((c) => [c.row, c.value])),
      grid("days waited", [["From"], ["To"], ["Days", 1]], waiting.map((c) => [agencyName(c.row), c.column === NOBODY ? "Nobody yet" : agencyName(c.column), c.value])),
      grid("first doors", [["Agency"], ["Journeys", 1]], ranked(rowsOf(cellsOf("front_doors", wholeOnly()))).map((c) => [agencyName(c.row), c.value])),
      grid("days to help", [["Days"], ["Journeys", 1]], helpBands().map((c) => [c.row, c.value])),
      grid("returns", [["Cohort"], ["Days"], ["Events", 1]], returns.map((c) => [humane(c.row), c.column, c.value])),
      grid("rules", [["Rule"], ["Judged", 1], ["Not kept", 1], ["Unknown yet", 1]], cases.map((c) => [c.name, c.judged, c.violates, c.unknown])),
      grid("waits", [["Days"], ["Ended", 1], ["Open", 1]], lengths.map((n) => [n, at(waits)(n, "ended").value, at(waits)(n, "open").value])),
      { name: "cohorts", columns: [["Cohort"], ["Days"], ["Events", 1]], rows: cohorts.map((c) => ({ key: `${c.row}~${c.column}`, cells: [humane(c.row), c.column, c.value] })) }],
  };
}
// How long waits were: a column for each length, and the length within which half of those that ended had ended.
const NOBODY = "nobody yet";
const waitPair = (c) => `${agencyName(c.row)} → ${c.column === NOBODY ? "nobody yet" : agencyName(c.column)}`;
function waitsFigure(waits, lengths) {
  const read = (n, end) => (waits.find((c) => c.row === n && c.column === end) || { value: 0 }).value, ended = lengths.map((n) => read(n, "ended"));
  const sum = ended.every((v) => v !== null) ? ended.reduce((x, y) => x + y, 0) : null, open = lengths.map((n) => read(n, "open"));
  let run = 0;
  const half = sum ? lengths.find((n, i) => (run += ended[i]) >= sum / 2) : "";
  const still = (v) => (v === null ? "; still open: withheld" : v ? `; ${num(v)} still open` : "");
  return { id: "waits", title: "How long a wait lasts", caption: `Waits after a referral or a promise that ended, by length${sum ? `: ${num(sum)} in all` : ""}${half ? `; half of them within ${half.split("-").pop()} days` : ""}. Beside each: waits as long in which nobody had come by the last day.`, half: true, empty: waits.length ? "" : why("waits", wholeOnly(), "Waits"),
    draw: (width) => bars(width, lengths.map((n, i) => ({ name: `${n} days`, value: ended[i], text: `${num(ended[i])}${still(open[i])}` })), "Waits by length") };
}
// Where journeys begin, and the days until something was done.
function doorsFigure() {
  const doors = ranked(rowsOf(cellsOf("front_doors", wholeOnly()))), all = total("front_doors", wholeOnly());
  return { id: "doors", title: "Whose door people come to first", caption: `Journeys by the agency that they begin with${all && all.value ? `; ${num(all.value)} beginnings in all` : ""}.`, half: true, skip: !cube.tables.front_doors, empty: doors.length ? "" : why("front_doors", wholeOnly(), "First doors"),
    draw: (width) => bars(width, doors.map((c) => ({ name: agencyName(c.row), value: c.value })), "Journeys by their first agency") };
}
const helpBands = () => rowsOf(cellsOf("days_to_help", wholeOnly())).sort((a, b) => (Number.isNaN(bandFrom(a.row)) ? 1e9 : bandFrom(a.row)) - (Number.isNaN(bandFrom(b.row)) ? 1e9 : bandFrom(b.row)));
function helpFigure() {
  const all = total("days_to_help", wholeOnly());
  return { id: "help", title: "Days from first contact to first help", caption: `Journeys by days until the first intervention${all && all.value ? `; ${num(all.value)} in all` : ""}. None so far: no intervention by the last day of the journey.`, half: true, skip: !cube.tables.days_to_help, empty: helpBands().length ? "" : why("days_to_help", wholeOnly(), "Days to help"),
    draw: (width) => bars(width, helpBands().map((c) => ({ name: capital(c.row), value: c.value })), "Journeys by days until the first intervention") };
}
function pathwayCases() {
  const cells = (cellsOf("pathways", wholeOnly()) || []).filter((c) => c.row && c.column), read = (row, column) => (cells.find((c) => c.row === row && c.column === column) || { value: 0 }).value;
  return [...new Set(cells.map((c) => c.row))].map((row) => {
    const [kept, violates, unknown] = ["conforms", "violates", "unknown"].map((column) => read(row, column));
    return { name: humane(row), judged: kept === null || violates === null ? null : kept + violates, violates, unknown };
  });
}
