"""Which numbers are real, and what an identity number tells."""

from datetime import date

import pytest

from miniapp_api.errors import TooManyPatients
from miniapp_api.patients import rules
from miniapp_api.patients.rules import Gender, PatientDraft, Relation
from server.errors import Malformed

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("13800138000", "13800138000"),
        ("+86 138".replace(" ", "") + "00138000", "13800138000"),
        ("0086-13800138000", "13800138000"),
        ("010-12345678", "01012345678"),
        ("+85291234567", "+85291234567"),
        ("95588", "95588"),
    ],
)
def test_a_phone_number_is_kept_in_one_form(said, kept):
    assert rules.phone_number(said) == kept


@pytest.mark.parametrize(
    "said", ["", "1234", "1" * 21, "138 0013 8000", "abc12345", "-13800138000", "１３８００１３８０００"]
)
def test_what_is_no_phone_number_is_refused(said):
    with pytest.raises(Malformed):
        rules.phone_number(said)


@pytest.mark.parametrize("said", ["11010519491231002X", "11010519491231002x", " 11010519491231002X "])
def test_an_identity_number_is_kept_in_capitals(said):
    assert rules.identity_number(said) == "11010519491231002X"


@pytest.mark.parametrize("said", ["110105194912310021", "11010519491331002X", "1101051949123100", "A1010519491231002X"])
def test_a_wrong_identity_number_is_refused(said):
    with pytest.raises(Malformed):
        rules.identity_number(said)


def test_an_identity_number_tells_birth_and_gender():
    assert rules.read_from_identity("11010519491231002X") == (date(1949, 12, 31), Gender.FEMALE)


def test_what_was_said_goes_before_what_the_number_tells():
    draft = PatientDraft(name="张三", relation=Relation.SELF, id_number="11010519491231002X", gender=Gender.OTHER)
    whole = rules.completed(draft, TODAY)
    assert (whole.birth_date, whole.gender) == (date(1949, 12, 31), Gender.OTHER)


@pytest.mark.parametrize("born", [date(2026, 3, 2), date(1899, 12, 31)])
def test_an_impossible_birth_is_refused(born):
    with pytest.raises(Malformed):
        rules.check_birth_date(born, TODAY)


def test_an_account_has_room_for_eight():
    rules.check_room_for_one_more(7)
    with pytest.raises(TooManyPatients):
        rules.check_room_for_one_more(8)
