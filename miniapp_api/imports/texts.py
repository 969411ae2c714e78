"""What an import says about a cell, a line or a file that it cannot use: by code, in three languages. Pure."""

from collections.abc import Mapping
from typing import Any

LANGUAGES = ("zh-CN", "zh-TW", "en")

TEXTS: dict[str, tuple[str, str, str]] = {
    # a cell
    "too_long": (
        "太长：{length} 个字，最多 {most} 个",
        "太長：{length} 個字，最多 {most} 個",
        "too long: {length} characters, at most {most}",
    ),
    "control_character": ("含有看不见的控制字符", "含有看不見的控制字元", "holds a control character"),
    "wrong_code": (
        "代码“{cell}”只能用字母、数字、点、横线和下划线，最多 {most} 个",
        "代碼「{cell}」只能用字母、數字、點、橫線和底線，最多 {most} 個",
        "the code {cell!r} may hold letters, digits, dots, dashes and underscores, at most {most}",
    ),
    "wrong_number": (
        "“{cell}”不是 {least} 到 {most} 之间的整数",
        "「{cell}」不是 {least} 到 {most} 之間的整數",
        "{cell!r} is not a whole number from {least} to {most}",
    ),
    "wrong_yes_or_no": ("“{cell}”请写 是 或 否", "「{cell}」請寫 是 或 否", "{cell!r} must be yes or no"),
    "wrong_time": (
        "“{cell}”不是时间，请写成 08:30 这样",
        "「{cell}」不是時間，請寫成 08:30 這樣",
        "{cell!r} is not a time, write it like 08:30",
    ),
    "wrong_weekday": (
        "“{cell}”不是星期，请写 1 到 7 或 周一 到 周日",
        "「{cell}」不是星期，請寫 1 到 7 或 周一 到 周日",
        "{cell!r} is not a weekday, write 1 (Monday) to 7 or 周一 to 周日",
    ),
    "wrong_prefix": (
        "“{cell}”必须是一到两个字母",
        "「{cell}」必須是一到兩個字母",
        "{cell!r} must be one or two letters",
    ),
    "wrong_choice": ("“{cell}”请写 {words} 之一", "「{cell}」請寫 {words} 之一", "{cell!r} must be one of {names}"),
    "too_many_words": ("最多 {most} 个", "最多 {most} 個", "at most {most} words"),
    "wrong_price": (
        "“{cell}”不是价格，请写成 12 或 12.5 这样（元）",
        "「{cell}」不是價格，請寫成 12 或 12.5 這樣（元）",
        "{cell!r} is not a price, write it like 12.5 (yuan)",
    ),
    "wrong_degrees": (
        "“{cell}”不是 -{most} 到 {most} 之间的度数",
        "「{cell}」不是 -{most} 到 {most} 之間的度數",
        "{cell!r} is not a number of degrees up to {most}",
    ),
    "wrong_day": (
        "“{cell}”不是日期，请写成 2027-03-01 这样",
        "「{cell}」不是日期，請寫成 2027-03-01 這樣",
        "{cell!r} is not a day, write it like 2027-03-01",
    ),
    # a line
    "same_line": (
        "与 {sheet} 第 {number} 行重复",
        "與 {sheet} 第 {number} 行重複",
        "the same as line {number} of {sheet}",
    ),
    "no_such_column": (
        "{kind_zh} 没有这一列，请留空",
        "{kind_zh} 沒有這一欄，請留空",
        "a {kind} has no such column, leave it empty",
    ),
    "given_twice": ("与 {column} 列重复", "與 {column} 欄重複", "the column {column} is given twice"),
    "needed": ("新的一行必须填写", "新的一行必須填寫", "must be filled in for a new row"),
    "no_hospital": (
        "系统里还没有医院，请加一行 hospital（医院）并填写名称",
        "系統裡還沒有醫院，請加一行 hospital（医院）並填寫名稱",
        "there is no hospital yet: add a line of kind hospital",
    ),
    "half_map_point": (
        "纬度和经度要一起填写",
        "緯度和經度要一起填寫",
        "latitude and longitude must be filled in together",
    ),
    "campus_needed": ("必须填写院区", "必須填寫院區", "the campus must be filled in"),
    "unknown_code": ("没有代码为“{code}”的{kind_zh}", "沒有代碼為「{code}」的{kind_zh}", "there is no {kind} {code!r}"),
    "circle": ("科室成了自己的上级", "科別成了自己的上級", "the department stands above itself"),
    "unknown_speciality": (
        "诊疗科目代码“{code}”不在国家名录中；请按文本填写，如 03.04",
        "診療科目代碼「{code}」不在國家名錄中；請按文字填寫，如 03.04",
        "{code!r} is not in the national list; write text like 03.04",
    ),
    "prefix_taken": (
        "排队号前缀 {prefix} 已经属于科室 {other}",
        "排隊號前綴 {prefix} 已經屬於科別 {other}",
        "the prefix {prefix} belongs to the department {other}",
    ),
    "other_department": (
        "诊室 {room} 属于科室 {department}",
        "診室 {room} 屬於科別 {department}",
        "the room {room} belongs to the department {department}",
    ),
    "too_many_places": (
        "各号源池合计应为 1 到 {most} 个",
        "各號源池合計應為 1 到 {most} 個",
        "from 1 to {most} places in all pools",
    ),
    "wrong_exception": (
        "请假要写医生；休诊不写医生；加诊要写医生、科室、起止时间和号源数；调整号源要写号源数；起止时间要一起写",
        "請假要寫醫生；休診不寫醫生；加診要寫醫生、科別、起訖時間和號源數；調整號源要寫號源數；起訖時間要一起寫",
        "leave names a practitioner, a closure none; an extra clinic names practitioner, department, times and places;"
        " a changed capacity names places; both times or none",
    ),
    "makeup_weekday": (
        "调休上班要写按星期几出诊，其他日期不写",
        "調休上班要寫按星期幾出診，其他日期不寫",
        "a make-up workday names whose weekday it has, other days do not",
    ),
    "reserve_return": (
        "开诊前退回要写提前退回分钟，前一天退回要写前一天退回时间，其他情况不写",
        "開診前退回要寫提前退回分鐘，前一天退回要寫前一天退回時間，其他情況不寫",
        "reserve_return_minutes belongs to minutes_before, reserve_return_at to day_before",
    ),
    "ends_first": ("结束日期早于开始日期", "結束日期早於開始日期", "it ends before it begins"),
    "review_day_needed": (
        "已批准的答复必须有复核日期",
        "已核准的答覆必須有複核日期",
        "an approved answer needs the day of its review",
    ),
    "retired_answer": (
        "这条问答已停用，请用新的代码另写一条",
        "這條問答已停用，請用新的代碼另寫一條",
        "this answer was retired: write a new one under another code",
    ),
    "unknown_owner": (
        "没有账号“{owner}”",
        "沒有帳號「{owner}」",
        "there is no member of staff with the user name {owner!r}",
    ),
    "clinics_overlap": (
        "{who_zh} {code} {when} 已有排班（{where_zh}）",
        "{who_zh} {code} {when} 已有排班（{where_zh}）",
        "{who} {code} already has a clinic at {when} ({where})",
    ),
    "refused": ("{zh}", "{tw}", "{en}"),
    # a file
    "too_large": ("文件超过 {most} MB", "檔案超過 {most} MB", "the file is larger than {most} MB"),
    "unpacks_too_large": (
        "文件解开后太大，请分开导入",
        "檔案解開後太大，請分開匯入",
        "the file is too large once unpacked: import it in parts",
    ),
    "cannot_open": ("文件打不开", "檔案打不開", "the file cannot be opened: {error}"),
    "other_file": (
        "只能导入 .csv 或 .xlsx 文件",
        "只能匯入 .csv 或 .xlsx 檔案",
        "only .csv and .xlsx files can be imported",
    ),
    "not_csv": ("这一行不是正确的 CSV", "這一行不是正確的 CSV", "this line is not CSV: {error}"),
    "wrong_encoding": (
        "文件编码不是 UTF-8 也不是 GB18030",
        "檔案編碼不是 UTF-8 也不是 GB18030",
        "the file is encoded neither as UTF-8 nor as GB18030",
    ),
    "not_excel": ("不是可以读取的 Excel 文件", "不是可以讀取的 Excel 檔案", "this is not a readable Excel file"),
    "too_many_lines": (
        "超过 {most} 行，请分开导入",
        "超過 {most} 行，請分開匯入",
        "more than {most} lines, import them in parts",
    ),
    "empty": ("文件里没有内容", "檔案裡沒有內容", "the file holds no line"),
    "no_kind": (
        "缺少 kind（类型）列，工作表也不叫 {kinds}",
        "缺少 kind（類型）欄，工作表也不叫 {kinds}",
        "there is no column kind, and the sheet is not named after a kind",
    ),
    "unknown_kind": ("类型“{cell}”应为 {kinds}", "類型「{cell}」應為 {kinds}", "{cell!r} is not a kind of line"),
    "other_kind": (
        "这里只导入{wanted_zh}，这一行是{kind_zh}",
        "這裡只匯入{wanted_zh}，這一行是{kind_zh}",
        "only lines of kind {wanted} are imported here, this one is a {kind}",
    ),
    "more_cells": ("单元格比表头多", "儲存格比表頭多", "there are more cells than the header has"),
    "header_twice": ("表头里有两个同名的列", "表頭裡有兩個同名的欄", "the header names this column twice"),
    "unknown_column": ("不认识这一列", "不認識這一欄", "this column is not known"),
}


def say(code: str, language: str, values: Mapping[str, Any]) -> str:
    """Say what is wrong in a language; Simplified Chinese for one that is not known."""
    place = LANGUAGES.index(language) if language in LANGUAGES else 0
    return TEXTS[code][place].format_map(values)
