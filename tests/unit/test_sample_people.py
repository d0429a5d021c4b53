"""People of the pretend place: households, families, homes."""

import numpy as np
import pytest

from totalplace.sample_data.details import World
from totalplace.sample_data.events import Events
from totalplace.sample_data.homes import CLASSES
from totalplace.sample_data.people import NEVER, NOBODY, YEAR
from totalplace.sample_data.place import make_history
from totalplace.sample_data.settings import Settings, load_settings


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings()


@pytest.fixture(scope="module")
def history(settings: Settings) -> tuple[World, Events]:
    return make_history(settings, 6000, 5)


@pytest.fixture(scope="module")
def world(history: tuple[World, Events]) -> World:
    return history[0]


def test_a_place_has_exactly_the_people_asked_for(world: World) -> None:
    assert len(world.people) == 6000


def test_mothers_are_women_of_an_age_to_have_their_children(world: World) -> None:
    folk = world.people
    child = np.flatnonzero(folk.mother != NOBODY)
    apart = (folk.birth[child] - folk.birth[folk.mother[child]]) / YEAR
    assert not folk.male[folk.mother[child]].any()
    assert apart.min() > 15 and apart.max() < 60


def test_children_of_parents_apart_have_a_father_in_another_home(world: World) -> None:
    folk = world.people
    child = np.flatnonzero((folk.mother != NOBODY) & (folk.father != NOBODY))
    elsewhere = folk.unit[folk.father[child]] != folk.unit[child]
    assert 0.03 < elsewhere.mean() < 0.5


def test_a_father_with_another_family_makes_the_child_belong_to_two(world: World) -> None:
    folk = world.people
    child = np.flatnonzero(folk.other_family != NOBODY)
    assert len(child) > 5
    assert (folk.family[folk.father[child]] == folk.other_family[child]).all()
    assert (folk.family[child] != folk.other_family[child]).all()


def test_there_are_twins_with_two_names(world: World) -> None:
    folk = world.people
    child = np.flatnonzero(folk.child & (folk.mother != NOBODY))
    order = child[np.lexsort((folk.birth[child], folk.mother[child]))]
    twin = (np.diff(folk.mother[order]) == 0) & (np.diff(folk.birth[order]) == 0)
    assert twin.sum() >= 3
    assert (folk.given[order[1:][twin]] != folk.given[order[:-1][twin]]).mean() > 0.9


def test_some_sons_bear_their_fathers_name(world: World) -> None:
    folk = world.people
    son = np.flatnonzero(folk.male & (folk.father != NOBODY))
    same = (folk.given[son] == folk.given[folk.father[son]]) & (folk.surname[son] == folk.surname[folk.father[son]])
    assert same.sum() >= 5


def test_surnames_change_within_the_window(world: World) -> None:
    folk = world.people
    who = np.flatnonzero(folk.later_day < NEVER)
    before, after = folk.surname_on(who, folk.later_day[who] - 1), folk.surname_on(who, folk.later_day[who])
    assert len(who) >= 10
    assert (before != after).mean() > 0.9


def test_there_is_one_refuge_and_every_class_of_home(world: World) -> None:
    classes = np.bincount(world.addresses.homes.property_class, minlength=len(CLASSES))
    assert classes[CLASSES.index("refuge")] == 1
    assert (classes > 0).all()


def test_some_homes_have_one_household_after_another(world: World) -> None:
    homes, since = world.addresses.dwelling, world.addresses.since
    mover, turn = np.nonzero(since[:, 1:] < NEVER)
    moved_in = homes[mover, turn + 1]
    assert np.isin(moved_in, homes[:, 0]).sum() > 50


def test_contacts_are_few_for_most_and_many_for_few(history: tuple[World, Events]) -> None:
    world, events = history
    count = np.sort(np.bincount(events.person, minlength=len(world.people)))
    assert 3.9 < count.mean() < 4.9
    assert (count <= 3).mean() > 0.6
    assert (count == 0).mean() > 0.2
    assert count[-len(count) // 20 :].sum() > 0.4 * count.sum()


def test_nothing_happens_before_birth_or_after_the_exit(history: tuple[World, Events]) -> None:
    world, events = history
    assert (events.day >= world.people.birth[events.person]).all()
    assert (events.day < world.addresses.exit_day[events.person]).all()


def test_every_service_is_used(settings: Settings, history: tuple[World, Events]) -> None:
    used = np.bincount(history[1].service, minlength=len(settings.services))
    idle = [service.name for service, count in zip(settings.services, used, strict=True) if count == 0]
    assert idle == []


def test_every_need_has_a_theme_of_the_pilots(settings: Settings) -> None:
    from totalplace.config.load import shipped

    themes = set(shipped("themes")["themes"])
    assert {need["theme"] for need in settings.needs.values()} <= themes
    assert {s.theme for s in settings.services if s.theme} <= themes


def test_referrals_are_answered_and_unanswered(settings: Settings, history: tuple[World, Events]) -> None:
    events, agency = history[1], settings.column("agency", int)
    sent = np.flatnonzero(events.referral >= 0)[:400]
    day, person = events.day, events.person
    served = [
        bool(
            (
                (person == person[i])
                & (agency[events.service] == events.referral[i])
                & (day > day[i])
                & (day <= day[i] + 60)
            ).any()
        )
        for i in sent
    ]
    assert 0.2 < np.mean(served) < 0.9
