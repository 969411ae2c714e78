"""Personal data: sealed for one place, masked on screens, absent from logs."""

import sys
from uuid import uuid4

import pytest
import structlog
from cryptography.exceptions import InvalidTag
from pydantic import ValidationError
from tortoise.exceptions import BaseORMException

from server import db, privacy
from server.ids import new_id
from server.logs import hide_private, hide_quoted
from server.web import Paging
from tests import props


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


INSERT = "INSERT INTO campus (id, code, name) VALUES ($1"


def logged() -> str:
    """What a log line says of the exception that is being handled."""
    line = structlog.processors.format_exc_info(None, "error", {"event": "bug", "exc_info": sys.exc_info()})
    return hide_quoted(None, "error", line)["exception"]


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (f"{INSERT}, '张小三', '一\n\n李小四'), ($1, '张小三', '李小四')", [new_id()]),
        (f"{INSERT}, '张小三\n\n李小四', NULL)", [new_id()]),
        ("SELECT $1::integer", ["张小三"]),
        ("SELECT '张小三'::uuid", []),
    ],
    ids=["a key", "a row", "an argument", "a text"],
)
async def test_what_the_database_quotes_of_a_row_is_not_logged(statement, values):
    try:
        await db.fetch(statement, *values)
    except BaseORMException:
        line = logged()
    assert "张小三" not in line
    assert "李小四" not in line
    assert "db.fetch(statement, *values)" in line
    assert "***" in line


def test_what_a_form_quotes_is_not_logged():
    said = {"limit": "张小三", "cursor": "李小四" * 100}
    try:
        Paging(**said)
    except ValidationError:
        line = logged()
    assert "张小三" not in line
    assert "李小四" not in line
    assert "limit" in line


async def test_the_constraint_that_refused_a_row_is_still_logged():
    same = {"id": new_id(), "code": "C77"}
    await props.a_campus(**same)
    try:
        await props.a_campus(**same)
    except BaseORMException:
        line = logged()
    assert "campus_pkey" in line
    assert str(same["id"]) not in line
