"""Reviewers' judgements laid on findings: what is set aside, what is confirmed, and how right a kind of finding is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any

import pyarrow as pa

from totalplace.config.findings import ReviewRules
from totalplace.config.judgements import Judgement
from totalplace.journeys.uncertainty.bridged import DEPENDS
from totalplace.tables import FINDINGS, Engine, Handle, Note

SET_ASIDE = "reviewer: "


@dataclass(frozen=True)
class Judged:
    """Findings with the judgements on them.

    Args:
        findings: FINDINGS: `excluded_by` holds a reviewer's reason where a finding is set aside.
        summary: set_aside, confirmed, unsure, unknown (judgements on no finding of this run), and `kinds`: a kind to
            findings, set_aside, standing and precision.
        notes: lines for the user.
    """

    findings: Handle
    summary: dict[str, Any]
    notes: tuple[Note, ...]


def lay_judgements(findings: Handle, judgements: Sequence[Judgement], rules: ReviewRules, engine: Engine) -> Judged:
    """Return findings with their judgements. A finding stays in the table and in every count: it is marked.

    Args:
        findings: FINDINGS.
        judgements: those in force, one per finding.
        rules: `[findings.review]`.
        engine: where it runs.
    """
    rows = engine.fetch(findings)
    said = {bytes.fromhex(one.finding_id): one for one in judgements}
    ids, kinds, excluded = (rows[name].to_pylist() for name in ("finding_id", "kind", "excluded_by"))
    marked = [_marked(said.get(one), why) for one, why in zip(ids, excluded, strict=True)]
    at = rows.column_names.index("excluded_by")
    made = rows.set_column(at, rows.schema.field(at), pa.array(marked, pa.string()))
    known = [(kind, said[one]) for one, kind in zip(ids, kinds, strict=True) if one in said]
    summary = _summary(kinds, known, len(said), rules)
    return Judged(engine.hold(FINDINGS.check(made, "lay_judgements")), summary, tuple(_notes(summary)))


def _marked(judgement: Judgement | None, why: str | None) -> str | None:
    """Return what sets a finding aside: a reviewer's no stands over a rule, a yes over a link that decides alone."""
    if judgement is None or judgement.verdict == "unsure":
        return why
    if judgement.verdict == "no":
        return f"{SET_ASIDE}{judgement.reason}"
    return None if why == DEPENDS else why


def _summary(
    kinds: Sequence[str], known: Sequence[tuple[str, Judgement]], judged: int, rules: ReviewRules
) -> dict[str, Any]:
    verdicts = [one.verdict for _, one in known]
    return {
        "set_aside": verdicts.count("no"),
        "confirmed": verdicts.count("yes"),
        "unsure": verdicts.count("unsure"),
        "unknown": judged - len(known),
        "kinds": {kind: _kind(kind, kinds.count(kind), known, rules) for kind in sorted({kind for kind, _ in known})},
    }


def _kind(kind: str, findings: int, known: Sequence[tuple[str, Judgement]], rules: ReviewRules) -> dict[str, Any]:
    mine = [one for other, one in known if other == kind]
    aside = sum(one.verdict == "no" for one in mine)
    drawn = [one.verdict for one in mine if one.drawn]
    return {
        "findings": findings,
        "set_aside": aside,
        "standing": findings - aside,
        "precision": precision(drawn.count("yes"), drawn.count("no"), rules) | {"unsure": drawn.count("unsure")},
    }


def precision(right: int, wrong: int, rules: ReviewRules) -> dict[str, Any]:
    """Return the share of a random draw that is right, with its interval; null where fewer than the least were read.

    Args:
        right, wrong: verdicts; those who were unsure are in neither.
        rules: `[findings.review]`.
    """
    read = right + wrong
    told: dict[str, Any] = {"read": read, "estimate": None, "low": None, "high": None}
    if read < rules.min_read:
        return told
    low, high = wilson(right, read, rules.interval_share)
    return told | {"estimate": right / read, "low": low, "high": high}


def wilson(hits: int, n: int, share: float) -> tuple[float, float]:
    """Return the Wilson score interval of a proportion.

    Args:
        hits, n: n >= 1.
        share: confidence, such as 0.95.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
    """
    z = NormalDist().inv_cdf(0.5 + share / 2)
    p, weight = hits / n, 1 + z * z / n
    centre, half = (p + z * z / (2 * n)) / weight, z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / weight
    return max(0.0, centre - half), min(1.0, centre + half)


def _notes(summary: dict[str, Any]) -> list[Note]:
    if not any(summary[name] for name in ("set_aside", "confirmed", "unsure", "unknown")):
        return []
    text = (
        f"Reviewers: {summary['set_aside']:,} findings set aside, {summary['confirmed']:,} confirmed, "
        f"{summary['unsure']:,} left unsure; every count is as the rules make it, the findings are marked."
    )
    notes = [Note("judgements", text, {n: summary[n] for n in ("set_aside", "confirmed", "unsure")})]
    if summary["unknown"]:
        text = (
            f"{summary['unknown']:,} judgements are of no finding of this run: other rules or records make other ids."
        )
        notes.append(Note("judgements_unknown", text, {"unknown": summary["unknown"]}))
    return notes
