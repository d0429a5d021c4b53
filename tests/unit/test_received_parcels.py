"""Parcels that agencies hand over: taken as they were made, refused where anything crossed the wall."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from totalplace.config import load_rules
from totalplace.errors import ConfigError, InputError, PrivacyError, TotalplaceError, UsageError
from totalplace.pipeline.received import FOR_ANALYSIS, FOR_LINKAGE, about_bytes, open_parcels, receive
from totalplace.tables import Shape

TODAY = date(2024, 5, 1)
RULES = load_rules({"test": {"privacy": {"synthetic": True}}})[0].privacy
ABOUT = {
    "agency": "housing", "agency_name": "Housing", "mode": "tokens", "destroy_by": "", "synthetic": "true",
    "version": "1", "schema_hash": "s", "key_check": "k",
}  # fmt: skip


def parcel(folder: Path, shapes: dict[str, Shape] = FOR_LINKAGE, more: str = "", **said: str) -> Path:
    """Write a parcel without rows; `more` is a column of text in its first table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, shape in shapes.items():
        table = shape.empty()
        if more and name in ("records", "contacts"):
            table = table.append_column(more, pa.array([], pa.string()))
        pq.write_table(table.replace_schema_metadata(about_bytes({**ABOUT, **said})), folder / f"{name}.parquet")
    return folder


def test_parcels_are_found_in_folders_and_ordered_by_agency(tmp_path: Path) -> None:
    parcel(tmp_path / "in" / "b", agency="police")
    parcel(tmp_path / "in" / "a" / "for_linkage", agency="schools")
    parcel(tmp_path / "other", agency="housing")
    found = open_parcels([tmp_path / "in", tmp_path / "other"], FOR_LINKAGE, TODAY)
    assert [p.agency for p in found] == ["housing", "police", "schools"]


@pytest.mark.parametrize(
    ("said", "code"), [({"key_check": "x"}, "TP507"), ({"schema_hash": "x"}, "TP506"), ({"mode": "filters"}, "TP508")]
)
def test_parcels_of_another_key_schema_or_mode_are_refused(tmp_path: Path, said: dict[str, str], code: str) -> None:
    folders = [parcel(tmp_path / "a"), parcel(tmp_path / "b", agency="police", **said)]
    with pytest.raises(PrivacyError, match=f"{code}: parcel of police: .*housing"):
        open_parcels(folders, FOR_LINKAGE, TODAY)


def test_encodings_and_contacts_in_one_folder_are_refused(tmp_path: Path) -> None:
    parcel(parcel(tmp_path / "a"), FOR_ANALYSIS)
    for shapes in (FOR_LINKAGE, FOR_ANALYSIS):
        with pytest.raises(PrivacyError, match="TP505: folder a: holds encodings and contacts together"):
            open_parcels([tmp_path / "a"], shapes, TODAY)


@pytest.mark.parametrize(
    ("shapes", "column"),
    [(FOR_LINKAGE, "surname"), (FOR_LINKAGE, "t_surname"), (FOR_LINKAGE, "type"), (FOR_ANALYSIS, "birth_date")],
)
def test_a_column_that_crossed_the_wall_is_refused(tmp_path: Path, shapes: dict[str, Shape], column: str) -> None:
    with pytest.raises(PrivacyError, match=f"TP509: a/.*, column '{column}'"):
        open_parcels([parcel(tmp_path / "a", shapes, more=column)], shapes, TODAY)


def test_a_parcel_past_its_day_is_refused(tmp_path: Path) -> None:
    folder = parcel(tmp_path / "a", destroy_by="2024-04-30")
    with pytest.raises(PrivacyError, match="TP503"):
        open_parcels([folder], FOR_LINKAGE, TODAY)
    assert open_parcels([folder], FOR_LINKAGE, date(2024, 4, 30))


def test_files_that_protect_did_not_make_together_are_refused(tmp_path: Path) -> None:
    folder = parcel(tmp_path / "a")
    pq.write_table(FOR_LINKAGE["relations"].empty(), folder / "relations.parquet")
    with pytest.raises(InputError, match="TP418: a/relations.parquet"):
        open_parcels([folder], FOR_LINKAGE, TODAY)
    (folder / "relations.parquet").write_bytes(b"PAR1 torn")
    with pytest.raises(InputError, match="TP418: a/relations.parquet"):
        open_parcels([folder], FOR_LINKAGE, TODAY)
    with pytest.raises(InputError, match="TP417: folder nowhere"):
        open_parcels([tmp_path / "nowhere"], FOR_LINKAGE, TODAY)


def test_each_agency_gives_one_parcel_to_each_side(tmp_path: Path) -> None:
    one, twin = parcel(tmp_path / "a"), parcel(tmp_path / "b")
    with pytest.raises(UsageError, match="TP110: folder b: is a second parcel of housing"):
        open_parcels([one, twin], FOR_LINKAGE, TODAY)
    contacts = parcel(tmp_path / "c", FOR_ANALYSIS, agency="police")
    with pytest.raises(UsageError, match="TP110: agency housing, police: gave only one"):
        receive([one], [contacts], RULES, TODAY)


@pytest.mark.parametrize(("said", "code"), [({"mode": "clear"}, "TP502"), ({}, "TP533")])
def test_clear_text_and_trial_parcels_need_a_project_that_says_so(
    tmp_path: Path, said: dict[str, str], code: str
) -> None:
    rules = load_rules()[0].privacy
    with pytest.raises(TotalplaceError, match=f"{code}: parcel of housing"):
        receive([parcel(tmp_path / "a", **said)], [], rules, TODAY)


@pytest.mark.parametrize(
    "said",
    [{"mode": None}, {"destroy_by": "soon"}, {"synthetic": "perhaps"}, {"agency_name": None}, {"key_check": None}],
)
def test_a_parcel_that_says_too_little_of_itself_is_refused(tmp_path: Path, said: dict[str, str | None]) -> None:
    about = {name: text for name, text in {**ABOUT, **said}.items() if text is not None}
    for name, shape in FOR_LINKAGE.items():
        pq.write_table(shape.empty().replace_schema_metadata(about_bytes(about)), tmp_path / f"{name}.parquet")
    with pytest.raises(InputError, match="TP418: .* was not made by totalplace protect"):
        open_parcels([tmp_path], FOR_LINKAGE, TODAY)


def test_a_parcel_whose_agencys_name_turns_round_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"TP329: a/.*, key 'agency_name': holds U\+202E"):
        open_parcels([parcel(tmp_path / "a", agency_name="Hous\u202eing")], FOR_LINKAGE, TODAY)
