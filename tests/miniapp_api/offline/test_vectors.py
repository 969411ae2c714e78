"""The desk's rules are the server's: both are held to one file, which is written by the server's rules."""

from tests.miniapp_api.offline import vectors


def test_the_file_that_the_desk_is_held_to_says_what_the_server_says():
    kept = vectors.FILE.read_text(encoding="utf-8")
    assert kept == vectors.as_text(), "python -m tests.miniapp_api.offline.vectors writes it anew"


def test_the_file_knows_every_verdict():
    cases = vectors.vectors()["cases"]
    assert {case["outcome"] for case in cases} == {"accepted", "already_checked_in", "refused", "unsure"}
    assert {case["reason"] for case in cases} >= {
        "unknown_code",
        "forged",
        "code_expired",
        "wrong_day",
        "wrong_department",
        "too_early",
        "too_late",
        "cancelled",
        "session_stopped",
    }
