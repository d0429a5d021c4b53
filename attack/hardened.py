"""Hardenings of a filter that are not sold as protection: they exist here alone, to be measured.

Source: XOR folding (Schnell and Borgs 2016), keyed bit flips, diffusion (Armknecht, Heng and Schnell 2023): written
from their descriptions.
"""

from __future__ import annotations

import numpy as np

from totalplace.attack.field import Field
from totalplace.intake.encode import gram_places
from totalplace.intake.keyed import hkdf, keyed

BITS, PER_GRAM, FLIPPED_SHARE, DIFFUSED = 512, 10, 0.1, 10


def plain(field: Field, key: bytes) -> np.ndarray:
    """Return filters as they are offered, to compare with."""
    return _packed(_bits(field, key, BITS))


def folded(field: Field, key: bytes) -> np.ndarray:
    """Return filters of twice the length, one half laid over the other by XOR."""
    whole = _bits(field, key, 2 * BITS)
    return _packed(whole[:, :BITS] ^ whole[:, BITS:])


def flipped(field: Field, key: bytes) -> np.ndarray:
    """Return filters of which a tenth of the bits is turned, which ones being keyed by the value."""
    mac, bits = keyed(hkdf(key, b"", b"flips")), _bits(field, key, BITS)
    for row, value in enumerate(field.values):
        chance = np.random.default_rng(np.frombuffer(mac(value.encode()), np.uint64))
        bits[row] ^= chance.random(BITS) < FLIPPED_SHARE
    return _packed(bits)


def diffused(field: Field, key: bytes) -> np.ndarray:
    """Return filters each of whose bits is the XOR of ten bits of the plain one, which ones being keyed."""
    bits = _bits(field, key, BITS)
    chance = np.random.default_rng(np.frombuffer(hkdf(key, b"", b"diffusion"), np.uint64))
    mixed = np.zeros_like(bits)
    for at in range(BITS):
        mixed[:, at] = np.logical_xor.reduce(bits[:, chance.choice(BITS, DIFFUSED, replace=False)], axis=1)
    return _packed(mixed)


HARDENED = {
    "filter 512": plain,
    "XOR fold 1024 to 512": folded,
    "bit flips 10%, keyed by value": flipped,
    "diffusion, t = 10": diffused,
}


def _bits(field: Field, key: bytes, bits: int) -> np.ndarray:
    mac, made = keyed(key), np.zeros((len(field.values), bits), dtype=bool)
    for row, value in enumerate(field.values):
        for gram in field.cut(value):
            made[row, gram_places(mac, gram, bits, PER_GRAM)] = True
    return made


def _packed(bits: np.ndarray) -> np.ndarray:
    return np.packbits(bits, axis=1, bitorder="little")
