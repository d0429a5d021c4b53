"""A model as a picture: a bar per level that weighs something, and nothing from outside."""

from __future__ import annotations

from xml.etree import ElementTree

from totalplace.linkage.model import Atom, Comparison, Field, Level, Model
from totalplace.pipeline.model_pictures.weights import weights_chart

SVG = "{http://www.w3.org/2000/svg}"
EQUAL = ((Atom("exact", "a", "a"),),)
LEVELS = (Level("<equal>", EQUAL, 0.8, 0.1), Level("gone", EQUAL, 1.0, 1.0, null=True), Level("else", (), 0.2, 0.8))
MODEL = Model((Field("a", "raw_text", ("a",)),), (Comparison("word", "a", LEVELS),), (("a",),), prior=0.1)


def test_each_level_has_a_bar_with_its_weight_and_levels_that_count_as_missing_have_none() -> None:
    picture = ElementTree.fromstring(weights_chart(MODEL))
    told = [title.text for title in picture.iter(f"{SVG}title")][1:]
    assert told == ["+3.00 bits: m 0.8, u 0.1", "-2.00 bits: m 0.2, u 0.8"]


def test_bars_are_as_long_as_their_weights_to_either_side_of_nought() -> None:
    picture = ElementTree.fromstring(weights_chart(MODEL))
    bars = [(float(bar.attrib["x"]), float(bar.attrib["width"])) for bar in picture.iter(f"{SVG}rect")]
    assert abs(bars[0][1] / bars[1][1] - 1.5) < 0.01
    assert abs(bars[1][0] + bars[1][1] - bars[0][0]) < 0.2


def test_the_picture_loads_nothing() -> None:
    text = weights_chart(MODEL)
    assert "href" not in text and "url(" not in text and "<script" not in text
