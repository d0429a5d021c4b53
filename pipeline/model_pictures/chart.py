"""The picture of a model: one page with all that can be drawn, or its weights alone as SVG."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from totalplace import linkage
from totalplace.pipeline.alone.link import named_model
from totalplace.pipeline.model_pictures.page import model_page
from totalplace.pipeline.model_pictures.weights import weights_chart
from totalplace.pipeline.run_folder import write_text

QUALITY = "quality.json"


def chart_model(path: Path, out: Path) -> dict[str, Any]:
    """Draw a model of ours or of Splink's: an SVG of its weights where the file is so named, otherwise a page.

    Args:
        path: model.toml or Splink's JSON; a quality.json beside model.toml tells of thresholds.
        out: file to write.
    """
    text = named_model(path)
    splink = text.lstrip().startswith("{")
    model = linkage.read_splink(text).model if splink else linkage.read_model(text)
    if out.suffix.lower() == ".svg":
        write_text(out, weights_chart(model))
        return {"file": str(out), "lines": [f"{out}   match weight of each level, with m and u"]}
    quality = None if splink else _quality_beside(path)
    write_text(out, model_page(model, quality))
    more = ", precision and recall at every threshold, records that cannot be linked" if quality else ""
    return {"file": str(out), "lines": [f"{out}   match weights, m and u{more}"]}


def _quality_beside(path: Path) -> dict[str, Any] | None:
    """Return what linking said of its result, if it stands beside the model and tells of thresholds."""
    beside = path.with_name(QUALITY)
    found = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    return found if found.get("by_threshold") and found.get("threshold_bits") is not None else None
