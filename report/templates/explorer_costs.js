// What contacts cost, by unit costs: money only where a unit has a price, with what has none beside it.
const pounds = (x) => (x === null ? WITHHELD : `£${num(Math.round(x))}`);
const costKnown = () => Boolean(cube.tables.costs);
function costView() {
  const cells = cellsOf("costs", state), whole = total("costs", state), agencies = rowsOf(cells), themes = rowsOf(cellsOf("costs_theme", state));
  const read = (c) => (c.value === null ? null : state.as === "share" ? share(c.value, whole && whole.value) : state.as === "each" ? (c.people ? c.value / c.people : null) : c.value);
  const text = (v) => (v === null ? WITHHELD : state.as === "share" ? percent(v) : pounds(v));
  const list = (rows, kind) => [...rows].sort((a, b) => (read(b) ?? -1) - (read(a) ?? -1) || (a.row < b.row ? -1 : 1)).map((c) => ({ name: label[kind](c.row), value: read(c), text: text(read(c)) }));
  const unit = state.as === "share" ? "Share of the cost that is known" : state.as === "each" ? "Cost for each person with a priced contact" : "Cost in pounds";
  const left = story.uncosted_share === null ? "" : `${decimal(story.uncosted_share)} of contacts have no unit cost and are not in it. `;
  const prices = story.price_year ? `in prices of ${story.price_year}` : "each unit cost in the price year of its source";
  const table = (name, rows, kind) => ({ name, columns: [[capital(kind)], ["Pounds", 1], ["People", 1], ["Pounds per person", 1]],
    rows: ranked(rows).map((c) => ({ key: c.row, cells: [label[kind](c.row), c.value, c.people, c.value === null || !c.people ? null : Math.round(c.value / c.people)] })) });
  return {
    headline: !whole ? "Cost is counted for the whole place and period only" : whole.value === null ? "The cost of contacts is withheld" : `Priced contacts cost ${pounds(whole.value)}${whole.people ? `: ${pounds(whole.value / whole.people)} for each person` : ""}`,
    lead: whole ? `${left}Fiscal cost only, ${prices}. An average, not what one contact fewer would save.` : "Remove the filter and the quarter to see it.",
    figures: [
      { id: "by-agency", title: "Cost by agency", caption: `${unit}.`, half: true, empty: agencies.length ? "" : why("costs", state, "Costs"), draw: (width) => bars(width, list(agencies, "agency"), "Cost by agency") },
      { id: "by-theme", title: "Cost by theme", caption: `${unit}. A contact may have no theme.`, half: true, empty: themes.length ? "" : why("costs_theme", state, "Costs by theme"), draw: (width) => bars(width, list(themes, "theme"), "Cost by theme") },
    ],
    meaning: ["A contact has a cost only if its unit is a step, a case, or a stay whose length is known; hours are never priced. Unit costs and their sources stand in config/costs.toml and in the place's own [findings.costs].",
      "Money is withheld where fewer than the threshold of people, or one person for the most part, stand behind it, and is rounded as counts are."],
    table: table("costs by agency", agencies, "agency"),
    more: [table("costs by theme", themes, "theme")],
  };
}

// What the repeats cost, and what is released: the cost less the work of checking and reusing another's result.
const repeatCosts = () => ranked(rowsOf(cellsOf("duplicates_cost", wholeOnly())));
const releasedOf = (gbp) => (gbp === null || !story.friction_share.length ? [null, null, null] : [2, 1, 0].map((i) => Number((gbp * (1 - story.friction_share[i])).toPrecision(3))));
const releasedText = (gbp) => { const [low, central, high] = releasedOf(gbp); return central === null ? WITHHELD : `${pounds(central)} (${pounds(low)} to ${pounds(high)})`; };
const pricedOf = (row) => { const cells = cellsOf("duplicates_priced", wholeOnly()); return cells ? cell(cells, row).value : null; };
function repeatCostFigure() {
  const list = repeatCosts().filter((c) => c.value !== 0), all = total("duplicates_cost", wholeOnly()), known = pricedOf(""), avoidable = total("duplicates", wholeOnly());
  const part = story.friction_share.map((x) => percent(x)).join(", ");
  return { id: "repeat-costs", title: "What asking again cost, and what that would release", caption: `Cost of avoidable assessments of the whole place at ${days(story.validity_days)}. Number: released (low to high), less ${part} for checking and reusing. ${known !== null && avoidable && avoidable.value ? `${num(known)} of ${num(avoidable.value)} have a unit cost.` : ""} Capacity, not cash.`,
    skip: !cube.tables.duplicates_cost, empty: list.length ? "" : all && all.value === 0 ? "No avoidable assessment has a unit cost." : why("duplicates_cost", wholeOnly(), "Costs of avoidable assessments"),
    draw: (width) => bars(width, list.map((c) => ({ name: purposeName(c.row), value: c.value, text: releasedText(c.value) })), "Cost of avoidable assessments by purpose") };
}
const repeatCostTable = () => grid("cost by purpose", [["Purpose"], ["Priced, avoidable", 1], ["Cost, GBP", 1], ["Released, low", 1], ["Released, central", 1], ["Released, high", 1]],
  repeatCosts().map((c) => [purposeName(c.row), pricedOf(c.row), c.value, ...releasedOf(c.value).map((x) => (x === null ? null : x))]));
