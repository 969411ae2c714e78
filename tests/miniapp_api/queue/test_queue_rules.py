"""What may be undone."""

from datetime import UTC, datetime, timedelta

from miniapp_api.queue.rules import UNDO, may_undo


def test_a_call_can_be_taken_back_for_a_minute():
    called_at = datetime(2026, 7, 1, tzinfo=UTC)
    assert may_undo(called_at, called_at + UNDO)
    assert not may_undo(called_at, called_at + UNDO + timedelta(seconds=1))
    assert not may_undo(None, called_at)
