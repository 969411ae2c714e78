"""Codes: what opens, what is expired, forged or not ours."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miniapp_api.checkin.codes import (
    CODE_LIFE,
    DESK_CODE_LIFE,
    desk_code,
    open_desk_code,
    open_patient_code,
    patient_code,
)

SEED, FOREIGN = b"s" * 32, b"f" * 32
NOW = datetime(2026, 7, 1, 8, 0, 30, 250000, tzinfo=UTC)
APPOINTMENT = uuid4()


def test_a_code_names_its_appointment_until_it_ends():
    code, expires_at = patient_code(SEED, APPOINTMENT, NOW)
    assert code.startswith("H1.")
    assert timedelta(0) <= NOW + CODE_LIFE - expires_at < timedelta(seconds=1)
    opened = open_patient_code(SEED, code, expires_at - timedelta(seconds=1))
    assert (opened.refusal, opened.subject_id, opened.expires_at) == (None, APPOINTMENT, expires_at)


def test_a_screenshot_of_an_old_code_is_expired_and_still_names_its_appointment():
    code, expires_at = patient_code(SEED, APPOINTMENT, NOW)
    opened = open_patient_code(SEED, code, expires_at)
    assert (opened.refusal, opened.subject_id) == ("code_expired", APPOINTMENT)


def test_a_code_of_a_foreign_key_is_forged_and_names_nothing():
    code, _ = patient_code(FOREIGN, APPOINTMENT, NOW)
    opened = open_patient_code(SEED, code, NOW)
    assert (opened.refusal, opened.subject_id) == ("forged", None)


def test_a_longer_life_written_into_a_code_is_forged():
    head, payload, signature = patient_code(SEED, APPOINTMENT, NOW)[0].split(".")
    raw = base64.urlsafe_b64decode(payload)
    later = (int.from_bytes(raw[17:], "big") + 3600).to_bytes(4, "big")
    changed = base64.urlsafe_b64encode(raw[:17] + later).decode()
    assert open_patient_code(SEED, f"{head}.{changed}.{signature}", NOW).refusal == "forged"


@pytest.mark.parametrize(
    "code",
    ["", ".", "H1", "H1..", "H1.AA.AA", "H2.AA.AA", "https://a.example/?x=1", "H1.中文.AA", "H1." + "A" * 5000],
)
def test_what_is_not_our_format_is_unknown(code):
    assert open_patient_code(SEED, code, NOW).refusal == "unknown_code"
    assert open_desk_code(SEED, code, NOW).refusal == "unknown_code"


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text):
    assert open_patient_code(SEED, text, NOW).refusal in {"unknown_code", "forged"}
    assert open_patient_code(SEED, "H1." + text, NOW).refusal in {"unknown_code", "forged"}
    assert open_desk_code(SEED, "D1." + text, NOW).refusal in {"unknown_code", "forged", "code_expired"}


@given(st.integers(0, 40), st.integers(1, 255))
def test_no_byte_of_a_code_can_be_changed(place, flip):
    code, _ = patient_code(SEED, APPOINTMENT, NOW)
    parts = code.split(".")
    raw = bytearray(base64.urlsafe_b64decode(parts[2] + "=="))
    raw[place % len(raw)] ^= flip
    changed = base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    assert open_patient_code(SEED, f"{parts[0]}.{parts[1]}.{changed}", NOW).refusal == "forged"


def test_the_desks_code_rotates_and_the_one_before_is_still_taken():
    desk = uuid4()
    code, ends_at = desk_code(SEED, desk, NOW)
    assert code.startswith("D1.")
    assert NOW < ends_at <= NOW + DESK_CODE_LIFE
    assert (open_desk_code(SEED, code, NOW).refusal, open_desk_code(SEED, code, NOW).subject_id) == (None, desk)
    assert open_desk_code(SEED, code, ends_at).refusal is None
    assert open_desk_code(SEED, code, ends_at + DESK_CODE_LIFE).refusal == "code_expired"
    assert open_desk_code(SEED, code, NOW - DESK_CODE_LIFE).refusal == "code_expired"
    assert desk_code(SEED, desk, ends_at)[0] != code


def test_a_patients_code_is_no_desks_code():
    code, _ = patient_code(SEED, APPOINTMENT, NOW)
    desk, _ = desk_code(SEED, APPOINTMENT, NOW)
    assert open_desk_code(SEED, code.replace("H1", "D1"), NOW).refusal == "unknown_code"
    assert open_patient_code(SEED, desk, NOW).refusal == "unknown_code"
    assert open_desk_code(SEED, desk_code(FOREIGN, APPOINTMENT, NOW)[0], NOW).refusal == "forged"
