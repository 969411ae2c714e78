"""Codes: what opens, what is expired, forged or not ours, and what a desk can do that has public keys only."""

import base64
import hashlib
import hmac
import struct
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from miniapp_api.checkin.codes import (
    STEP,
    day_public_key,
    day_seed,
    desk_code,
    desk_scene,
    open_desk_code,
    open_desk_scene,
    open_patient_code,
    patient_code,
    slip_code,
)

ROOT, FOREIGN = b"s" * 32, b"f" * 32
NOW = datetime(2026, 7, 1, 0, 0, 40, 250000, tzinfo=UTC)  # eight in the morning, ten seconds into a step
TODAY, TOMORROW = date(2026, 7, 1), date(2026, 7, 2)
MIDNIGHT = datetime(2026, 7, 1, 16, tzinfo=UTC)  # of the hospital
APPOINTMENT = uuid4()
SECOND = timedelta(seconds=1)


def keys(*days: date, root: bytes = ROOT) -> dict[date, bytes]:
    """What a desk has been given."""
    return {day: day_public_key(root, day) for day in days or (TODAY,)}


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


# ---- the phone's ---------------------------------------------------------------------------------------------------


def test_a_code_names_its_appointment_and_says_when_the_next_one_comes():
    code = patient_code(ROOT, APPOINTMENT, NOW)
    assert (code.next_at, code.expires_at) == (NOW.replace(minute=1, second=0, microsecond=0), code.next_at + STEP)
    opened = open_patient_code(ROOT, code.text, NOW)
    assert (opened.refusal, opened.kind, opened.subject_id, opened.day) == (None, "H2", APPOINTMENT, TODAY)
    assert patient_code(ROOT, APPOINTMENT, code.next_at).text != code.text
    assert patient_code(ROOT, APPOINTMENT, code.next_at - SECOND).text == code.text


@pytest.mark.parametrize("opener", [ROOT, keys()], ids=["the server", "a desk with the day's public key"])
def test_a_screenshot_dies_within_ninety_seconds_also_by_a_clock_that_is_late(opener):
    code = patient_code(ROOT, APPOINTMENT, NOW)
    assert open_patient_code(opener, code.text, code.expires_at - SECOND).refusal is None
    dead = open_patient_code(opener, code.text, code.expires_at)
    assert (dead.refusal, dead.subject_id) == ("code_expired", APPOINTMENT)  # for the record
    desk_is_late = NOW + timedelta(seconds=90) - STEP
    assert open_patient_code(opener, code.text, desk_is_late).refusal == "code_expired"


def test_a_clock_may_stand_one_step_before_or_after_but_not_two():
    code = patient_code(ROOT, APPOINTMENT, NOW).text
    refusals = [open_patient_code(ROOT, code, NOW + steps * STEP).refusal for steps in (-2, -1, 0, 1, 2)]
    assert refusals == ["code_expired", None, None, None, "code_expired"]


def test_a_code_goes_over_midnight():
    code = patient_code(ROOT, APPOINTMENT, MIDNIGHT - SECOND).text
    assert open_patient_code(ROOT, code, MIDNIGHT + SECOND).refusal is None
    assert open_patient_code(keys(TODAY, TOMORROW), code, MIDNIGHT + SECOND).refusal is None
    assert open_patient_code(keys(TOMORROW), code, MIDNIGHT + SECOND).refusal == "code_expired"


@pytest.mark.parametrize("make", [lambda root: patient_code(root, APPOINTMENT, NOW).text, lambda root: slip(root=root)])
def test_a_code_of_a_foreign_key_is_forged_and_names_nothing(make):
    for opener in (ROOT, keys()):
        opened = open_patient_code(opener, make(FOREIGN), NOW)
        assert (opened.refusal, opened.subject_id) == ("forged", None)


def test_the_key_of_another_day_signs_nothing_of_today():
    kind, payload, _ = patient_code(ROOT, APPOINTMENT, NOW).text.split(".")
    yesterdays = Ed25519PrivateKey.from_private_bytes(day_seed(ROOT, TODAY - timedelta(days=1)))
    code = f"{kind}.{payload}.{text(yesterdays.sign(f'{kind}.{payload}'.encode()))}"
    assert open_patient_code(ROOT, code, NOW).refusal == "forged"


def test_a_later_step_written_into_a_code_is_forged():
    kind, payload, signature = patient_code(ROOT, APPOINTMENT, NOW).text.split(".")
    later = raw(payload)[:17] + struct.pack(">I", struct.unpack(">I", raw(payload)[17:])[0] + 1)
    assert open_patient_code(ROOT, f"{kind}.{text(later)}.{signature}", NOW).refusal == "forged"


# ---- on paper ------------------------------------------------------------------------------------------------------


def slip(day: date = TODAY, root: bytes = ROOT) -> str:
    return slip_code(root, APPOINTMENT, day)


def test_a_slip_is_taken_all_day_and_on_no_other():
    opened = open_patient_code(ROOT, slip(), NOW)
    assert (opened.refusal, opened.kind, opened.subject_id) == (None, "P2", APPOINTMENT)
    assert open_patient_code(keys(), slip(), MIDNIGHT - SECOND).refusal is None
    for other, moment in ((slip(), MIDNIGHT), (slip(TOMORROW), NOW)):
        opened = open_patient_code(ROOT, other, moment)
        assert (opened.refusal, opened.subject_id) == ("wrong_day", APPOINTMENT)
    unchecked = open_patient_code(keys(TODAY), slip(TOMORROW), NOW)
    assert (unchecked.refusal, unchecked.subject_id) == ("wrong_day", None)


def test_another_day_written_on_a_slip_is_forged():
    kind, payload, signature = slip().split(".")
    changed = raw(payload)[:17] + struct.pack(">I", (TOMORROW - date(1970, 1, 1)).days)
    assert open_patient_code(ROOT, f"{kind}.{text(changed)}.{signature}", MIDNIGHT).refusal == "forged"
    never = text(raw(payload)[:17] + bytes([255] * 4))
    assert open_patient_code(ROOT, f"{kind}.{never}.{signature}", NOW).refusal == "unknown_code"


# ---- the desk's ----------------------------------------------------------------------------------------------------


def test_the_desks_code_rotates_and_the_one_before_is_still_taken():
    desk = uuid4()
    code = desk_code(ROOT, desk, NOW)
    opened = open_desk_code(ROOT, code.text, NOW)
    assert (opened.refusal, opened.kind, opened.subject_id) == (None, "D2", desk)
    refusals = [open_desk_code(ROOT, code.text, NOW + steps * STEP).refusal for steps in (-1, 0, 1, 2)]
    assert refusals == ["code_expired", None, None, "code_expired"]
    assert desk_code(ROOT, desk, code.next_at).text != code.text
    assert open_desk_code(ROOT, code.text, code.expires_at - SECOND).refusal is None
    assert open_desk_code(ROOT, code.text, code.expires_at).refusal == "code_expired"


def test_a_printed_scene_names_its_desk_and_edition_and_fits_the_platform():
    desk = uuid4()
    scene = desk_scene(ROOT, desk, 255)
    assert len(scene) == 32
    assert set(scene) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789=-_")
    opened = open_desk_scene(ROOT, scene)
    assert (opened.refusal, opened.kind, opened.subject_id, opened.edition) == (None, "d=", desk, 255)
    assert desk_scene(ROOT, desk, 1) != scene


def test_a_scene_of_one_s_own_making_is_forged():
    desk = uuid4()
    assert open_desk_scene(ROOT, desk_scene(FOREIGN, desk, 1)).refusal == "forged"
    older = raw(desk_scene(ROOT, desk, 2)[2:])
    assert open_desk_scene(ROOT, "d=" + text(older[:16] + b"\x01" + older[17:])).refusal == "forged"
    for rubbish in ("", "d=", "d=AAAA", "d=" + "A" * 29 + "B", "d=中文", "D2.AA.AA", "d=" + "A" * 4000):
        assert open_desk_scene(ROOT, rubbish).refusal == "unknown_code"


# ---- kinds and forms -----------------------------------------------------------------------------------------------


def test_one_kind_never_passes_for_another():
    phone, paper = patient_code(ROOT, APPOINTMENT, NOW).text, slip()
    desk, scene = desk_code(ROOT, APPOINTMENT, NOW).text, desk_scene(ROOT, APPOINTMENT, 1)
    for code in (phone, paper, scene):
        assert open_desk_code(ROOT, code, NOW).refusal == "unknown_code"
    for code in (desk, scene):
        assert open_patient_code(ROOT, code, NOW).refusal == "unknown_code"
    for code in (phone, paper, desk):
        assert open_desk_scene(ROOT, code).refusal == "unknown_code"
    assert open_desk_code(ROOT, phone.replace("H2", "D2"), NOW).refusal == "forged"
    assert open_patient_code(ROOT, desk.replace("D2", "H2"), NOW).refusal == "forged"
    assert open_patient_code(ROOT, phone.replace("H2", "P2"), NOW).refusal == "unknown_code"  # no such day
    assert open_patient_code(ROOT, paper.replace("P2", "H2"), NOW).refusal == "forged"


@pytest.mark.parametrize(
    "code",
    ["", ".", "H2", "H2..", "H2.AA.AA", "H1.AA.AA", "https://a.example/?x=1", "H2.中文.AA", "H2." + "A" * 5000],
)
def test_what_is_not_our_format_is_unknown(code):
    assert open_patient_code(ROOT, code, NOW).refusal == "unknown_code"
    assert open_desk_code(ROOT, code, NOW).refusal == "unknown_code"


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(anything):
    for opener in (ROOT, keys()):
        assert open_patient_code(opener, anything, NOW).refusal in {"unknown_code", "forged", "code_expired"}
        for kind in ("H2.", "P2."):
            assert open_patient_code(opener, kind + anything, NOW).subject_id is None
        assert open_desk_code(opener, "D2." + anything, NOW).subject_id is None
    assert open_desk_scene(ROOT, "d=" + anything).subject_id is None


@given(st.binary(min_size=20, max_size=20), st.binary(min_size=64, max_size=64), st.sampled_from(["H2", "P2", "D2"]))
def test_no_payload_breaks_the_reading(payload, signature, kind):
    code = f"{kind}.{text(bytes([1]) + payload)}.{text(signature)}"
    for opener in (ROOT, keys()):
        assert open_patient_code(opener, code, NOW).subject_id is None
        assert open_desk_code(opener, code, NOW).subject_id is None


@given(st.integers(0, 63), st.integers(1, 255))
def test_no_byte_of_a_signature_can_be_changed(place, flip):
    head, payload, signature = patient_code(ROOT, APPOINTMENT, NOW).text.split(".")
    changed = bytearray(raw(signature))
    changed[place] ^= flip
    assert open_patient_code(ROOT, f"{head}.{payload}.{text(bytes(changed))}", NOW).refusal == "forged"


def test_a_code_has_one_written_form():
    code = patient_code(ROOT, APPOINTMENT, NOW).text
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = code[:-1] + alphabet[alphabet.index(code[-1]) + 1]  # the same bytes, with other spare bits
    assert raw(other.split(".")[2]) == raw(code.split(".")[2])
    for second_form in (other, code + "=", code + "==", code.replace("H2.", "H2. ")):
        assert open_patient_code(ROOT, second_form, NOW).refusal == "unknown_code"


# ---- a stolen desk -------------------------------------------------------------------------------------------------


@given(st.integers(-30, 30), st.binary(min_size=32, max_size=32), st.integers(0, 2879))
def test_a_stolen_desk_cannot_make_a_code_of_any_day(days, guess, step):
    """It has the public keys of all days up to today, its codes, and any key that it makes of them or guesses."""
    stolen = keys(*(TODAY - timedelta(days=past) for past in range(8)))
    target = MIDNIGHT + timedelta(days=days) + step * STEP
    honest = patient_code(ROOT, APPOINTMENT, target).text
    kind, payload, _ = honest.split(".")
    for secret in (guess, *stolen.values()):
        own = Ed25519PrivateKey.from_private_bytes(secret).sign(f"{kind}.{payload}".encode())
        assert open_patient_code(ROOT, f"{kind}.{payload}.{text(own)}", target).refusal == "forged"
    taken = patient_code(ROOT, APPOINTMENT, NOW).text.split(".")[2]  # a signature that it has seen
    if target != NOW:
        assert open_patient_code(ROOT, f"{kind}.{payload}.{taken}", target).refusal in {"forged", "code_expired"}


def test_it_knows_nothing_of_tomorrow():
    stolen = keys(TODAY)
    tomorrows = patient_code(ROOT, APPOINTMENT, NOW + timedelta(days=1)).text
    opened = open_patient_code(stolen, tomorrows, NOW + timedelta(days=1))
    assert (opened.refusal, opened.subject_id) == ("code_expired", None)
    days = [TODAY + timedelta(days=n) for n in range(400)]
    assert len({day_public_key(ROOT, day) for day in days} | {day_seed(ROOT, day) for day in days} | {ROOT}) == 801


def test_a_day_s_secret_opens_no_other_day():
    """Even the private key of a day, which no desk has, gives neither the root nor another day."""
    secret = day_seed(ROOT, TODAY)
    assert day_seed(secret, TOMORROW) != day_seed(ROOT, TOMORROW)
    assert day_public_key(secret, TODAY) != day_public_key(ROOT, TODAY)


# ---- the written format --------------------------------------------------------------------------------------------


def test_an_independent_reader_understands_what_the_page_says():
    """Written from docs/codes.md alone: HKDF by hand, the payload by struct, the signature by its public key."""

    def hkdf(root: bytes, info: bytes) -> bytes:
        pseudo_random = hmac.new(b"\0" * 32, root, hashlib.sha256).digest()
        return hmac.new(pseudo_random, info + b"\x01", hashlib.sha256).digest()

    seed = hkdf(ROOT, b"hospital check-in day 2026-07-01")
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    assert public.public_bytes_raw() == day_public_key(ROOT, TODAY)
    number = int(NOW.timestamp()) // 30
    expected = {
        patient_code(ROOT, APPOINTMENT, NOW).text: ("H2", number),
        desk_code(ROOT, APPOINTMENT, NOW).text: ("D2", number),
        slip(): ("P2", 20635),
    }
    for code, (kind, written) in expected.items():
        prefix, payload, signature = code.split(".")
        version, subject, read = struct.unpack(">B16sI", raw(payload))
        assert (prefix, version, UUID(bytes=subject), read) == (kind, 1, APPOINTMENT, written)
        Ed25519PublicKey.from_public_bytes(day_public_key(ROOT, TODAY)).verify(
            raw(signature), f"{prefix}.{payload}".encode()
        )
        assert len(code) == 118
    named, tag = raw(desk_scene(ROOT, APPOINTMENT, 7)[2:])[:17], raw(desk_scene(ROOT, APPOINTMENT, 7)[2:])[17:]
    assert named == APPOINTMENT.bytes + b"\x07"
    assert tag == hmac.new(hkdf(ROOT, b"hospital desk poster"), named, hashlib.sha256).digest()[:5]
