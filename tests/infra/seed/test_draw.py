"""The demonstration hospital as it is drawn, before any database."""

from datetime import date

import pytest

from infra.seed.draw import draw
from infra.seed.plan import DESKS, EMERGENCY, GENERAL, LOGINS
from miniapp_api.catalogue.specialities import specialities
from miniapp_api.catalogue.spelling import initials
from miniapp_api.imports.columns import KIND_BY_WORD, KINDS
from miniapp_api.imports.reading import Line
from miniapp_api.imports.rules import Words, check, span
from server.accounts import Role

TODAY = date(2026, 11, 23)
SEEDS = (1, 2, 2026)
# people whom a patient might think of; none of them may sit in a demonstration
OF_NOTE = {"许知远", "顾景舟", "程思远", "高晓松", "宋思衡", "孔令辉", "江疏影", "虞书欣", "梁思成", "叶嘉莹"}


def test_the_same_number_gives_the_same_hospital():
    assert draw(7) == draw(7)
    assert draw(7).name_row("practitioner", "D001") == draw(7).name_row("practitioner", "D001")


def test_another_number_gives_another_hospital():
    one, other = draw(7), draw(8)
    assert one.name_row("practitioner", "D001") != other.name_row("practitioner", "D001")
    assert [row["name"] for row in one.catalogue["practitioner"]] != [
        row["name"] for row in other.catalogue["practitioner"]
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_it_has_the_size_of_a_real_one(seed):
    catalogue = draw(seed).catalogue
    assert len(catalogue["department"]) == 30
    assert 110 <= len(catalogue["practitioner"]) <= 130
    assert 60 <= len(catalogue["room"]) <= 80
    assert len(catalogue["campus"]) == 2
    names = [row["name"] for row in catalogue["practitioner"]]
    assert len(set(names)) == len(names)
    assert not set(names) & OF_NOTE


@pytest.mark.parametrize("seed", SEEDS)
def test_it_would_pass_the_import(seed):
    """Known specialities, own prefixes, no room and no practitioner twice at a time: the import checks all of that."""
    catalogue = draw(seed).catalogue
    lines = [
        Line(
            kind.name,
            number,
            kind,
            {name: cell for name, value in row.items() if (cell := kind.by_name[name].write(value))},
        )
        for kind in KINDS
        for number, row in enumerate(catalogue.get(kind.name, ()), start=1)
    ]
    checked = check(
        lines,
        {kind.name: {} for kind in KINDS},
        Words(specialities(), initials, today=TODAY, staff=frozenset(login.username for login in LOGINS)),
    )
    assert [bad.text() for bad in checked.bad] == []
    filled = {kind.name: [kind.filled(row) for row in catalogue.get(kind.name, ())] for kind in KINDS}
    for clinic in filled["schedule"]:
        clinic["valid_from"] = TODAY
    assert {name: [draft.row for draft in drafts.values()] for name, drafts in checked.drafts.items()} == filled
    assert set(KIND_BY_WORD.values()) == set(KINDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_practitioner_has_clinics_and_every_department_too(seed):
    catalogue = draw(seed).catalogue
    assert {row["practitioner_code"] for row in catalogue["schedule"]} == {
        row["code"] for row in catalogue["practitioner"]
    }
    assert {row["department_code"] for row in catalogue["schedule"]} == {row["code"] for row in catalogue["department"]}
    assert all(2 <= row["capacity"] <= 6 for row in catalogue["schedule"] if row["department_code"] != EMERGENCY)


@pytest.mark.parametrize("weekday", [2, 6])
@pytest.mark.parametrize("hour", range(24))
def test_a_slot_near_now_exists_at_any_hour(hour, weekday):
    schedule = draw(1).catalogue["schedule"]
    open_now = {
        row["department_code"]
        for row in schedule
        if row["weekday"] == weekday and span(row)[0] <= hour * 60 and (hour + 1) * 60 <= span(row)[1]
    }
    assert EMERGENCY in open_now
    assert GENERAL in open_now or not 7 <= hour < 22


def test_the_emergency_has_places_for_many():
    at_night = [row for row in draw(1).catalogue["schedule"] if row["department_code"] == EMERGENCY]
    assert {row["capacity"] for row in at_night} == {10}


def test_every_role_has_a_login_and_every_level_somebody_on_duty():
    assert {login.role for login in LOGINS} == set(Role)
    assert {login.duty for login in LOGINS} == {None, 0, 1, 2, 3}
    departments = {row["code"] for row in draw(1).catalogue["department"]}
    assert {login.department for login in LOGINS} | {desk.department for desk in DESKS} <= departments | {None}
