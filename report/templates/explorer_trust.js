// How far the linkage can be trusted, and what other thresholds would have said.
const linksOffered = () => [...new Set(Object.values(story.thresholds).flatMap(Object.keys))].sort((a, b) => a - b);
function trustControls() {
  return [linksOffered().length ? choice("link", "Make links of at least", [["", "As linked"], ...linksOffered().map((at) => [at, percent(Number(at))])]) : null];
}
const HEADLINES = [["people|", "People", "people"], ["duplicates|", "Avoidable assessments", "avoidable assessments"], ["agency_handoffs|", "Handoffs between agencies", "handoffs"]];
// Headlines of the whole place: as linked, at the chosen threshold, and at all of them; `short` = in the sentence.
function headlinesAt() {
  const families = thresholds().map((k) => [`high_demand|${k}`, `Families at ${k} or more`, k === state.k ? "high-demand families" : ""]);
  return [...HEADLINES, ...families].filter(([key]) => story.thresholds[key]).map(([key, name, short]) => {
    const cut = key.indexOf("|"), linked = cell(cellsOf(key.slice(0, cut), { chip: null, quarter: "" }), key.slice(cut + 1)).value, all = story.thresholds[key];
    return { name, short, linked, all, at: state.link ? all[state.link] ?? null : linked };
  });
}
// One row for each headline: a dot for each threshold, by how far it is from the number as linked.
function dotRows(width, items, title) {
  const stacked = width < 480, left = stacked ? 8 : 190, row = stacked ? 58 : 44, right = 110, room = width - left - right;
  const away = (value, item) => (value === null || !item.linked ? 0 : value / item.linked - 1);
  const most = Math.max(0.02, ...items.flatMap((item) => Object.values(item.all).map((value) => Math.abs(away(value, item)))));
  const x = (part) => left + room * (0.5 + 0.5 * part / most), svg = canvas(width, items.length * row + 30, title);
  for (const part of [-most, 0, most]) {
    svg.append(s("path", { d: stacked ? items.map((_, i) => `M${x(part)} ${i * row + 27}v22`).join("") : `M${x(part)} 4V${items.length * row}`, stroke: part ? LINE : SOFT }),
      s("text", { x: x(part), y: items.length * row + 20, "text-anchor": part < 0 ? "start" : part ? "end" : "middle", fill: SOFT, text: part ? `${part > 0 ? "+" : "\u2212"}${decimal(Math.abs(part))}` : "as linked" }));
  }
  items.forEach((item, i) => {
    const y = i * row + (stacked ? 38 : row / 2), dot = (value, on) => s("circle", { cx: x(away(value, item)).toFixed(1), cy: y, r: on ? 7 : 5, fill: on ? BLUE : "#ffffff", stroke: on ? "#ffffff" : MID, "stroke-width": on ? 1.5 : 2 });
    svg.append(stacked ? label14(item.name, 0, i * row + 18, width - 4) : label14(item.name, left - 12, y + 5, left - 14, { "text-anchor": "end" }),
      ...Object.entries(item.all).filter(([, value]) => value !== null).map(([at, value]) => fill(dot(value, false), {}, [s("title", { text: `${item.name} from ${percent(Number(at))}: ${num(value)}` })])),
      item.at === null ? null : dot(item.at, true), s("text", { x: width - right + 14, y: y + 5, fill: INK, "font-weight": 600, text: num(item.at) }));
  });
  return svg;
}
// Pairs by match weight: [bits, pairs, expected share right]; joined from the threshold on.
function weightChart(width, bins, title) {
  const height = 210, base = height - 32, low = bins[0][0], steps = (bins[bins.length - 1][0] - low) / 2 + 1, left = 8, each = (width - left - 12) / steps;
  const top = Math.max(...bins.map(([, pairs]) => pairs ?? 0), 1), svg = canvas(width, height, title);
  const x = (bits) => left + each * (bits - low) / 2;
  for (const [bits, pairs, right] of bins) {
    const tall = pairs === null ? 10 : Math.max(1, (base - 26) * pairs / top), joined = story.threshold_bits !== null && bits >= story.threshold_bits - 1;
    svg.append(s("rect", { x: x(bits).toFixed(1), y: (base - tall).toFixed(1), width: Math.max(1, each - 1).toFixed(1), height: tall.toFixed(1), fill: pairs === null ? svg.hatch : joined ? MID : "#bcd0e4" },
      s("title", { text: `${bits} to ${bits + 2} bits: ${num(pairs)} pairs${right === null ? "" : `, ${percent(right)} expected to be right`}` })));
  }
  svg.append(s("line", { x1: left, x2: width - 12, y1: base + 0.5, y2: base + 0.5, stroke: SOFT }));
  const every = [10, 20, 50].find((n) => n * each / 2 >= 34) || 100;
  for (let bits = Math.ceil(low / every) * every; bits <= bins[bins.length - 1][0]; bits += every) {
    svg.append(s("text", { x: x(bits), y: base + 18, "text-anchor": "middle", fill: SOFT, text: String(bits).replace("-", "\u2212") }));
  }
  if (story.threshold_bits !== null) {
    svg.append(s("line", { x1: x(story.threshold_bits), x2: x(story.threshold_bits), y1: 16, y2: base, stroke: INK, "stroke-dasharray": "4 3" }),
      s("text", { x: x(story.threshold_bits) + 6, y: 16, fill: INK, text: "joined from here" }));
  }
  return svg;
}

// 7 Trust
function trustView() {
  const names = { service_pairs: "Services, met together", agency_pairs: "Agencies, met together", theme_pairs: "Themes, met together", open_at_once: "Agencies at once", overlaps: "Agencies with one person at once", overlap_days: "Days of two agencies at once", front_doors: "First doors", days_to_help: "Days to help", pathways: "Cases by rule", persistence: "Families in two periods", repeat_signs: "Signs of repeat demand",
    referrals: "Referrals", drop_outs: "Referrals not taken up", tellings: "Times told", waits: "Waits", waiting_days: "Days waited", cohorts: "Cohorts", cohort_returns: "Returns of cohorts", costs: "Costs", costs_theme: "Costs by theme", repeats: "Repeat demand", flows: "Where people are served", contacts: "Contacts by agency", interventions: "Interventions by agency", themes: "Contacts by theme", people: "People", services: "Services", handoffs: "Handoffs between services", agency_handoffs: "Handoffs between agencies",
    duplicates: "Avoidable assessments", duplicates_validity: "Avoidable, by validity", duplicates_purpose: "Avoidable, by purpose", assessments: "Assessments", family_bands: "Families by band", family_band_contacts: "Interventions by band",
    high_demand: "High-demand families", lorenz: "Shares of families", variants: "Paths" };
  // A pair's parts (by chance, how often, its interval) are withheld together: they stand in one row.
  const byTable = new Map();
  for (const [name, [shown, held]] of Object.entries(story.counts)) {
    const table = name.replace(/_pairs_.*$/, "_pairs"), before = byTable.get(table) || [0, 0];
    byTable.set(table, [before[0] + shown, before[1] + held]);
  }
  const counts = [...byTable].map(([name, [shown, held]]) => ({ name: names[name] || humane(name), shown, held }))
    .sort((a, b) => b.held - a.held || (a.name < b.name ? -1 : 1));
  const held = counts.reduce((x, c) => x + c.held, 0), shown = counts.reduce((x, c) => x + c.shown, 0);
  const most = counts.filter((c) => c.held).slice(0, 12), some = most.length < counts.length ? ` The ${most.length} of ${counts.length} tables with most withheld.` : "";
  const quality = [["Precision", story.precision], ["Recall", story.recall]].filter(([, e]) => e).map(([name, e]) => ({ name, ...e }));
  const unused = [["No person found", story.unlinked_share], ["Type not in the vocabulary", story.unmapped_share], ["No unit cost", story.uncosted_share]].filter(([, v]) => v !== null);
  const told = headlinesAt(), atThreshold = told.filter((h) => h.short);
  return {
    headline: state.link ? `Only links of at least ${percent(Number(state.link))}: ${atThreshold.map((h) => `${num(h.at)} ${h.short}`).join(", ")}` : quality.length ? `Of the links made, about ${decimal(quality[0].central)} are right${quality[1] ? `; about ${decimal(quality[1].central)} were found` : ""}` : `${num(held)} of ${num(held + shown)} numbers are withheld`,
    lead: quality.length ? `${num(held)} of ${num(held + shown)} numbers are withheld to protect people. This page is about the whole file, whatever the filter.` : "The quality of the links was not measured in this run. This page is about the whole file, whatever the filter.",
    figures: [
      { id: "weights", title: "How sure are the links?", caption: `Pairs of records by match weight in bits; one bit doubles the odds. Dark: joined${story.threshold_bits === null ? "" : `, from ${num(Math.round(10 * story.threshold_bits) / 10 || 0)} bits`}. Hatched: withheld.`, half: true,
        empty: story.weights.length ? "" : "The weights of pairs were not handed over with this run.",
        draw: (width) => weightChart(width, story.weights, "Pairs of records by match weight") },
      { id: "thresholds", title: "Would other links change the headlines?", caption: `Each headline if only links of at least this probability are made, beside its number as linked. Filled: ${state.link ? percent(Number(state.link)) : "as linked"}.`, act: "Choose a probability above.", half: true,
        empty: told.length && linksOffered().length ? "" : "The headlines were not counted at other thresholds in this run.",
        draw: (width) => dotRows(width, told, "Headlines at each threshold of link probability") },
      { id: "quality", title: "Are the right records joined?", caption: "Precision: links that are right. Recall: true links that were found. Line: the range.", half: true, empty: quality.length ? "" : "Precision and recall were not measured in this run.",
        draw: (width) => whiskers(width, quality, "Precision and recall of the linkage") },
      { id: "unused", title: "What could not be used", caption: "Share of all contacts.", half: true, empty: unused.length ? "" : "These shares were not measured in this run.",
        draw: (width) => bars(width, unused.map(([name, v]) => ({ name, value: v, text: decimal(v) })), "Share of contacts that could not be used", { max: Math.max(0.2, ...unused.map(([, v]) => v)) }) },
      { id: "withheld", title: "What is withheld", caption: `Numbers with fewer than ${story.min_cell} people or families behind them, and others that would give one away, over all filters. Bar: all numbers. Dark: withheld.${most.length ? some : ""}`, empty: most.length ? "" : counts.length ? "No number is withheld." : "This file holds no cells.",
        draw: (width) => bars(width, most.map((c) => ({ name: c.name, value: c.shown + c.held, part: c.held, colour: "#8fb3d4", text: `${num(c.held)} of ${num(c.held + c.shown)}` })), "Withheld numbers by table") },
    ],
    meaning: [story.convention_text, ...(leftOut() ? [`To open quickly, this file holds no numbers ${leftOut()}. They are in the tables of this release.`] : []), ...story.notes],
    table: { name: "withheld", columns: [["Table"], ["Numbers shown", 1], ["Withheld", 1]], rows: counts.map((c) => ({ key: c.name, cells: [c.name, c.shown, c.held] })) },
    more: [...(told.length ? [{ name: "headlines by threshold", columns: [["Headline"], ["As linked", 1], ...linksOffered().map((at) => [`From ${percent(Number(at))}`, 1])],
      rows: told.map((h) => ({ key: h.name, cells: [h.name, h.linked, ...linksOffered().map((at) => h.all[at])] })) }] : []),
      ...(story.weights.length ? [grid("pairs by match weight", [["Bits from", 1], ["Pairs", 1], ["Expected to be right (%)", 1]], story.weights.map(([bits, pairs, right]) => [bits, pairs, right === null ? null : Math.round(100 * right)]))] : []),
      grid("quality of the links", [["Measure"], ["Central (%)", 1], ["Low (%)", 1], ["High (%)", 1]], quality.map((q) => [q.name, ...[q.central, q.low, q.high].map((x) => Math.round(1000 * x) / 10)])),
      grid("not used", [["Contacts with"], ["Share (%)", 1]], unused.map(([name, v]) => [name, Math.round(1000 * v) / 10]))],
  };
}
