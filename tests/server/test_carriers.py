"""The settings of text messages and mail: read strictly, secrets hidden, and what is half set up is named."""

import json

import pytest

from server.carriers import Aliyun, Mail, Security, SmsTemplate, Tencent, half_set_up, read_aliyun, read_mail
from server.config import NOWHERE, WrongSetting, load

TEMPLATES = json.dumps({"*": {"id": "SMS_1", "params": {"title": "title", "name": "name2"}}})


def test_nothing_set_is_nothing_missing():
    settings = load(NOWHERE)
    assert (settings.aliyun_sms, settings.tencent_sms, settings.mail) == (Aliyun(), Tencent(), Mail())
    assert half_set_up(settings.aliyun_sms, settings.tencent_sms, settings.mail) == []


def test_templates_keep_the_order_of_their_parameters():
    found = read_aliyun({"ALIYUN_SMS_TEMPLATES": TEMPLATES}).templates
    assert found == {"*": SmsTemplate("SMS_1", {"title": "title", "name": "name2"})}
    assert list(found["*"].params) == ["title", "name"]


@pytest.mark.parametrize("wrong", ["[]", "x", '{"a": 1}', '{"a": {"params": {}}}', '{"a": {"id": "1", "params": []}}'])
def test_wrong_templates_stop_the_start(wrong):
    with pytest.raises(WrongSetting, match="TENCENT_SMS_TEMPLATES"):
        load({**NOWHERE, "TENCENT_SMS_TEMPLATES": wrong})


@pytest.mark.parametrize(
    ("name", "value"), [("MAIL_PORT", "x"), ("MAIL_SECURITY", "maybe"), ("MAIL_TIMEOUT_SECONDS", "?")]
)
def test_wrong_mail_settings_name_themselves(name, value):
    with pytest.raises(WrongSetting, match=name):
        read_mail({name: value})


def test_mail_is_closed_unless_somebody_opens_it():
    assert (read_mail({}).security, read_mail({}).port) == (Security.STARTTLS, 587)


def test_what_is_half_set_up_is_named():
    environ = {"ALIYUN_SMS_KEY_ID": "id", "ALIYUN_SMS_TEMPLATES": TEMPLATES, "MAIL_HOST": "mail.example"}
    settings = load({**NOWHERE, **environ})
    assert half_set_up(settings.aliyun_sms, settings.tencent_sms, settings.mail) == [
        "ALIYUN_SMS_KEY_SECRET, ALIYUN_SMS_SIGN_NAME, ALIYUN_SMS_RECEIPTS_TOKEN is empty: "
        "that way to people is half set up",
        "MAIL_SENDER is empty: that way to people is half set up",
    ]


def test_secrets_do_not_print_themselves():
    settings = load({**NOWHERE, "ALIYUN_SMS_KEY_SECRET": "s3cret", "MAIL_PASSWORD": "s3cret"})
    assert "s3cret" not in repr(settings)
