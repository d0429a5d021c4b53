"""The journey map's places: labels never collide, and the same input gives the same picture."""

from __future__ import annotations

from itertools import combinations

from totalplace.report.explorer.lanes import WIDTH, place_services

AGENCIES = ["gp", "police", "housing"]


def services(count):
    return {f"{AGENCIES[n % 3]}/A service with the number {n}": 1000.0 - n for n in range(count)}


def handoffs(names):
    ordered = sorted(names)
    return {(a, b): 10.0 + i for i, (a, b) in enumerate(zip(ordered, ordered[7:] + ordered[:7], strict=True))}


def test_labels_keep_to_their_own_room():
    names = services(60)
    spots = place_services(names, handoffs(names), AGENCIES, 60).spots
    for a, b in combinations(spots, 2):
        assert a.y != b.y or min(a.x + a.label_width, b.x + b.label_width) < max(a.x, b.x)


def test_every_label_ends_inside_the_map():
    names = services(60)
    assert all(s.x + s.label_width <= WIDTH for s in place_services(names, handoffs(names), AGENCIES, 60).spots)


def test_lanes_follow_the_order_of_agencies():
    names = services(9)
    assert [lane.agency for lane in place_services(names, {}, ["housing", "gp", "police"], 60).lanes] == [
        "housing",
        "gp",
        "police",
    ]


def test_services_beyond_the_limit_are_counted_in_their_lane():
    found = place_services(services(30), {}, AGENCIES, 20)
    assert len(found.spots) == 20
    assert sum(lane.more for lane in found.lanes) == 10


def test_order_of_the_input_does_not_move_anything():
    names, backwards = services(40), dict(reversed(list(services(40).items())))
    ties = handoffs(names)
    assert place_services(names, ties, AGENCIES, 60) == place_services(
        backwards, dict(reversed(list(ties.items()))), AGENCIES, 60
    )


def test_a_place_without_services_has_an_empty_map():
    found = place_services({}, {}, AGENCIES, 60)
    assert (found.lanes, found.spots, found.height) == ((), (), 0)


def test_receivers_stand_under_their_sender():
    names = {"gp/left": 9.0, "gp/right": 9.0, "police/from left": 9.0, "police/from right": 9.0}
    ties = {("gp/left", "police/from left"): 50.0, ("gp/right", "police/from right"): 50.0}
    at = {s.service: s.x for s in place_services(names, ties, AGENCIES, 60).spots}
    assert (at["gp/left"] < at["gp/right"]) == (at["police/from left"] < at["police/from right"])
