"""The page of a linkage model in a real browser: no request, no complaint, nothing wider than the screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from totalplace.linkage.model import Atom, Comparison, Field, Level, Model
from totalplace.pipeline.model_pictures.page import model_page

from .conftest import OfflinePage

EQUAL = ((Atom("exact", "a", "a"),),)
LEVELS = (Level("equal", EQUAL, 0.8, 0.1, m_error=0.05), Level("else", (), 0.2, 0.9, m_error=0.15))
NAMES = ("surname", "a_comparison_whose_name_is_a_good_deal_longer_than_most")
MODEL = Model(
    (Field("a", "raw_text", ("a",)),), tuple(Comparison(name, "a", LEVELS) for name in NAMES), (("a",),), prior=0.1
)
ENDS = {"estimate": 0.9, "low": 0.8, "high": 0.95}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of a model with forty thresholds."""
    rows = [
        {"threshold_bits": k - 9.0, "links": 90_000 - k, "precision": [0.9, 0.8, 0.95], "recall": [0.8, 0.7, 0.9],
         "f1": [0.85, 0.8, 0.9], "unlinkable": k / 100}
        for k in range(40)
    ]  # fmt: skip
    quality = {"by_threshold": rows, "threshold_bits": 2.5, "estimated_precision": ENDS, "estimated_recall": ENDS}
    path = tmp_path_factory.mktemp("model") / "model.html"
    path.write_text(model_page(MODEL, quality), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_the_screen_and_asks_for_nothing(
    offline_page: Callable[..., OfflinePage], page: Path, width: int
) -> None:
    tab = offline_page(page.as_uri(), width=width)
    tab.page.locator("summary").click()
    assert tab.page.locator("tbody tr").count() == 40
    assert tab.page.evaluate("document.documentElement.scrollWidth") == width
    assert (tab.requests, tab.errors) == ([], [])


def test_axe_finds_nothing_on_the_page(axe_faults: Any, page: Path) -> None:
    assert axe_faults(page.as_uri(), 390, "screen") == []
