"""Two finished runs, or two quarters of one, side by side: released figures only, and what else is not the same."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pyarrow.parquet as pq

from totalplace.errors import UsageError, listed, near
from totalplace.pipeline.comparing.words import comparison_lines
from totalplace.pipeline.finished import Finished, may_tell_records, need_files, open_run
from totalplace.report import spoken

HEADLINES_FILE, CELLS_FILE, FINDINGS_FILE = (
    "report/headlines.parquet",
    "report/cells.parquet",
    "analysis/findings.parquet",
)
OF_FINDING = ["finding_id", "kind", "subject_id"]
PEOPLE = "persons"
PER = 1000  # people that a rate is told for
# Totals that are told by quarter, as people call them.
QUARTERLY = {
    "people": "people with a contact",
    "contacts": "contacts",
    "interventions": "interventions",
    "agency_handoffs": "handoffs between agencies",
    "assessments": "eligible assessments",
    "duplicates": "avoidable assessments",
}
Row = dict[str, Any]


def compare_runs(start: Path, one: Path, other: Path, *, ids: bool) -> dict[str, Any]:
    """Return the differences of two runs: headlines with intervals, findings come and gone, rules and inputs.

    Args:
        start: where the caller stands: the project that governs it gives the permit.
        one, other: run folders; the difference is the second less the first.
        ids: list the findings that came and went, by id: record-level output.

    Raises:
        PrivacyError: TP521, ids were asked for and the project does not allow record-level output.
    """
    runs = open_run(start, one), open_run(start, other)
    for run in runs:
        need_files(run, HEADLINES_FILE)
        if ids:
            may_tell_records(start, run)
    first, second = (_headlines(run) for run in runs)
    apart = _places_apart(*runs)
    shares = _people(first), _people(second)
    rows = [_difference(first[name], second[name], runs, apart, shares) for name in first if name in second]
    result = {
        "runs": [_about(run) for run in runs],
        "other_people": apart,
        "headlines": rows,
        "only_in_one": sorted(set(first) ^ set(second)),
        "findings": _findings(runs, ids),
        "configuration": _rules(runs),
        "inputs": _inputs(runs),
    }
    return {**result, "lines": comparison_lines(result)}


def compare_quarters(start: Path, folder: Path, quarters: tuple[str, str]) -> dict[str, Any]:
    """Return the differences of two quarters of one run: the whole place's totals, as released.

    Raises:
        UsageError: TP134, the run has no such quarter.
    """
    run = open_run(start, folder)
    need_files(run, CELLS_FILE)
    cells = [row for row in pq.read_table(run.folder / CELLS_FILE).to_pylist() if _is_total(row)]
    known = sorted({row["quarter"] for row in cells})
    for quarter in quarters:
        if quarter not in known:
            cure = f"Quarters of this run: {listed(known)}.{near(quarter, known)}"
            raise UsageError("TP134", "option --quarters", "names a quarter without a figure", cure)
    first, second = ({r["table"]: _cell(r) for r in cells if r["quarter"] == q} for q in quarters)
    runs = (run, run)
    shares = (None, None)
    rows = [
        _difference(first[name], second[name], runs, True, shares)
        for name in QUARTERLY
        if name in first and name in second
    ]
    result = {"runs": [_about(run)], "quarters": list(quarters), "other_people": True, "headlines": rows}
    return {**result, "lines": comparison_lines(result)}


def _is_total(row: Row) -> bool:
    whole = row["chip"] == "all" and not row["row"] and not row["column"]
    return whole and bool(row["quarter"]) and row["table"] in QUARTERLY


def _cell(row: Row) -> Row:
    """Return a total of a quarter as a headline: no draw was told by quarter, so its interval is its rounding."""
    names = {"headline": row["table"], "words": QUARTERLY[row["table"]], "rule_id": ""}
    return {**names, "shown": row["shown"], "low": row["shown"], "high": row["shown"]}


def _headlines(run: Finished) -> dict[str, Row]:
    return {row["headline"]: row for row in pq.read_table(run.folder / HEADLINES_FILE).to_pylist()}


def _people(headlines: Mapping[str, Row]) -> float | None:
    return headlines[PEOPLE]["shown"] if PEOPLE in headlines else None


def _about(run: Finished) -> Row:
    window = run.counts("flag").get("summary", {}).get("window", {})
    return {
        "run_id": run.run_id,
        "place": run.manifest["project"],
        "config_hash": run.config_hash,
        "version": run.manifest["version"],
        "seed": run.manifest["seed"],
        "window": window,
    }


def _places_apart(one: Finished, other: Finished) -> bool:
    """Tell whether no extract is of both runs: then chance stands between them too."""
    hashes = [{f["sha256"] for files in run.manifest["inputs"].values() for f in files} for run in (one, other)]
    return not hashes[0] & hashes[1]


def _difference(
    one: Row, other: Row, runs: tuple[Finished, Finished], apart: bool, people: tuple[float | None, float | None]
) -> Row:
    """Return a headline's difference and the span that uncertain links, rounding and, of other people, chance leave it.

    The two intervals are laid against each other at their far ends: the draws of two runs are not independent, and
    nothing narrower would be safe to say. Chance is that of two counts of independent events (Poisson); events of one
    person hang together, so it is the least that it can be. Places of unlike size are compared by their rates.
    """
    names = {name: one[name] for name in ("headline", "rule_id", "words")}
    told: Row = {**names, "first": one["shown"], "second": other["shown"], **dict.fromkeys(DERIVED)}
    if one["shown"] is None or other["shown"] is None:
        return told
    steps = sum(run.rules.privacy.round_to for run in runs) / 2
    z = _deviations(runs[0]) if apart else 0.0
    chance = z * sqrt(one["shown"] + other["shown"])
    low = _low(other) - _high(one) - steps - chance
    high = _high(other) - _low(one) + steps + chance
    told |= {"difference": other["shown"] - one["shown"], "low": float(round(low)), "high": float(round(high))}
    told |= {"stands": low > 0 or high < 0}
    if apart and people[0] and people[1] and one["headline"] != PEOPLE and one["shown"] and other["shown"]:
        told |= _rates(one, other, people[0], people[1], z)
    return told


DERIVED = (
    "difference",
    "low",
    "high",
    "stands",
    "per_1000_first",
    "per_1000_second",
    "ratio",
    "ratio_low",
    "ratio_high",
)


def _rates(one: Row, other: Row, people: float, others: float, z: float) -> Row:
    """Return rates and their ratio, second to first, with the span of uncertain links and of chance on its log."""
    spread = exp(z * sqrt(1 / one["shown"] + 1 / other["shown"]))
    scale = people / others
    low = _low(other) / _high(one) * scale / spread
    high = _high(other) / _low(one) * scale * spread if _low(one) else None
    return {
        "per_1000_first": round(PER * one["shown"] / people, 1),
        "per_1000_second": round(PER * other["shown"] / others, 1),
        "ratio": round(other["shown"] / one["shown"] * scale, 2),
        "ratio_low": round(low, 2),
        "ratio_high": None if high is None else round(high, 2),
        "stands": low > 1 or (high is not None and high < 1),
    }


def _low(row: Row) -> float:
    return float(min(row["low"], row["shown"]))


def _high(row: Row) -> float:
    return float(max(row["high"], row["shown"]))


def _deviations(run: Finished) -> float:
    return NormalDist().inv_cdf(0.5 + run.rules.findings.review.interval_share / 2)


def _findings(runs: tuple[Finished, Finished], ids: bool) -> Row | None:
    """Return by kind how many findings came, went and stayed, rounded; their ids where they may be told."""
    paths = [run.folder / FINDINGS_FILE for run in runs]
    if not all(path.is_file() for path in paths):
        return None
    rows = {row["finding_id"].hex(): row for p in paths for row in pq.read_table(p, columns=OF_FINDING).to_pylist()}
    kinds = [{one.hex() for one in pq.read_table(p, columns=["finding_id"])["finding_id"].to_pylist()} for p in paths]
    sides = {
        "came": kinds[1] - kinds[0],
        "went": kinds[0] - kinds[1],
        "stayed": kinds[0] & kinds[1],
    }
    told: Row = {}
    for kind in sorted({row["kind"] for row in rows.values()}):
        mine = {side: sorted(one for one in found if rows[one]["kind"] == kind) for side, found in sides.items()}
        behind = {side: len({rows[one]["subject_id"] for one in found}) for side, found in mine.items()}
        rules = runs[0].rules.privacy
        told[kind] = {side: spoken(len(found), rules, behind[side]) for side, found in mine.items()}
        if ids:
            told[kind] |= {"came_ids": mine["came"], "went_ids": mine["went"]}
    return told


def _rules(runs: tuple[Finished, Finished]) -> list[Row]:
    first, second = (_flat(run.manifest["rules"], "") for run in runs)
    changed = [key for key in sorted(first | second) if first.get(key) != second.get(key)]
    rows = [{"key": key, "first": first.get(key), "second": second.get(key)} for key in changed]
    for key in ("version", "seed"):
        if runs[0].manifest[key] != runs[1].manifest[key]:
            rows.append({"key": key, "first": runs[0].manifest[key], "second": runs[1].manifest[key]})
    return rows


def _flat(table: Any, prefix: str) -> dict[str, Any]:
    if not isinstance(table, dict) or not table:
        return {prefix: table}
    return {k: v for key, value in table.items() for k, v in _flat(value, f"{prefix}.{key}" if prefix else key).items()}


def _inputs(runs: tuple[Finished, Finished]) -> list[Row]:
    """Return agencies whose extracts or rules are not the same in both runs."""
    inputs = [run.manifest["inputs"] for run in runs]
    rules = [run.manifest["agency_rules"] for run in runs]
    rows = []
    for code in sorted(set(inputs[0]) | set(inputs[1])):
        sides = [code in side for side in inputs]
        if not all(sides):
            rows.append({"agency": code, "what": f"only in the {'first' if sides[0] else 'second'} run"})
            continue
        files = [[f["sha256"] for f in side[code]] for side in inputs]
        differ = [
            name for name, pair in (("extracts", files), ("rules", [r[code] for r in rules])) if pair[0] != pair[1]
        ]
        if differ:
            rows.append({"agency": code, "what": f"other {' and '.join(differ)}"})
    judged = [run.manifest["judgements"]["sha256"] for run in runs]
    return rows + ([{"agency": "", "what": "other judgements of reviewers"}] if judged[0] != judged[1] else [])
