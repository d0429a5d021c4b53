"""Names: given names by origin, sex and birth decade; surnames by origin, with a long tail.

Frequencies follow a Zipf-Mandelbrot shape, 1 / (rank + offset) ** exponent, as census name counts do.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from totalplace.sample_data.settings import Settings, read_text

RARE = 0  # the era under which given_names.csv lists names outside the popular ones


@dataclass(frozen=True)
class Pool:
    """Codes of names and the running sum of their shares."""

    codes: np.ndarray
    sums: np.ndarray

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return `count` codes."""
        return self.codes[np.searchsorted(self.sums, rng.random(count), side="right").clip(max=len(self.codes) - 1)]


@dataclass(frozen=True)
class Names:
    """All names, and from which pool each group of people draws.

    Args:
        given, surnames: the texts; people hold codes into them.
        women_form: surname code to the code of the form that women bear (Kowalski, Kowalska), else itself.
        given_pools: (origin, sex, era) to a pool.
        eras: (origin, sex) to its eras, ascending.
        surname_pools: (origin, kind) to a pool.
        rules: place.toml.
    """

    given: np.ndarray
    surnames: np.ndarray
    women_form: np.ndarray
    given_pools: Mapping[tuple[str, str, int], Pool]
    eras: Mapping[tuple[str, str], np.ndarray]
    surname_pools: Mapping[tuple[str, str], Pool]
    rules: Mapping[str, Any]

    @property
    def origins(self) -> tuple[str, ...]:
        """Return the origins, in the order of their codes."""
        return tuple(self.rules["origins"])


def zipf(count: int, exponent: float, offset: float) -> np.ndarray:
    """Return shares by rank that sum to 1."""
    weights = 1.0 / (np.arange(1, count + 1) + offset) ** exponent
    return weights / weights.sum()


def load_names(settings: Settings) -> Names:
    """Read the room's lists of names."""
    rules = settings.place
    given, pools, eras = _given(rules)
    surnames, surname_pools = _surnames(rules)
    texts = np.array(surnames, dtype=object)
    return Names(np.array(given, dtype=object), texts, _women_forms(surnames), pools, eras, surname_pools, rules)


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(read_text(name))))


def _given(rules: Mapping[str, Any]) -> tuple[list[str], dict, dict]:
    rows = _rows("given_names.csv")
    texts = sorted({name for row in rows for name in row["names"].split()})
    code = {name: i for i, name in enumerate(texts)}
    first, last = rules["names"]["given_exponent"]
    pools: dict[tuple[str, str, int], Pool] = {}
    eras: dict[tuple[str, str], set[int]] = {}
    for row in rows:
        era, key = int(row["era"]), (row["origin"], row["sex"])
        names = list(dict.fromkeys(row["names"].split()))
        late = 0.0 if era == RARE else (era - 1930) / (2022 - 1930)
        shares = zipf(len(names), first + (last - first) * late, rules["names"]["given_offset"])
        pools[(*key, era)] = Pool(np.array([code[n] for n in names], dtype=np.int32), np.cumsum(shares))
        eras.setdefault(key, set()).add(era)
    return texts, pools, {key: np.array(sorted(found - {RARE})) for key, found in eras.items()}


def _surnames(rules: Mapping[str, Any]) -> tuple[list[str], dict]:
    rows = {(row["origin"], row["kind"]): list(dict.fromkeys(row["names"].split())) for row in _rows("surnames.csv")}
    tail = _composed(rows.pop(("english", "start")), rows.pop(("english", "end")), set(rows["english", "common"]))
    rows["english", "common"] += tail
    feminine = [_feminine(name) for name in rows["polish", "common"]]
    texts = sorted({name for names in rows.values() for name in names} | set(feminine))
    code = {name: i for i, name in enumerate(texts)}
    return texts, {key: _surname_pool(key, names, code, rules["names"]) for key, names in rows.items()}


def _surname_pool(key: tuple[str, str], names: list[str], code: dict[str, int], rules: Mapping[str, Any]) -> Pool:
    kind = "" if key[0] == "english" else "minority_"
    shares = zipf(len(names), rules[f"{kind}surname_exponent"], rules[f"{kind}surname_offset"])
    return Pool(np.array([code[name] for name in names], dtype=np.int32), np.cumsum(shares))


def _composed(starts: list[str], ends: list[str], known: set[str]) -> list[str]:
    """Return English-looking surnames of two parts, in a fixed scattered order: the tail of the distribution."""
    made = sorted({s + e for s in starts for e in ends if s[-1] != e[0] and s.lower() != e} - known)
    return [made[i] for i in np.random.default_rng(1841).permutation(len(made))]


def _feminine(name: str) -> str:
    return name[:-1] + "a" if name.endswith(("ski", "cki", "dzki")) else name


def _women_forms(surnames: list[str]) -> np.ndarray:
    code = {name: i for i, name in enumerate(surnames)}
    return np.array([code.get(_feminine(name), i) for i, name in enumerate(surnames)], dtype=np.int32)


def draw_given(
    names: Names, rng: np.random.Generator, origin: np.ndarray, male: np.ndarray, birth_year: np.ndarray
) -> np.ndarray:
    """Return one given-name code per person.

    Args:
        names: the pools.
        rng: the stage's random numbers.
        origin: int, position in `names.origins`.
        male: bool.
        birth_year: int.
    """
    english = names.origins.index("english")
    borrows = np.array([names.rules["english_given"].get(o, 0.0) for o in names.origins])
    group = np.where(rng.random(len(origin)) < borrows[origin], english, origin)
    low, high = names.rules["names"]["rare_given_share"]
    rare = rng.random(len(origin)) < np.interp(birth_year, (1930, 2022), (low, high))
    out = np.zeros(len(origin), dtype=np.int32)
    for number, name in enumerate(names.origins):
        for sex in ("F", "M"):
            mine = (group == number) & (male == (sex == "M"))
            _draw_popular(names, rng, out, np.flatnonzero(mine), (name, sex), birth_year)
            if (name, sex, RARE) in names.given_pools:
                odd = np.flatnonzero(mine & rare)
                out[odd] = names.given_pools[name, sex, RARE].draw(rng, len(odd))
    return out


def _draw_popular(
    names: Names, rng: np.random.Generator, out: np.ndarray, rows: np.ndarray, key: tuple[str, str], year: np.ndarray
) -> None:
    """Fill `out` at `rows`: each person draws from one of the two eras nearest to the year of birth."""
    eras = names.eras[key]
    place = np.interp(year[rows], eras, np.arange(len(eras)))
    chosen = np.floor(place + rng.random(len(rows))).astype(int).clip(0, len(eras) - 1)
    for number, era in enumerate(eras):
        here = rows[chosen == number]
        out[here] = names.given_pools[(*key, int(era))].draw(rng, len(here))


def draw_surname(names: Names, rng: np.random.Generator, origin: np.ndarray, male: np.ndarray) -> np.ndarray:
    """Return one surname code per person, as borne from birth."""
    out = np.zeros(len(origin), dtype=np.int32)
    own_form = rng.random(len(origin)) < names.rules["names"]["women_form_share"]
    for number, name in enumerate(names.origins):
        rows = np.flatnonzero(origin == number)
        out[rows] = names.surname_pools[name, "common"].draw(rng, len(rows))
        if (name, "women") in names.surname_pools:
            women = rows[~male[rows] & own_form[rows]]
            out[women] = names.surname_pools[name, "women"].draw(rng, len(women))
    return np.where(male, out, names.women_form[out])
