"""The automatic accessibility check (axe, WCAG 2.0 to 2.2, A and AA) finds nothing on any page, width or print-out."""

from __future__ import annotations

import pytest

from totalplace.config.load import load_rules
from totalplace.report.graph_view import write_graph

from .test_graph_view import a_place

# Every page, each under another kind of filter; the further pictures of Journeys are looked at on a wide screen.
VIEWS = ["summary", "families&agency=gp", "duplicates&area=Castle&cell=housing~gp", "journeys&service=police/Arrest"]
VIEWS += ["counting&agency=gp&quarter=2023-Q2", "followup", "trust&link=0.9&quarter=2023-Q2"]
PICTURES = ["journeys&area=Castle&versus=all", "journeys&theme=crime&picture=flow"]
SHAPES = [(1280, "screen"), (320, "screen"), (1280, "print")]
LOOKS = [(view, *shape) for view in VIEWS for shape in SHAPES] + [(view, 1280, "screen") for view in PICTURES]


@pytest.mark.parametrize(("view", "width", "media"), LOOKS)
def test_axe_finds_nothing(axe_faults, share, view, width, media):
    assert axe_faults(f"{share.as_uri()}#page={view}", width, media) == []


# A family of the pretend place has hundreds of contacts, each a control: the smallest one says as much in less time.
@pytest.mark.parametrize(("view", "width"), [("family&family=6", 1280), ("families&k=250", 320)])
def test_axe_finds_nothing_in_the_analyst_edition(axe_faults, analyst, view, width):
    assert axe_faults(f"{analyst.as_uri()}#page={view}", width, "screen") == []


@pytest.mark.parametrize(("width", "media"), SHAPES)
def test_axe_finds_nothing_in_the_free_form_graph(axe_faults, tmp_path, width, media):
    release, rules = a_place(12), load_rules()[0].report
    write_graph(release, tmp_path / "graph.html", rules, "Handoffs", True, explorer="explorer.html")
    assert axe_faults((tmp_path / "graph.html").as_uri(), width, media) == []


def test_axe_finds_a_picture_without_words(axe_faults, tmp_path):
    """The check itself can fail."""
    (tmp_path / "bad.html").write_text(
        '<html lang="en"><title>x</title><main><h1>x</h1><img src="data:,"></main></html>'
    )
    assert any("image-alt" in str(fault) for fault in axe_faults((tmp_path / "bad.html").as_uri(), 1280, "screen"))
