# ruff: noqa: E501, C408
"""A pretend place as safe cells, for the explorer's tests: every number here is invented and already safe."""

from __future__ import annotations

import random
from datetime import date

import pyarrow as pa

from totalplace.report.disclosure import release as disclosure
from totalplace.report.disclosure.doubt import SAFE_THRESHOLDS, SAFE_WEIGHTS
from totalplace.report.disclosure.ranges import SAFE_RANGES
from totalplace.report.disclosure.release import Release, SafeTable
from totalplace.report.explorer.story import Estimate, Story

AGENCIES = (
    ("housing", "Housing options"), ("social_care", "Children's social care"), ("adult_care", "Adult social care"),
    ("gp", "General practice"), ("hospital", "Northmoor Hospital"), ("mental_health", "Mental health trust"),
    ("police", "Police"), ("probation", "Probation"), ("jobcentre", "Jobcentre Plus"), ("schools", "Schools and early years"),
)  # fmt: skip
SERVICES = {
    "housing": ["Homelessness decision", "Housing register", "Financial assessment", "Tenancy visit", "Rent arrears", "Eviction warning"],
    "social_care": ["Referral", "Initial assessment", "Core assessment", "Child in need visit", "Team around the child", "Family support"],
    "adult_care": ["Care assessment", "Financial assessment", "Home care visit", "Carer's review", "Occupational therapy", "Safeguarding"],
    "gp": ["Surgery appointment", "Telephone", "Home visit", "Health check", "Prescription review", "Referral letter"],
    "hospital": ["A&E attendance", "Outpatients", "Unplanned admission", "Discharge planning", "Maternity", "Ambulance"],
    "mental_health": ["Crisis team", "Assessment", "Talking therapy", "Community nurse", "Day service", "Inpatient"],
    "police": ["Domestic incident", "Antisocial behaviour", "Arrest", "Missing person", "Neighbourhood visit", "Custody"],
    "probation": ["Offender assessment", "Supervision", "Unpaid work", "Programme", "Breach", "Hostel visit"],
    "jobcentre": ["New claim", "Adviser interview", "Work capability", "Hardship payment", "Signing on", "Skills check"],
    "schools": ["Attendance visit", "Exclusion meeting", "Special needs review", "Children's centre", "Health visitor", "Parenting class"],
}  # fmt: skip
AREAS = ["Ashby", "Birchfield", "Castle", "Denton", "Eastgate", "Fenside", "Grange", "Harbour", "Ironbridge", "unknown"]
THEMES = ["substance_misuse", "mental_health", "housing", "children_services", "reoffending", "older_people", "dependence_to_self_reliance",
          "early_years_0_5", "leaving_care", "crime", "domestic_abuse", "worklessness_young"]  # fmt: skip
PURPOSES = [
    "financial",
    "housing_need",
    "care_need",
    "risk_safeguarding",
    "mental_health",
    "employability",
    "education_sen",
]
HEADLINES = ("people", "duplicates", "duplicates_validity", "assessments", "agency_handoffs", "high_demand")
QUARTERS = [f"{year}-Q{q}" for year in (2022, 2023, 2024) for q in (1, 2, 3, 4)]
BANDS = (("0-9", 2600), ("10-49", 780), ("50-99", 160), ("100-249", 62), ("250+", 14))
STEPS = (("30", 0.28), ("60", 0.52), ("90", 0.7), ("180", 1.0), ("365", 1.22))


class Place:
    """Collects safe rows: a number under ten people is withheld, others are rounded to five."""

    def __init__(self, seed: int = 7, people: int = 10_000) -> None:
        self.random, self.rows, self.people = random.Random(seed), [], people

    def add(
        self,
        table: str,
        cut: tuple[str, str, str],
        row: str,
        column: str,
        value: float,
        people: float,
        unit: str = "people",
    ) -> None:
        """Add one number; nothing where it is zero."""
        held = people < 10
        if value >= 0.5 or held and people >= 1:
            shown = None if held else float(5 * round(value / 5))
            self.rows.append((table, *cut, row, column, unit, shown, None if held else 5 * round(people / 5), held))

    def table(self) -> pa.Table:
        """Return SAFE_CELLS."""
        names = ("table", "chip", "chip_value", "quarter", "row", "column", "unit", "shown", "people_shown", "withheld")
        types = (*[pa.string()] * 7, pa.float64(), pa.int64(), pa.bool_())
        columns = zip(*self.rows, strict=True) if self.rows else [[]] * 10
        return pa.table([pa.array(list(c), t) for c, t in zip(columns, types, strict=True)], names=list(names))


def pretend_place(
    people: int = 10_000, seed: int = 7, agencies: tuple[tuple[str, str], ...] = AGENCIES, services: dict[str, list[str]] | None = None,
    areas: list[str] = AREAS, themes: list[str] = THEMES, quarters: list[str] = QUARTERS,
) -> pa.Table:  # fmt: skip
    """Return safe cells of a whole place."""
    place = Place(seed, people)
    offered = services or SERVICES
    weights = {
        key: (0.3 + place.random.random() ** 2)
        for code, _ in agencies
        for key in [f"{code}/{s}" for s in offered[code]]
    }
    links = {(a, b): place.random.random() ** 3 * weights[a] * weights[b] for a in weights for b in weights
             if a.split("/")[0] != b.split("/")[0] and place.random.random() < min(0.13, 7 / len(weights))}  # fmt: skip
    slices = [(("all", "", ""), 1.0)] + [(("all", "", q), 0.13) for q in quarters]
    for kind, values in (("area", areas), ("agency", [c for c, _ in agencies]), ("theme", themes)):
        for i, value in enumerate(values):
            part = (0.5 + (i * 7 % 5) / 4) / len(values) * (1 if kind == "area" else 1.8)
            slices += [((kind, value, ""), part)] + [((kind, value, q), part * 0.13) for q in quarters]
    for cut, part in slices:
        _slice(place, cut, part, [c for c, _ in agencies], weights, links, themes)
    return place.table()


def _slice(place, cut, part, codes, weights, links, themes) -> None:
    people = place.people * part
    wobble = lambda: 0.8 + 0.4 * place.random.random()  # noqa: E731
    chosen = [cut[1]] if cut[0] == "agency" else codes
    share = {code: (0.15 + 0.6 * (i * 5 % 9) / 9) for i, code in enumerate(codes)}
    place.add("people", cut, "", "", people, people)
    counts = {c: people * share[c] * wobble() for c in chosen}
    for name, each in (("contacts", 4.2), ("interventions", 2.6)):
        place.add(name, cut, "", "", sum(counts.values()) * each, people)
        for c in chosen:
            place.add(name, cut, c, "", counts[c] * each, counts[c])
    for i, theme in enumerate([cut[1]] if cut[0] == "theme" else themes):
        place.add("themes", cut, theme, "", people * (0.2 + (i * 5 % 11) / 9), people * 0.1 * (1 + i % 4))
    for key, w in weights.items():
        if key.split("/")[0] in chosen:
            place.add("services", cut, key, "", people * w * 0.7 * wobble(), people * w * 0.35)
    scale = people * 0.09
    for (a, b), w in links.items():
        n = scale * w * wobble()
        if n >= 10 and not cut[2] and (cut[0] != "agency" or cut[1] in (a.split("/")[0], b.split("/")[0])):
            place.add("handoffs", cut, a, b, n * 1.3, n)
    if not cut[2]:
        place.add("handoffs", cut, "", "", scale * sum(links.values()) * 1.6, people * 0.6)
    between: dict[tuple[str, str], float] = {}
    for (a, b), w in links.items():
        ends = a.split("/")[0], b.split("/")[0]
        between[ends] = between.get(ends, 0) + w
    for a in codes:
        for b in codes:
            if a != b and (cut[0] != "agency" or cut[1] in (a, b)):
                n = scale * 1.5 * between.get((a, b), 0)
                place.add("agency_handoffs", cut, a, b, n, n * 0.8)
    place.add("agency_handoffs", cut, "", "", scale * sum(links.values()) * 1.6, people * 0.6)
    if cut == ("all", "", ""):
        for i, ((a, b), w) in enumerate(links.items()):
            if scale * w >= 20 and i % 2:
                place.add("handoff_days", cut, a, b, 5 + 5 * (i % 9), scale * w)
        _costs(place, cut, counts, themes)
        _followed(place, cut, codes)
    eligible = people * 0.9
    place.add("assessments", cut, "", "", eligible, people * 0.5)
    place.add("duplicates", cut, "", "", eligible * 0.11, people * 0.08)
    for i, a in enumerate(chosen):
        for j, b in enumerate(chosen):
            n = eligible * 0.11 / 40 * (3 if i == j else ((i * 3 + j * 7) % 11) / 4) * wobble()
            place.add("duplicates", cut, a, b, n, n * 0.9)
    for step, factor in STEPS:
        place.add("duplicates_validity", cut, step, "", eligible * 0.11 * factor, people * 0.08 * factor)
    for i, purpose in enumerate(PURPOSES):
        n = eligible * (9 - i) / 42
        place.add("assessments", cut, purpose, "", n, n * 0.8)
        place.add("duplicates_purpose", cut, purpose, "", n * (0.06 + 0.02 * (i * 3 % 5)), n * 0.09)
    seen = set()
    for i in range(0 if cut[2] else min(14, len(codes) * 2)):
        steps = [codes[(i * 3 + j * (1 + i % 4)) % len(codes)] for j in range(1 + (i * 2) % 5)]
        steps = [s for j, s in enumerate(steps) if not j or s != steps[j - 1]]
        if i == 6:
            steps[-1] = "+".join(sorted(codes[:2]))
        if i == 9:
            steps.append("...")
        if " > ".join(steps) not in seen:
            seen.add(" > ".join(steps))
            place.add("variants", cut, " > ".join(steps), "", people / (4 + 3 * i), people / (4 + 3 * i))
            if cut[0] == "all":
                place.add("variant_days", cut, " > ".join(steps), "", 10 * (i + 1), people / (4 + 3 * i))
    if not cut[2]:
        place.add("variants", cut, "", "", people * 1.2, people)
    if cut[2]:
        return
    for i, (band, n) in enumerate(BANDS):
        families = n * part * place.people / 10_000
        place.add("family_band_contacts", cut, band, "", families * (4, 22, 68, 140, 380)[i], families, "families")
        for agencies in range(1, 6):
            f = families * (0.1 + 0.9 * max(0, 1 - abs(agencies - 1 - i) / 3)) / 3
            place.add("family_bands", cut, band, "5+" if agencies == 5 else str(agencies), f, f, "families")
    for k, n in (("50", 236), ("100", 76), ("250", 14)):
        place.add(
            "high_demand", cut, k, "", n * part * place.people / 10_000, n * part * place.people / 10_000, "families"
        )
    families = 3600 * part * place.people / 10_000
    for p in range(1, 101):
        place.add("lorenz", cut, str(p), "", families * 14 * (1 - (1 - p / 100) ** 5.5), families * p / 100, "families")


def _costs(place, cut, counts, themes) -> None:
    for i, purpose in enumerate(["", *PURPOSES[:3]]):
        place.add("duplicates_cost", cut, purpose, "", 4000 + 1000 * i, 40)
        place.add("duplicates_priced", cut, purpose, "", 60 - 10 * i, 40)
    place.add("costs", cut, "", "", sum(counts.values()) * 130, place.people * 0.7)
    for c, contacts in counts.items():
        place.add("costs", cut, c, "", contacts * 130, contacts * 0.6)
    for i, theme in enumerate(themes):
        place.add("costs_theme", cut, theme, "", place.people * (40 + 9 * i), place.people * 0.1 * (1 + i % 4))


def _followed(place, cut, codes) -> None:
    place.add("referrals", cut, "", "", place.people * 0.12, place.people * 0.08)
    place.add("drop_outs", cut, "", "", place.people * 0.04, place.people * 0.03)
    for i, a in enumerate(codes):
        for j, b in enumerate(codes):
            made = place.people * 0.002 * ((i * 3 + j * 5) % 7) * (a != b)
            place.add("referrals", cut, a, b, made, made)
            place.add("drop_outs", cut, a, b, made * 0.3, made * 0.3)
    for times, part in (("1", 0.2), ("2", 0.1), ("3", 0.05), ("4", 0.02), ("5+", 0.01)):
        place.add("tellings", cut, times, "", place.people * part, place.people * part)
    place.add("tellings", cut, "", "", place.people * 0.38, place.people * 0.38)
    for i, days in enumerate(("0-6", "7-27", "28-55", "56+")):
        for name, part in (("ended", 0.05), ("open", 0.01)):
            place.add("waits", cut, days, name, place.people * part / (i + 1), place.people * part / (i + 1))
    for cohort in ("left_hospital", "left_prison"):
        for i, days in enumerate(("0", "1-7", "8-28", "not by 28", "unknown")):
            place.add("cohorts", cut, cohort, days, place.people * 0.01 * (i + 1), place.people * 0.01 * (i + 1))
    _together(place, cut, codes)


def _together(place, cut, codes) -> None:
    few = place.people * 0.01
    for at_once, part in (("1", 0.7), ("2", 0.2), ("3", 0.1)):
        place.add("open_at_once", cut, at_once, "", place.people * part, place.people * part)
    place.add("open_at_once", cut, "", "", place.people, place.people)
    for i, a in enumerate(codes):
        place.add("front_doors", cut, a, "", few * (i + 1), few * (i + 1))
        place.add("waiting_days", cut, a, codes[i - 1], few * (i + 1) * 9, few)
        for j, b in enumerate(codes[i + 1 :]):
            met = few * (0.05 + (i + j) % 4)
            for table in ("overlaps", "overlap_days", "agency_pairs"):
                place.add(table, cut, *sorted((a, b)), met, met)
            for part, lift in (("_lift", 250), ("_low", 180), ("_high", 340)):
                place.add(f"agency_pairs{part}", cut, *sorted((a, b)), lift + 10 * i + 5 * j, met)
    for days in ("0", "1-7", "8+", "none so far"):
        place.add("days_to_help", cut, days, "", few * 9, few * 9)
    for days in ("0-30", "not by 30"):
        place.add("cohort_returns", cut, "left_hospital", days, few, few)
    for state, part in (("conforms", 4), ("violates", 1), ("unknown", 0.05)):
        place.add("pathways", cut, "asked_once", state, few * part, few * part)
    for state in ("stayed", "fell", "new"):
        place.add("persistence", cut, state, "", few, few, "families")
    for home in ("Ashby", "Castle", "unknown"):
        for served in ("Ashby", "unknown"):
            place.add("flows", cut, home, served, few * 40, few * 3)


def pretend_story(**changes) -> Story:
    """Return the story round the pretend place."""
    facts = dict(
        place="Northmoor and district", synthetic=True, run_id="8c1f0a3be204", config_hash="5d0e71c2ab34", data_hash="9f22c0de7710",
        convention="threshold_10", min_cell=10, round_to=5, window_from=date(2022, 1, 1), window_to=date(2025, 1, 1), agencies=AGENCIES,
        validity_days=180, follow_up_days=60, friction_share=(0.1, 0.3, 0.5), telling_months=12, window_months=18, min_agencies=3, min_interventions=(50, 100, 250, 700), max_gap_days=90,
        threshold_bits=0.0, precision=Estimate(0.992, 0.981, 0.997), recall=Estimate(0.958, 0.941, 0.97), unlinked_share=0.012, unmapped_share=0.031,
        uncosted_share=0.18, notes=("Releases are not compared with earlier ones yet.",), version="0.1.0",
    )  # fmt: skip
    return Story(**{**facts, **changes})


def released(table: pa.Table) -> Release:
    """Return safe cells as the door takes them; they are safe here because they are invented."""
    meta = {"min_cell": 10, "round_to": 5}
    ranges = pretend_ranges(table)
    made = {"cells": table, "headlines": ranges, "thresholds": pretend_thresholds(ranges), "weights": pretend_weights()}
    safe = {name: SafeTable(name, rows, meta, disclosure._MADE_HERE) for name, rows in made.items()}
    return Release(safe["cells"], {}, (), safe["headlines"], safe["thresholds"], safe["weights"])


def pretend_thresholds(ranges: pa.Table) -> pa.Table:
    """Return every shown headline at four link thresholds: 5 more at each than at the one before."""
    shown = [row for row in ranges.to_pylist() if not row["withheld"]]
    rows = [
        {"table": row["table"], "row": row["row"], "threshold": at, "shown": row["shown"] + 5 * step}
        for row in shown
        for step, at in enumerate((0.3, 0.5, 0.7, 0.9))
    ]
    return pa.Table.from_pylist(rows, schema=SAFE_THRESHOLDS)


def pretend_weights() -> pa.Table:
    """Return pairs of records by match weight; the heaviest bin is withheld."""
    rows = [{"bits": bits, "pairs": 5.0 * (20 + bits), "right": min(1.0, 0.5 + bits / 20)} for bits in range(-6, 40, 2)]
    return pa.Table.from_pylist([*rows, {"bits": 40, "pairs": None, "right": None}], schema=SAFE_WEIGHTS)


def pretend_ranges(table: pa.Table) -> pa.Table:
    """Return an interval for every headline of the whole place: from 10 under the number shown to 15 over it."""
    rows = [
        {"headline": f"{row['table']} {row['row']}", "rule_id": "D1", "words": row["table"], "unit": row["unit"],
         "table": row["table"], "row": row["row"], "shown": row["shown"], "people_shown": row["people_shown"], "withheld": row["withheld"],
         "low": None if row["withheld"] else row["shown"] - 10, "high": None if row["withheld"] else row["shown"] + 15}
        for row in table.to_pylist()
        if row["table"] in HEADLINES and (row["chip"], row["quarter"], row["column"]) == ("all", "", "")
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SAFE_RANGES)


def pretend_timelines(families: int = 6, seed: int = 7) -> pa.Table:
    """Return the contacts of flagged families, record by record: invented, as everything here."""
    chance = random.Random(seed)
    rows = []
    for f in range(families):
        for _ in range(730 - 110 * f):
            agency = chance.choice(AGENCIES)[0]
            kind = chance.choice(SERVICES[agency])
            assessment = "ssessment" in kind
            day = date(2022, 9, 1).toordinal() + int(chance.random() ** 1.2 * 560)
            rows.append({
                "family_id": bytes([f + 1]) * 16, "person_id": bytes([f + 1, chance.randrange(5)]) * 8, "agency": agency, "type": kind,
                "start": date.fromordinal(day), "class": "intervention" if chance.random() < 0.93 else "administrative",
                "purpose": "financial" if assessment else None, "is_repeat": assessment and chance.random() < 0.3,
                "pence": 12_500 if assessment else None,
            })  # fmt: skip
    return pa.Table.from_pylist(rows)
