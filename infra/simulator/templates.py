"""The subscribe-message templates that the simulated account has chosen from the platform's library.

The ids are constants: the launcher passes `TEMPLATE_IDS` to the product, which knows keys only by its settings.
"""

from dataclasses import dataclass

ONE_TIME = 2  # one accepted pop-up, one message


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a template: the key carries the type, the label is what the phone shows before the value."""

    key: str
    label: str
    values: tuple[str, ...] = ()  # what an enum or const field may hold


@dataclass(frozen=True, slots=True)
class Template:
    """A template as the account has it: id, title, fields in the order in which they are checked and shown."""

    template_id: str
    title: str
    fields: tuple[Field, ...]
    type: int = ONE_TIME

    @property
    def content(self) -> str:
        """The platform's own notation of the fields, as `gettemplate` gives it."""
        return "".join(f"{field.label}:{{{{{field.key}.DATA}}}}\n" for field in self.fields)


def _template(template_id: str, title: str, **labels: str) -> Template:
    return Template(template_id, title, tuple(Field(key, label) for key, label in labels.items()))


TEMPLATES: dict[str, Template] = {
    "appointment_booked": _template(
        "b5qM-CWerjy-Ozys7HsWaSGGZI2r_Yxs4tCBQUbuQFk",
        "预约成功通知",
        thing1="就诊科室",
        name2="就诊人",
        time3="就诊时间",
        character_string4="预约序号",
        thing5="温馨提示",
    ),
    "appointment_cancelled": _template(
        "8mmTSQx7Tx0lOklF8THYV3utWr4fW-4uAh-HO9kABxI",
        "预约取消通知",
        thing1="就诊科室",
        name2="就诊人",
        time3="就诊时间",
        thing4="说明",
    ),
    "appointment_reminder": _template(
        "r0ERF3sdnSFoRThEt3jWpotp5tk-eu0MXyW5bhQmvDU",
        "就诊提醒",
        thing1="就诊科室",
        name2="就诊人",
        time3="就诊时间",
        thing4="就诊地点",
        thing5="温馨提示",
    ),
    "place_offered": _template(
        "Qw8Zc1VtYx3mPn5rLk7jHg9fDs2aBe4uIo6yTR0vXlM",
        "候补到号通知",
        thing1="就诊科室",
        name2="就诊人",
        time3="就诊时间",
        time4="保留至",
        thing5="温馨提示",
    ),
    "waitlist_ended": _template(
        "Hn3Jd7KsLw1QeRt5YuIo9PaSdFg2ZxCv4BnM6mTqWzE",
        "候补结果通知",
        thing1="就诊科室",
        name2="就诊人",
        phrase3="状态",
        thing4="说明",
    ),
    "queue_called": _template(
        "KQeV6KcdsQOojk5wOaGqZ6r991nZEVl81sE22kKnCtw",
        "叫号提醒",
        thing1="就诊科室",
        character_string2="排队号",
        thing3="诊室",
        thing4="温馨提示",
    ),
    "queue_joined": _template(
        "fm62me5qJWWHCBz9mUI7ECot2rHJ4pKeLqj_k13OcrM",
        "报到成功通知",
        thing1="就诊科室",
        character_string2="排队号",
        thing3="候诊位置",
        thing4="温馨提示",
    ),
    "visit_finished": _template(
        "K-mg06_SNKiO0xiEo44zLDiR1A1XTruUYeVOsNOfrwM",
        "就诊完成通知",
        thing1="就诊科室",
        name2="就诊人",
        thing3="注意事项",
        thing4="复诊安排",
    ),
    "survey_invitation": _template(
        "tm1J4vwZ_nESWog7g4bYPK5pMSEcsF8hZTz4FZZuLzc",
        "满意度评价邀请",
        thing1="就诊科室",
        time2="就诊时间",
        thing3="温馨提示",
    ),
    "complaint_progress": _template(
        "xUsDDy4iH2NeP57TYtQRGGJQHF2pzncXULaFm3O53n4",
        "投诉处理进度通知",
        character_string1="编号",
        phrase2="状态",
        time3="时间",
        thing4="说明",
    ),
    "revisit_reminder": _template(
        "qEnElBrCPP-6H_LMvre20OCV_AL2ASXYclSLpvhZYp8",
        "复诊提醒",
        thing1="就诊科室",
        name2="就诊人",
        date3="复诊日期",
        thing4="温馨提示",
    ),
    "follow_up": _template(
        "Fu7pWq2LmZx9RtKd4VbNsJh6YcGe1AoTi8UzXrCwE3k",
        "随访提醒",
        thing1="就诊科室",
        name2="就诊人",
        thing3="随访内容",
        thing4="温馨提示",
    ),
}

TEMPLATE_IDS: dict[str, str] = {key: template.template_id for key, template in TEMPLATES.items()}

BY_ID: dict[str, Template] = {template.template_id: template for template in TEMPLATES.values()}
