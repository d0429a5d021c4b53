"""The doctor sees before a run what would stop it."""

from __future__ import annotations

from pathlib import Path

from totalplace.pipeline import examine, make_key

AGENCY = """
[agency]
code = "housing"
name = "Housing"
[[extract]]
file = "housing.csv"
[extract.client]
{key} = "Ref"
surname = "Name"
"""


def project(folder: Path, key: str = "key", rules: str = "synthetic = true") -> Path:
    (folder / "agencies").mkdir()
    (folder / "data").mkdir()
    (folder / "totalplace.toml").write_text(f"[privacy]\n{rules}\n")
    (folder / "agencies" / "housing.toml").write_text(AGENCY.format(key=key))
    (folder / "data" / "housing.csv").write_text("Ref,Surname\n1,Quillfeather\n")
    return folder


def failures(folder: Path) -> list[str]:
    return [f"{c['name']}: {c['what']}" for c in examine(folder)["checks"] if c["status"] == "fail"]


def test_a_column_that_is_named_and_not_in_the_file_fails(tmp_path: Path) -> None:
    assert failures(project(tmp_path)) == ["housing: housing.csv: lacks column Name"]


def test_a_name_that_is_none_of_ours_fails(tmp_path: Path) -> None:
    (failure,) = failures(project(tmp_path, key="keey"))
    assert "client.keey" in failure and "is none of our names" in failure


def test_a_row_key_that_is_not_there_fails_for_its_agency(tmp_path: Path) -> None:
    keys = 'key_file = "p.key"\nlinkage_key_file = "l.key"\nrow_key_folder = "rows"'
    folder = project(tmp_path, rules=keys)
    make_key("project", folder / "p.key")
    make_key("linkage", folder / "l.key")
    failure = failures(folder)[0]
    assert failure.startswith("row key: housing: housing.key") and "cannot be read" in failure
