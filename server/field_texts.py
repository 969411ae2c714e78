"""What is wrong with a field, for whoever fills it in. Codes are pydantic's own types and those of `wrong_field`."""

from typing import Any

TEXTS: dict[str, dict[str, str]] = {
    # of pydantic
    "missing": {"zh-CN": "请填写这一项。", "zh-TW": "請填寫這一項。", "en": "Please fill this in."},
    "extra_forbidden": {"zh-CN": "不需要这一项。", "zh-TW": "不需要這一項。", "en": "This field is not known here."},
    "string_type": {"zh-CN": "请填写文字。", "zh-TW": "請填寫文字。", "en": "This must be text."},
    "string_too_short": {
        "zh-CN": "太短了，至少 {min_length} 个字。",
        "zh-TW": "太短了，至少 {min_length} 個字。",
        "en": "Too short: at least {min_length} characters.",
    },
    "string_too_long": {
        "zh-CN": "太长了，最多 {max_length} 个字。",
        "zh-TW": "太長了，最多 {max_length} 個字。",
        "en": "Too long: at most {max_length} characters.",
    },
    "string_pattern_mismatch": {"zh-CN": "格式不对。", "zh-TW": "格式不對。", "en": "This has the wrong form."},
    "too_short": {
        "zh-CN": "至少 {min_length} 项。",
        "zh-TW": "至少 {min_length} 項。",
        "en": "At least {min_length} entries.",
    },
    "too_long": {
        "zh-CN": "最多 {max_length} 项。",
        "zh-TW": "最多 {max_length} 項。",
        "en": "At most {max_length} entries.",
    },
    "int_type": {"zh-CN": "请填写整数。", "zh-TW": "請填寫整數。", "en": "This must be a whole number."},
    "int_parsing": {"zh-CN": "请填写整数。", "zh-TW": "請填寫整數。", "en": "This must be a whole number."},
    "bool_type": {"zh-CN": "请选择是或否。", "zh-TW": "請選擇是或否。", "en": "This must be true or false."},
    "greater_than_equal": {"zh-CN": "不能小于 {ge}。", "zh-TW": "不能小於 {ge}。", "en": "At least {ge}."},
    "greater_than": {"zh-CN": "必须大于 {gt}。", "zh-TW": "必須大於 {gt}。", "en": "More than {gt}."},
    "less_than_equal": {"zh-CN": "不能大于 {le}。", "zh-TW": "不能大於 {le}。", "en": "At most {le}."},
    "less_than": {"zh-CN": "必须小于 {lt}。", "zh-TW": "必須小於 {lt}。", "en": "Less than {lt}."},
    "enum": {"zh-CN": "请从给出的选项中选择。", "zh-TW": "請從給出的選項中選擇。", "en": "Choose one of: {expected}."},
    "literal_error": {
        "zh-CN": "请从给出的选项中选择。",
        "zh-TW": "請從給出的選項中選擇。",
        "en": "Choose one of: {expected}.",
    },
    "uuid_parsing": {"zh-CN": "编号不对。", "zh-TW": "編號不對。", "en": "This is no id."},
    "uuid_type": {"zh-CN": "编号不对。", "zh-TW": "編號不對。", "en": "This is no id."},
    "date_from_datetime_parsing": {
        "zh-CN": "请按 2026-03-09 的格式填写日期。",
        "zh-TW": "請按 2026-03-09 的格式填寫日期。",
        "en": "Write the day as 2026-03-09.",
    },
    "date_parsing": {
        "zh-CN": "请按 2026-03-09 的格式填写日期。",
        "zh-TW": "請按 2026-03-09 的格式填寫日期。",
        "en": "Write the day as 2026-03-09.",
    },
    "datetime_from_date_parsing": {"zh-CN": "时间格式不对。", "zh-TW": "時間格式不對。", "en": "This is no moment."},
    "datetime_parsing": {"zh-CN": "时间格式不对。", "zh-TW": "時間格式不對。", "en": "This is no moment."},
    "timezone_aware": {"zh-CN": "时间缺少时区。", "zh-TW": "時間缺少時區。", "en": "The moment lacks its offset."},
    "value_error": {"zh-CN": "这里填写的内容不对。", "zh-TW": "這裡填寫的內容不對。", "en": "{error}"},
    # our own
    "control_characters": {
        "zh-CN": "含有不能使用的字符，请删除后重试。",
        "zh-TW": "含有不能使用的字元，請刪除後重試。",
        "en": "There are characters in it that cannot be used.",
    },
    "wrong_cursor": {
        "zh-CN": "翻页位置无效，请从头查看。",
        "zh-TW": "翻頁位置無效，請從頭查看。",
        "en": "This page is not known. Please start again.",
    },
    "wrong_idempotency_key": {
        "zh-CN": "请求标识必须是 UUID。",
        "zh-TW": "請求識別必須是 UUID。",
        "en": "Idempotency-Key must be a UUID.",
    },
    "wrong_phone": {
        "zh-CN": "手机号不对，请核对。",
        "zh-TW": "手機號碼不對，請核對。",
        "en": "This is no phone number: 5 to 20 digits, may begin with + and contain -.",
    },
    "wrong_id_number": {
        "zh-CN": "身份证号应为 18 位。",
        "zh-TW": "身分證號應為 18 位。",
        "en": "An identity number has 17 digits and a check digit.",
    },
    "wrong_check_digit": {
        "zh-CN": "身份证号不对，请逐位核对。",
        "zh-TW": "身分證號不對，請逐位核對。",
        "en": "This is no real number. Please check each digit.",
    },
    "wrong_birth_date": {
        "zh-CN": "出生日期不对，不能晚于今天。",
        "zh-TW": "出生日期不對，不能晚於今天。",
        "en": "A birth date is not in the future and not before 1900.",
    },
    "needed": {"zh-CN": "这一项不能清空。", "zh-TW": "這一項不能清空。", "en": "This cannot be removed."},
    "unknown": {"zh-CN": "没有找到，请重新选择。", "zh-TW": "沒有找到，請重新選擇。", "en": "There is no such one."},
    "unknown_desk": {"zh-CN": "没有这个导医台。", "zh-TW": "沒有這個服務台。", "en": "There is no such desk."},
    "unknown_department": {"zh-CN": "没有这个科室。", "zh-TW": "沒有這個科別。", "en": "There is no such department."},
    "unknown_practitioner": {
        "zh-CN": "这个科室没有这位医生。",
        "zh-TW": "這個科別沒有這位醫師。",
        "en": "Nobody of this department.",
    },
    "unknown_patient": {"zh-CN": "没有这位患者。", "zh-TW": "沒有這位患者。", "en": "There is no such patient."},
    "other_patient": {
        "zh-CN": "那次就诊是另一位患者的。",
        "zh-TW": "那次看診是另一位患者的。",
        "en": "The visit was another patient's.",
    },
    "staff_only": {
        "zh-CN": "这一项只由工作人员填写。",
        "zh-TW": "這一項只由工作人員填寫。",
        "en": "Only staff name this.",
    },
    "wrong_range": {"zh-CN": "起止时间不对。", "zh-TW": "起訖時間不對。", "en": "The end does not fit the beginning."},
    "range_too_long": {"zh-CN": "时间范围太长。", "zh-TW": "時間範圍太長。", "en": "The range is too long."},
    "too_many_slots": {"zh-CN": "号源时段太多。", "zh-TW": "號源時段太多。", "en": "Too many slots."},
    "in_the_past": {"zh-CN": "时间已经过去。", "zh-TW": "時間已經過去。", "en": "This has passed."},
    "impossible": {
        "zh-CN": "这些内容放在一起不成立，请核对。",
        "zh-TW": "這些內容放在一起不成立，請核對。",
        "en": "These do not go together. Please check them.",
    },
    "too_far_ahead": {"zh-CN": "时间太远。", "zh-TW": "時間太遠。", "en": "Too far ahead."},
}


def say(code: str, language: str, values: dict[str, Any], otherwise: str) -> str:
    """Say what is wrong in a language; `otherwise` for a code without words."""
    text = TEXTS.get(code, {}).get(language)
    if text is None:
        return otherwise
    try:
        return text.format_map(values)
    except KeyError:  # a hole that this error does not fill
        return otherwise
