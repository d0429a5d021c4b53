"""Which files the fast way through an event log's CSV leaves to the careful reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from totalplace.intake.event_csv import MOST_BYTES, read_plain_csv

HEAD = "case,act,when\n"
ROW = "1,a,2024-01-01\n"


def fast(folder: Path, body: bytes | str) -> object:
    path = folder / "log.csv"
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return read_plain_csv(path, {"case"}, "act", "when")


def test_a_plain_file_is_taken_with_or_without_a_mark_or_a_last_line_end(tmp_path: Path) -> None:
    assert fast(tmp_path, HEAD + ROW) and fast(tmp_path, "\ufeff" + HEAD + ROW + "1,b,2024-01-02")


@pytest.mark.parametrize(
    "body",
    [
        "",
        HEAD,
        HEAD.replace(",", ";") + ROW.replace(",", ";"),
        "case,act,case,when\n1,a,2,2024-01-01\n",
        HEAD + ROW + "\n" + ROW,
        HEAD + ROW + "1,a\n",
        HEAD + ROW + '1,"two\nlines",2024-01-01\n',
        HEAD + ROW + '1,"never closed,2024-01-01\n' + ROW,
        (HEAD + ROW + "1,caf\u00e9,2024-01-01\n").encode("cp1252"),
        (HEAD + ROW).encode("utf-16"),
        HEAD + ROW + "1,b,01/02/2024\n",
        HEAD + ROW + f"1,{'b' * (MOST_BYTES + 1)},2024-01-02\n",
    ],
    ids=["empty", "no row", "semicolons", "a name twice", "blank line", "short row", "cell of two lines",
         "open quotation mark", "other encoding", "two bytes a letter", "another form of time", "a long cell"],
)  # fmt: skip
def test_a_file_in_doubt_is_left_to_the_careful_reader(tmp_path: Path, body: bytes | str) -> None:
    assert fast(tmp_path, body) is None
