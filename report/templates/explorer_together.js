// Agencies that work with the same people at one time, and who could share a place. Whole place and period only.
const togetherTables = ["open_at_once", "overlaps", "agency_pairs", "service_pairs"];
const PAIR_KINDS = { agency: "Agencies", service: "Services" };
const pairName = { agency: agencyName, service: (key) => `${serviceName(key)} (${agencyName(serviceAgency(key))})` };
// Pairs that met enough people, the surest first: how many times as often as chance would give, and its interval.
function pairsOf(kind) {
  const at = (part) => cellsOf(`${kind}_pairs${part}`, wholeOnly()), met = at(""), [times, low, high] = ["_lift", "_low", "_high"].map(at);
  const read = (cells, c) => { const v = cells ? cell(cells, c.row, c.column).value : null; return v === null ? null : v / 100; };
  return (met || []).filter((c) => c.column && c.value).map((c) => ({ key: `${c.row}~${c.column}`, first: pairName[kind](c.row), second: pairName[kind](c.column), met: c.value, people: c.people,
    times: read(times, c), low: read(low, c), high: read(high, c) })).filter((p) => p.times).sort((a, b) => b.low - a.low || (a.key < b.key ? -1 : 1));
}
const timesAs = (x) => `${x >= 10 ? Math.round(x) : x.toFixed(1)}`;
const pairKinds = () => Object.entries(PAIR_KINDS).filter(([kind]) => cube.tables[`${kind}_pairs`]);
const togetherControls = () => [pairKinds().length > 1 ? choice("pairs", "Pairs of", pairKinds()) : null];
function togetherView() {
  const here = state.chip || state.quarter ? "This page is about the whole place and period, whatever the filter. " : "";
  const atOnce = listOf(cellsOf("open_at_once", wholeOnly())).sort((a, b) => bandFrom(a.row) - bandFrom(b.row)), people = total("open_at_once", wholeOnly());
  const more = atOnce.filter((c) => bandFrom(c.row) > 1), several = more.length && more.every((c) => c.value !== null) ? more.reduce((sum, c) => sum + c.value, 0) : null;
  const overlaps = (cellsOf("overlaps", wholeOnly()) || []).filter((c) => c.row && c.column), days = cellsOf("overlap_days", wholeOnly());
  const codes = agencyOrder([...new Set(overlaps.flatMap((c) => [c.row, c.column]))]), names = codes.map((code) => ({ key: code, name: agencyName(code) }));
  const both = (a, b) => overlaps.find((c) => (c.row === a && c.column === b) || (c.row === b && c.column === a)) || { value: 0 };
  const pairs = pairsOf(state.pairs), first = pairs[0], hidden = overlaps.filter((c) => c.held).length;
  const known = several !== null && people && people.value;
  return {
    headline: known ? `${num(several)} of ${num(people.value)} people had two or more agencies at work at once` : first ? `${brief(first.first)} and ${brief(first.second)} most surely meet the same people` : "Which agencies meet the same people",
    lead: `${here}${first ? `${brief(first.first)} and ${brief(first.second)} meet the same people ${timesAs(first.times)} times as often as chance would give (95% interval ${timesAs(first.low)} to ${timesAs(first.high)}): ${num(first.met)} times within one ${story.affinity_months > 1 ? `${story.affinity_months} months` : "month"}, ${num(first.people)} people.` : ""}`.trim(),
    told: first ? [first.first, first.second] : [],
    figures: [
      { id: "at-once", title: "Agencies at work at one time", caption: `People by the most agencies with an open episode on one day${people && people.value ? `; ${num(people.value)} people in all` : ""}.`, half: true, empty: atOnce.length ? "" : why("open_at_once", wholeOnly(), "Agencies at work at once"),
        draw: (width) => columns(width, atOnce.map((c) => ({ name: `${c.row} agencies`, short: c.row, value: c.value, pressed: bandFrom(c.row) > 1 })), "People by the most agencies at work at once", { height: 400 }) },
      { id: "place", title: "Who could share a place", caption: `How many times as often as chance two ${PAIR_KINDS[state.pairs].toLowerCase()} meet the same person within one ${story.affinity_months > 1 ? `${story.affinity_months} months` : "month"}, in one area. Line: 95% interval.${pairs.length > 8 ? ` The 8 surest of ${num(pairs.length)} pairs.` : ""}`, half: true,
        empty: pairs.length ? "" : why(`${state.pairs}_pairs`, wholeOnly(), `Pairs of ${PAIR_KINDS[state.pairs].toLowerCase()}`),
        draw: (width) => oftener(width, pairs.slice(0, 8), "Times as often as chance") },
      { id: "overlaps", title: "Which agencies work with the same people at once", caption: `People with an open episode of both agencies on one day.${hidden ? ` Hatched: withheld (${hidden} of ${overlaps.length} pairs here).` : ""}`,
        narrow: `People with an open episode of both agencies on one day: the 12 pairs with most.${hidden ? ` ${hidden} of ${overlaps.length} pairs are withheld here.` : ""}`, empty: overlaps.length ? "" : why("overlaps", wholeOnly(), "Overlaps"),
        draw: (width) => width < 640
          ? bars(width, ranked(overlaps).filter((c) => !c.held).slice(0, 12).map((c) => ({ name: `${agencyName(c.row)} and ${agencyName(c.column)}`, value: c.value })), "People with two agencies at work at once")
          : matrix(width, names, names, both, "People with both agencies at work at once", { blank: true, widest: 84, across: "and" }) },
    ],
    meaning: ["Two agencies work with a person at once if each has a spell of contacts, or a case that is open, on the same day. That may be right; it is a reason to look at who leads.",
      "Chance is reckoned within each area and month from everybody known there: what two agencies would share if they knew nothing of each other. Of many pairs the highest is partly luck, so pairs stand in order of the lower end of their interval.",
      "The interval is of counts alone; it does not hold what uncertain links leave open."],
    table: { name: `pairs of ${PAIR_KINDS[state.pairs].toLowerCase()}`, columns: [["First"], ["Second"], ["Times met in one window", 1], ["People", 1], ["Times as often as chance", 1], ["Low", 1], ["High", 1]],
      rows: pairs.map((p) => ({ key: p.key, cells: [p.first, p.second, p.met, p.people, p.times, p.low, p.high] })) },
    more: [grid("agencies at once", [["Agencies"], ["People", 1]], atOnce.map((c) => [c.row, c.value])),
      grid("overlaps", [["Agency"], ["Agency"], ["People", 1], ["Days", 1]], ranked(overlaps).map((c) => [agencyName(c.row), agencyName(c.column), c.value, days ? cell(days, c.row, c.column).value : "not counted"]))],
  };
}
// Ratios to chance with their intervals, each pair on two lines: {first, second, times, low, high}.
function oftener(width, items, title) {
  const names = items.map((item) => twoLines(`${item.first} and ${item.second}`, width - 4)), lines = Math.max(...names.map((one) => one.length)), row = 34 + 18 * lines;
  const right = 64, room = width - right - 20, svg = canvas(width, items.length * row + 26, title);
  const top = Math.max(2, ...items.map((item) => item.high ?? item.times)), x = (v) => room * Math.min(v, top) / top;
  // The line of chance runs beside the intervals alone, never through a name.
  svg.append(s("path", { class: "chance", d: items.map((_, i) => `M${x(1)} ${(i + 1) * row - 25}v18`).join(""), stroke: "#6b7279", "stroke-dasharray": "4 3" }),
    s("text", { x: Math.max(x(1) - 8, 0), y: items.length * row + 18, "text-anchor": x(1) < 60 ? "start" : "middle", fill: SOFT, text: "1 = as chance would give" }));
  items.forEach((item, i) => {
    const y = (i + 1) * row - 52;
    svg.append(s("g", {}, names[i].map((text, k, all) => s("text", { x: 0, y: y + 20 - 18 * (all.length - 1 - k), fill: INK, text })), s("title", { text: `${item.first} and ${item.second}` })),
      item.low === null || item.high === null ? null : s("line", { x1: x(item.low), x2: x(item.high), y1: y + 36, y2: y + 36, stroke: MID, "stroke-width": 6, "stroke-linecap": "round" }),
      s("circle", { cx: x(item.times), cy: y + 36, r: 7, fill: BLUE, stroke: "#ffffff", "stroke-width": 2 }),
      s("text", { x: width - right + 8, y: y + 41, fill: INK, "font-weight": 600, text: `${timesAs(item.times)} ×` }));
  });
  return svg;
}
