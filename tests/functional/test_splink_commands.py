"""A model on its way to Splink and back, and a pair explained, as an analyst types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import call

MODEL = """
version = 1
prior = 0.1
threshold_bits = 0.0
rules = [["word"], ["town"]]
[[field]]
name = "word"
kind = "raw_text"
columns = ["word"]
[[field]]
name = "town"
kind = "raw_text"
columns = ["town"]
[[comparison]]
name = "word"
column = "word"
[[comparison.level]]
label = "equal"
m = 0.9
u = 0.1
any_of = [[["exact", "word", "word", 0.0]]]
[[comparison.level]]
label = "else"
m = 0.1
u = 0.9
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a table and a model of ours."""
    words = {"key": [3, 1, 2, 10], "word": ["Ann", "ann", "Ann", None], "town": ["York", "York", "Hull", "York"]}
    pq.write_table(pa.table(words), tmp_path / "words.parquet")
    (tmp_path / "model.toml").write_text(MODEL, encoding="utf-8")
    return tmp_path


def test_a_model_goes_to_splink_and_links_from_there_as_the_model_says(folder: Path) -> None:
    call("to-splink", "model.toml", "--id", "key", "--out", "splink.json", cwd=folder)
    assert json.loads((folder / "splink.json").read_text())["unique_id_column_name"] == "key"
    call("link", "words.parquet", "--model", "splink.json", "--out", "out", cwd=folder)
    pairs = pq.read_table(folder / "out" / "pairs.parquet").to_pylist()
    found = {(p["unique_id_l"], p["unique_id_r"]): p["gamma_word"] for p in pairs}
    assert found == {
        ("1", "3"): 0,
        ("1", "10"): -1,
        ("2", "3"): 1,
        ("3", "10"): -1,
    }  # left is the lower id; case counts


def test_a_pair_is_explained_in_lines_and_as_json(folder: Path) -> None:
    asked = ("3", "2", "words.parquet", "--id", "key", "--model", "model.toml", "--svg", "pair.svg")
    lines = call("explain", *asked, cwd=folder).stdout
    assert "equal (m 0.9, u 0.1)" in lines and "rule town: different values (town)" in lines
    told = json.loads(call("--json", "explain", *asked, cwd=folder).stdout)["result"]
    assert told["compared"] is True and "Ann" not in lines
    assert (folder / "pair.svg").read_text().startswith("<svg")


@pytest.mark.parametrize(("first", "model", "code"), [("99", "model.toml", "TP468"), ("3", "auto", "TP114")])
def test_explain_refuses_an_id_of_no_record_and_a_model_that_does_not_exist(
    folder: Path, first: str, model: str, code: str
) -> None:
    done = call("explain", first, "2", "words.parquet", "--id", "key", "--model", model, cwd=folder, expect=None)
    assert done.returncode != 0 and code in done.stderr


def test_a_condition_that_cannot_be_expressed_is_refused_with_its_level(folder: Path) -> None:
    level = {"sql_condition": "hamming(word_l, word_r) < 2", "label_for_charts": "nearly"}
    one = {"output_column_name": "word", "comparison_levels": [level, {"sql_condition": "ELSE"}]}
    (folder / "other.json").write_text(json.dumps({"link_type": "dedupe_only", "comparisons": [one]}))
    done = call("link", "words.parquet", "--model", "other.json", "--id", "key", cwd=folder, expect=3)
    assert "TP342" in done.stderr and "comparison 'word', level 'nearly'" in done.stderr


def test_linking_with_a_model_loads_no_pandas(folder: Path) -> None:
    arguments = ["totalplace", "-q", "link", "words.parquet", "--id", "key", "--model", "model.toml", "--out", "out"]
    code = (
        f"import atexit, sys; atexit.register(lambda: print('pandas' in sys.modules)); sys.argv = {arguments}; "
        "from totalplace.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "False"
