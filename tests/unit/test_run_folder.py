"""The run folder keeps whole stages only."""

from __future__ import annotations

from pathlib import Path

import pytest

from totalplace.errors import UsageError
from totalplace.pipeline.run_folder import RunFolder


def finish(folder: RunFolder, stage: str, key: str, **files: str) -> None:
    part = folder.part(stage)
    for name, text in files.items():
        (part / "linkage").mkdir(exist_ok=True)
        (part / "linkage" / name).write_text(text)
    folder.keep(stage, key, {"n": 1}, [])


def test_a_stage_is_whole_only_for_its_key(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    finish(folder, "link", "k1", persons="a")
    assert folder.is_whole("link", "k1") and not folder.is_whole("link", "k2")


def test_a_stage_whose_file_was_changed_is_not_whole(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    finish(folder, "link", "k1", persons="a")
    (folder.path / "linkage" / "persons").write_text("b")
    assert not folder.is_whole("link", "k1")


def test_a_stage_run_again_leaves_no_file_of_before(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    finish(folder, "link", "k1", persons="a", extra="b")
    finish(folder, "link", "k2", persons="a")
    assert not (folder.path / "linkage" / "extra").exists()


def test_another_run_is_refused_unless_forced(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.claim("one", resume=False, force=False)
    with pytest.raises(UsageError, match="TP125"):
        folder.claim("two", resume=True, force=False)
    folder.claim("two", resume=False, force=True)


def test_a_folder_that_holds_something_else_is_never_cleared(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("dear")
    with pytest.raises(UsageError, match="TP127"):
        RunFolder(tmp_path).claim("one", resume=False, force=True)
    assert (tmp_path / "thesis.txt").read_text() == "dear"


def test_forcing_clears_only_what_a_run_made(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, beside=("place",))
    (tmp_path / "place").mkdir()
    folder.claim("one", resume=False, force=False)
    finish(folder, "link", "k1", persons="a")
    folder.claim("two", resume=False, force=True)
    assert (tmp_path / "place").is_dir() and not (tmp_path / "linkage").exists()


def test_two_runs_never_write_in_one_folder_at_once(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.claimed("one", resume=False, force=False):
        for resume, force in ((True, False), (False, True)):
            with pytest.raises(UsageError, match="TP129"):
                RunFolder(folder.path).claim("one", resume=resume, force=force)
    RunFolder(folder.path).claim("one", resume=True, force=False)


@pytest.mark.parametrize("torn", [b'{"key": ', b"[]", b"\xff\xfe", b'{"x": 1}', b""])
def test_a_stamp_that_cannot_be_read_stamps_nothing(tmp_path: Path, torn: bytes) -> None:
    folder = RunFolder(tmp_path / "run")
    finish(folder, "link", "k1", persons="a")
    (folder.path / ".stages" / "link.json").write_bytes(torn)
    assert not folder.is_whole("link", "k1")
    finish(folder, "link", "k1", persons="a")
    assert folder.is_whole("link", "k1")


def test_a_stopped_run_is_called_what_it_is(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.claim("q1", resume=False, force=False, inputs="a")
    folder.part("link")
    with pytest.raises(UsageError, match="TP126: folder run: holds an unfinished run, stopped in stage link"):
        folder.claim("q1", resume=False, force=False, inputs="a")
    with pytest.raises(UsageError, match="an unfinished run for other inputs or rules, stopped in stage link"):
        folder.claim("q1", resume=False, force=False, inputs="b")


def test_a_finished_run_of_which_a_stage_was_stopped_is_not_called_unfinished(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.claim("q1", resume=False, force=False, inputs="a")
    (folder.path / "manifest.json").write_text("{}")
    folder.claim("q1", resume=False, force=False, inputs="b")
    folder.part("report")
    with pytest.raises(UsageError, match="holds a finished run; its stage report was done again and stopped half way"):
        folder.claim("q1", resume=False, force=False, inputs="b")
    with pytest.raises(UsageError, match="report was done again for other inputs or rules and stopped half way"):
        folder.claim("q1", resume=False, force=False, inputs="a")
    folder.claim("q1", resume=True, force=False, inputs="a")


def test_a_stage_that_was_refused_leaves_nothing_to_go_on_with(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.claim("q1", resume=False, force=False)
    folder.part("protect:housing")
    folder.drop_part("protect:housing")
    folder.claim("q1", resume=False, force=False)
