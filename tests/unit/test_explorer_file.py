"""The explorer's file before any browser opens it: its policy, its escapes, its doors, its size, its bytes."""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib.util
import json
import re
from pathlib import Path

import pytest

from totalplace.config.load import load_rules
from totalplace.errors import PrivacyError, ShapeError, UsageError
from totalplace.report.disclosure.release import Release, analyst_table, permit
from totalplace.report.explorer import page as pages
from totalplace.report.explorer.cube import unpack
from totalplace.report.explorer.page import page, write_explorer
from totalplace.report.explorer.story import Estimate
from totalplace.report.inline import as_json
from totalplace.report.release_check import check_released

RULES = load_rules()[0].report
ANALYST = RULES.model_copy(update={"allow_analyst_edition": True})


def _place():
    spec = importlib.util.spec_from_file_location(
        "explorer_place", Path(__file__).parents[1] / "browser" / "explorer_place.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PLACE = _place()


@pytest.fixture(scope="module")
def safe():
    return PLACE.pretend_place()


@pytest.fixture(scope="module")
def text(safe):
    return page(safe, PLACE.pretend_story(), RULES)


def _block(text, pattern):
    return re.search(pattern, text, re.S)[1]


def test_policy_names_the_one_script_and_the_one_style_by_hash(text):
    for tag, pattern in (("script", r"<script>(.*?)</script>"), ("style", r"<style>(.*?)</style>")):
        digest = base64.b64encode(hashlib.sha256(_block(text, pattern).encode()).digest()).decode()
        assert f"{tag}-src &#x27;sha256-{digest}&#x27;" in text
        assert len(re.findall(pattern, text, re.S)) == 1


def test_policy_stands_directly_after_the_charset(text):
    assert re.search(r'<meta charset="utf-8">\s*<meta http-equiv="Content-Security-Policy" content="default-src', text)
    assert "form-action &#x27;none&#x27;; base-uri &#x27;none&#x27;" in text


def test_no_inline_handler_and_no_inline_style(text):
    assert not re.search(r"<[^>]+\s(on\w+|style)=", text.split("<script")[0])


def test_only_the_namespace_of_svg_is_an_address(text):
    assert set(re.findall(r"\w+://[^\s\"'`)<]+", text)) == {"http://www.w3.org/2000/svg"}


def test_json_escapes_what_could_leave_its_element():
    written = as_json({"a": "</script><b>&\u2028\u2029"})
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written) == {"a": "</script><b>&\u2028\u2029"}


def test_file_holds_the_safe_cells_and_no_other(text, safe):
    cube = json.loads(_block(text, r'id="cells">(.*?)</script>'))
    shown = {
        tuple(row[k] for k in ("table", "chip", "chip_value", "quarter", "row", "column")): row["shown"]
        for row in safe.to_pylist()
    }
    for cell in unpack(cube):
        assert shown[cell[:6]] == cell.shown


def test_same_input_gives_the_same_bytes(safe, text):
    assert page(safe.take(list(range(safe.num_rows - 1, -1, -1))), PLACE.pretend_story(), RULES) == text


@pytest.mark.parametrize("people", [10_000, 1_000_000])
def test_share_edition_keeps_its_budget(people):
    body = page(PLACE.pretend_place(people), PLACE.pretend_story(), RULES).encode()
    assert len(body) <= 600_000
    assert len(gzip.compress(body)) <= 150_000


def _embedded(body):
    return json.loads(_block(body, r'id="cells">(.*?)</script>'))


@pytest.mark.parametrize(("most", "apart"), [(590_000, []), (340_000, ["area"])])
def test_a_file_over_its_budget_leaves_areas_by_quarter_out_first_and_names_them(safe, monkeypatch, most, apart):
    monkeypatch.setattr(pages, "MOST_BYTES", most)
    body = page(safe, PLACE.pretend_story(), RULES)
    cube = _embedded(body)
    assert (cube["apart"], cube["absent"]) == (apart, []) and len(body) <= most + 10_000
    slices = {c[1:4] for c in unpack(cube)}
    assert ("area", "Castle", "") in slices and ("agency", "gp", "2024-Q1") in slices
    assert (("area", "Castle", "2024-Q1") in slices) is not bool(apart)


def test_the_last_resort_names_every_kind_that_it_leaves_out(safe, monkeypatch):
    monkeypatch.setattr(pages, "MOST_BYTES", 0)
    cube = _embedded(page(safe, PLACE.pretend_story(), RULES))
    assert (cube["apart"], cube["absent"]) == (["agency", "theme"], ["area"])
    assert ("agency", "gp", "") in {c[1:4] for c in unpack(cube)}


@pytest.mark.parametrize("edition", ["share", "analyst"])
def test_finished_file_passes_its_own_check(tmp_path, safe, edition):
    path, rows = tmp_path / "explorer.html", None
    if edition == "analyst":
        rows = analyst_table(permit(ANALYST), PLACE.pretend_timelines(1), "timelines")
    write_explorer(PLACE.released(safe), PLACE.pretend_story(), path, ANALYST, edition, timelines=rows)
    assert check_released(path) == []


def test_existing_file_is_kept_without_force(tmp_path, safe):
    path = tmp_path / "explorer.html"
    path.write_text("mine")
    with pytest.raises(UsageError, match="TP121"):
        write_explorer(PLACE.released(safe), PLACE.pretend_story(), path, RULES)
    assert path.read_text() == "mine"


def test_writer_returns_the_size_and_leaves_no_temporary_file(tmp_path, safe):
    path = tmp_path / "report" / "explorer.html"
    size = write_explorer(PLACE.released(safe), PLACE.pretend_story(), path, RULES)
    assert size == path.stat().st_size
    assert [p.name for p in path.parent.iterdir()] == ["explorer.html"]


def test_a_plain_table_is_refused(tmp_path, safe):
    with pytest.raises(ShapeError):
        write_explorer(Release(safe, {}), PLACE.pretend_story(), tmp_path / "x.html", RULES)


def test_analyst_edition_needs_the_rule(tmp_path, safe):
    with pytest.raises(PrivacyError, match="TP521"):
        write_explorer(PLACE.released(safe), PLACE.pretend_story(), tmp_path / "x.html", RULES, "analyst")


def test_share_edition_refuses_timelines(tmp_path, safe):
    rows = analyst_table(permit(ANALYST), PLACE.pretend_timelines(1), "timelines")
    with pytest.raises(PrivacyError, match="TP522"):
        write_explorer(PLACE.released(safe), PLACE.pretend_story(), tmp_path / "x.html", RULES, timelines=rows)


def test_family_page_is_absent_from_a_share_edition(text, safe):
    analyst = page(safe, PLACE.pretend_story(), ANALYST, "analyst", PLACE.pretend_timelines(1))
    assert "familyView" not in text.replace("story.families", "").split("const PAGES")[0]
    assert "01010101010101010101010101010101" in analyst
    assert "lifeLanes" in analyst and "lifeLanes" not in text


def test_one_family_of_seven_hundred_contacts_adds_less_than_100_kilobytes(safe):
    story = PLACE.pretend_story()
    without = page(safe, story, ANALYST, "analyst")
    assert len(page(safe, story, ANALYST, "analyst", PLACE.pretend_timelines(1))) - len(without) < 100_000


def test_families_beyond_the_limit_are_left_out(safe):
    rules = ANALYST.model_copy(update={"max_families": 2})
    text = page(safe, PLACE.pretend_story(), rules, "analyst", PLACE.pretend_timelines(4))
    assert len(json.loads(_block(text, r'id="story">(.*?)</script>'))["families"]["families"]) == 2


def test_every_edition_and_synthetic_place_says_so(safe):
    analyst = page(safe, PLACE.pretend_story(synthetic=False), ANALYST, "analyst")
    assert '<p class="marking loud">OFFICIAL-SENSITIVE</p>' in analyst
    assert "Share edition · Synthetic: invented people" in page(safe, PLACE.pretend_story(), RULES)


def test_names_from_the_place_are_escaped(safe):
    text = page(safe, PLACE.pretend_story(place='</title><script>alert(1)</script>"'), RULES)
    assert "<script>alert" not in text
    assert "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;" in text


def test_an_estimate_outside_its_range_is_refused():
    with pytest.raises(ValueError, match="low <= central <= high"):
        Estimate(0.9, 0.95, 0.99)
