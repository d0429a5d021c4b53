"""A whole pretend place on disk: readable, full of errors, repeatable, and true to its seeded family."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from totalplace.config.load import load_project
from totalplace.errors import UsageError
from totalplace.sample_data import PlaceSummary, make_place
from totalplace.sample_data.identifiers import nhs_check_digit

PEOPLE, SEED = 2500, 11


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PlaceSummary]:
    folder = tmp_path_factory.mktemp("place")
    return folder, make_place(PEOPLE, SEED, folder)


@pytest.fixture(scope="module")
def frames(place: tuple[Path, PlaceSummary]) -> dict[str, pd.DataFrame]:
    """Every sheet as texts, read with the encoding and delimiter that its agency declares."""
    folder, found = place[0], {}
    for agency in load_project(folder).agencies:
        for extract in agency.extract:
            paths = sorted((folder / "data").glob(extract.file))
            assert paths, extract.file
            found[extract.file + extract.sheet] = pd.concat([read(path, extract) for path in paths], ignore_index=True)
    return found


def read(path: Path, extract) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".xlsx":
        return pd.read_excel(path, sheet_name=extract.sheet, dtype=str)
    return pd.read_csv(path, sep=extract.delimiter, encoding=extract.encoding, dtype=str, keep_default_na=False)


def truth(place: tuple[Path, PlaceSummary], name: str) -> pd.DataFrame:
    return pq.read_table(place[0] / "truth" / f"{name}.parquet").to_pandas()


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_seed_gives_same_bytes_also_in_the_workbook(tmp_path: Path) -> None:
    for name in ("a", "b"):
        make_place(400, 3, tmp_path / name)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert len(digest(tmp_path / "a")) > 30


def test_another_seed_gives_another_place(tmp_path: Path) -> None:
    for seed in (3, 4):
        make_place(400, seed, tmp_path / str(seed))
    same = set(digest(tmp_path / "3").values()) & set(digest(tmp_path / "4").values())
    assert len(same) == 15  # the agencies' own rule files, what such a place spends, and the scenarios to try on it


def test_too_few_people_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="TP111"):
        make_place(20, 1, tmp_path)


def test_the_project_loads_as_a_synthetic_one(place: tuple[Path, PlaceSummary]) -> None:
    project = load_project(place[0])
    assert project.rules.privacy.synthetic
    assert len(project.agencies) == 10
    assert project.rules.project.seed == SEED


def test_every_declared_column_is_in_its_file(
    place: tuple[Path, PlaceSummary], frames: dict[str, pd.DataFrame]
) -> None:
    for agency in load_project(place[0]).agencies:
        for extract in agency.extract:
            for mapped in [*extract.client.values(), *extract.contact.values(), *extract.relation.values()]:
                names = mapped if isinstance(mapped, list) else [mapped]
                assert set(names) <= set(frames[extract.file + extract.sheet].columns)


def test_the_truth_counts_every_row_of_every_file(
    place: tuple[Path, PlaceSummary], frames: dict[str, pd.DataFrame]
) -> None:
    rows = sum(len(frame) for name, frame in frames.items() if "relationships" not in name)
    both = truth(place, "clients")[["agency", "file", "row"]], truth(place, "contacts")[["agency", "file", "row"]]
    shared = len(pd.merge(*both)) - len(pd.merge(*(t[t.file == "adult_care.xlsx"] for t in both)))
    assert rows == len(both[0]) + len(both[1]) - shared


def test_truth_rows_point_at_the_keys_that_stand_there(
    place: tuple[Path, PlaceSummary], frames: dict[str, pd.DataFrame]
) -> None:
    contacts = truth(place, "contacts").query("agency == 'housing'").sort_values("row")
    assert contacts.contact_key.tolist() == frames["housing_contacts.csv"]["EventID"].tolist()
    clients = truth(place, "clients").query("agency == 'probation'").sort_values("row")
    assert clients.client_key.tolist() == frames["probation_contacts.tsv"]["CRN"].tolist()


def test_some_people_are_known_to_no_agency(place: tuple[Path, PlaceSummary]) -> None:
    assert 0.3 < place[1].clients / place[1].people < 0.9


def test_every_identifier_is_from_a_reserved_range(frames: dict[str, pd.DataFrame]) -> None:
    for name, column in (
        ("nhs_patients.parquet", "nhs_number"),
        ("mh_patients.csv", "NHS number"),
        ("adult_care.xlsxClients", "NHS No"),
    ):
        numbers = frames[name][column].dropna().astype(str).str.replace(" ", "")
        numbers = numbers[numbers != ""]
        assert len(numbers) > 20 and numbers.str.fullmatch("999[0-9]{7}").all()
        whole = numbers.astype(np.int64).to_numpy()
        assert (nhs_check_digit(whole // 10) == whole % 10).all()
    for name, column in (
        ("jcp_claimants.txt", "NINO"),
        ("housing_tenants.csv", "NI No"),
        ("probation_contacts.tsv", "NINO"),
    ):
        numbers = frames[name][column].str.replace(" ", "")
        assert numbers[numbers != ""].str.fullmatch("QQ[0-9]{6}[A-D]").all()
    uprn = frames["housing_tenants.csv"]["UPRN"]
    assert uprn[uprn != ""].str.fullmatch("999[0-9]{9}").all()


def test_every_postcode_telephone_and_e_mail_belongs_to_nobody(frames: dict[str, pd.DataFrame]) -> None:
    for frame in frames.values():
        for column in frame.columns:
            values = frame[column].dropna().astype(str)
            values = values[values != ""]
            if column.lower().replace(" ", "").replace("_", "") in ("postcode", "pcode", "postcd"):
                assert values.str.startswith("ZZ").all()
            if "mail" in column.lower():
                assert values.str.endswith("@example.org").all()
            if "phone" in column.lower() or column in ("TEL", "Tel", "mobile"):
                assert values.str.startswith("01632 ").all()


def test_error_habits_occur(frames: dict[str, pd.DataFrame]) -> None:
    police, voluntary = frames["police_*.csv"], frames["voluntary_sessions.csv"]
    assert police["DOB"].eq("01-Jan-1900").any()
    assert police["DOB"].str.startswith("01-Jan").mean() > 0.008
    assert police["SURNAME"].eq(police["SURNAME"].str.upper()).all()
    assert police["FORENAME1"].str.len().eq(1).any()
    assert police["NOMINAL_REF"].eq("").any()
    assert voluntary["DOB"].eq("").mean() > 0.15
    assert voluntary.duplicated().any()
    assert frames["housing_tenants.csv"]["TenancyRef"].duplicated().any()
    assert frames["housing_tenants.csv"]["Telephone"].eq("01632 960000").any()


def test_some_accented_names_were_encoded_twice(frames: dict[str, pd.DataFrame]) -> None:
    names = [frames["voluntary_sessions.csv"]["Name"]]
    names += [frames["nhs_patients.parquet"][column] for column in ("given_name", "family_name")]
    names += [frames["mh_patients.csv"][column] for column in ("Forename", "Surname")]
    texts = pd.concat(names).dropna()
    assert texts.str.contains("[ÃÅÄ][^a-z]").any()
    assert texts.str.contains("[éíáëÉóâ]").any()


def test_resent_rows_repeat_a_row_exactly(place: tuple[Path, PlaceSummary], frames: dict[str, pd.DataFrame]) -> None:
    contacts = truth(place, "contacts").query("agency == 'housing'").sort_values("row").reset_index(drop=True)
    repeated = frames["housing_contacts.csv"].duplicated()
    assert contacts.resent.sum() > 0
    assert repeated.tolist() == contacts.resent.tolist()


def test_protected_addresses_are_marked(place: tuple[Path, PlaceSummary], frames: dict[str, pd.DataFrame]) -> None:
    marked = (
        frames["nhs_patients.parquet"]["s_flag"].eq("S").sum()
        + frames["cs_people.txt"]["AddressRestricted"].eq("Y").sum()
    )
    assert marked > 0
    refuge = truth(place, "residences").query("property_class == 'refuge'")
    assert refuge.dwelling.nunique() == 1


def test_the_seeded_family_has_700_interventions_in_its_window(place: tuple[Path, PlaceSummary]) -> None:
    table, contacts = truth(place, "seeded_family"), truth(place, "contacts")
    first, end = table.window_first_day[0], table.window_end_day[0]
    mine = contacts[contacts.seeded_family & contacts.intervention & ~contacts.resent]
    mine = mine[(mine.outcome != "did_not_attend") & (mine.day >= first) & (mine.day < end)]
    acts = mine.joint.where(mine.joint.notna(), -mine.event - 1)
    assert (pd.Timestamp(first) + pd.DateOffset(months=18)).date() == end
    assert acts.nunique() == 700 == place[1].seeded_interventions == table.interventions_in_window[0]
    assert len(mine) == 724 == table.records_in_window.sum()
    assert mine.agency.nunique() == 9
    assert mine.person.nunique() == 6
    assert mine.day.value_counts().max() < 15


def test_no_other_window_or_family_has_as_many(place: tuple[Path, PlaceSummary]) -> None:
    contacts = truth(place, "contacts")
    done = contacts[contacts.intervention & ~contacts.resent & (contacts.outcome != "did_not_attend")].copy()
    done["act"] = done.joint.where(done.joint.notna(), -done.event - 1)
    once = done.drop_duplicates(["family", "act"])
    peaks = {}
    for family, rows in once.groupby("family"):
        days = np.sort(pd.to_datetime(rows.day).to_numpy())
        ends = (pd.DatetimeIndex(days) + pd.DateOffset(months=18)).to_numpy()
        held = np.searchsorted(days, ends) - np.arange(len(days))
        peaks[family] = int(held[np.flatnonzero(np.diff(days, prepend=days[0] - 1) > np.timedelta64(0))].max())
    seeded = peaks.pop(place[1].seeded_family)
    assert seeded == 700
    assert max(peaks.values()) < 400


def test_more_contacts_can_be_asked_for(tmp_path: Path) -> None:
    few, many = (make_place(1200, 2, tmp_path / str(c), contacts_per_person=c) for c in (4.3, 10.0))
    assert 1.7 < many.contacts / few.contacts < 3.0


def test_a_large_workbook_becomes_text_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from totalplace.sample_data import place as room

    settings = room.load_settings()
    settings.place["files"]["max_excel_rows"] = 10
    monkeypatch.setattr(room, "load_settings", lambda: settings)
    make_place(300, 2, tmp_path)
    rules = {a.agency.code: a for a in load_project(tmp_path).agencies}["adult_care"]
    assert [extract.file for extract in rules.extract] == ["adult_care_clients.csv", "adult_care_contacts.csv"]
    assert all((tmp_path / "data" / extract.file).is_file() and not extract.sheet for extract in rules.extract)
