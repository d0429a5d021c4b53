"""Three parties on three machines: agencies encode, the linkage unit links, and no key travels with the parcels."""

from __future__ import annotations

from pathlib import Path

from .conftest import call
from .test_privacy_of_messages import row, write_project

UNIT = '[project]\nname = "Unit"\nseed = 1\n[privacy]\nsynthetic = true\n'


def unit(folder: Path, rules: str = UNIT) -> Path:
    folder.mkdir()
    (folder / "totalplace.toml").write_text(rules)
    return folder


def test_parcels_of_all_agencies_make_the_persons_and_families_of_one_run(demo: Path, tmp_path: Path) -> None:
    parcels = ["--encodings", demo / "agency", "--contacts", demo / "agency"]
    call("-C", unit(tmp_path / "unit"), "run", *parcels, "--to", "households", "--out", tmp_path / "out", cwd=tmp_path)
    for name in ("linkage/persons", "linkage/families", "agency/police/for_analysis/contacts"):
        assert (tmp_path / "out" / f"{name}.parquet").read_bytes() == (demo / f"{name}.parquet").read_bytes()


def test_no_role_needs_a_key_of_another(tmp_path: Path) -> None:
    agency, keys = write_project(tmp_path / "agency", [row(n) for n in range(30)]), tmp_path / "agency" / "keys"
    rules = '[privacy]\nkey_file = "keys/project.key"\nrow_key_folder = "keys"\n'
    (agency / "totalplace.toml").write_text(rules)
    call("keys", "new", "--out", keys / "project.key", cwd=tmp_path)
    call("keys", "new", "--kind", "row", "--out", keys / "housing.key", cwd=tmp_path)
    call("-C", agency, "protect", "--out", tmp_path / "made", cwd=tmp_path)
    linking = unit(tmp_path / "unit", '[privacy]\nlinkage_key_file = "linkage.key"\n')
    call("keys", "new", "--kind", "linkage", "--out", linking / "linkage.key", cwd=tmp_path)
    parcel = tmp_path / "made" / "agency" / "housing" / "for_linkage"
    call("-C", linking, "link", "--encodings", parcel, "--out", tmp_path / "linked", cwd=tmp_path)
    assert not list((tmp_path / "linked").rglob("contacts.parquet"))
    assert (tmp_path / "linked" / "linkage" / "persons.parquet").is_file()


def test_a_run_over_parcels_says_what_is_missing(demo: Path, tmp_path: Path) -> None:
    place = unit(tmp_path / "unit")
    done = call("-C", place, "run", "--encodings", demo / "agency", cwd=tmp_path, expect=2)
    assert "TP110: option --contacts" in done.stderr
    done = call("-C", place, "run", "--contacts", demo / "agency", cwd=tmp_path, expect=2)
    assert "TP110: option --encodings" in done.stderr
    done = call("-C", place, "link", "--encodings", demo / "report", cwd=tmp_path, expect=4)
    assert "TP417: folder report" in done.stderr


def test_one_key_for_two_purposes_is_refused(tmp_path: Path) -> None:
    agency = write_project(tmp_path / "agency", [row(1)])
    (agency / "totalplace.toml").write_text('[privacy]\nkey_file = "keys/housing.key"\nrow_key_folder = "keys"\n')
    call("keys", "new", "--kind", "row", "--out", agency / "keys" / "housing.key", cwd=tmp_path)
    done = call("-C", agency, "protect", "--out", tmp_path / "made", cwd=tmp_path, expect=5)
    assert "TP535: row key of housing: is the same key as the project key" in done.stderr
