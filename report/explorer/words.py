"""The words of the explorer that no filter changes, and what its script must know besides the cells."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from totalplace.config.report import ReportRules
from totalplace.report.explorer.cube import FOLDS
from totalplace.report.explorer.story import Estimate, Story

PAGES = (
    ("summary", "Summary"),
    ("families", "High-demand families"),
    ("duplicates", "Duplicated assessments"),
    ("journeys", "Journeys"),
    ("together", "Working together"),
    ("followup", "Follow-up"),
    ("counting", "Counting"),
    ("trust", "Trust"),
)
FAMILY_PAGE = ("family", "One family")
REDESIGN_PAGE = ("redesign", "Redesign")  # before Trust, where scenarios were run
MOST_HANDOFFS = 400  # the slider's end: more arrows than this cannot be told apart on one page
CONVENTIONS: Mapping[str, str] = {
    "threshold_10": "Numbers with fewer than {min_cell} people or families behind them are withheld, and so are "
    "further numbers from which one of those could be worked out; an audit over all tables decides. True zeros are "
    "shown. All other numbers are rounded to the nearest {round_to}.",
    "nhs_1_to_7": "Numbers from 1 to 7 are withheld and all others are rounded to the nearest {round_to}, zeros kept. "
    "An audit over all tables was run and its result is in the manifest; it withholds nothing further under this rule.",
    "tre_10": "Numbers under {min_cell}, including zero, are withheld, and so are further numbers from which one of "
    "those could be worked out; an audit over all tables decides. Other numbers are exact.",
}


def is_service(key: str) -> bool:
    """Return whether a row of `services` is a service, not a fold of rare ones or the total."""
    return bool(key) and key.rpartition("/")[2] not in FOLDS


def fixed_text(story: Story, edition: str, with_family: bool, with_redesign: bool, withheld: int) -> dict[str, str]:
    """Return what the HTML skeleton is filled with, escaped."""
    shown = [*PAGES[:2], FAMILY_PAGE, *PAGES[2:]] if with_family else list(PAGES)
    shown = [*shown[:-1], REDESIGN_PAGE, shown[-1]] if with_redesign else shown
    links = [f'<li><a href="#page={key}" data-page="{key}">{html.escape(name)}</a></li>' for key, name in shown]
    loud = " loud" if edition == "analyst" or story.synthetic else ""
    return {
        "place": html.escape(story.place or "A place without a name"),
        "period": html.escape(period(story.window_from, story.window_to)),
        "marking": html.escape(marking(story, edition)),
        "marking_class": loud,
        "nav": "".join(links),
        "strip": "".join(_fact(*fact) for fact in _strip(story, withheld)),
        "footer": html.escape(footer(story, edition)),
    }


def marking(story: Story, edition: str) -> str:
    """Return the marking of every page and print-out."""
    words = "OFFICIAL-SENSITIVE" if edition == "analyst" else "Share edition"
    return f"{words} · Synthetic: invented people" if story.synthetic else words


def footer(story: Story, edition: str) -> str:
    """Return the line that lets a reader find the run again."""
    small = f"no number under {story.min_cell} people or families"
    steps = f", rounded to {story.round_to}" if story.round_to > 1 else ""
    version = f" · totalplace {story.version}" if story.version else ""
    return (
        f"{marking(story, edition)} · {story.place} · {small}{steps} · run {story.run_id} · rules {story.config_hash} "
        f"· data {story.data_hash}{version}"
    )


def period(first: date, after: date) -> str:
    """Return a half-open period as whole days, the last one included."""
    last = after - timedelta(days=1)
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"


def story_for_script(
    story: Story,
    rules: ReportRules,
    edition: str,
    places: Mapping[str, Any],
    doubt: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the names, thresholds and texts that the script puts round the cells."""
    convention = CONVENTIONS.get(story.convention, story.convention)
    thresholds = story.min_interventions
    return {
        "place": story.place,
        "edition": edition,
        "agencies": [code for code, _ in story.agencies],
        "agency_names": {code: name for code, name in story.agencies if name},
        "theme_names": dict(story.themes),
        "purpose_names": dict(story.purposes),
        "graph": story.graph,
        "price_year": story.price_year,
        "spend": [dict(row) for row in story.spend],
        "follow_up_days": story.follow_up_days,
        "telling_months": story.telling_months,
        "friction_share": list(story.friction_share),
        "affinity_months": story.affinity_months,
        "min_cell": story.min_cell,
        "round_to": story.round_to,
        "window_months": story.window_months,
        "min_agencies": story.min_agencies,
        "validity_days": story.validity_days,
        "max_gap_days": story.max_gap_days,
        # The second threshold is where a page opens: the first is everyday, the last is for the rare extreme.
        "k": thresholds[min(1, len(thresholds) - 1)] if thresholds else 0,
        "map": dict(places),
        "map_handoffs": rules.max_map_handoffs,
        "map_handoffs_most": MOST_HANDOFFS,
        **doubt,
        "threshold_bits": story.threshold_bits,
        "precision": _estimate(story.precision),
        "recall": _estimate(story.recall),
        "unlinked_share": story.unlinked_share,
        "unmapped_share": story.unmapped_share,
        "uncosted_share": story.uncosted_share,
        "convention_text": convention.format(min_cell=story.min_cell, round_to=story.round_to),
        "notes": list(story.notes),
        "rules": dict(story.rules),
        "source": footer(story, edition),
    }


def _estimate(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else {"central": estimate.central, "low": estimate.low, "high": estimate.high}


def _strip(story: Story, withheld: int) -> list[tuple[str, str, str]]:
    """Return the data strip: what is measured, its number, its range."""
    return [
        ("Links that are right (precision)", *_with_range(story.precision)),
        ("True links found (recall)", *_with_range(story.recall)),
        ("Contacts without a person", _share(story.unlinked_share), ""),
        ("Contacts of an unmapped type", _share(story.unmapped_share), ""),
        ("Contacts without a cost", _share(story.uncosted_share), ""),
        ("Numbers withheld", f"{withheld:,}", "in this file"),
    ]


def _with_range(estimate: Estimate | None) -> tuple[str, str]:
    if estimate is None:
        return "not measured", ""
    return _share(estimate.central), f"{_share(estimate.low)} to {_share(estimate.high)}"


def _share(value: float | None) -> str:
    return "not measured" if value is None else f"{100 * value:.1f}".removesuffix(".0") + "%"


def _fact(name: str, number: str, small: str) -> str:
    range_text = f"<small>{html.escape(small)}</small>" if small else ""
    return f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(number)}{range_text}</dd></div>"
