"""What a visit costs: the most special line of the price list holds."""

import pytest

from miniapp_api.catalogue.rules import Price, VisitType, prices_for

HEAD = "主任医师"
LIST = (
    Price(VisitType.REVISIT, None, None, 600),
    Price(VisitType.EXPERT, None, None, 3000),
    Price(VisitType.EXPERT, None, HEAD, 5000),
    Price(VisitType.EXPERT, "heart", None, 4000),
    Price(VisitType.EXPERT, "mind", HEAD, 9000),
    Price(VisitType.ORDINARY, "heart", None, 1500),
    Price(VisitType.ORDINARY, None, None, 1000),
)


@pytest.mark.parametrize(
    ("department", "title", "ordinary", "expert"),
    [
        ("skin", None, 1000, 3000),
        ("skin", HEAD, 1000, 5000),
        ("heart", None, 1500, 4000),
        ("heart", HEAD, 1500, 4000),  # a department's own price stands above a title's
        ("mind", HEAD, 1000, 9000),
        ("mind", "主治医师", 1000, 3000),
    ],
)
def test_the_most_special_price_holds(department, title, ordinary, expert):
    for prices in (LIST, LIST[::-1]):
        found = prices_for(prices, department, title)
        assert found == {VisitType.ORDINARY: ordinary, VisitType.EXPERT: expert, VisitType.REVISIT: 600}
        assert list(found) == [VisitType.ORDINARY, VisitType.EXPERT, VisitType.REVISIT]


def test_what_has_no_price_is_not_there():
    assert prices_for([], "heart", HEAD) == {}
