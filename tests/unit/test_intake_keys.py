"""Keys: made strong, kept private, refused when weak, known or open."""

from __future__ import annotations

import base64
import datetime as dt
import json
import stat
from pathlib import Path

import pytest

from totalplace.config import load_rules
from totalplace.errors import ConfigError, InputError, PrivacyError, UsageError
from totalplace.intake.keys import (
    DEMO_KEY,
    HEADER,
    joint_key,
    key_id,
    linkage_secret,
    new_key,
    project_key,
    read_key,
    retire_key,
    row_key,
    write_key,
)

PRETEND = load_rules({"test": {"privacy": {"synthetic": True}}})[0].privacy
REAL = load_rules()[0].privacy


def key_file(folder: Path, key: bytes, mode: int = 0o600, header: str = HEADER) -> Path:
    path = folder / "project.key"
    path.write_text(f"{header}\n{base64.b64encode(key).decode()}\n")
    path.chmod(mode)
    return path


def test_a_new_key_comes_back_from_its_file_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    key = new_key("project")
    write_key(tmp_path / "k.key", key, "project")
    assert read_key(tmp_path / "k.key", "project", synthetic=False) == key
    assert stat.S_IMODE((tmp_path / "k.key").stat().st_mode) == 0o600
    assert (tmp_path / "k.key").read_text().startswith("totalplace-key-1\n")


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    write_key(tmp_path / "k.key", new_key("row"), "row")
    with pytest.raises(InputError, match="TP411"):
        write_key(tmp_path / "k.key", new_key("row"), "row")


@pytest.mark.parametrize("key", [b"short", b"correct horse battery staple 12345678", bytes([1, 2] * 16), b"\0" * 32])
def test_a_weak_key_is_refused_and_not_shown(tmp_path: Path, key: bytes) -> None:
    with pytest.raises(PrivacyError) as refusal:
        read_key(key_file(tmp_path, key), "project", synthetic=True)
    assert refusal.value.code == "TP531"
    assert "horse" not in str(refusal.value) and base64.b64encode(key).decode() not in str(refusal.value)


@pytest.mark.parametrize("key", [DEMO_KEY, bytes(range(32))])
def test_a_known_key_is_admitted_only_where_people_are_invented(tmp_path: Path, key: bytes) -> None:
    path = key_file(tmp_path, key)
    assert read_key(path, "project", synthetic=True) == key
    with pytest.raises(PrivacyError, match="TP533"):
        read_key(path, "project", synthetic=False)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(PrivacyError, match="TP532"):
        read_key(key_file(tmp_path, new_key("project"), mode), "project", synthetic=False)


@pytest.mark.parametrize(("header", "tail"), [("other-key-1", ""), (HEADER, "!"), (HEADER, " more")])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, header: str, tail: str) -> None:
    path = key_file(tmp_path, new_key("project"), header=header)
    path.write_text(path.read_text().rstrip("\n") + tail)
    with pytest.raises(PrivacyError, match="TP534"):
        read_key(path, "project", synthetic=False)


def test_a_key_id_names_key_and_kind_without_telling_the_key() -> None:
    key = bytes(range(100, 132))
    assert key_id(key, "project") == key_id(key, "project") != key_id(key, "row")
    assert key.hex()[:8] not in key_id(key, "project")


def test_an_unknown_kind_of_key_is_refused() -> None:
    with pytest.raises(UsageError, match="Did you mean 'project'"):
        new_key("projekt")


def test_a_retired_key_is_gone_and_its_record_stays(tmp_path: Path) -> None:
    key = new_key("project")
    write_key(tmp_path / "k.key", key, "project")
    retire_key(tmp_path / "k.key", "project", "Key custodian", dt.date(2027, 3, 31), tmp_path / "gone.json", "ab" * 16)
    record = json.loads((tmp_path / "gone.json").read_text())
    assert not (tmp_path / "k.key").exists()
    assert (record["when"], record["key_id"], record["key_check"]) == ("2027-03-31", key_id(key, "project"), "ab" * 16)


def test_an_existing_record_saves_the_key(tmp_path: Path) -> None:
    write_key(tmp_path / "k.key", new_key("project"), "project")
    (tmp_path / "gone.json").write_text("{}")
    with pytest.raises(InputError, match="TP411"):
        retire_key(tmp_path / "k.key", "project", "x", dt.date(2027, 3, 31), tmp_path / "gone.json")
    assert (tmp_path / "k.key").exists()


def test_a_synthetic_project_without_keys_uses_the_demo_key_and_what_derives_from_it(tmp_path: Path) -> None:
    made = [
        row_key("housing", tmp_path, PRETEND),
        row_key("police", tmp_path, PRETEND),
        linkage_secret(tmp_path, PRETEND),
    ]
    assert project_key(tmp_path, PRETEND) == DEMO_KEY
    assert len({DEMO_KEY, *made}) == 4


def test_a_real_project_must_say_where_its_keys_lie(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="privacy.row_key_folder"):
        row_key("housing", tmp_path, REAL)


def test_a_row_key_is_read_from_its_folder(tmp_path: Path) -> None:
    key = new_key("row")
    write_key(tmp_path / "housing.key", key, "row")
    assert row_key("housing", tmp_path, REAL.model_copy(update={"row_key_folder": "."})) == key


def test_joint_acts_have_a_key_that_all_agencies_of_a_project_derive_alike() -> None:
    one, other = new_key("project"), new_key("project")
    assert joint_key(one) == joint_key(one) != joint_key(other)
    assert joint_key(b"") == b"" and joint_key(one) != one
