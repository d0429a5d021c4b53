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
  const at = (list) => (r, c) => list.find((x) => x.row === r && x.column === c) || { value: 0 };
  return {
    headline: known ? `${num(lost.value)} of ${num(made.value)} referrals were not taken up within ${days(story.follow_up_days)}` : story2.replace(/\.$/, "") || "What came after a contact",
    lead: `${here}${known ? story2 : ""}`.trim(),
    figures: [
      { id: "referrals", title: "Referrals that were not taken up", caption: `Bar: referrals. Dark: not taken up within ${days(story.follow_up_days)} by anyone they were made to. The ${Math.min(12, referrals.length)} pairs with most not taken up.`, empty: referrals.length ? "" : why("referrals", wholeOnly(), "Referrals"),
        draw: (width) => bars(width, referrals.slice(0, 12).map((c) => ({ name: pair(c), value: c.value, part: lostOf(c), colour: "#8fb3d4", text: lostOf(c) === null ? `${WITHHELD}, of ${num(c.value)}` : `${num(lostOf(c))} of ${num(c.value)}` })), "Referrals and how many were not taken up") },
      { id: "tellings", title: "Times the story was told", caption: `People by how often they gave the same facts in an assessment within ${story.telling_months} months.`, half: true, empty: times.length ? "" : why("tellings", wholeOnly(), "Times told"),
        draw: (width) => columns(width, times.map((c) => ({ name: `${c.row} times`, short: c.row, value: c.value, pressed: bandFrom(c.row) > 1 })), "People by times told", { height: 240 }) },
      { id: "waits", title: "Waits after a referral or a promise", caption: "Waits by length in days. Open: nobody had come by the last day of the data.", half: true, empty: waits.length ? "" : why("waits", wholeOnly(), "Waits"),
        draw: (width) => matrix(width, lengths.map((n) => ({ key: n, name: n })), ["ended", "open"].map((n) => ({ key: n, name: capital(n) })), at(waits), "Waits by length", { widest: 120, across: "" }) },
      { id: "cohorts", title: "After an event: days until the first contact", caption: "Row: cohort. Column: days after the event. Hatched: withheld.", skip: !cube.tables.cohorts, empty: cohorts.length ? "" : why("cohorts", wholeOnly(), "Cohorts"),
        draw: (width) => width < 640
          ? bars(width, cohorts.map((c) => ({ name: `${humane(c.row)}, ${c.column} days`, value: c.value })), "Cohorts by days until the first contact")
          : matrix(width, groups.map((g) => ({ key: g, name: humane(g) })), bands.map((b) => ({ key: b, name: b })), at(cohorts), "Cohorts by days until the first contact", { widest: 100, across: "days" }) },
    ],
    meaning: ["A referral counts as taken up if the agency it was made to, or one that stands in for it, met the person in time. A missed link between records looks like a referral that was not taken up, so read this number as an upper bound.",
      "A story is told again when a second assessment asks for facts that an earlier one already had."],
    table: { name: "referrals", columns: [["From"], ["To"], ["Referrals", 1], ["Not taken up", 1]], rows: referrals.map((c) => ({ key: `${c.row}~${c.column}`, cells: [agencyName(c.row), c.column === "elsewhere" ? "Elsewhere" : agencyName(c.column), c.value, lostOf(c)] })) },
    more: [grid("times told", [["Times"], ["People", 1]], times.map((c) => [c.row, c.value])),
      grid("waits", [["Days"], ["Ended", 1], ["Open", 1]], lengths.map((n) => [n, at(waits)(n, "ended").value, at(waits)(n, "open").value])),
      { name: "cohorts", columns: [["Cohort"], ["Days"], ["Events", 1]], rows: cohorts.map((c) => ({ key: `${c.row}~${c.column}`, cells: [humane(c.row), c.column, c.value] })) }],
  };
}
