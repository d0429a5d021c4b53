// The first steps of journeys as a flow: at most three steps, the six busiest agencies of each and one node for the others.
const FLOW_STEPS = 3, FLOW_NODES = 6, OTHERS = "\u2026";
const flowName = (code) => (code === OTHERS ? "Other agencies" : stepName(code));

// Returns columns of nodes {code, value} and links {step, from, to, value} between them, made of published paths alone.
function flowOf(paths) {
  const told = paths.map((c) => ({ steps: c.row.split(" > ").filter((step) => step !== "...").slice(0, FLOW_STEPS), value: c.value }));
  const kept = Array.from({ length: FLOW_STEPS }, (_, k) => {
    const sums = new Map();
    for (const { steps, value } of told) if (steps[k]) sums.set(steps[k], (sums.get(steps[k]) || 0) + value);
    return new Set([...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, FLOW_NODES).map(([code]) => code));
  });
  const add = (map, key, made, value) => { if (!map.has(key)) map.set(key, { ...made, value: 0 }); map.get(key).value += value; };
  const columns = kept.map(() => new Map()), links = new Map();
  for (const { steps, value } of told) {
    const named = steps.map((step, k) => (kept[k].has(step) ? step : OTHERS));
    named.forEach((code, k) => {
      add(columns[k], code, { code }, value);
      if (k) add(links, `${k} ${named[k - 1]} ${code}`, { step: k, from: named[k - 1], to: code }, value);
    });
  }
  const ranked = (a, b) => (a.code === OTHERS) - (b.code === OTHERS) || b.value - a.value || (a.code < b.code ? -1 : 1);
  return { columns: columns.map((column) => [...column.values()].sort(ranked)), links: [...links.values()].sort((a, b) => a.step - b.step || b.value - a.value) };
}

function flowChart(width, flow, title) {
  const label = Math.min(210, width * 0.24), thick = 14, top = 30, least = 22, gap = 12;
  const whole = Math.max(...flow.columns.map((column) => column.reduce((sum, node) => sum + node.value, 0)), 1);
  const unit = 380 / whole, across = (width - label - thick) / (FLOW_STEPS - 1), spots = new Map();
  let bottom = top;
  flow.columns.forEach((column, k) => {
    let y = top;
    for (const node of column) {
      const high = Math.max(2, node.value * unit);
      spots.set(`${k} ${node.code}`, { ...node, x: k * across, y, high, out: y, in: y });
      y += Math.max(high, least) + gap;
    }
    bottom = Math.max(bottom, y);
  });
  const svg = canvas(width, bottom, title);
  for (const link of flow.links) {
    const a = spots.get(`${link.step - 1} ${link.from}`), b = spots.get(`${link.step} ${link.to}`), high = Math.max(1, link.value * unit);
    const x1 = a.x + thick, x2 = b.x, middle = (x1 + x2) / 2;
    svg.append(s("path", { d: `M${x1} ${a.out}C${middle} ${a.out} ${middle} ${b.in} ${x2} ${b.in}V${b.in + high}C${middle} ${b.in + high} ${middle} ${a.out + high} ${x1} ${a.out + high}Z`,
      fill: flowHue(link.from), "fill-opacity": 0.32 }, s("title", { text: `${flowName(link.from)}, then ${flowName(link.to)}: ${num(link.value)} journeys` })));
    a.out += high;
    b.in += high;
  }
  ["First", "Second", "Third"].forEach((word, k) => svg.append(s("text", { x: k * across, y: 16, fill: SOFT, text: `${word} agency` })));
  for (const spot of spots.values()) {
    const space = (spot.x ? Math.min(width - spot.x, across - 40) : across - 40) - thick - 8 - measure(`  ${num(spot.value)}`);
    const text = `${shorten(flowName(spot.code), space)}  ${num(spot.value)}`;
    svg.append(s("rect", { x: spot.x, y: spot.y, width: thick, height: spot.high, fill: flowHue(spot.code) }, s("title", { text: `${flowName(spot.code)}: ${num(spot.value)} journeys` })),
      s("text", { x: spot.x + thick + 6, y: spot.y + Math.max(spot.high, least) / 2 + 5, fill: INK, stroke: "#ffffff", "stroke-width": 3.5, "stroke-opacity": 0.85, "paint-order": "stroke",
        "stroke-linejoin": "round", text }));
  }
  return svg;
}
const flowHue = (code) => (code === OTHERS || code.includes("+") ? "#6b7279" : hue(code));

function flowFigure(paths, journeys) {
  const flow = flowOf(paths), told = paths.reduce((sum, c) => sum + c.value, 0);
  return { id: "flow", title: "The first three agencies of a journey",
    caption: `Width: journeys. ${journeys && journeys.value ? `Made of the paths that are shown, ${percent(Math.min(1, told / journeys.value))} of ${num(journeys.value)} journeys; rarer paths are not in it. ` : "Made of the paths that are shown. "}A journey that ends, or goes on after its third agency, stops there. Grey: several agencies on one day, or the others.`,
    narrow: "Journeys by two agencies in turn, the 15 with most. 1: the first agency and the second. 2: the second and the third.",
    empty: flow.links.length ? "" : paths.length ? "Every path shown here stays with one agency, so nothing flows." : why("variants", state, "Paths"),
    draw: (width) => width < 640
      ? bars(width, flow.links.slice(0, 15).map((f) => ({ name: `${f.step}: ${flowName(f.from)} → ${flowName(f.to)}`, value: f.value })), "Steps from agency to agency, journeys")
      : flowChart(width, flow, "Flow of journeys over their first three agencies"),
    table: { name: "first steps", columns: [["Step", 1], ["From"], ["To"], ["Journeys", 1]], rows: flow.links.map((f) => ({ key: `${f.step} ${f.from} ${f.to}`, cells: [f.step, flowName(f.from), flowName(f.to), f.value] })) } };
}
