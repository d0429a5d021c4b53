"""How kinds of fields are read into codes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from totalplace.linkage.encoded import Spelling
from totalplace.linkage.readers import READERS


def test_a_filter_of_several_columns_is_the_first_that_is_filled() -> None:
    one, other = b"\x01" * 8, b"\xff" * 8
    kind = pa.binary(8)
    columns = [pa.array([one, None, None], kind), pa.array([other, other, None], kind)]
    read = READERS["filter"]({"surname": columns}, np.zeros(3, np.int32), Spelling((), True))["surname"]
    assert read.codes.tolist() == [0, 1, -1]
    assert read.pool.numbers.tolist() == [8, 64]
