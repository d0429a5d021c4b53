"""Reading files of any encoding and shape: every row is kept or refused, and no value is in a message."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from totalplace.config import load_rules
from totalplace.config.agency import ExtractRules
from totalplace.errors import ConfigError, InputError
from totalplace.intake.bind import check_columns
from totalplace.intake.delimited import choose_delimiter, split_rows
from totalplace.intake.encodings import mend
from totalplace.intake.extract import find_files, read_file
from totalplace.intake.raw import RawFile

RULES = load_rules()[0].intake


def read(folder: Path, data: bytes, name: str = "x.csv", **declared: str) -> RawFile:
    path = folder / name
    path.write_bytes(data)
    return read_file(path, ExtractRules(file=name, **declared), RULES)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_common_encoding_and_delimiter_is_found(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [["Ref", "Forename", "Surname"], ["1", "José", "Muñoz"], ["2", "Zoë", "Brontë"]]
    raw = read(tmp_path, "\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    assert raw.table.to_pylist()[1] == {"Ref": "2", "Forename": "Zoë", "Surname": "Brontë"}
    assert raw.delimiter == delimiter


def test_polish_letters_of_an_old_system_are_found(tmp_path: Path) -> None:
    raw = read(tmp_path, "name,b\nŁukasz Żółć,3\nZażółć gęślą,4\n".encode("cp1250"))
    assert raw.table["name"].to_pylist() == ["Łukasz Żółć", "Zażółć gęślą"]


def test_letters_far_behind_the_sample_still_decide_the_encoding(tmp_path: Path) -> None:
    raw = read(tmp_path, ("a,b\n" + "1,John\n" * 80_000 + "2,José\n").encode("cp1252"))
    assert raw.table["b"][-1].as_py() == "José"


def test_text_encoded_twice_is_mended_and_other_text_left_alone() -> None:
    twice = ["JosÃ©", "Ã‰ric", "â€™t", "ÃƒÂ©", "José", "Ãngela", "Łódź", "Â"]
    assert [mend(text) for text in twice] == ["José", "Éric", "’t", "é", "José", "Ãngela", "Łódź", "Â"]


@pytest.mark.parametrize(
    "beginning", [b"PK\x03\x04", b"%PDF-1.7", b"PAR1", b"\x1f\x8b", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_another_kind_of_file_under_the_name_of_a_csv_is_called_what_it_is(tmp_path: Path, beginning: bytes) -> None:
    with pytest.raises(InputError, match="TP406: x.csv: is .*, not delimited text"):
        read(tmp_path, beginning + b"a,b\n1,2\n")


@pytest.mark.parametrize("encoding", ["rot13", "base64", "klingon"])
def test_a_codec_that_is_not_of_text_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(InputError, match="TP404: x.csv: declares an unknown encoding"):
        read(tmp_path, b"a,b\n1,2\n", encoding=encoding)


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "TP402"), (b"\n\n \n", "TP402"), ('a,b\n1,"José"\n'.encode("cp1252"), "TP404")],
)
def test_a_file_that_cannot_be_read_is_refused_by_code(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        read(tmp_path, data, encoding="utf-8")
    assert refusal.value.code == code and "Jos" not in str(refusal.value)


@pytest.mark.parametrize("name", ["x.parquet", "x.xlsx", "x.xls"])
def test_a_file_of_another_kind_than_its_suffix_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="TP406"):
        read(tmp_path, b"Smith,1984", name)


def test_ragged_rows_are_refused_with_their_number_and_blank_ones_left_out(tmp_path: Path) -> None:
    raw = read(tmp_path, b"a,b,c\n1,2,3\n\n4,5\n,,\n6,7,8,\n9,9,9,9\n")
    assert raw.table["a"].to_pylist() == ["1", "6"] and raw.rows.tolist() == [2, 6]
    assert [(row, reason) for row, _, reason in raw.refused] == [
        (4, "wrong number of fields"),
        (7, "wrong number of fields"),
    ]
    assert raw.blank_rows == 2 and raw.rows_in == 4


def test_a_quotation_mark_never_closed_costs_one_row(tmp_path: Path) -> None:
    raw = read(tmp_path, b'a,b,c\n1,"x,3\n4,5,6\n7,"8\n8",9\n10,11,"12\n')
    assert raw.table["b"].to_pylist() == ["5", "8\n8"]
    assert [row for row, _, _ in raw.refused] == [2, 5]


def test_two_open_marks_that_close_each_other_do_not_swallow_the_rows_between(tmp_path: Path) -> None:
    rows = [b"%d,x,y" % i for i in range(30)]
    rows[3], rows[20] = b'3,"x,y', b'20,"x,y'
    raw = read(tmp_path, b"a,b,c\n" + b"\n".join(rows) + b"\n")
    assert raw.rows_in == 30 and len(raw.refused) == 2


def test_a_cell_of_ten_million_characters_costs_its_row(tmp_path: Path) -> None:
    raw = read(tmp_path, b"a,b\n1," + b"x" * 10_000_000 + b'\n2,"' + b"y" * 200_000 + b'"\n3,4\n')
    assert raw.table.to_pylist() == [{"a": "3", "b": "4"}]
    assert [reason for _, _, reason in raw.refused] == ["a cell is too long"] * 2


def test_plain_and_fast_reader_agree_on_a_well_formed_file() -> None:
    text = 'a,b,c\n1,"x ""q"" y",5" pipe\n2,,"a, b"\n'
    rows = list(split_rows(text.splitlines(keepends=True), ",", 0, 50))
    assert [row.cells for row in rows[1:]] == [["1", 'x "q" y', '5" pipe'], ["2", "", "a, b"]]


def test_the_fast_reader_gives_the_cells_of_the_plain_one(tmp_path: Path) -> None:
    text = 'a,b,c\n1,"x ""q"" y",5" pipe\n2,,"a, b"\n'
    raw = read(tmp_path, text.encode())
    plain = [row.cells for row in split_rows(text.splitlines(keepends=True), ",", 0, 50)][1:]
    assert [list(row.values()) for row in raw.table.to_pylist()] == plain


def test_commas_inside_quoted_cells_do_not_decide_the_delimiter() -> None:
    assert choose_delimiter('a;b\n"1,2,3";4\n"5,6,7";8\n', [",", ";", "\t", "|"]) == ";"


def test_excel_numbers_and_days_become_plain_text(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "x.xlsx"))
    sheet = book.add_worksheet("Clients")
    sheet.write_row(0, 0, ["Ref", "DOB", "Score"])
    sheet.write(1, 0, 100012345.0)
    sheet.write_datetime(1, 1, dt.datetime(1984, 2, 3), book.add_format({"num_format": "dd/mm/yyyy"}))
    sheet.write(1, 2, 1.5)
    book.close()
    raw = read_file(tmp_path / "x.xlsx", ExtractRules(file="x.xlsx", sheet="Clients"), RULES)
    assert raw.table.to_pylist() == [{"Ref": "100012345", "DOB": "1984-02-03", "Score": "1.5"}]
    with pytest.raises(InputError, match=r"TP407.*\n.*Clients"):
        read_file(tmp_path / "x.xlsx", ExtractRules(file="x.xlsx", sheet="Client"), RULES)


def test_parquet_numbers_with_gaps_and_days_become_plain_text(tmp_path: Path) -> None:
    table = pa.table({"ref": pa.array([12.0, None]), "day": pa.array([dt.date(2009, 12, 31), None]), "n": [1, 2]})
    pq.write_table(table, tmp_path / "x.parquet")
    raw = read_file(tmp_path / "x.parquet", ExtractRules(file="x.parquet"), RULES)
    assert raw.table.to_pylist()[0] == {"ref": "12", "day": "2009-12-31", "n": "1"}


def test_an_unknown_file_lists_the_files_there_are(tmp_path: Path) -> None:
    (tmp_path / "housing_2024.csv").write_text("a\n")
    with pytest.raises(InputError, match="Did you mean 'housing_2024.csv'"):
        find_files(tmp_path, "housing_2023.csv")


@pytest.mark.parametrize("pattern", ["../x.csv", "/etc/passwd", ""])
def test_an_extract_cannot_leave_the_data_folder(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ConfigError, match="TP320"):
        find_files(tmp_path, pattern)


def test_a_parquet_day_is_that_of_the_columns_own_zone(tmp_path: Path) -> None:
    midnight = pa.array([dt.datetime(2023, 7, 1, 23, 0, tzinfo=dt.UTC)], pa.timestamp("us", "Europe/London"))
    pq.write_table(pa.table({"day": midnight}), tmp_path / "x.parquet")
    raw = read_file(tmp_path / "x.parquet", ExtractRules(file="x.parquet"), RULES)
    assert raw.table["day"].to_pylist() == ["2023-07-02 00:00:00"]


def test_a_parquet_file_with_a_doubled_or_nested_column_says_which(tmp_path: Path) -> None:
    one = pa.array(["1"])
    table = pa.Table.from_arrays([one, one, pa.array([[1]])], names=["ref", "ref", "tags"])
    pq.write_table(table, tmp_path / "x.parquet")
    raw = read_file(tmp_path / "x.parquet", ExtractRules(file="x.parquet"), RULES)
    with pytest.raises(InputError, match="TP408: x.parquet: has column 'ref' more than once"):
        check_columns(raw, ExtractRules(file="x.parquet", client={"key": "ref"}))
    with pytest.raises(InputError, match="TP416: x.parquet, column 'tags': holds lists"):
        check_columns(raw, ExtractRules(file="x.parquet", client={"key": "tags"}))


def test_a_torn_parquet_file_is_called_no_parquet_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="TP406"):
        read(tmp_path, b"PAR1" + bytes(50) + b"PAR1", "x.parquet")


def test_a_workbook_opens_at_its_first_sheet_that_is_shown(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "x.xlsx")) as book:
        hidden, shown = book.add_worksheet("Lookups"), book.add_worksheet("Data")
        hidden.hide()
        shown.activate()
        hidden.write(0, 0, "code")
        shown.write(0, 0, "ref")
    assert read_file(tmp_path / "x.xlsx", ExtractRules(file="x.xlsx"), RULES).table.column_names == ["ref"]


def test_parquet_columns_of_bytes_and_odd_kinds_are_left_unread(tmp_path: Path) -> None:
    ids = pa.array([b"0123456789abcdef"], pa.binary(16))
    pq.write_table(
        pa.table({"ref": ["1"], "person_id": ids, "spent": pa.array([5], pa.duration("s"))}), tmp_path / "a.parquet"
    )
    raw = read_file(tmp_path / "a.parquet", ExtractRules(file="a.parquet"), RULES)
    assert "person_id" in raw.unread and raw.table["ref"].to_pylist() == ["1"]
