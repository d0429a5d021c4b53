"""The pretend world: the people, their names, their homes and their numbers, before any agency writes them down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from totalplace.sample_data.moves import Addresses
from totalplace.sample_data.names import Names
from totalplace.sample_data.people import People


@dataclass(frozen=True)
class World:
    """Everything true about the people that an agency may write down.

    Args:
        people, names, addresses: who they are and where they live.
        nhs, nino, phone: numbers per person, 0 for none; `identifiers` writes them as texts.
        first_day, last_day: the window.
    """

    people: People
    names: Names
    addresses: Addresses
    nhs: np.ndarray
    nino: np.ndarray
    phone: np.ndarray
    first_day: int
    last_day: int
