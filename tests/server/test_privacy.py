"""Personal data: sealed for one place, masked on screens, absent from logs."""

from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from server import privacy
from server.logs import hide_private


@pytest.fixture(autouse=True)
def keys(hospital):
    return hospital


def test_a_sealed_text_opens_in_its_place_alone():
    row = uuid4()
    sealed = privacy.seal("13800138000", place="patient.phone_cipher", row_id=row)
    assert b"13800138000" not in sealed
    assert privacy.unseal(sealed, place="patient.phone_cipher", row_id=row) == "13800138000"
    with pytest.raises(InvalidTag):
        privacy.unseal(sealed, place="patient.phone_cipher", row_id=uuid4())
    with pytest.raises(InvalidTag):
        privacy.unseal(sealed, place="patient.id_number_cipher", row_id=row)


def test_equal_values_have_equal_indexes_within_a_kind():
    assert privacy.blind_index("138", kind="phone") == privacy.blind_index("138", kind="phone")
    assert privacy.blind_index("138", kind="phone") != privacy.blind_index("138", kind="id_number")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("张三", "张*"), ("张小三", "张*三"), ("欧阳小三", "欧**三"), ("张", "*"), ("", "*"), ("John", "J***")],
)
def test_a_name_is_masked(name, shown):
    assert privacy.mask_name(name) == shown


def test_a_log_line_holds_no_personal_data():
    line = hide_private(None, "info", {"event": "x", "phone": "138", "name": "张三", "openid": "o", "job": "relay"})
    assert line == {"event": "x", "phone": "***", "name": "***", "openid": "***", "job": "relay"}
