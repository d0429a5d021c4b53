// One family, in the analyst edition only: eighteen months, a lane per agency, a mark per contact.
const DAY = 86400000;
const dayName = (day) => new Date(day * DAY).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const monthStart = (day, months) => {
  const d = new Date(day * DAY), year = d.getUTCFullYear(), month = d.getUTCMonth() + months;
  return Date.UTC(year, month, Math.min(d.getUTCDate(), new Date(Date.UTC(year, month + 1, 0)).getUTCDate())) / DAY;
};
const families = story.families;
const familyAt = () => families.families[clamp(state.family, 1, Math.max(1, families.families.length)) - 1];
function eventsOf(family) {
  return family.rows.map(([day, agency, type, member, kind, purpose, repeat, gbp], i) => ({ i, day, agency: families.agencies[agency], type: families.types[type],
    member: member + 1, kind: families.classes[kind] || "unmapped", purpose: families.purposes[purpose], repeat: Boolean(repeat), gbp: gbp < 0 ? null : gbp }));
}
// The window of calendar months with most interventions; the earliest of equals (FAM2).
function peakOf(events) {
  const acts = events.filter((e) => e.kind === "intervention").map((e) => e.day);
  let best = { count: 0, from: acts[0] ?? (events[0] ? events[0].day : 0) }, end = 0;
  acts.forEach((from, i) => {
    if (i && from === acts[i - 1]) return;
    const after = monthStart(from, story.window_months);
    while (end < acts.length && acts[end] < after) end++;
    if (end - i > best.count) best = { count: end - i, from };
  });
  return { ...best, to: monthStart(best.from, story.window_months) };
}
// The families over a threshold, heaviest first: [place in the list, family, its peak], worked out once.
let peaks = null;
function familiesOver(k) {
  peaks = peaks || families.families.map((family, i) => {
    const events = eventsOf(family), peak = peakOf(events);
    const agencies = new Set(events.filter((e) => e.kind === "intervention" && e.day >= peak.from && e.day < peak.to).map((e) => e.agency));
    return { number: i + 1, id: family.id.slice(0, 8), people: family.members.length, agencies: agencies.size, ...peak };
  }).sort((a, b) => b.count - a.count || a.number - b.number);
  return peaks.filter((f) => f.count >= k && f.agencies >= story.min_agencies);
}
const DRILLED = 8;
function familyDrill(k) {
  const list = familiesOver(k), left = list.length - DRILLED;
  return { id: "drill", title: `${plural(list.length, "family", "families")} at ${k} or more in the whole place`, caption: "For analysts only.", act: list.length ? "Choose one to see every contact of it." : "", empty: list.length ? "" : `No family of this file reached ${k} interventions in ${story.window_months} months.`, panel: () => [
    el("ol", { class: "two-wide" }, list.slice(0, DRILLED).map((f) => el("li", {},
      el("button", { type: "button", class: "quiet", "data-key": `family ${f.number}`, text: `Family ${f.id}`, onclick: () => change({ page: "family", family: f.number, event: -1 }, true) }),
      el("span", { text: `${num(f.count)} interventions, ${plural(f.agencies, "agency", "agencies")}` })))),
    left > 0 ? el("p", { text: `${num(left)} more in the table “families over the threshold”.` }) : null] };
}
function familyList(k) {
  return { name: "families over the threshold", columns: [["Family"], ["Interventions in the peak", 1], ["Agencies", 1], ["People", 1], ["From"], ["To"]],
    rows: familiesOver(k).map((f) => ({ key: f.id, cells: [f.id, f.count, f.agencies, f.people, isoDay(f.from), isoDay(f.to - 1)] })) };
}
const isoDay = (day) => new Date(day * DAY).toISOString().slice(0, 10);
// The longest stretches without any contact inside the window: [first day without, days].
const LONGEST_WAITS = 3, SHORTEST_WAIT = 28;
function waitsOf(events, peak) {
  const met = [...new Set(events.map((e) => e.day))].sort((a, b) => a - b);
  const gaps = met.slice(1).map((day, i) => ({ from: met[i] + 1, length: day - met[i] - 1 })).filter((g) => g.length >= SHORTEST_WAIT && g.from < peak.to);
  return gaps.sort((a, b) => b.length - a.length || a.from - b.from).slice(0, LONGEST_WAITS);
}
function familyControls() {
  const step = (by) => () => change({ family: clamp(state.family + by, 1, families.families.length), event: -1 });
  return [el("div", { class: "slide" }, el("button", { type: "button", text: "Previous family", onclick: step(-1) }), el("button", { type: "button", text: "Next family", onclick: step(1) })),
    slider("family", "Family, by interventions", 1, families.families.length, 1),
    choice("minor", "Show", [["fold", "Interventions"], ["all", "All contacts"]])];
}
function familyView() {
  const family = familyAt();
  if (!family) return { headline: "No family was flagged in this run", lead: "", figures: [], meaning: [], table: { name: "one family", columns: [["Day"]], rows: [] } };
  const events = eventsOf(family), peak = peakOf(events), inside = events.filter((e) => e.day >= peak.from && e.day < peak.to);
  const shown = inside.filter((e) => state.minor === "all" || e.kind === "intervention"), folded = inside.length - shown.length;
  const agencies = new Set(inside.filter((e) => e.kind === "intervention").map((e) => e.agency));
  const priced = inside.filter((e) => e.gbp !== null), spent = priced.reduce((sum, e) => sum + e.gbp, 0);
  const repeats = shown.filter((e) => e.repeat).length, event = shown.find((e) => e.i === state.event);
  const short = family.id.slice(0, 8), one = (e) => `${dayName(e.day)}: ${e.type}, ${agencyName(e.agency)}, person ${e.member}`;
  return {
    headline: `${plural(peak.count, "intervention", "interventions")} by ${plural(agencies.size, "agency", "agencies")} in ${story.window_months} months`,
    lead: `Family ${short}, ${plural(family.members.length, "person", "people")}: ${dayName(peak.from)} to ${dayName(peak.to - 1)}. ${repeats ? `${plural(repeats, "assessment", "assessments")} could have been avoided. ` : ""}${folded ? `${plural(folded, "minor contact", "minor contacts")} folded. ` : ""}${priced.length ? `Priced contacts cost ${pounds(spent)}.` : "No contact has a unit cost."}`,
    figures: [{ id: "family", title: "Every contact, agency by agency", caption: `Dot: contact. Diamond: assessment; orange with an arc back to the earlier one: it could have been avoided. Grey: the longest waits without any contact. Line: interventions so far.${priced.length ? ` Dashed: cost so far, of the ${num(priced.length)} of ${num(inside.length)} contacts that have a unit cost.` : ""}`, act: "Arrow keys move from contact to contact.", empty: shown.length ? "" : "No contact of this kind in the window.",
      draw: (width) => lifeLanes(width, shown, peak, state.event, waitsOf(inside, peak), priced), panel: event ? () => [el("h3", { text: one(event) }), el("p", { text: `${humane(event.kind)}${event.purpose ? `, assessment: ${purposeName(event.purpose)}` : ""}${event.repeat ? ": an earlier one was still valid" : ""}.` })] : null }],
    meaning: [`The window is the ${story.window_months} calendar months in which this family had most interventions. The ids belong to this project only.`,
      "A family is listed because services met it often, not because it did wrong. Look at what the services could have done together."],
    table: { name: `family ${short}`, columns: [["Day"], ["Agency"], ["Type"], ["Person", 1], ["Class"], ["Purpose"], ["Avoidable"], ["Cost, GBP"]],
      rows: shown.map((e) => ({ key: String(e.i), picked: e.i === state.event, cells: [isoDay(e.day), agencyName(e.agency), e.type, e.member, humane(e.kind), e.purpose ? purposeName(e.purpose) : "", e.repeat ? "yes" : "", e.gbp === null ? "no unit cost" : e.gbp] })) },
  };
}
// How interventions add up over the window: a stepped line above the lanes.
function runningLine(acts, x, high, low, narrow) {
  if (!acts.length) return [];
  const y = (n) => low - (low - high) * n / acts.length, sorted = acts.map((e) => e.day).sort((a, b) => a - b);
  const d = sorted.map((day, i) => `H${x(day).toFixed(1)}V${y(i + 1).toFixed(1)}`).join(""), last = sorted[sorted.length - 1];
  return [s("path", { class: "running", d: `M${x(sorted[0]).toFixed(1)} ${low}${d}`, fill: "none", stroke: BLUE, "stroke-width": 1.6 }),
    s("text", { x: narrow ? 10 : 16, y: narrow ? high + 6 : low, fill: SOFT, stroke: "#ffffff", "stroke-width": 3, "paint-order": "stroke", text: "Interventions so far" }),
    s("text", { x: x(last) - 6, y: high + 14, "text-anchor": "end", fill: INK, "font-weight": 600, text: num(acts.length) })];
}
// How cost adds up: dashed, on a scale of its own, with its end told.
function costLine(priced, x, high, low, narrow) {
  const sum = priced.reduce((all, e) => all + e.gbp, 0);
  if (!sum) return [];
  let so = 0;
  const sorted = [...priced].sort((a, b) => a.day - b.day), y = (v) => low - (low - high) * v / sum;
  const d = sorted.map((e) => `H${x(e.day).toFixed(1)}V${y(so += e.gbp).toFixed(1)}`).join(""), last = sorted[sorted.length - 1].day;
  return [s("path", { class: "spent", d: `M${x(sorted[0].day).toFixed(1)} ${low}${d}`, fill: "none", stroke: "#801650", "stroke-width": 1.6, "stroke-dasharray": "5 3" }),
    s("text", { x: narrow ? 10 : 16, y: narrow ? high + 24 : low - 20, fill: SOFT, stroke: "#ffffff", "stroke-width": 3, "paint-order": "stroke", text: "Cost so far (dashed)" }),
    s("text", { x: x(last) - 6, y: high + 34, "text-anchor": "end", fill: "#801650", "font-weight": 600, stroke: "#ffffff", "stroke-width": 3, "paint-order": "stroke", text: pounds(sum) })];
}
function lifeLanes(width, events, peak, chosen, waits, priced) {
  // On a narrow screen a lane's name stands over its marks; on paper lanes are as low as their marks, to fit one sheet.
  const narrow = width < 560, left = narrow ? 0 : 160, top = 92, codes = agencyOrder([...new Set(events.map((e) => e.agency))]), room = width - left - 16;
  const x = (day) => left + 8 + (room - 16) * (day - peak.from) / (peak.to - peak.from);
  const stacks = new Map(), lanes = new Map(), slot = 9;
  const place = events.map((e) => {
    const key = `${e.agency} ${Math.round(x(e.day) / slot)}`, n = stacks.get(key) || 0;
    stacks.set(key, n + 1);
    lanes.set(e.agency, Math.max(lanes.get(e.agency) || 0, n + 1));
    return { ...e, n, x: Math.round(x(e.day) / slot) * slot };
  });
  let y = top;
  const lane = new Map(codes.map((code) => { const marks = lanes.get(code) * slot, high = narrow ? marks + 42 : Math.max(marks + (printing ? 9 : 34), printing ? 30 : 52, laneRoom(agencyName(code), left - 30)), at = { y, high, base: y + high - (printing ? 8 : 16) }; y += high; return [code, at]; }));
  const svg = canvas(width, y + 8, "Contacts of one family, a lane per agency");
  codes.forEach((code, i) => svg.append(s("rect", { x: 0, y: lane.get(code).y, width, height: lane.get(code).high, fill: i % 2 ? "#ffffff" : "#f4f6f8" }), s("rect", { x: 0, y: lane.get(code).y, width: 5, height: lane.get(code).high, fill: hue(code) }),
    narrow ? label14(agencyName(code), 12, lane.get(code).y + 19, width - 20, { "font-weight": 600 }) : laneName(agencyName(code), 0, lane.get(code).y, lane.get(code).high, left - 30)));
  const every = narrow ? Math.max(3, Math.ceil(story.window_months / 2)) : 3;
  for (let m = 0; m <= story.window_months; m += every) {
    const day = monthStart(peak.from, m);
    svg.append(s("line", { x1: x(day), x2: x(day), y1: top, y2: y, stroke: LINE }), s("text", { x: x(day), y: 18, "text-anchor": m === 0 ? "start" : m >= story.window_months ? "end" : "middle", fill: SOFT,
      text: new Date(day * DAY).toLocaleDateString("en-GB", { month: "short", year: "numeric", timeZone: "UTC" }) }));
  }
  for (const wait of waits) {
    const wide = x(wait.from + wait.length) - x(wait.from), text = `${num(wait.length)} days`;
    svg.append(s("rect", { class: "wait", x: x(wait.from), y: top, width: wide, height: y - top, fill: "#6b7279", "fill-opacity": 0.16 }, s("title", { text: `${text} without any contact, from ${dayName(wait.from)}` })),
      measure(text) < wide - 4 ? s("text", { x: x(wait.from) + wide / 2, y: top + 16, "text-anchor": "middle", fill: SOFT, text }) : null);
  }
  svg.append(s("rect", { x: left, y: top, width: room, height: y - top, fill: "none", stroke: BLUE, "stroke-width": 1.5 }), ...runningLine(events.filter((e) => e.kind === "intervention"), x, 32, top - 8, narrow), ...costLine(priced, x, 32, top - 8, narrow));
  const spot = (e) => ({ x: e.x, y: lane.get(e.agency).base - e.n * slot });
  place.filter((e) => e.repeat).forEach((e) => {
    const before = place.filter((o) => o.purpose === e.purpose && o.purpose && o.day <= e.day && o.i < e.i).pop();
    if (!before) return;
    const a = spot(before), b = spot(e), lift = Math.min(40, 12 + Math.abs(b.x - a.x) * 0.12), middle = (a.y + b.y) / 2;
    const d = before.agency === e.agency ? `M${a.x} ${a.y - 6}C${a.x} ${a.y - lift} ${b.x} ${b.y - lift} ${b.x} ${b.y - 6}`
      : `M${a.x} ${a.y}C${a.x} ${middle} ${b.x} ${middle} ${b.x} ${b.y}`;
    svg.append(s("path", { d, fill: "none", stroke: "#b3470f", "stroke-width": 1.4, "stroke-opacity": 0.8 }));
  });
  place.forEach((e, at) => {
    const { x: cx, y: cy } = spot(e), on = e.i === chosen, title = `${dayName(e.day)}: ${e.type}, ${agencyName(e.agency)}${e.repeat ? ", avoidable" : ""}`;
    const mark = e.purpose
      ? s("path", { class: "ring", d: `M${cx} ${cy - 6}l6 6l-6 6l-6 -6Z`, fill: e.repeat ? HOT : hue(e.agency), stroke: on ? INK : "#ffffff", "stroke-width": on ? 3 : 1 })
      : s("circle", { class: "ring", cx, cy, r: 4, fill: hue(e.agency), "fill-opacity": e.kind === "intervention" ? 1 : 0.45, stroke: on ? INK : "none", "stroke-width": 3 });
    const group = clickable(s("g", {}, s("rect", { x: cx - 12, y: cy - 12, width: 24, height: 24, fill: "#ffffff", "fill-opacity": 0 }), mark, s("title", { text: title })), title, `event ${e.i}`, () => change({ event: on ? -1 : e.i }), on);
    // One stop for the tab key; arrows go from contact to contact.
    group.setAttribute("tabindex", on || (chosen < 0 || !place.some((o) => o.i === chosen)) && at === 0 ? 0 : -1);
    group.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!by || !place[at + by]) return;
      event.preventDefault();
      change({ event: place[at + by].i });
      const next = document.querySelector(`[data-key="event ${place[at + by].i}"]`);
      if (next) next.focus();
    });
    svg.append(group);
  });
  return svg;
}
