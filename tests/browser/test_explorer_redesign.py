"""The page Redesign: before and after of each scenario as released, and the scenario itself to take away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from totalplace.config.load import load_rules
from totalplace.config.scenario import read_scenario
from totalplace.engine import LocalEngine
from totalplace.report import Redesigned, check_released, release_redesign, scenario_story
from totalplace.report.explorer.page import write_explorer
from totalplace.report.explorer.redesign_words import Figures
from totalplace.tables import REDESIGN

from . import explorer_place

RULES = load_rules()[0]
PAGE = "#page=redesign"
DOOR = read_scenario(
    "door",
    {
        "name": "One <door>",
        "operation": [
            {"do": "single_front_door", "purposes": ["financial"]},
            {"do": "merge_agencies", "agencies": ["gp", "housing"], "into": "both"},
        ],
    },
    "door.toml",
)
NOTHING = read_scenario("nothing", {"name": "Nothing"}, "nothing.toml")
MEASURES = ("contacts", "avoidable", "handoffs", "visits", "spend", "persons")


def _row(scenario: str, level: str, measure: str, less: float, people: int, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(REDESIGN.names)
    row |= {"scenario": scenario, "level": level, "step": 0, "by": "place", "key": "", "measure": measure}
    row |= {"rule_id": "W1", "words": measure, "unit": "people", "before": 5000.0, "after": 5000.0 - less}
    row |= {"less": less, "more": 0.0, "people_before": 900, "people_less": people, "people_more": 0}
    return row | {"share_less": 0.01, "share_more": 0.0} | more


def _rows() -> list[dict[str, Any]]:
    rows = []
    for level, part in (("low", 1), ("central", 2), ("high", 3)):
        for measure in MEASURES:
            people = 4 * part if measure == "persons" else 100 * part
            rows += [_row("door", level, measure, 100.0 * part, people), _row("nothing", level, measure, 0.0, 0)]
            rows += [_row("door", level, measure, 60.0 * part, 60 * part, step=1)]
            rows += [_row("door", level, measure, 40.0 * part, 40 * part, step=2)]
        for agency in ("gp", "housing"):
            ledger = {"by": "agency", "key": agency}
            rows.append(_row("door", level, "no_longer_done", 50.0 * part, 50 * part, **ledger))
    return rows


@pytest.fixture(scope="module")
def redesigned(safe: Any) -> Redesigned:
    with LocalEngine(workers=1) as engine:
        held = engine.hold(pa.Table.from_pylist(_rows(), schema=REDESIGN.schema))
        table = release_redesign(held, explorer_place.released(safe), RULES.privacy, RULES.report, engine)
    stories = tuple(scenario_story(one, RULES.findings) for one in (DOOR, NOTHING))
    return Redesigned(table, stories, RULES.findings.redesign.target_share)


@pytest.fixture(scope="module")
def page(safe: Any, redesigned: Redesigned, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("redesign") / "explorer.html"
    story = explorer_place.pretend_story()
    write_explorer(explorer_place.released(safe), story, path, RULES.report, redesigned=redesigned)
    return path


def test_a_file_without_scenarios_has_no_such_page(visit, share) -> None:
    assert visit(share, "").locator('#pages a[data-page="redesign"]').count() == 0


def test_the_table_and_the_pictures_say_what_was_released(visit, page, redesigned) -> None:
    tab, figures = visit(page, f"{PAGE}&scenario=door"), Figures(redesigned.table.table)
    now = figures.change("door", "contacts")
    cells = tab.locator("#tables tbody").first.locator("tr").first.locator("td").all_inner_texts()
    assert cells[:2] == ["Contacts", f"{now.before:,.0f}"] and cells[3] == f"{now.less:,.0f}"
    assert cells[-1] == f"{now.after:,.0f}"
    assert f"{now.less:,.0f} fewer (100 to 300)" in tab.locator("#figure-redesign-pairs svg").text_content()
    assert "80 fewer (40 to 120)" in tab.locator("#figure-redesign-steps svg").text_content()


def test_people_left_alone_are_withheld_where_they_are_few(visit, page) -> None:
    lead = visit(page, f"{PAGE}&scenario=door").locator("#lead").inner_text()
    assert "People left without any contact at all: withheld." in lead


def test_tables_are_named_by_the_title_of_the_scenario(visit, page) -> None:
    names = visit(page, f"{PAGE}&scenario=door").locator("#tables summary").all_inner_texts()
    assert names[0] == "Before and after: One <door>: 5 rows" and not [name for name in names if "after door" in name]


def test_agencies_withheld_stand_in_one_bar_and_each_in_the_table(visit, safe, redesigned, tmp_path) -> None:
    rows = redesigned.table.table.to_pylist()
    model = next(
        row for row in rows if (row["by"], row["measure"], row["level"]) == ("agency", "no_longer_done", "central")
    )
    held = [
        {**model, "key": key, "shown": None, "people_shown": None, "withheld": True} for key in ("police", "probation")
    ]
    schema = redesigned.table.table.schema
    table = pa.Table.from_pylist(
        [*rows, *[{k: v for k, v in row.items() if k in schema.names} for row in held]], schema
    )
    more = replace(redesigned, table=replace(redesigned.table, table=table))
    path = tmp_path / "explorer.html"
    write_explorer(explorer_place.released(safe), explorer_place.pretend_story(), path, RULES.report, redesigned=more)
    tab = visit(path, f"{PAGE}&scenario=door")
    drawn = tab.locator("#figure-redesign-gains svg").text_content()
    assert "Another 2 agencies" in drawn and "withheld for each" in drawn and "Probation" not in drawn
    assert "Probation" in tab.locator("#tables").text_content()


def test_the_finding_and_its_picture_share_the_first_sheet(visit, page) -> None:
    tab = visit(page, f"{PAGE}&scenario=door")
    tab.set_viewport_size({"width": 1054, "height": 725})
    tab.emulate_media(media="print")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.evaluate("document.querySelector('figure svg').getBoundingClientRect().bottom") <= 725 - 60


def test_choosing_a_scenario_changes_the_finding_and_the_address(visit, page) -> None:
    tab = visit(page, f"{PAGE}&scenario=door")
    before = tab.locator("h1").inner_text()
    tab.get_by_label("Nothing", exact=True).check()
    assert tab.locator("h1").inner_text() != before
    assert "scenario=nothing" in tab.url


def test_what_is_taken_for_granted_is_always_open(visit, page) -> None:
    tab = visit(page, f"{PAGE}&scenario=door")
    assert tab.get_by_text("never dropped", exact=False).first.is_visible()
    assert tab.get_by_text("It is followed for 50%, 75%, 100% of people", exact=False).is_visible()


def test_the_scenario_is_saved_as_a_file_that_reads_back(visit, page) -> None:
    tab = visit(page, f"{PAGE}&scenario=door")
    with tab.expect_download() as saved:
        tab.get_by_role("button", name="Save as scenario.toml").click()
    assert saved.value.suggested_filename == "door.toml"
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    assert text == scenario_story(DOOR, RULES.findings).toml


def test_the_file_may_leave(page) -> None:
    assert check_released(page) == []


@pytest.mark.parametrize(("width", "media"), [(1280, "screen"), (320, "screen"), (1280, "print")])
def test_axe_finds_nothing_on_the_page(axe_faults, page, width, media) -> None:
    assert axe_faults(f"{page.as_uri()}{PAGE}&scenario=door", width, media) == []
