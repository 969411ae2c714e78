"""What the doctor says of accounts of which only a part is set."""

import json

import pytest

from server.config import NOWHERE, WrongSetting, load
from server.doctor import accounts_half_set_up, staff_missing
from tests import props

OFFICIAL = {
    "WECHAT_OFFICIAL_APP_ID": "wx1",
    "WECHAT_OFFICIAL_SECRET": "s",
    "WECHAT_OFFICIAL_PUSH_TOKEN": "t",
    "WECHAT_OFFICIAL_PUSH_AES_KEY": "k",
}
APP = {"WECOM_CORP_ID": "ww1", "WECOM_AGENT_ID": "7", "WECOM_APP_SECRET": "s"}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, []),
        (OFFICIAL, ["WECHAT_OFFICIAL_TEMPLATE_IDS is empty: the official account sends nothing"]),
        ({**OFFICIAL, "WECHAT_OFFICIAL_TEMPLATE_IDS": json.dumps({"a": "b"})}, []),
        (APP, []),
        ({**APP, "WECOM_AGENT_ID": ""}, ["WECOM_AGENT_ID is empty: the application of WeCom sends nothing"]),
        ({"STAFF_ALERT_URLS": "json://chat.example/x"}, []),
        (
            {"STAFF_ALERT_URLS": "json://chat.example/x nosuch://secret"},
            ["STAFF_ALERT_URLS: address 2 is none that Apprise knows"],
        ),
    ],
)
def test_what_is_half_set_up_is_named_and_no_secret(environ, said):
    assert accounts_half_set_up(load({**NOWHERE, **environ})) == said


@pytest.mark.parametrize(
    "name", ["WECHAT_OFFICIAL_SECRET", "WECHAT_OFFICIAL_PUSH_TOKEN", "WECHAT_OFFICIAL_PUSH_AES_KEY"]
)
def test_an_official_account_without_its_secrets_does_not_start(name):
    with pytest.raises(WrongSetting, match=name):
        load({**NOWHERE, **OFFICIAL, name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [("WECHAT_OFFICIAL_TEMPLATE_IDS", "[]"), ("WECOM_AGENT_ID", "x"), ("WECOM_TIMEOUT_SECONDS", "soon")],
)
def test_what_cannot_be_read_is_named(name, value):
    with pytest.raises(WrongSetting, match=name):
        load({**NOWHERE, **OFFICIAL, name: value})


async def test_an_installation_is_told_whom_it_lacks(hospital):
    assert await staff_missing() == ["nobody gives rights: run `hospital administrator USERNAME`"]
    await props.a_staff("admin", department_id=await props.a_department())
    await props.a_staff("admin", active=False)
    assert len(await staff_missing()) == 1
    await props.a_staff("admin")
    await props.a_staff("complaint_handler", "supervisor")
    await props.a_staff("supervisor", email="lu@hospital.example")
    (said,) = await staff_missing()
    assert said.startswith("1 of those who take complaints")
