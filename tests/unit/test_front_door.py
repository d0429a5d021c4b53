"""The front door: options that set rules, options that would do nothing, and how commands end."""

from __future__ import annotations

import errno
from pathlib import Path

import click
import pytest

from totalplace.cli import totalplace
from totalplace.config import load_rules
from totalplace.door import Door, pass_door
from totalplace.endings import exit_code_of
from totalplace.errors import ConfigError, PrivacyError, UsageError
from totalplace.options import rule_option


def called(*words: str) -> None:
    totalplace.main([str(word) for word in words], standalone_mode=False)


def test_an_option_that_sets_a_rule_is_the_rules_origin() -> None:
    seen: list[Door] = []

    @click.command()
    @rule_option("--months", "findings.families.window_months", also={"findings.families.window_days": 0}, type=int)
    @pass_door
    def command(door: Door) -> None:
        seen.append(door)

    totalplace.add_command(command, "try-rule")
    try:
        called("--seed", "3", "try-rule", "--months", "12")
    finally:
        del totalplace.commands["try-rule"]
    rules, origin = load_rules(seen[0].rules)
    assert (rules.findings.families.window_months, rules.project.seed) == (12, 3)
    assert origin["findings.families.window_months"] == "option --months"
    assert origin["project.seed"] == "option --seed"


@pytest.mark.parametrize(
    "words",
    [
        ("link", "--id", "ref"),
        ("link", "a.csv", "--id", "ref", "--run-id", "x"),
        ("journeys", "--case", "ref"),
        ("journeys", "--events", "a.csv", "--resume"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="TP106: option --.*does nothing with"):
        called(*words)


def test_a_log_file_in_no_folder_is_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="TP108"):
        called("--log-file", str(tmp_path / "none" / "x.log"), "doctor")


def test_a_number_of_days_may_end_in_d_and_is_nothing_else() -> None:
    with pytest.raises(UsageError, match="TP102"):
        called("flag", "duplicates", "--within", "three weeks")


def ends(error: BaseException) -> int:
    def command() -> None:
        raise error

    return exit_code_of(command)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError("TP301", "x.toml", "cannot be read", "Check it."), 3, "error TP301: x.toml: cannot be read.\n  "),
        (PrivacyError("TP501", "x", "is under the floor", "Use 5."), 5, "error TP501"),
        (click.UsageError("No such command"), 2, "No such command"),
        (MemoryError(), 6, "error TP603"),
        (OSError(errno.ENOSPC, "No space left on device", "/home/folder/a.parquet"), 6, "error TP604: a.parquet: "),
        (KeyboardInterrupt(), 130, "--resume"),
    ],
)
def test_each_kind_of_end_has_its_words_and_its_code(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(error) == code
    told = capsys.readouterr()
    assert said in told.err and told.out == "" and "/home/folder" not in told.err


def test_a_fault_of_ours_names_its_kind_and_never_its_message(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert ends(ValueError("born 1980-02-01")) == 70
    (report,) = tmp_path.iterdir()
    said = capsys.readouterr().err + report.read_text(encoding="utf-8")
    assert "TP700" in said and "ValueError" in said and "1980" not in said


def test_a_command_may_return_its_exit_code() -> None:
    assert [exit_code_of(lambda: 1), exit_code_of(lambda: None)] == [1, 0]
