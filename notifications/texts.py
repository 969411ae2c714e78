"""What messages say, in three languages. Pure.

A text that goes into a field of the platform (`.tip`, `.advice`) has at most 20 characters.
"""

from typing import Any

from server.errors import LANGUAGES

_TEXTS: dict[str, tuple[str, str, str]] = {  # key -> zh-CN, zh-TW, en
    # names of the lines
    "label.department": ("科室", "科別", "Department"),
    "label.doctor": ("医生", "醫師", "Doctor"),
    "label.patient": ("就诊人", "就診人", "Patient"),
    "label.time": ("时间", "時間", "Time"),
    "label.number": ("预约序号", "預約序號", "Number"),
    "label.place": ("地点", "地點", "Place"),
    "label.ticket": ("排队号", "排隊號", "Ticket"),
    "label.room": ("诊室", "診室", "Room"),
    "label.tip": ("温馨提示", "溫馨提示", "Please note"),
    "label.reason": ("原因", "原因", "Reason"),
    "label.advice": ("注意事项", "注意事項", "Advice"),
    "label.revisit": ("复诊安排", "複診安排", "Return visit"),
    "label.revisit_on": ("复诊日期", "複診日期", "Return on"),
    "label.deadline": ("截止时间", "截止時間", "Open until"),
    "label.complaint": ("投诉编号", "投訴編號", "Complaint"),
    "label.status": ("进度", "進度", "Progress"),
    # booking
    "booked.title": ("预约成功", "預約成功", "Appointment booked"),
    "booked.tip": ("请提前 15 分钟到院签到", "請提前 15 分鐘到院報到", "Come 15 min early"),
    "cancelled.title": ("预约已取消", "預約已取消", "Appointment cancelled"),
    "cancelled.tip": ("已按您的要求取消", "已依您的要求取消", "Cancelled as asked"),
    "stopped.title": ("很抱歉，您的预约因停诊取消", "很抱歉，您的預約因停診取消", "Sorry, your clinic is cancelled"),
    "stopped.tip": ("抱歉停诊，请重新预约", "抱歉停診，請重新預約", "Sorry: please rebook"),
    "stopped.advice": (
        "很抱歉给您带来不便。请在小程序重新选择时间，或联系导诊台，我们会帮您安排。",
        "很抱歉造成您的不便。請在小程式重新選擇時間，或聯絡導診台，我們會協助您安排。",
        "We are sorry for the trouble. Please choose another time in the app, or ask the guide desk to help you.",
    ),
    "day_before.title": ("明天就诊提醒", "明天就診提醒", "Your visit is tomorrow"),
    "day_before.tip": ("明天就诊，请带好证件", "明天就診，請帶好證件", "Tomorrow: bring ID"),
    "two_hours.title": ("即将就诊提醒", "即將就診提醒", "Your visit is soon"),
    "two_hours.tip": ("请提前 15 分钟到院签到", "請提前 15 分鐘到院報到", "Come 15 min early"),
    # the queue
    "joined.title": ("签到成功", "報到成功", "Checked in"),
    "joined.tip": ("请在候诊区等候叫号", "請在候診區等候叫號", "Please wait nearby"),
    "called.title": ("轮到您了，请到{room}就诊", "輪到您了，請到{room}就診", "It is your turn: {room}"),
    "called.tip": ("请立即前往诊室", "請立即前往診室", "Please go in now"),
    "called_again.title": ("再次叫号，请到{room}就诊", "再次叫號，請到{room}就診", "Called again: {room}"),
    "called_again.tip": ("再次叫号，请尽快前往", "再次叫號，請儘快前往", "Called again: go in"),
    # after the visit
    "finished.title": ("本次就诊已完成", "本次就診已完成", "Your visit is finished"),
    "finished.advice": ("医生已写下注意事项，点开可看", "醫師已寫下注意事項，點開可看", "Tap to read advice"),
    "finished.no_advice": ("请遵医嘱，祝您早日康复", "請遵醫囑，祝您早日康復", "Get well soon"),
    "finished.revisit": ("{day}复诊", "{day}複診", "{day}"),
    "finished.no_revisit": ("暂无复诊安排", "暫無複診安排", "None planned"),
    "revisit.title": ("复诊提醒", "複診提醒", "Your return visit"),
    "revisit.tip": ("可在小程序预约复诊", "可在小程式預約複診", "Book in the app"),
    "survey.title": ("请您评价本次就诊", "請您評價本次就診", "How was your visit?"),
    "survey.tip": ("一分钟评价，帮助我们改进", "一分鐘評價，協助我們改進", "It takes a minute"),
    # complaints: title, the phrase of the platform's field (always Chinese), the line
    "complaint.title": ("投诉处理进度", "投訴處理進度", "Your complaint"),
    "complaint.filed.phrase": ("已受理", "已受理", "已受理"),
    "complaint.filed.tip": ("已收到，我们会尽快处理", "已收到，我們會儘快處理", "We have received it"),
    "complaint.call.phrase": ("已受理", "已受理", "已受理"),
    "complaint.call.tip": ("已收到，会尽快致电给您", "已收到，會儘快致電給您", "We will call you"),
    "complaint.replied.phrase": ("有新回复", "有新回覆", "有新回复"),
    "complaint.replied.tip": ("医院已回复您，点开查看", "醫院已回覆您，點開查看", "Tap to read a reply"),
    "complaint.answered.phrase": ("已答复", "已答覆", "已答复"),
    "complaint.answered.tip": ("处理结果已出，请您确认", "處理結果已出，請您確認", "Please see result"),
    "complaint.confirmed_closed.phrase": ("已办结", "已辦結", "已办结"),
    "complaint.confirmed_closed.tip": ("已办结，感谢您的反馈", "已辦結，感謝您的回饋", "Closed. Thank you."),
    "complaint.closed_no_reply.phrase": ("已办结", "已辦結", "已办结"),
    "complaint.closed_no_reply.tip": ("未收到您的回复，已办结", "未收到您的回覆，已辦結", "Closed without reply"),
    "complaint.closed_disagreed.phrase": ("已办结", "已辦結", "已办结"),
    "complaint.closed_disagreed.tip": ("已办结，仍可联系我们", "已辦結，仍可聯絡我們", "Closed. Call us."),
    "complaint.withdrawn.phrase": ("已撤回", "已撤回", "已撤回"),
    "complaint.withdrawn.tip": ("已按您的要求撤回", "已依您的要求撤回", "Withdrawn as asked"),
    "complaint.merged.phrase": ("已合并", "已合併", "已合并"),
    "complaint.merged.tip": ("已并入您的另一件投诉", "已併入您的另一件投訴", "Joined with another"),
    # the templates, for the page on which the patient chooses what to hear of
    "template.appointment_booked": ("预约成功通知", "預約成功通知", "Appointment booked"),
    "template.appointment_cancelled": ("预约取消通知", "預約取消通知", "Appointment cancelled"),
    "template.appointment_reminder": ("就诊提醒", "就診提醒", "Reminder of the visit"),
    "template.queue_called": ("叫号提醒", "叫號提醒", "It is your turn"),
    "template.queue_joined": ("签到成功通知", "報到成功通知", "Checked in"),
    "template.visit_finished": ("就诊完成通知", "就診完成通知", "Visit finished"),
    "template.survey_invitation": ("满意度评价邀请", "滿意度評價邀請", "Invitation to rate"),
    "template.complaint_progress": ("投诉处理进度通知", "投訴處理進度通知", "Progress of a complaint"),
    "template.revisit_reminder": ("复诊提醒", "複診提醒", "Reminder to return"),
}

PATIENT_LABELS = frozenset(_TEXTS["label.patient"])  # whose value is a person's name


def say(key: str, language: str, **values: Any) -> str:
    """Give a text in a language; Simplified Chinese for a language that is not there."""
    place = LANGUAGES.index(language) if language in LANGUAGES else 0
    return _TEXTS[key][place].format(**values)


def has(key: str) -> bool:
    """Tell whether there is such a text."""
    return key in _TEXTS


def all_texts() -> dict[str, tuple[str, str, str]]:
    """Give every text by its key, in the order zh-CN, zh-TW, en."""
    return dict(_TEXTS)
