"""The arithmetic of a draw: order, lots, sharing out, and whether a record that was tampered with is found."""

import copy
import json
import random
import subprocess
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.draws import export_draw, verify_draw
from miniapp_api.release.proof import FORMAT, verify
from miniapp_api.release.rules import (
    Entrant,
    EntryState,
    Phase,
    key_of,
    lots_of,
    order,
    phase_of,
    receipt_of,
    root_of,
    sha256,
    share_out,
)
from server import clock

SPACE = UUID(int=7)
SLOTS = [uuid5(SPACE, f"slot {n}") for n in range(4)]


def entrant(n: int, lots: int = 1, slots: tuple[UUID, ...] = (SLOTS[0],)) -> Entrant:
    return Entrant(receipt_of(uuid5(SPACE, str(n))), lots, slots)


def a_seed(n: int) -> str:
    return sha256(f"seed {n}")


def a_record(count: int = 30, places: int = 7, seed: str = a_seed(1)) -> dict:
    chooser = random.Random(count)
    entrants = [entrant(n, lots=1 + n % 4, slots=tuple(chooser.sample(SLOTS[:3], 1 + n % 3))) for n in range(count)]
    left = {slot: places // 3 + (n < places % 3) for n, slot in enumerate(SLOTS[:3])}
    first = order(seed, entrants)[0]  # the booking rules say no to whoever comes first
    refused = {first.receipt: frozenset(first.slots)}
    outcomes = {one.receipt: one for one in share_out(order(seed, entrants), left, refused)}
    return {
        "format": FORMAT,
        "draw_id": str(SPACE),
        "department": "心血管内科",
        "practitioner": "王敏",
        "session_starts_at": "2026-11-23T08:00:00+08:00",
        "opens_at": "2026-11-22T07:00:00+08:00",
        "closes_at": "2026-11-22T07:01:00+08:00",
        "drawn_at": "2026-11-22T07:01:01+08:00",
        "loss_days": 90,
        "lots_at_most": 4,
        "seed_sha256": sha256(seed),
        "seed": seed,
        "root": root_of(one.receipt for one in entrants),
        "places": [{"slot_id": str(slot), "starts_at": "", "places": n} for slot, n in left.items()],
        "entries": [
            {
                "receipt": one.receipt,
                "lots": one.lots,
                "slot_ids": [str(slot) for slot in one.slots],
                "refused_slot_ids": [str(slot) for slot in refused.get(one.receipt, ())],
                "position": outcomes[one.receipt].position,
                "result": outcomes[one.receipt].state.value,
                "slot_id": str(outcomes[one.receipt].slot) if outcomes[one.receipt].slot else None,
            }
            for one in entrants
        ],
    }


# ---- the arithmetic ------------------------------------------------------------------------------------------------


def test_anybody_can_compute_a_ticket_with_the_tools_of_a_shell():
    one = entrant(1)
    seed, root = a_seed(1), root_of([one.receipt])
    text = f"{seed}:{root}:{one.receipt}:1"
    said = subprocess.run(["sha256sum"], input=text.encode(), capture_output=True, check=True).stdout
    assert said.decode().split()[0] == key_of(seed, root, one)


@given(st.integers(0, 1000), st.permutations(range(12)))
def test_the_order_does_not_depend_on_how_entries_are_listed(seed, numbers):
    entrants = [entrant(n, lots=1 + n % 4) for n in range(12)]
    assert order(a_seed(seed), [entrants[n] for n in numbers]) == order(a_seed(seed), entrants)


@given(
    st.lists(st.tuples(st.integers(1, 4), st.permutations(range(4)), st.integers(1, 3)), max_size=25),
    st.lists(st.integers(0, 4), min_size=4, max_size=4),
    st.integers(0, 50),
    st.data(),
)
def test_nobody_gets_what_is_not_there_and_no_place_is_left_that_somebody_later_wished_for(people, counts, seed, data):
    entrants = [
        entrant(n, lots, tuple(SLOTS[k] for k in wishes[:count])) for n, (lots, wishes, count) in enumerate(people)
    ]
    places = dict(zip(SLOTS, counts, strict=True))
    refused = {
        one.receipt: frozenset(data.draw(st.sets(st.sampled_from(one.slots)))) for one in entrants[: len(entrants) // 3]
    }
    outcomes = share_out(order(a_seed(seed), entrants), places, refused)
    won = [one.slot for one in outcomes if one.slot is not None]
    assert all(won.count(slot) <= places[slot] for slot in SLOTS)
    assert [one.position for one in outcomes] == list(range(1, len(entrants) + 1))
    by_receipt = {one.receipt: one for one in entrants}
    left = {slot: places[slot] - won.count(slot) for slot in SLOTS}
    for one in outcomes:
        nos = refused.get(one.receipt, frozenset())
        assert one.slot not in nos
        if one.state is EntryState.LOST:  # every place that it wished for and might have went to somebody before it
            assert all(left[slot] == 0 for slot in by_receipt[one.receipt].slots if slot not in nos)


@pytest.mark.parametrize(("losses", "lots"), [(0, 1), (1, 2), (2, 3), (3, 4), (50, 4)])
def test_a_loss_is_a_lot_more_up_to_a_limit(losses, lots):
    assert lots_of(losses, 4) == lots


@pytest.mark.parametrize(
    ("state", "second", "phase"),
    [
        ("waiting", -1, Phase.NOT_YET),
        ("waiting", 0, Phase.OPEN),
        ("waiting", 59, Phase.OPEN),
        ("waiting", 60, Phase.DRAWING),
        ("drawn", 60, Phase.DRAWN),
        ("cancelled", -1, Phase.CANCELLED),
    ],
)
def test_how_far_a_draw_is(state, second, phase):
    opens = clock.at(clock.today(), 7)
    then = opens.replace(minute=1)
    now = opens.fromtimestamp(opens.timestamp() + second, opens.tzinfo)
    assert phase_of(state, opens, then, now) is phase


# ---- fairness ------------------------------------------------------------------------------------------------------

DRAWS = 3000


def wins(entrants: list[Entrant], places: int, draws: int = DRAWS) -> list[int]:
    """How often each entry wins over many draws with other seeds."""
    numbers = {one.receipt: n for n, one in enumerate(entrants)}
    counts = [0] * len(entrants)
    for n in range(draws):
        for outcome in share_out(order(a_seed(n), entrants), {SLOTS[0]: places}, {}):
            counts[numbers[outcome.receipt]] += outcome.slot is not None
    return counts


def chi_square(found: list[int], expected: list[float]) -> float:
    return sum((one - wanted) ** 2 / wanted for one, wanted in zip(found, expected, strict=True))


CHI_19 = 43.82  # of a thousand fair samples with 19 degrees of freedom one is above


def test_who_sends_a_thousand_requests_wins_no_more_often():
    requests = [0] * 1000 + list(range(1, 20))  # the first is a bot; its id follows from draw and person, so it is one
    entrants = list({one.receipt: one for one in map(entrant, requests)}.values())
    counts = wins(entrants, 5)
    # draws without putting back: the variance of a count is smaller than that of the chi-square by 1 - 5/20
    assert chi_square(counts, [DRAWS * 5 / 20] * 20) / (1 - 5 / 20) * 19 / 20 < CHI_19
    assert abs(counts[0] / DRAWS - 5 / 20) < 0.03


def test_without_one_entry_a_person_the_bot_would_win_nearly_always():
    bots = [Entrant(sha256(f"bot {n}"), 1, (SLOTS[0],)) for n in range(1000)]
    entrants = [*bots, *(entrant(n) for n in range(1, 20))]
    counts = wins(entrants, 5, draws=60)
    assert sum(counts[:1000]) / sum(counts) > 0.9  # this test can see what the other would miss


@pytest.mark.parametrize("lots", [2, 3, 4])
def test_an_entry_with_more_lots_is_first_as_many_times_as_often(lots):
    entrants = [entrant(0, lots=lots), *(entrant(n) for n in range(1, 10))]
    counts = wins(entrants, 1)
    share = lots / (lots + 9)
    assert abs(counts[0] / DRAWS - share) < 4 * (share * (1 - share) / DRAWS) ** 0.5
    rest = [DRAWS * (1 - share) / 9] * 9
    assert chi_square(counts[1:], rest) < 30  # the others stay equal among themselves


def test_who_lost_before_wins_sooner():
    """Forty draws of twenty people for two places: with the boost the longest unlucky run is shorter."""

    def longest_run(lots_at_most: int) -> float:
        total = 0
        for world in range(30):
            losses, runs, worst = [0] * 20, [0] * 20, 0
            for n in range(40):
                people = [entrant(k, lots_of(losses[k], lots_at_most)) for k in range(20)]
                numbers = {one.receipt: k for k, one in enumerate(people)}
                for one in share_out(order(a_seed(world * 1000 + n), people), {SLOTS[0]: 2}, {}):
                    k = numbers[one.receipt]
                    has_won = one.slot is not None
                    losses[k], runs[k] = (0, 0) if has_won else (losses[k] + 1, runs[k] + 1)
                    worst = max(worst, runs[k])
            total += worst
        return total / 30

    assert longest_run(4) < longest_run(1) - 2


# ---- the record ----------------------------------------------------------------------------------------------------


def test_a_true_record_is_right():
    record = a_record()
    assert verify(record) == []
    assert verify(record, promised=record["seed_sha256"].upper()) == []
    assert {one["result"] for one in record["entries"]} == {"won", "lost", "refused"}


def _swap(record: dict, name: str) -> None:
    won = next(one for one in record["entries"] if one["result"] == "won")
    lost = next(one for one in record["entries"] if one["result"] == "lost")
    won[name], lost[name] = lost[name], won[name]


TAMPERINGS = {
    "another seed": lambda record: record.update(seed=a_seed(2)),
    "another seed with its promise": lambda record: record.update(seed=a_seed(2), seed_sha256=sha256(a_seed(2))),
    "an entry taken away": lambda record: record["entries"].pop(),
    "an entry added": lambda record: record["entries"].append({**record["entries"][0], "receipt": sha256("friend")}),
    "an entry twice": lambda record: record["entries"].append(record["entries"][0]),
    "another receipt": lambda record: record["entries"][0].update(receipt=sha256("friend")),
    "positions swapped": lambda record: _swap(record, "position"),
    "results swapped": lambda record: (_swap(record, "result"), _swap(record, "slot_id")),
    "a lot more": lambda record: record["entries"][4].update(lots=record["entries"][4]["lots"] % 4 + 1),
    "more lots than allowed": lambda record: record["entries"][5].update(lots=9),
    "a place more": lambda record: record["places"][0].update(places=record["places"][0]["places"] + 1),
    "a place less": lambda record: record["places"][0].update(places=record["places"][0]["places"] - 1),
    "other wishes": lambda record: next(one for one in record["entries"] if one["result"] == "won").update(
        slot_ids=[str(SLOTS[3])]
    ),
    "another root": lambda record: record.update(root=sha256("root")),
    "a winner refused": lambda record: next(one for one in record["entries"] if one["result"] == "won").update(
        result="refused", slot_id=None
    ),
    "another format": lambda record: record.update(format="hospital-draw-2"),
    "an unknown member": lambda record: record.update(note="trust me"),
    "a band twice": lambda record: record["places"].append(record["places"][0]),
}


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=list(TAMPERINGS))
def test_a_record_that_was_tampered_with_is_found(tampering):
    record = copy.deepcopy(a_record())
    tampering(record)
    assert verify(record) != []


def test_another_promise_than_the_one_that_was_noted_is_found():
    record = a_record(seed=a_seed(5))
    assert verify(record) == []
    assert verify(record, promised=sha256(a_seed(1))) != []


@pytest.mark.parametrize("record", [None, [], "", {}, {"format": FORMAT}, {"entries": 1}])
def test_what_is_no_record_is_said_to_be_none(record):
    assert verify(record)


def test_the_command_checks_a_file(tmp_path, capsys):
    file = tmp_path / "draw.json"
    record = a_record()
    file.write_text(json.dumps(record), encoding="utf-8")
    assert verify_draw(str(file), record["seed_sha256"]) == 0
    assert "摇号记录正确" in capsys.readouterr().out
    TAMPERINGS["results swapped"](record)
    file.write_text(json.dumps(record), encoding="utf-8")
    assert verify_draw(str(file), None) == 1
    assert "WRONG" in capsys.readouterr().out
    file.write_text("no json", encoding="utf-8")
    assert verify_draw(str(file), None) == 2
    assert verify_draw(str(tmp_path / "nothing.json"), None) == 2
    assert export_draw("http://127.0.0.1:9/draws/x", file) == 2
