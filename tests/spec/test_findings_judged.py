"""Reviewers' judgements: a finding is marked and stays, and a random draw says how right its kind is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from totalplace.config.findings import ReviewRules
from totalplace.config.judgements import Judgement
from totalplace.config.load import shipped
from totalplace.engine import LocalEngine
from totalplace.journeys import Judged, lay_judgements
from totalplace.journeys.judged import wilson
from totalplace.journeys.uncertainty.bridged import DEPENDS
from totalplace.tables import FINDINGS

RULES = ReviewRules.model_validate(shipped("findings")["review"])


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def finding(number: int, kind: str = "duplicated_assessment", **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(FINDINGS.names)
    row |= {"finding_id": bytes([number] * 16), "kind": kind, "rule_id": "D1", "subject_type": "person"}
    row |= {"subject_id": b"s" * 16, "contact_ids": [], "agencies": [], "value": 1.0, "unit": "assessment"}
    day = {"from_date": date(2024, 1, 1), "to_date": date(2024, 2, 1)}
    return row | day | {"min_link_probability": 1.0, "config_hash": "x"} | more


def said(number: int, verdict: Any, reason: str = "", drawn: str = "") -> Judgement:
    return Judgement(bytes([number] * 16).hex(), verdict, reason, "panel", "", drawn)


def laid(rows: list[dict[str, Any]], judgements: list[Judgement], engine: LocalEngine) -> tuple[Judged, dict[int, Any]]:
    table = engine.hold(pa.Table.from_pylist(rows, schema=FINDINGS.schema))
    made = lay_judgements(table, judgements, RULES, engine)
    marked = engine.fetch(made.findings).to_pylist()
    return made, {row["finding_id"][0]: row["excluded_by"] for row in marked}


def test_a_no_sets_the_finding_aside_with_its_reason_and_the_others_stand(engine: LocalEngine) -> None:
    made, marks = laid([finding(1), finding(2)], [said(1, "no", "asked by a court")], engine)
    assert marks == {1: "reviewer: asked by a court", 2: None}
    kind = made.summary["kinds"]["duplicated_assessment"]
    assert (kind["findings"], kind["set_aside"], kind["standing"]) == (2, 1, 1)


def test_a_judgement_on_no_finding_of_the_run_is_counted_and_changes_nothing(engine: LocalEngine) -> None:
    made, marks = laid([finding(1)], [said(9, "no", "gone")], engine)
    assert marks == {1: None} and made.summary["unknown"] == 1
    assert [note.code for note in made.notes] == ["judgements", "judgements_unknown"]


def test_a_family_that_hangs_on_one_link_is_flagged_again_once_a_reviewer_confirms_it(engine: LocalEngine) -> None:
    rows = [finding(n, "high_demand_family", excluded_by=DEPENDS) for n in (1, 2, 3)]
    _, marks = laid(rows, [said(1, "yes"), said(2, "unsure")], engine)
    assert marks == {1: None, 2: DEPENDS, 3: DEPENDS}


def test_the_precision_of_a_kind_is_that_of_its_random_draw_alone(engine: LocalEngine) -> None:
    drawn = [said(n, "yes" if n < 10 else "no", "why", "seed 7") for n in range(1, 13)]
    picked = [said(n, "no", "complained of") for n in range(13, 20)]
    made, _ = laid([finding(n) for n in range(1, 30)], [*drawn, *picked, said(20, "unsure", drawn="seed 7")], engine)
    found = made.summary["kinds"]["duplicated_assessment"]["precision"]
    assert (found["read"], found["unsure"], found["estimate"]) == (12, 1, 9 / 12)
    assert (found["low"], found["high"]) == wilson(9, 12, 0.95)


def test_a_draw_that_was_hardly_read_has_no_precision(engine: LocalEngine) -> None:
    made, _ = laid([finding(1)], [said(1, "yes", drawn="seed 7")], engine)
    assert made.summary["kinds"]["duplicated_assessment"]["precision"]["estimate"] is None


def test_the_interval_is_wilsons() -> None:
    # 18 right of 50 is the worked case of the early-warning rule: 0.241 to 0.499.
    assert [round(end, 3) for end in wilson(18, 50, 0.95)] == [0.241, 0.499]
    assert wilson(5, 5, 0.95)[1] == 1.0 and wilson(0, 5, 0.95)[0] == pytest.approx(0.0, abs=1e-12)


def test_without_judgements_nothing_is_said(engine: LocalEngine) -> None:
    made, marks = laid([finding(1)], [], engine)
    assert marks == {1: None} and made.notes == () and made.summary["kinds"] == {}
