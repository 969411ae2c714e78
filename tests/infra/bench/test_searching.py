"""What the bench of the search asks, and that nothing it asks takes long."""

import random
from itertools import islice

from infra.bench.arithmetic import percentile
from infra.bench.searching import ENTRIES, entries, measured, queries
from miniapp_api.catalogue.search import Index, Kind

GENEROUS_MS = 100  # the target of 20 is the bench's; other work may run beside a test


def test_the_hospital_is_large_and_always_the_same():
    made = entries()
    assert len(made) == ENTRIES
    assert made == entries()
    assert {kind: sum(entry.kind is kind for entry in made) for kind in Kind} == {
        Kind.DEPARTMENT: 300,
        Kind.PRACTITIONER: 2500,
        Kind.FAQ: 2200,
    }


def test_what_is_asked_is_found_and_fast():
    made = entries()
    index = Index(made)
    asked = list(islice(queries(random.Random(1), made), 100))
    assert sum(bool(index.search(text)) for text in asked) >= 90
    turn = measured(index, made, 0.5, number=1)
    assert turn.done > 0
    assert percentile([turn], 0.99) < GENEROUS_MS
