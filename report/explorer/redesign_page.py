"""What the page Redesign is made from: released figures of the scenarios that were run, and their words."""

from __future__ import annotations

from typing import Any

from totalplace.report.explorer.redesign_words import Redesigned, told_scenarios

MEASURES = ("contacts", "avoidable", "handoffs", "visits", "spend", "persons")


def redesign_for_script(of: Redesigned) -> dict[str, Any]:
    """Return scenarios for the page: figures by `level|step|by|key|measure|side`; zero is left out, null = withheld."""
    told = told_scenarios(of)
    before = {row["measure"]: row["shown"] for row in of.table.table.to_pylist() if row["side"] == "before"}
    scenarios = []
    for one, story in zip(told, of.stories, strict=True):
        shown = {
            "|".join(str(row[name]) for name in ("level", "step", "by", "key", "measure", "side")): row["shown"]
            for row in one["figures"]
            if row["level"] and row["shown"] != 0 and (row["by"] != "place" or row["measure"] in MEASURES)
        }
        keys = {by: sorted({row["key"] for row in one["figures"] if row["by"] == by}) for by in ("agency", "area")}
        words = {name: one[name] for name in ("key", "name", "operations", "assumptions", "says")}
        scenarios.append(
            {**words, "toml": story.toml, "agencies": keys["agency"], "areas": keys["area"], "figures": shown}
        )
    return {"scenarios": scenarios, "before": {name: before.get(name) for name in MEASURES}}
