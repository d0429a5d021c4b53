"""The truth's classes of assessments, against the measures' own vectors and against brute force."""

from itertools import combinations

import numpy as np
import pytest

from totalplace.sample_data.events import NONE, Events, make_events
from totalplace.sample_data.place import make_history
from totalplace.sample_data.settings import KINDS, OUTCOMES, Settings, load_settings
from totalplace.sample_data.truth import AVOIDABLE, CLASSES, KEPT, VALIDITIES, judge_assessments


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings()


def asked(
    settings: Settings, spans: list[tuple[int, int]], service: str = "adult_care/Financial assessment", **columns: list
) -> Events:
    count = len(spans)
    start, end = (np.array([span[i] for span in spans]) for i in (0, 1))
    given = {name: np.array(values) for name, values in columns.items()}
    numbers = np.full(count, settings.number(service))
    return make_events(
        np.zeros(count, int), numbers, start, completed=end, **{"outcome": np.zeros(count, int), **given}
    )


def counts(settings: Settings, spans: list[tuple[int, int]], validity: int) -> tuple[int, int]:
    events = asked(settings, spans)
    judged = judge_assessments(settings, events, np.zeros(len(events), int))
    concurrent = int((judged.outcome == CLASSES.index("concurrent")).sum())
    return int(judged.avoidable[:, VALIDITIES.index(validity)].sum()), concurrent


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 0), (10, 10), (20, 20)], (2, 0)),
        ([(0, 0), (60, 60), (120, 120), (180, 180)], (2, 0)),
        ([(0, 0), (90, 90)], (1, 0)),
        ([(0, 0), (91, 91)], (0, 0)),
        ([(0, 10), (10, 12)], (1, 0)),
        ([(0, 10), (5, 6), (20, 21)], (1, 1)),
        ([(0, 30), (120, 125)], (1, 0)),
        ([(0, 30), (121, 125)], (0, 0)),
    ],
)
def test_vectors_of_the_measure_hold(
    settings: Settings, spans: list[tuple[int, int]], expected: tuple[int, int]
) -> None:
    assert counts(settings, spans, 90) == expected


@pytest.mark.parametrize(
    ("column", "values", "word"),
    [
        ("outcome", [0, OUTCOMES.index("cancelled")], "cancelled"),
        ("outcome", [0, OUTCOMES.index("did_not_attend")], "did_not_attend"),
        ("kind", [0, KINDS.index("change")], "change"),
        ("joint", [4, 4], "joint_record"),
    ],
)
def test_excluded_assessments_are_not_avoidable(settings: Settings, column: str, values: list[int], word: str) -> None:
    events = asked(settings, [(0, 1), (9, 9)], **{column: values})
    judged = judge_assessments(settings, events, np.zeros(2, int))
    assert [CLASSES[i] for i in judged.outcome] == ["kept", word]


def test_a_review_counts_only_if_it_came_early(settings: Settings) -> None:
    events = asked(settings, [(0, 0), (50, 50), (100, 100)], "adult_care/Annual care review", due=[NONE, 60, 90])
    judged = judge_assessments(settings, events, np.zeros(3, int))
    assert [CLASSES[i] for i in judged.outcome] == ["kept", "avoidable", "review"]


def test_people_of_one_household_share_a_household_assessment(settings: Settings) -> None:
    events = asked(settings, [(0, 0), (9, 9)], "housing/Homelessness assessment").put(person=[1, 2])
    assert judge_assessments(settings, events, np.array([7, 7])).outcome.tolist() == [KEPT, AVOIDABLE]
    assert judge_assessments(settings, events, np.array([7, 8])).outcome.tolist() == [KEPT, KEPT]


def least_needed(spans: list[tuple[int, int]], validity: int) -> int:
    """Return the fewest assessments that leave every other one within the validity of a chosen earlier one."""
    for size in range(len(spans) + 1):
        for chosen in combinations(range(len(spans)), size):
            if all(
                i in chosen or any(c < i and spans[i][0] <= spans[c][1] + validity for c in chosen)
                for i in range(len(spans))
            ):
                return size
    return 0


def test_avoidable_assessments_equal_brute_force_on_a_place(settings: Settings) -> None:
    world, events = make_history(settings, 1500, 3)
    household = world.addresses.household(world.people, events.person, events.day)
    judged = judge_assessments(settings, events, household)
    standing = np.flatnonzero(np.isin(judged.outcome, (KEPT, AVOIDABLE)))
    series: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for row in standing[np.lexsort((judged.completed[standing], judged.start[standing]))]:
        key = (int(judged.unit[row]), int(judged.household[row]), int(judged.purpose[row]))
        series.setdefault(key, []).append((int(judged.start[row]), int(judged.completed[row])))
    small = {key: spans for key, spans in series.items() if 1 < len(spans) <= 10}
    found = dict.fromkeys(small, 0)
    for row in np.flatnonzero(judged.outcome == AVOIDABLE):
        key = (int(judged.unit[row]), int(judged.household[row]), int(judged.purpose[row]))
        found[key] = found.get(key, 0) + 1
    assert len(small) > 60
    assert all(found[key] == len(spans) - least_needed(spans, 180) for key, spans in small.items())
