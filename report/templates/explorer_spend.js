// What bodies say that they spend: their own sums, nobody's records; a filter changes nothing here.
const spendKnown = () => story.spend.length > 0;
const spendBy = (by) => story.spend.filter((row) => row.by === by);
const SPEND_WORDS = { agency: "body", theme: "theme", control: "who decides", tier: "tier", place: "place" };
function spendView() {
  const whole = spendBy("whole")[0], year = whole.year;
  const read = (row) => (state.as === "share" ? row.share : row.value);
  const text = (row) => (row.value === null ? "missing" : state.as === "share" ? percent(row.share) : state.as === "each" ? row.each || "no population" : row.text);
  const unit = state.as === "share" ? "Share of the spend that is known" : state.as === "each" ? "Spend per head" : "Spend in pounds, to three digits";
  const figure = (by) => ({ id: `by-${by}`, title: `Spend by ${SPEND_WORDS[by]}`, caption: `${unit}.`, half: true, skip: spendBy(by).length < 2, empty: "",
    draw: (width) => bars(width, spendBy(by).map((row) => ({ name: row.name, value: read(row), text: text(row) })), `Spend by ${SPEND_WORDS[by]}`) });
  return {
    headline: `${whole.text} was spent in ${year}${whole.missing ? ", at least" : ""}`,
    lead: `${whole.about ? `${whole.about}. ` : "No population is stated, so nothing is told per head. "}${whole.missing ? `${num(whole.missing)} of ${num(whole.lines)} lines have no amount. ` : ""}${percent(whole.aligned)} of it is aligned to a theme.${state.chip || state.quarter ? " Spend is of the whole place: the filter does not change it." : ""}`,
    figures: ["agency", "theme", "control", "tier", "place"].map(figure),
    meaning: ["Spend is what bodies report in the place's spend tables, counted once: only lines without parts. It is not the cost of the contacts on the other pages.",
      "An amount that is missing is never taken for nothing. What no theme takes stands as no theme. A place's spend holds that of the places within it."],
    table: { name: "spend", columns: [["By"], ["Name"], ["Spend (£ thousand)", 1], ["Share (%)", 1], ["Per head"], ["Lines without an amount", 1]],
      rows: story.spend.filter((row) => row.by !== "whole").map((row) => ({ key: `${row.by} ${row.name}`,
        cells: [capital(SPEND_WORDS[row.by]), row.name, row.value === null ? "missing" : row.value, row.share === null ? "" : Math.round(1000 * row.share) / 10, row.each || "", row.missing] })) },
    more: [],
  };
}
