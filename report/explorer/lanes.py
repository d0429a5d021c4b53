"""Where each service stands on the journey map: a lane per agency, found once so that filters never move anything."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Drawing measures in CSS pixels, not rules of policy: a label of 14 px text, its dot, and air around both.
WIDTH = 1112
LANE_LABEL = 168
ROW_HEIGHT = 36
LANE_PADDING = 10
DOT_ROOM = 26
GAP = 22
LONGEST_LABEL = 260
NAME_ROOM = LANE_LABEL - 34
NAME_LINE = 17
MOST_NAME_LINES = 6
BOLD = 1.1  # how much wider a lane's name is than a service's
SWEEPS = 12  # rounds of ordering; the order of 60 services settles before


@dataclass(frozen=True)
class Spot:
    """A service on the map: its dot at (x, y), and the width reserved for its label."""

    service: str
    x: int
    y: int
    label_width: int


@dataclass(frozen=True)
class Lane:
    """An agency's band on the map, and how many of its services have no dot."""

    agency: str
    top: int
    height: int
    more: int


@dataclass(frozen=True)
class LaneMap:
    """The whole map: lanes from top to bottom and every service's spot."""

    lanes: tuple[Lane, ...]
    spots: tuple[Spot, ...]
    width: int
    height: int


def text_width(text: str, size: int = 14) -> int:
    """Return about how wide a text is in a common sans-serif, in pixels; the script measures exactly and shortens."""
    wide = sum(1 for letter in text if letter.isupper() or letter in "mwMW@%")
    narrow = sum(1 for letter in text if letter in "iljtfr.,:;'| ")
    return math.ceil(size * (0.56 * len(text) + 0.16 * wide - 0.24 * narrow)) + 2


def place_services(
    services: Mapping[str, float],
    handoffs: Mapping[tuple[str, str], float],
    agencies: Sequence[str],
    most: int,
    names: Mapping[str, str] | None = None,
) -> LaneMap:
    """Return the map of the most used services.

    Args:
        services: `agency/type` -> people.
        handoffs: (from, to) -> people; decides only the order within a lane.
        agencies: codes, in the order of the lanes; others follow by name.
        most: services that get a spot.
        names: agency -> the name in its lane, which is as high as the name needs; others are named by their code.
    """
    ranked = sorted(services, key=lambda s: (-services[s], s))
    chosen = set(ranked[:most])
    by_agency: dict[str, list[str]] = defaultdict(list)
    for service in sorted(services):
        by_agency[service.partition("/")[0]].append(service)
    order = [a for a in agencies if a in by_agency] + sorted(set(by_agency) - set(agencies))
    ordered = _order({agency: [s for s in by_agency[agency] if s in chosen] for agency in order}, handoffs)
    lanes, spots, top = [], [], 0
    for agency in order:
        members = ordered[agency]
        rows = _rows(members)
        more = len(by_agency[agency]) - len(members)
        told = name_lines((names or {}).get(agency) or agency.replace("_", " ")) + (more > 0)
        height = max(max(1, len(rows)) * ROW_HEIGHT + 2 * LANE_PADDING, told * NAME_LINE + 6)
        for number, row in enumerate(rows):
            spots += _spread(row, top + LANE_PADDING + number * ROW_HEIGHT + ROW_HEIGHT // 2, number)
        lanes.append(Lane(agency, top, height, more))
        top += height
    return LaneMap(tuple(lanes), tuple(spots), WIDTH, top)


def name_lines(name: str) -> int:
    """Return how many lines a lane's name takes, word by word, at most MOST_NAME_LINES."""
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and BOLD * text_width(longer) > NAME_ROOM:
            lines.append(word)
        else:
            lines[-1] = longer
    return min(len(lines), MOST_NAME_LINES)


def _order(members: Mapping[str, Sequence[str]], handoffs: Mapping[tuple[str, str], float]) -> dict[str, list[str]]:
    """Return each lane's services from left to right: near what they hand over to, so that arrows stay short.

    Starts with senders on the left and receivers on the right, then moves every service to the mean place of its
    neighbours, a fixed number of times (the barycentre method of layered graph drawing).
    """
    chosen = {service for row in members.values() for service in row}
    ties: dict[str, dict[str, float]] = {service: defaultdict(float) for service in chosen}
    arriving: dict[str, float] = defaultdict(float)
    for (start, end), people in sorted(handoffs.items()):
        if start in chosen and end in chosen:
            ties[start][end] += people
            ties[end][start] += people
            arriving[end] += people
    place = {s: arriving[s] / sum(ties[s].values()) if ties[s] else 0.5 for s in sorted(chosen)}
    rows = {lane: sorted(row, key=lambda s: (round(place[s], 9), s)) for lane, row in members.items()}
    for _ in range(SWEEPS):
        place = {s: (at + 0.5) / len(row) for row in rows.values() for at, s in enumerate(row)}
        for lane in rows:
            pull = {s: _mean(ties[s], place) if ties[s] else place[s] for s in rows[lane]}
            rows[lane] = sorted(rows[lane], key=lambda s: (round(pull[s], 9), s))
            place |= {s: (at + 0.5) / len(rows[lane]) for at, s in enumerate(rows[lane])}
    return rows


def _mean(weights: Mapping[str, float], place: Mapping[str, float]) -> float:
    return sum(weights[s] * place[s] for s in sorted(weights)) / sum(weights[s] for s in sorted(weights))


def _width(service: str) -> int:
    return min(LONGEST_LABEL, text_width(service.partition("/")[2]))


def _rows(members: Sequence[str]) -> list[list[str]]:
    """Deal services over as few rows as their labels need, left to right in each."""
    room = WIDTH - LANE_LABEL
    count = max(1, math.ceil(sum(_width(s) + DOT_ROOM + GAP for s in members) / room))
    while True:
        rows = [list(members[start::count]) for start in range(count)]
        if count >= len(members) or all(sum(_width(s) + DOT_ROOM + GAP for s in row) <= room for row in rows):
            return [row for row in rows if row]
        count += 1


def _spread(row: Sequence[str], y: int, number: int) -> list[Spot]:
    """Give a row's services equal gaps; every second row is set in, so that arrows between rows stay apart."""
    room = WIDTH - LANE_LABEL
    used = sum(_width(s) + DOT_ROOM for s in row)
    free = max(0, room - used) / max(1, len(row))
    x = LANE_LABEL + DOT_ROOM / 2 + (free / 3 if number % 2 else 0)
    spots = []
    for service in row:
        spots.append(Spot(service, round(x), y, _width(service)))
        x += _width(service) + DOT_ROOM + free
    return spots
