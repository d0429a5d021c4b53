"""The shell's completion, as a shell asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import call

PROGRAM = Path(sys.executable).with_name("totalplace")


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete"), ("zsh", "#compdef totalplace"), ("fish", "complete")]
)
def test_the_script_of_each_shell_names_the_program(tmp_path: Path, shell: str, word: str) -> None:
    made = call("completion", shell, cwd=tmp_path).stdout
    assert word in made and "_TOTALPLACE_COMPLETE" in made


def test_a_shell_is_told_the_commands_that_begin_so(tmp_path: Path) -> None:
    asked = {"_TOTALPLACE_COMPLETE": "bash_complete", "COMP_WORDS": "totalplace comp", "COMP_CWORD": "1"}
    done = subprocess.run([PROGRAM], env={**os.environ, **asked}, cwd=tmp_path, capture_output=True, text=True)
    assert sorted(done.stdout.split()) == ["plain,compare", "plain,completion"]
