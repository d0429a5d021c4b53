"""`totalplace attack`: on invented people, or on one agency's own; nothing of anybody in what it says and writes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from .conftest import call
from .test_json_answers import JUDGE


@pytest.fixture(scope="module")
def place(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the pretend place in which small attacks end soon."""
    folder = tmp_path_factory.mktemp("attack") / "place"
    shutil.copytree(demo / "place", folder)
    with (folder / "totalplace.toml").open("a") as stream:
        stream.write("\n[attack]\nmax_values = 60\noverlap = [1.0]\ntyping_error_share = 0.0\n")
    return folder


@pytest.fixture(scope="module")
def attacked(place: Path) -> tuple[dict[str, Any], str, Path]:
    """Return what an attack on the pretend place answers and says, and its folder."""
    done = call("-C", place, "attack", "--json", "--out", place / "attack", cwd=place)
    return json.loads(done.stdout), done.stderr, place / "attack"


def test_it_answers_as_its_schema_says_and_writes_a_result_and_a_page(
    attacked: tuple[dict[str, Any], str, Path],
) -> None:
    body, _, out = attacked
    assert [error.message for error in JUDGE.iter_errors(body)] == []
    assert sorted(path.name for path in out.iterdir()) == ["attack.html", "attack.json"]
    page = (out / "attack.html").read_text(encoding="utf-8")
    assert "synthetic" in page and "default-src 'none'" in page and "A3" in page


def test_no_code_falls_without_the_key_and_filters_fall_to_a_list(attacked: tuple[dict[str, Any], str, Path]) -> None:
    result = attacked[0]["result"]
    assert result["sound"] and result["leaks"] == {"A0": {}, "A1 on analysis files": {}}
    found = {(one["field"], one["encoding"], one["attacker"]): one["found"] for one in result["found"]}
    assert found["surname", "filters", "A3"] > 0.6 > found["surname", "tokens", "A1"]
    assert found["surname", "tokens", "A4"] == 1.0 and found["record", "filters", "A3"] > 0.5


def test_it_says_what_encoding_costs_beside_the_truth(attacked: tuple[dict[str, Any], str, Path]) -> None:
    told = attacked[0]["result"]["accuracy"]
    assert told["clear"]["agreement"] == 1.0 and told["clear"]["difference"] == 0.0
    assert 0.9 < told["tokens"]["f1"] <= 1.0 and 0.9 < told["filters"]["f1"] <= 1.0


def test_no_name_is_in_what_it_says_or_writes(place: Path, attacked: tuple[dict[str, Any], str, Path]) -> None:
    body, said, out = attacked
    surnames = set(pq.read_table(place / "truth" / "people.parquet")["surname"].to_pylist())
    texts = json.dumps(body) + said + "".join(path.read_text(encoding="utf-8") for path in out.iterdir())
    words = set(texts.upper().replace('"', " ").replace(">", " ").replace("<", " ").replace(",", " ").split())
    assert len(surnames) > 100
    assert {name.upper() for name in surnames if len(name) > 5} & words == set()


def test_a_second_measurement_does_not_write_over_the_first(
    place: Path, attacked: tuple[dict[str, Any], str, Path]
) -> None:
    done = call("-C", place, "attack", "--out", attacked[2], cwd=place, expect=2)
    assert "TP124" in done.stderr


def test_people_who_are_not_invented_are_refused_unless_they_are_ones_own(place: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    shutil.copytree(place, real)
    text = (real / "totalplace.toml").read_text(encoding="utf-8")
    (real / "totalplace.toml").write_text(text.replace("synthetic = true", "synthetic = false"), encoding="utf-8")
    refused = call("-C", real, "attack", cwd=real, expect=5)
    assert "TP515" in refused.stderr and "--i-own-this-data" in refused.stderr
    several = call("-C", real, "attack", "--i-own-this-data", cwd=real, expect=5)
    assert "TP515" in several.stderr and "agencies/<agency>.toml" in several.stderr
    # One agency may, and is then asked for its key: the gates stand here as for protect.
    keyless = call("-C", real, "attack", "police.toml", "--i-own-this-data", "--out", "own", cwd=real, expect=3)
    assert "TP325" in keyless.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [(["--overlap", "0"], 2, "TP116"), (["--overlap", "much"], 2, "TP116"), (["--attackers", "A9"], 3, "attackers")],
)
def test_what_cannot_be_meant_is_refused(place: Path, words: list[str], code: int, says: str) -> None:
    assert says in call("-C", place, "attack", *words, "--out", "never", cwd=place, expect=code).stderr
