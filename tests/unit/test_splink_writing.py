"""Models of ours as Splink's settings: what Splink's own models come back as, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from totalplace.errors import ConfigError
from totalplace.linkage import read_splink, write_splink
from totalplace.linkage.model import Atom, Comparison, Field, Joint, Level, Model, Near


def model(test: Atom, kind: str = "raw_text", joints: tuple[Joint, ...] = ()) -> Model:
    levels = (Level("one", ((test,),), 0.9, 0.1, tf_share=0.5), Level("else", (), 0.1, 0.9))
    comparisons = (Comparison("word", "a", levels), Comparison("again", "a", levels))
    return Model((Field("a", kind, ("a",)),), comparisons, (("a",),), joints, prior=0.01)


EQUAL = Atom("exact", "a", "a")


def test_a_model_comes_back_from_splinks_json_as_it_was() -> None:
    before = model(EQUAL)
    after = read_splink(write_splink(before, link_type="link_only", unique_id="key"))
    assert (after.link_type, after.unique_id, after.model.rules, after.model.prior) == (
        "link_only",
        "key",
        (("a",),),
        0.01,
    )
    first = after.model.comparisons[0].levels[0]
    assert (first.any_of, first.m, first.u, first.tf_share) == (((EQUAL,),), 0.9, 0.1, 0.5)


@pytest.mark.parametrize("test", [Atom("jaro_winkler", "a", "a", 0.9), Atom("damerau", "a", "a", 2.0, negated=True)])
def test_a_measure_comes_back_with_its_limit(test: Atom) -> None:
    levels = (Level("equal", ((EQUAL,),), 0.8, 0.1), Level("near", ((test,),), 0.1, 0.1), Level("else", (), 0.1, 0.8))
    before = Model((Field("a", "raw_text", ("a",)),), (Comparison("word", "a", levels),), (("a",),), prior=0.01)
    assert read_splink(write_splink(before)).model.comparisons == before.comparisons


def test_tidying_goes_over_as_sql() -> None:
    levels = (Level("equal", ((EQUAL,),), 0.9, 0.1), Level("else", (), 0.1, 0.9))
    settings = json.loads(
        write_splink(Model((Field("a", "name", ("a",)),), (Comparison("word", "a", levels),), (("a",),)))
    )
    condition = settings["comparisons"][0]["comparison_levels"][1]["sql_condition"]
    assert "UPPER(STRIP_ACCENTS" in condition and '"a_l"' in condition and '"a_r"' in condition


@pytest.mark.parametrize(
    ("unfit", "named"),
    [
        (model(Atom("dice", "a", "a", 0.9)), "level 'one'"),
        (model(EQUAL, "date"), "kind date"),
        (model(EQUAL, "name"), "not a column's as it stands"),
        (model(Atom("exact", "a.soundex", "a.soundex")), "a.soundex"),
        (model(EQUAL, joints=(Joint(("word", "again")),)), "word and again"),
        (
            replace(model(EQUAL), near=(Near(0.1, {"word": (0.5, 0.5), "again": (0.5, 0.5)}),)),
            "two people who share much",
        ),
    ],
)
def test_what_splink_has_no_words_for_is_refused_by_name(unfit: Model, named: str) -> None:
    with pytest.raises(ConfigError, match="TP345") as refused:
        write_splink(unfit)
    assert named in str(refused.value)
