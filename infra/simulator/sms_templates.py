"""The text message templates that the simulated accounts have had approved, and what the product needs to know of them.

Both providers approved the same texts. The parameters are the fields of the subscribe-message templates, so that a
message says the same whichever way it comes.
"""

import json
from dataclasses import dataclass

from infra.simulator.templates import TEMPLATES

SIGN_NAME = "示范医院"
ANY = "*"  # for messages that have no template of their own


@dataclass(frozen=True, slots=True)
class SmsTemplate:
    """A template: its number, its text with ${name} for each parameter, the parameters in their order."""

    number: int
    text: str
    params: tuple[str, ...]

    @property
    def aliyun_id(self) -> str:
        """Give the code by which Aliyun knows it."""
        return f"SMS_{self.number}"

    @property
    def tencent_id(self) -> str:
        """Give the number by which Tencent knows it."""
        return str(self.number)


def _templates() -> dict[str, SmsTemplate]:
    found = {ANY: SmsTemplate(100000, "您有一条新通知：${title}。请打开医院小程序查看。", ("title",))}
    for place, (key, template) in enumerate(TEMPLATES.items(), start=1):
        lines = "，".join(f"{field.label} ${{{field.key}}}" for field in template.fields)
        names = tuple(field.key for field in template.fields)
        found[key] = SmsTemplate(100000 + place, f"{template.title}：{lines}。", names)
    return found


SMS_TEMPLATES = _templates()
BY_ALIYUN_ID = {template.aliyun_id: template for template in SMS_TEMPLATES.values()}
BY_TENCENT_ID = {template.tencent_id: template for template in SMS_TEMPLATES.values()}


def aliyun_setting() -> str:
    """Give what the product's setting ALIYUN_SMS_TEMPLATES says: our key to id and parameters."""
    return _setting({key: template.aliyun_id for key, template in SMS_TEMPLATES.items()})


def tencent_setting() -> str:
    """Give what the product's setting TENCENT_SMS_TEMPLATES says."""
    return _setting({key: template.tencent_id for key, template in SMS_TEMPLATES.items()})


def _setting(ids: dict[str, str]) -> str:
    return json.dumps(
        {
            key: {"id": template_id, "params": {name: name for name in SMS_TEMPLATES[key].params}}
            for key, template_id in ids.items()
        }
    )
