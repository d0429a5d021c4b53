"""How each kind of field is read: columns of a table to codes, with work done once per distinct value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.arrow_columns import NO_TEXT, memory_of, numbers, text_scalar
from totalplace.errors import ConfigError
from totalplace.linkage import dates, fold
from totalplace.linkage.encoded import NULL, Column, Pool, Spelling

LARGEST_NUMBER = 9e15  # thousandths that a float64 still tells apart
NOT_TOLD, HYPHEN = text_scalar("00"), text_scalar("-")  # a month or a day; between them
Clean = Callable[[pa.Array], pa.Array]
Reader = Callable[[Mapping[str, list[pa.Array]], np.ndarray, Spelling], dict[str, Column]]


def coded(values: pa.Array) -> pa.DictionaryArray:
    """Return values with each distinct one held once; a column that came so stays as it is."""
    return values if pa.types.is_dictionary(values.type) else values.dictionary_encode()


def coded_texts(values: pa.Array) -> pa.DictionaryArray:
    """Return values as texts, each distinct one held once."""
    once = coded(values)
    if pa.types.is_string(once.type.value_type):
        return once
    return pa.DictionaryArray.from_arrays(once.indices, once.dictionary.cast(pa.string()))


def sorted_codes(values: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Return sorted distinct values and int32 codes."""
    once = coded(values)
    order = memory_of(pc.sort_indices(once.dictionary))
    rank = np.empty(len(order) + 1, np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    rank[-1] = NULL
    return once.dictionary.take(numbers(order)), rank[_indices(once)]


def _indices(once: pa.DictionaryArray) -> np.ndarray:
    return memory_of(once.indices, NULL)


def _first_filled(codes: Sequence[np.ndarray]) -> np.ndarray:
    out = codes[0].copy()
    for more in codes[1:]:
        out = np.where(out < 0, more, out)
    return out.astype(np.int32)


def _read_text(
    raw: Mapping[str, list[pa.Array]], spelling: Spelling, clean: Clean, *, to_the_bit: bool = False
) -> dict[str, Column]:
    """Encode written fields over one shared pool."""
    once = {name: [coded_texts(a) for a in arrays] for name, arrays in raw.items()}
    tidy = {
        name: [fold.without(clean(c.dictionary), spelling.placeholders) for c in some] for name, some in once.items()
    }
    distinct = pc.unique(pa.concat_arrays([t for some in tidy.values() for t in some])).drop_null()
    distinct = distinct.take(pc.sort_indices(distinct))
    pool = Pool(len(distinct), text=distinct, to_the_bit=to_the_bit)
    out = {}
    for name, some in once.items():
        codes = [_through(c, pc.index_in(t, value_set=distinct)) for c, t in zip(some, tidy[name], strict=True)]
        out[name] = Column(_first_filled(codes), pool)
    return out


def _through(once: pa.DictionaryArray, new: pa.Array) -> np.ndarray:
    table = np.append(memory_of(new, NULL).astype(np.int32), np.int32(NULL))
    return table[_indices(once)]


def _read_names(raw: Mapping[str, list[pa.Array]], agency: np.ndarray, spelling: Spelling) -> dict[str, Column]:
    return _read_text(raw, spelling, lambda values: fold.without_titles(fold.fold(values), spelling.titles))


def _each(clean: Clean) -> Reader:
    def read(raw: Mapping[str, list[pa.Array]], agency: np.ndarray, spelling: Spelling) -> dict[str, Column]:
        out: dict[str, Column] = {}
        for name, arrays in raw.items():
            out |= _read_text({name: arrays}, spelling, clean)
        return out

    return read


def _read_raw_names(raw: Mapping[str, list[pa.Array]], agency: np.ndarray, spelling: Spelling) -> dict[str, Column]:
    return _read_text(raw, Spelling((), spelling.day_first), _as_written, to_the_bit=True)


def _read_raw_texts(raw: Mapping[str, list[pa.Array]], agency: np.ndarray, spelling: Spelling) -> dict[str, Column]:
    out: dict[str, Column] = {}
    for name, arrays in raw.items():
        out |= _read_raw_names({name: arrays}, agency, spelling)
    return out


def _as_written(values: pa.Array) -> pa.Array:
    return values


def _identifier(values: pa.Array) -> pa.Array:
    return fold.without_one_digit(fold.solid(values))


def _read_dates(raw: Mapping[str, list[pa.Array]], agency: np.ndarray, spelling: Spelling) -> dict[str, Column]:
    """Encode dates over one shared pool; each agency's own way of writing them is found from its values."""
    packed = {name: [_packed(a, agency, spelling) for a in arrays] for name, arrays in raw.items()}
    return _date_columns(packed)


def _read_date_parts(raw: Mapping[str, list[pa.Array]], agency: np.ndarray, spelling: Spelling) -> dict[str, Column]:
    """Encode dates whose year, month and day stand in three columns; a month or day that is not told is 00."""
    whole = {}
    for name, (year, month, day) in raw.items():
        texts = [
            pc.utf8_lpad(fold.solid(pc.replace_substring_regex(part.cast(pa.string()), r"\.0+$", "")), width, "0")
            for part, width in ((year, 4), (month, 2), (day, 2))
        ]
        texts[1:] = [pc.fill_null(text, NOT_TOLD) for text in texts[1:]]
        whole[name] = [_packed(pc.binary_join_element_wise(*texts, HYPHEN), agency, spelling)]
    return _date_columns(whole)


def _date_columns(packed: Mapping[str, list[np.ndarray]]) -> dict[str, Column]:
    distinct = np.unique(np.concatenate([p[p != _NO_DATE] for some in packed.values() for p in some]))
    pool = Pool(len(distinct), numbers=distinct)
    out = {}
    for name, some in packed.items():
        codes = [np.where(p == _NO_DATE, NULL, np.searchsorted(distinct, p)) for p in some]
        out[name] = Column(_first_filled(codes), pool)
    return out


_NO_DATE = np.iinfo(np.int64).min


def _packed(values: pa.Array, agency: np.ndarray, spelling: Spelling) -> np.ndarray:
    if pa.types.is_temporal(values.type):
        days = coded(values.cast(pa.date32()))
        distinct = dates.from_days(memory_of(days.dictionary.cast(pa.int32())).astype(np.int64))
        return np.append(distinct, _NO_DATE)[_indices(days)]
    once = coded_texts(values)
    at, texts = _indices(once), once.dictionary.to_pylist()
    out = np.full(len(values), _NO_DATE, np.int64)
    for one in np.unique(agency):
        mine = np.flatnonzero((agency == one) & (at >= 0))
        used, back = np.unique(at[mine], return_inverse=True)
        words = [texts[k] for k in used]
        read = dates.parse(words, dates.likely_day_first(words, spelling.day_first))
        out[mine] = np.array([_NO_DATE if d is None else d for d in read] or [_NO_DATE], np.int64)[back]
    return out


def _read_numbers(raw: Mapping[str, list[pa.Array]], agency: np.ndarray, spelling: Spelling) -> dict[str, Column]:
    """Encode numbers in thousandths."""
    return {name: _number_column(arrays) for name, arrays in raw.items()}


def _number_column(arrays: Sequence[pa.Array]) -> Column:
    once = [coded_texts(a) for a in arrays]
    values = [np.append(_thousandths(c.dictionary), np.nan)[_indices(c)] for c in once]
    merged = values[0]
    for more in values[1:]:
        merged = np.where(np.isnan(merged), more, merged)
    distinct = np.unique(merged[~np.isnan(merged)])
    codes = np.where(np.isnan(merged), NULL, np.searchsorted(distinct, merged)).astype(np.int32)
    return Column(codes, Pool(len(distinct), numbers=distinct.astype(np.int64)))


def _read_raw_numbers(raw: Mapping[str, list[pa.Array]], agency: np.ndarray, spelling: Spelling) -> dict[str, Column]:
    """Encode numbers as they are, and dates as days, in thousandths.

    Raises:
        ConfigError: TP343, thousandths are too coarse or too small a unit for a field.
    """
    out = {}
    for name, (values,) in raw.items():
        once = coded(values)
        plain = once.dictionary.cast(pa.int32()) if pa.types.is_date32(once.type.value_type) else once.dictionary
        exact = memory_of(plain.cast(pa.float64()), np.nan) * 1000
        whole = np.rint(exact)
        known = ~np.isnan(exact)
        if np.any(known & ((np.abs(exact - whole) > 1e-4) | (np.abs(whole) > LARGEST_NUMBER))):
            what = "holds numbers finer than a thousandth or over 9e12"
            raise ConfigError("TP343", f"model, field '{name}'", what, "Round it, or leave its comparison out.")
        distinct = np.unique(whole[known])
        place = np.append(np.where(known, np.searchsorted(distinct, whole), NULL), NULL).astype(np.int32)
        out[name] = Column(place[_indices(once)], Pool(len(distinct), numbers=distinct.astype(np.int64)))
    return out


def _thousandths(texts: pa.Array) -> np.ndarray:
    plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"[£$€,]", ""))
    good = pc.match_substring_regex(plain, r"^[+-]?[0-9]{1,12}(\.[0-9]*)?$")
    number = pc.if_else(good, plain, NO_TEXT).cast(pa.float64())
    return np.rint(memory_of(number, np.nan) * 1000)


def _read_tokens(raw: Mapping[str, list[pa.Array]], agency: np.ndarray, spelling: Spelling) -> dict[str, Column]:
    out = {}
    for name, arrays in raw.items():
        values = arrays[0] if len(arrays) == 1 else pc.coalesce(*arrays)
        distinct, codes = sorted_codes(_plain_bytes(values))
        out[name] = Column(codes, Pool(len(distinct)))
    return out


def _plain_bytes(values: pa.Array) -> pa.Array:
    return values.cast(pa.binary()) if pa.types.is_fixed_size_binary(values.type) else values.cast(pa.string())


def _read_filters(raw: Mapping[str, list[pa.Array]], agency: np.ndarray, spelling: Spelling) -> dict[str, Column]:
    """Encode Bloom filters, of several columns the first filled one: 64-bit words and popcount per distinct filter."""
    out = {}
    for name, arrays in raw.items():
        distinct, codes = sorted_codes(pc.coalesce(*(a.cast(pa.binary()) for a in arrays)))
        width = len(distinct[0].as_py()) if len(distinct) else 8
        words = np.frombuffer(b"".join(distinct.to_pylist()), np.uint64).reshape(len(distinct), width // 8)
        ones = np.bitwise_count(words).sum(1).astype(np.int64)
        out[name] = Column(codes, Pool(len(distinct), numbers=ones, filters=words))
    return out


READERS: dict[str, Reader] = {
    "name": _read_names,
    **dict.fromkeys(("text", "category", "address"), _each(fold.fold)),
    "postcode": _each(fold.solid),
    "identifier": _each(_identifier),
    "email": _each(fold.lower_trimmed),
    "phone": _each(fold.digits),
    "date": _read_dates,
    "date_parts": _read_date_parts,
    "number": _read_numbers,
    "raw_text": _read_raw_texts,
    "raw_name": _read_raw_names,
    "raw_number": _read_raw_numbers,
    "token": _read_tokens,
    "filter": _read_filters,
}
SHARED = {"name", "date", "date_parts", "raw_name"}  # kinds whose fields are read together, over one pool of values
