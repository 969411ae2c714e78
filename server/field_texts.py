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
    "password_too_short": {
        "zh-CN": "密码至少 10 位。",
        "zh-TW": "密碼至少 10 位。",
        "en": "A password has at least 10 characters.",
    },
    "password_too_simple": {
        "zh-CN": "密码太简单：不能只有数字，不能含用户名，请混用字母、数字或符号。",
        "zh-TW": "密碼太簡單：不能只有數字，不能含使用者名稱，請混用字母、數字或符號。",
        "en": "Too simple: not only digits, not your user name; mix letters, digits or signs.",
    },
    "password_as_before": {
        "zh-CN": "新密码不能和原密码相同。",
        "zh-TW": "新密碼不能和原密碼相同。",
        "en": "Please choose another password than the old one.",
    },
    "wrong_old_password": {
        "zh-CN": "原密码不对，请重新输入。",
        "zh-TW": "原密碼不對，請重新輸入。",
        "en": "This is not your present password.",
    },
    "unknown_item": {
        "zh-CN": "这份问卷没有这道题。",
        "zh-TW": "這份問卷沒有這道題。",
        "en": "This survey has no such item.",
    },
    "unknown_option": {"zh-CN": "没有这个选项。", "zh-TW": "沒有這個選項。", "en": "This is none of the options."},
    "no_answer": {
        "zh-CN": "请至少回答一题，或写一句话。",
        "zh-TW": "請至少回答一題，或寫一句話。",
        "en": "Please answer one question or write a word.",
    },
    "wrong_condition": {
        "zh-CN": "跳题条件只能看前面已经问过的题目，并填写那道题有的答案。",
        "zh-TW": "跳題條件只能看前面已經問過的題目，並填寫那道題有的答案。",
        "en": "A rule can only look at an earlier item, and at an answer that item has.",
    },
    "too_many_core": {
        "zh-CN": "每人必问的题目超过了题数上限。",
        "zh-TW": "每人必問的題目超過了題數上限。",
        "en": "More items are asked of everybody than a person may get.",
    },
    "poster_is_anonymous": {
        "zh-CN": "海报问卷不知道是谁在填写，只能匿名。",
        "zh-TW": "海報問卷不知道是誰在填寫，只能匿名。",
        "en": "A poster knows nobody, so its answers can only be anonymous.",
    },
    "unknown_channel": {"zh-CN": "没有这个渠道。", "zh-TW": "沒有這個管道。", "en": "There is no such channel."},
    "twice": {"zh-CN": "这一项重复了。", "zh-TW": "這一項重複了。", "en": "This is there twice."},
    "first_way_at_once": {
        "zh-CN": "第一步前面没有别的渠道，不能设条件或等待。",
        "zh-TW": "第一步前面沒有別的管道，不能設條件或等待。",
        "en": "Nothing comes before the first way, so it cannot wait.",
    },
    "cap_out_of_order": {
        "zh-CN": "每小时不能多于每天，每天不能多于 30 天。",
        "zh-TW": "每小時不能多於每天，每天不能多於 30 天。",
        "en": "No more in an hour than in a day, nor in a day than in 30 days.",
    },
    "no_hours": {
        "zh-CN": "开始和结束不能相同。",
        "zh-TW": "開始和結束不能相同。",
        "en": "These are no hours.",
    },
    "visit_stays_on": {
        "zh-CN": "就诊通知不能关闭。",
        "zh-TW": "就診通知不能關閉。",
        "en": "This cannot be switched off.",
    },
    "control_characters": {
        "zh-CN": "含有不能使用的字符，请删除后重试。",
        "zh-TW": "含有不能使用的字元，請刪除後重試。",
        "en": "There are characters in it that cannot be used.",
    },
    "system_factor_needed": {
        "zh-CN": "只归因于个人，问题还会再来。请再选一个原因，或写明是什么让它发生的。",
        "zh-TW": "只歸因於個人，問題還會再來。請再選一個原因，或寫明是什麼讓它發生的。",
        "en": "A person's slip alone explains nothing. Add another cause, or say what in the system let it happen.",
    },
    "says_who_it_was": {
        "zh-CN": "这里还能看出是谁（{what}），请改写后再发布。",
        "zh-TW": "這裡還能看出是誰（{what}），請改寫後再發布。",
        "en": "This still says who it was ({what}). Please rewrite it before it is published.",
    },
    "committee_signs": {
        "zh-CN": "只有院委会可以签署这一项。",
        "zh-TW": "只有院委會可以簽署這一項。",
        "en": "Only the committee signs this.",
    },
    "fixed_at_the_start": {
        "zh-CN": "工作开始后不能再改，否则效果无法比较。",
        "zh-TW": "工作開始後不能再改，否則效果無法比較。",
        "en": "This was fixed when the work began; otherwise the effect could not be compared.",
    },
    "its_own_cases": {
        "zh-CN": "这项改进由本科室的投诉或评分引起，不能改到别的科室。",
        "zh-TW": "這項改進由本科室的投訴或評分引起，不能改到別的科室。",
        "en": "Complaints or ratings of this department raised it, so it cannot move to another one.",
    },
    "beyond_the_scale": {
        "zh-CN": "目前 {now} 分，满分 {top} 分，最多只能提高 {most} 分。",
        "zh-TW": "目前 {now} 分，滿分 {top} 分，最多只能提高 {most} 分。",
        "en": "It stands at {now} of {top} points, so it can rise by {most} points at most.",
    },
    "too_far": {
        "zh-CN": "这个日期太远了，请检查年份。",
        "zh-TW": "這個日期太遠了，請檢查年份。",
        "en": "This date is too far away. Please check the year.",
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
    "wrong_email": {
        "zh-CN": "邮箱格式不对，请填写如 name@example.com。",
        "zh-TW": "電子郵件格式不對，請填寫如 name@example.com。",
        "en": "Write the mail address like name@example.com.",
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
    "one_whole_session": {
        "zh-CN": "一次只能调整一个完整的班次。",
        "zh-TW": "一次只能調整一個完整的班次。",
        "en": "Only one whole session can be moved at a time.",
    },
    "needed": {"zh-CN": "这一项不能清空。", "zh-TW": "這一項不能清空。", "en": "This cannot be removed."},
    "unknown": {"zh-CN": "没有找到，请重新选择。", "zh-TW": "沒有找到，請重新選擇。", "en": "There is no such one."},
    "answer_does_not_fit": {
        "zh-CN": "这个回答不对，请重新选择或填写。",
        "zh-TW": "這個回答不對，請重新選擇或填寫。",
        "en": "This answer does not fit the question.",
    },
    "unknown_event": {"zh-CN": "没有这种事件。", "zh-TW": "沒有這種事件。", "en": "There is no such event."},
    "unknown_recipient": {
        "zh-CN": "没有找到这个人，请填写账号、openid 或员工用户名。",
        "zh-TW": "沒有找到此人，請填寫帳號、openid 或員工使用者名稱。",
        "en": "Nobody is found. Give an account, an openid or a user name of staff.",
    },
    "url_unreadable": {
        "zh-CN": "这不是完整的网址，请以 https:// 开头。",
        "zh-TW": "這不是完整的網址，請以 https:// 開頭。",
        "en": "This is no whole address. Begin with https://.",
    },
    "url_with_user": {
        "zh-CN": "网址里不能带用户名和密码。",
        "zh-TW": "網址裡不能帶使用者名稱和密碼。",
        "en": "No user name and no password may be in the address.",
    },
    "url_not_https": {
        "zh-CN": "请使用 https 网址。",
        "zh-TW": "請使用 https 網址。",
        "en": "Please use an https address.",
    },
    "url_private": {
        "zh-CN": "这个网址在内部网络里，管理员还没有允许发往那里。",
        "zh-TW": "這個網址在內部網路裡，管理員還沒有允許送往那裡。",
        "en": "This address is in an internal network to which nothing may be sent yet.",
    },
    "unknown_desk": {"zh-CN": "没有这个导诊台。", "zh-TW": "沒有這個導診台。", "en": "There is no such desk."},
    "all_zero": {
        "zh-CN": "至少要有一个维度计入综合得分。",
        "zh-TW": "至少要有一個維度計入綜合得分。",
        "en": "At least one dimension must count in the total.",
    },
    "not_in_order": {
        "zh-CN": "三份报告的时间要依次往后。",
        "zh-TW": "三份報告的時間要依次往後。",
        "en": "The three reports must come one after the other.",
    },
    "unknown_department": {"zh-CN": "没有这个科室。", "zh-TW": "沒有這個科別。", "en": "There is no such department."},
    "unknown_practitioner": {
        "zh-CN": "这个科室没有这位医生。",
        "zh-TW": "這個科別沒有這位醫師。",
        "en": "Nobody of this department.",
    },
    "unknown_appointment": {
        "zh-CN": "没有这个预约。",
        "zh-TW": "沒有這個預約。",
        "en": "There is no such appointment.",
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
    "in_the_future": {"zh-CN": "时间还没有到。", "zh-TW": "時間還沒有到。", "en": "This has not come yet."},
    "too_long_ago": {
        "zh-CN": "时间太久了，最多可补记 30 天内的。",
        "zh-TW": "時間太久了，最多可補記 30 天內的。",
        "en": "This is too long ago: at most 30 days.",
    },
    "unknown_policy": {"zh-CN": "没有这种排队规则。", "zh-TW": "沒有這種排隊規則。", "en": "There is no such rule."},
    "unknown_setting": {"zh-CN": "没有这一项设置。", "zh-TW": "沒有這一項設定。", "en": "There is no such setting."},
    "out_of_limits": {"zh-CN": "数字超出允许范围。", "zh-TW": "數字超出允許範圍。", "en": "Out of its limits."},
    "not_same_day": {
        "zh-CN": "请选择同一天内的时间段，结束不能早于开始。",
        "zh-TW": "請選擇同一天內的時段，結束不能早於開始。",
        "en": "Choose two moments of one day, the end not before the beginning.",
    },
    "unknown_station": {
        "zh-CN": "本科室没有这个环节，请重新选择。",
        "zh-TW": "本科沒有這個環節，請重新選擇。",
        "en": "This department has no such station.",
    },
    "same_code": {
        "zh-CN": "环节代码不能重复。",
        "zh-TW": "環節代碼不能重複。",
        "en": "Each station needs a code of its own.",
    },
    "fixed_stations": {
        "zh-CN": "必须有一个启用的“就诊”环节；报到、挂号、分诊、就诊各只能有一个。",
        "zh-TW": "必須有一個啟用的「就診」環節；報到、掛號、分診、就診各只能有一個。",
        "en": "The doctor must be on the list; check-in, registration, triage and doctor each once at most.",
    },
    "in_the_past": {"zh-CN": "时间已经过去。", "zh-TW": "時間已經過去。", "en": "This has passed."},
    "impossible": {
        "zh-CN": "这些内容放在一起不成立，请核对。",
        "zh-TW": "這些內容放在一起不成立，請核對。",
        "en": "These do not go together. Please check them.",
    },
    "not_an_image": {
        "zh-CN": "请上传 JPEG、PNG 或 WebP 格式的照片。",
        "zh-TW": "請上傳 JPEG、PNG 或 WebP 格式的照片。",
        "en": "Please choose a JPEG, PNG or WebP picture.",
    },
    "wrong_size": {
        "zh-CN": "照片的边长要在 64 到 4096 像素之间。",
        "zh-TW": "照片的邊長要在 64 到 4096 像素之間。",
        "en": "The sides of the picture must be from 64 to 4096 pixels.",
    },
    "no_length": {
        "zh-CN": "结束时间要晚于开始时间。",
        "zh-TW": "結束時間要晚於開始時間。",
        "en": "The end must be after the beginning.",
    },
    "same_person": {"zh-CN": "不能选择本人。", "zh-TW": "不能選擇本人。", "en": "Choose somebody else."},
    "circle": {
        "zh-CN": "这样会成为自己的上级，请检查上级关系。",
        "zh-TW": "這樣會成為自己的上級，請檢查上級關係。",
        "en": "That would make somebody their own superior.",
    },
    "unknown_file": {
        "zh-CN": "没有找到这个病历号。",
        "zh-TW": "沒有找到這個病歷號。",
        "en": "There is no file with this number.",
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
