"""Opening delimited text: which encoding, which delimiter, then the fast reader or, where it balks, the plain one."""

from __future__ import annotations

import codecs
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from totalplace.config.agency import ExtractRules
from totalplace.config.intake import IntakeRules
from totalplace.errors import InputError
from totalplace.intake.cells import header_names
from totalplace.intake.delimited import Row, cells_of, choose_delimiter, quote_is_open, split_rows
from totalplace.intake.encodings import encoding_by_mark, likely_encodings
from totalplace.intake.raw import RawFile, Refusal

READ_BYTES = 1 << 20
MAX_LINE_CHARS = 1 << 24
SAMPLE_CHARS = 1 << 16
ROWS_AT_ONCE = 20_000
OTHER_KINDS = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF-": "a PDF document",
}


@dataclass(frozen=True)
class Survey:
    """What one pass over a text file tells: its hash, codec, number of lines, and its beginning."""

    sha256: str
    encoding: str
    lines: int
    sample: str


def read_text(path: Path, extract: ExtractRules, rules: IntakeRules) -> RawFile:
    """Read delimited text as columns of text.

    Raises:
        InputError: it does not decode, or holds no header.
    """
    _refuse_other_kinds(path)
    survey = survey_text(path, extract.encoding, rules)
    delimiter = extract.delimiter if extract.delimiter != "auto" else choose_delimiter(survey.sample, rules.delimiters)
    if not survey.sample.strip():
        raise InputError("TP402", path.name, "is empty", "Ask the agency to send the extract again.")
    fast = _read_fast(path, survey, delimiter)
    return fast if fast is not None else _read_plainly(path, survey, delimiter, rules)


def _refuse_other_kinds(path: Path) -> None:
    with path.open("rb") as file:
        beginning = file.read(max(map(len, OTHER_KINDS)))
    for mark, kind in OTHER_KINDS.items():
        if beginning.startswith(mark):
            cure = "Unpack or convert it, or give it the suffix of what it is."
            raise InputError("TP406", path.name, f"is {kind}, not delimited text", cure)


# -- encoding


def survey_text(path: Path, declared: str, rules: IntakeRules) -> Survey:
    """Hash a text file, find its encoding, and prove that all of it decodes.

    Raises:
        InputError: the declared encoding is unknown or does not fit.
    """
    if declared != "auto":
        return _survey(path, declared)
    with path.open("rb") as file:
        sample = file.read(rules.encoding_sample_bytes)
    for name in [encoding_by_mark(sample) or "utf-8"]:
        try:
            return _survey(path, name)
        except InputError:
            sample = _around_first_letter(path, rules.encoding_sample_bytes)
    for name in likely_encodings(sample, rules.text_encodings):
        try:
            return _survey(path, name)
        except InputError:
            continue
    raise InputError("TP404", path.name, "is in no encoding we know", "Name its encoding in the agency's file.")


def _around_first_letter(path: Path, size: int) -> bytes:
    """Return bytes around the first that is not ASCII: plain letters tell nothing of an encoding."""
    with path.open("rb") as file:
        while chunk := file.read(READ_BYTES):
            if not chunk.isascii():
                at = next(i for i, byte in enumerate(chunk) if byte > 127)
                return chunk[max(0, at - 4096) : at + size]
    return b""


def _survey(path: Path, encoding: str) -> Survey:
    digest, lines, sample, last = hashlib.sha256(), 0, "", ""
    try:
        "a".encode(encoding)  # tells codecs of text from those of bytes, such as base64
        decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
        with path.open("rb") as file:
            while chunk := file.read(READ_BYTES):
                digest.update(chunk)
                text = decoder.decode(chunk)
                lines, sample, last = lines + text.count("\n"), sample or text[:SAMPLE_CHARS], text[-1:] or last
            last = decoder.decode(b"", final=True)[-1:] or last
    except LookupError:
        raise InputError(
            "TP404", path.name, "declares an unknown encoding", 'Use "auto", "utf-8", "cp1252" ...'
        ) from None
    except UnicodeError:
        where = f"{path.name}, after row {lines + 1}"
        raise InputError(
            "TP404", where, "does not decode", 'Correct encoding in the agency\'s file, or use "auto".'
        ) from None
    return Survey(digest.hexdigest(), encoding, lines + (last not in ("", "\n")), sample.removeprefix("\ufeff"))


# -- rows


def _read_fast(path: Path, survey: Survey, delimiter: str) -> RawFile | None:
    """Read with pyarrow; None unless every line is one row of the right width, so that row numbers are certain."""
    first = survey.sample.split("\n", 1)[0] + "\n"
    if not first.strip() or "\0" in survey.sample or ('"' in first and quote_is_open([first], delimiter)):
        return None
    names, repeated = header_names(cells_of([first], delimiter))
    try:
        table = _arrow_table(path, survey, delimiter, names)
    except (pa.ArrowInvalid, pa.ArrowKeyError, UnicodeError):
        return None
    if table.num_rows + 1 != survey.lines:
        return None
    rows = np.arange(2, table.num_rows + 2)
    return RawFile(path.name, survey.sha256, survey.encoding, delimiter, table, rows, (), repeated)


def _arrow_table(path: Path, survey: Survey, delimiter: str, names: list[str]) -> pa.Table:
    stream: pa.NativeFile = pa.OSFile(str(path))
    if survey.encoding not in ("utf-8", "utf-8-sig"):
        stream = pa.transcoding_input_stream(stream, survey.encoding, "utf-8")
    with stream:
        reader = pa_csv.open_csv(
            stream,
            pa_csv.ReadOptions(column_names=names, skip_rows=1, block_size=8 * READ_BYTES),
            # Any row of another width ends the fast way: the plain reader counts it with its number.
            pa_csv.ParseOptions(delimiter=delimiter, invalid_row_handler=lambda row: "error"),
            pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
        return reader.read_all()


def _read_plainly(path: Path, survey: Survey, delimiter: str, rules: IntakeRules) -> RawFile:
    with path.open(encoding=survey.encoding, newline=None) as file:
        rows = split_rows(_lines(file), delimiter, 0, rules.max_row_lines)
        header = next((row for row in rows if any(row.cells) or row.fault), None)
        if header is None or header.fault:
            raise InputError(
                "TP405", f"{path.name}, row 1", "is no header", "The first row must hold the column names."
            )
        header.cells[0] = header.cells[0].removeprefix("\ufeff")
        names, repeated = header_names(header.cells)
        table, numbers, refused, blank = _collect(rows, names)
    return RawFile(path.name, survey.sha256, survey.encoding, delimiter, table, numbers, refused, repeated, blank)


def _collect(rows: Iterator[Row], names: list[str]) -> tuple[pa.Table, np.ndarray, tuple[Refusal, ...], int]:
    pieces, kept, numbers, refused, blank = [], [], [], [], 0
    schema = pa.schema([(name, pa.string()) for name in names])
    for row in rows:
        if row.fault:
            refused.append((row.number, "", row.fault))
        elif not any(row.cells):
            blank += 1
        else:
            kept.append(row.cells[: len(names)])
            numbers.append(row.number)
        if len(kept) == ROWS_AT_ONCE:
            pieces.append(_piece(kept, schema))
            kept = []
    table = pa.Table.from_batches([*pieces, *([_piece(kept, schema)] if kept else [])], schema)
    return table, np.array(numbers, dtype=np.int64), tuple(refused), blank


def _piece(rows: list[list[str]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], schema=schema)


def _lines(file: io.TextIOBase) -> Iterator[str]:
    """Yield lines; of an endless one only a beginning that the parser will find too long."""
    while line := file.readline(MAX_LINE_CHARS):
        yield line
        while len(line) == MAX_LINE_CHARS and not line.endswith("\n"):
            line = file.readline(MAX_LINE_CHARS)
