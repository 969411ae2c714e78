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
    "label.address": ("院区地址", "院區地址", "Address"),
    "label.way": ("怎么来", "怎麼來", "Getting here"),
    "label.bring": ("请带好", "請攜帶", "Please bring"),
    "label.ticket": ("排队号", "排隊號", "Ticket"),
    "label.room": ("诊室", "診室", "Room"),
    "label.tip": ("温馨提示", "溫馨提示", "Please note"),
    "label.reason": ("原因", "原因", "Reason"),
    "label.advice": ("注意事项", "注意事項", "Advice"),
    "label.revisit": ("复诊安排", "複診安排", "Return visit"),
    "label.revisit_on": ("复诊日期", "複診日期", "Return on"),
    "label.follow_up": ("随访", "隨訪", "Follow-up"),
    "label.web_page": ("在网页上填写，不用登录", "在網頁上填寫，不用登入", "Answer on the web, without signing in"),
    "label.deadline": ("截止时间", "截止時間", "Open until"),
    "label.complaint": ("投诉编号", "投訴編號", "Complaint"),
    "label.status": ("进度", "進度", "Progress"),
    # booking
    "booked.title": ("预约成功", "預約成功", "Appointment booked"),
    "booked.tip": ("请提前 15 分钟到院报到", "請提前 15 分鐘到院報到", "Come 15 min early"),
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
    "day_before.tip": ("请带好证件；来不了请点开取消", "請帶好證件；不能來請點開取消", "Bring ID, or cancel"),
    "day_before.advice": (
        "请提前 15 分钟到院报到。来不了请取消，把号源留给需要的人。",
        "請提前 15 分鐘到院報到。無法前來請取消，把名額留給需要的人。",
        "Please come 15 minutes early. If you cannot come, please cancel, so that somebody else can have the place.",
    ),
    "two_hours.title": ("即将就诊提醒", "即將就診提醒", "Your visit is soon"),
    "two_hours.tip": ("请提前15分钟报到，来不了请取消", "請提前15分鐘報到，不能來請取消", "Come early or cancel"),
    "two_hours.advice": (
        "请提前 15 分钟到院报到。路上耽搁了也可以来，到院后请先找导诊台。",
        "請提前 15 分鐘到院報到。路上耽擱了也可以來，到院後請先找導診台。",
        "Please come 15 minutes early. If you are late, come all the same and ask the guide desk first.",
    ),
    "visit.bring": (
        "身份证、医保卡、以前的病历和检查报告，正在吃的药",
        "身分證、健保或醫保卡、以前的病歷和檢查報告、正在服用的藥",
        "ID, insurance card, earlier records and test results, and the medicine you take",
    ),
    "visit.cancel": ("来不了，取消预约", "不能來，取消預約", "I cannot come: cancel"),
    "place_changed.title": ("您的就诊地点有变", "您的就診地點有變", "Your visit is in another room"),
    "place_changed.tip": ("诊室有变，请到新的地点", "診室有變，請到新的地點", "Please note the room"),
    # draws (摇号)
    "label.draw_position": ("摇号顺序", "抽籤順序", "Place in the draw"),
    "draw_lost.title": ("很抱歉，这次没有摇中", "很抱歉，這次沒有抽中", "Sorry, no place in this draw"),
    "draw_lost.position": (
        "第 {position} 位，共 {entries} 人",
        "第 {position} 位，共 {entries} 人",
        "{position} of {entries}",
    ),
    "draw_lost.advice": (
        "下次摇这个科室的号，您会有 {lots} 个签，机会更大。现在可以登记候补，有人退号会按顺序通知您。",
        "下次抽這個科別的號，您會有 {lots} 個籤，機會更大。現在可以登記候補，有人退掛會依順序通知您。",
        "In the next draw of this department you have {lots} lots. You can join the waitlist now: "
        "when somebody cancels, we ask in order.",
    ),
    "draw_refused.title": (
        "摇号轮到您，但未能预约",
        "抽籤輪到您，但未能預約",
        "Your turn came, but it could not be booked",
    ),
    "draw_refused.advice": (
        "剩余号源和其他时间可以在预约页查看；需要帮助请联系导诊台。",
        "剩餘名額和其他時間可以在預約頁查看；需要協助請聯絡導診台。",
        "Please look for other times on the booking page, or ask the guide desk for help.",
    ),
    "draw_lost.already_booked": (
        "该就诊人已预约此班次",
        "該就診人已預約此班次",
        "This person already has a booking in this session",
    ),
    "draw_lost.time_conflict": (
        "该就诊人在此时间已有其他预约",
        "該就診人在此時間已有其他預約",
        "This person has another booking at this time",
    ),
    "draw_lost.too_many_bookings": (
        "该就诊人未就诊的预约已达上限",
        "該就診人未就診的預約已達上限",
        "This person has as many open bookings as allowed",
    ),
    "draw_lost.too_many_this_month": (
        "该就诊人本月预约已达上限",
        "該就診人本月預約已達上限",
        "This person has as many bookings this month as allowed",
    ),
    "draw_lost.same_practitioner": (
        "该就诊人当天已预约这位医生",
        "該就診人當天已預約這位醫師",
        "This person already sees this practitioner on that day",
    ),
    "draw_lost.suspended": (
        "该就诊人暂不能线上预约",
        "該就診人暫不能線上預約",
        "Online booking is paused for this person",
    ),
    "draw_off.title": ("摇号已取消", "抽籤已取消", "The draw is called off"),
    "draw_off.stopped": (
        "很抱歉，该班次已停诊，请选择其他时间。",
        "很抱歉，該班次已停診，請選擇其他時間。",
        "We are sorry: this clinic is cancelled. Please choose another time.",
    ),
    "draw_off.gone": (
        "该班次已取消，请选择其他时间，抱歉给您带来不便。",
        "該班次已取消，請選擇其他時間，抱歉造成您的不便。",
        "This clinic does not take place. Please choose another time; we are sorry.",
    ),
    "draw_off.over": (
        "系统故障，摇号未能按时进行，很抱歉。请选择其他时间，或联系导诊台。",
        "系統故障，抽籤未能按時進行，很抱歉。請選擇其他時間，或聯絡導診台。",
        "We are sorry: the draw could not be done in time. Please choose another time, or ask the guide desk.",
    ),
    "draw_off.first_come": (
        "该班次改为先到先得，现在就可以预约。",
        "該班次改為先到先得，現在就可以預約。",
        "The places of this clinic can now be booked by everybody.",
    ),
    # the waitlist (候补)
    "label.answer_until": ("保留至", "保留至", "Kept until"),
    "waitlist_joined.title": ("候补登记成功", "候補登記成功", "You are on the waitlist"),
    "waitlist_joined.hint": (
        "有人退号时会按顺序通知您，请留意消息。",
        "有人退掛時會依順序通知您，請留意訊息。",
        "When somebody cancels, we ask in order. Please watch your messages.",
    ),
    "place_offered.title": ("候补到号了，请尽快确认", "候補到號了，請儘快確認", "A place for you: please answer soon"),
    "place_offered.tip": ("请在截止前点开确认", "請在截止前點開確認", "Tap to take it"),
    "offer_expired.title": ("候补的号已过保留时间", "候補的號已過保留時間", "The place has passed on"),
    "offer_expired.phrase": ("已过期", "已過期", "已过期"),
    "offer_expired.tip": ("未及时确认，已让给下一位", "未及時確認，已讓給下一位", "It went to the next"),
    "offer_expired.waits": ("已让给下一位，您仍在候补", "已讓給下一位，您仍在候補", "You still wait"),
    "waitlist_closed.title": ("候补已结束", "候補已結束", "Your wait is over"),
    "waitlist_closed.phrase": ("已结束", "已結束", "已结束"),
    "waitlist_closed.cut_off.tip": ("很抱歉，没有等到号", "很抱歉，沒有等到名額", "Sorry, no place came"),
    "waitlist_closed.booked_elsewhere.tip": ("已约到号，候补自动结束", "已約到號，候補自動結束", "You have a booking"),
    "waitlist_closed.stopped.tip": ("很抱歉，该班次已停诊", "很抱歉，該班次已停診", "The clinic is off"),
    # stopped and moved clinics
    "label.old_time": ("原时间", "原時間", "Was at"),
    "label.new_time": ("新时间", "新時間", "Now at"),
    "label.new_doctor": ("新医生", "新醫師", "Now with"),
    "label.places_held": ("为您留的号", "為您保留的名額", "Places held"),
    "label.refund": ("应退费用", "應退費用", "To be refunded"),
    "label.answer_by": ("请在此前答复", "請於此前回覆", "Please answer by"),
    "stop.refund": ("{yuan} 元", "{yuan} 元", "CNY {yuan}"),
    "stop.moved.title": (
        "很抱歉，您的就诊安排有变动，已为您改约",
        "很抱歉，您的看診安排有變動，已為您改約",
        "Sorry, your visit was moved",
    ),
    "stop.moved.tip": ("原时间不出诊，已改约，请点开", "原時間停診，已改約，請點開", "Visit moved: tap"),
    "stop.moved.advice": (
        "请不要按原时间前来。点开可保留新号、另选时间或退号退费，也可以让我们给您打电话。",
        "請勿依原時間前來。點開可保留新號、另選時間或退號退費，也可以請我們致電給您。",
        "Please do not come at the old time. Tap to keep the new place, choose another, get a refund, or be called.",
    ),
    "stop.offered.title": (
        "很抱歉，您预约的门诊停诊，请选择新时间",
        "很抱歉，您預約的門診停診，請選擇新時間",
        "Sorry, your clinic is cancelled: please choose",
    ),
    "stop.offered.tip": ("停诊，已为您留号，请点开选择", "停診，已為您留號，請點開選擇", "Cancelled: choose"),
    "stop.offered.advice": (
        "请不要按原时间前来。我们为您留了几个号，点开选一个，或退号退费，也可以让我们给您打电话。",
        "請勿依原時間前來。我們為您保留了幾個號，點開選一個，或退號退費，也可以請我們致電給您。",
        "Please do not come. We hold some places for you: tap to choose one, get the fee back, or be called.",
    ),
    "stop.released.title": (
        "很抱歉，您的预约因停诊取消",
        "很抱歉，您的預約因停診取消",
        "Sorry, your clinic is cancelled",
    ),
    "stop.released.tip": ("停诊取消，费用将退还", "停診取消，費用將退還", "Cancelled, refunded"),
    "stop.released.advice": (
        "请不要前来。费用会退还给您；再次预约候补时您会排在前面。需要帮助请点开让我们给您打电话。",
        "請勿前來。費用會退還給您；再次候補時您會排在前面。需要協助請點開請我們致電給您。",
        "Please do not come. The fee goes back to you, and you come first when you wait for a place. Tap to be called.",
    ),
    "stop.hold.title": (
        "很抱歉，您正在预约的门诊停诊",
        "很抱歉，您正在預約的門診停診",
        "Sorry, the clinic you were booking is cancelled",
    ),
    "stop.hold.tip": ("停诊，请选择其他时间", "停診，請選擇其他時間", "Cancelled: rebook"),
    "stop.hold.advice": (
        "您的号还没有预约成功，请选择其他时间或其他医生。",
        "您的預約尚未完成，請選擇其他時間或其他醫師。",
        "Your booking was not finished. Please choose another time or another doctor.",
    ),
    "stop.silent_place.title": ("已为您保留新的预约", "已為您保留新的預約", "Your new place stays"),
    "stop.silent_place.tip": ("新预约已保留，请按新时间来", "新預約已保留，請依新時間來", "Come at the new time"),
    "stop.silent_place.advice": (
        "没有收到您的答复，新的预约为您保留。如果来不了，请取消，不算爽约。",
        "未收到您的回覆，新的預約為您保留。若無法前來請取消，不計爽約。",
        "We did not hear from you, so the new place stays yours. If you cannot come, please cancel: it does not count.",
    ),
    "stop.silent_released.title": ("保留的号已放回，费用将退还", "保留的號已釋出，費用將退還", "Places were released"),
    "stop.silent_released.tip": ("未收到答复，号已放回将退费", "未收到回覆，已釋出將退費", "Released, refunded"),
    "stop.silent_released.advice": (
        "没有收到您的答复，为您留的号已放回，费用会退还。再次候补时您会排在前面。",
        "未收到您的回覆，為您保留的號已釋出，費用會退還。再次候補時您會排在前面。",
        "We did not hear from you: the places were released, the fee goes back. You come first when you wait again.",
    ),
    "stop.called_place.title": ("已按您电话中的选择确认", "已依您電話中的選擇確認", "Confirmed as you said"),
    "stop.called_place.tip": ("已确认，请按新时间前来", "已確認，請依新時間前來", "Come at the new time"),
    "stop.called_place.advice": (
        "请按新时间提前 15 分钟到院报到。",
        "請依新時間提前 15 分鐘到院報到。",
        "Please come 15 minutes before the new time.",
    ),
    "stop.called_released.title": ("已为您退号，费用将退还", "已為您退號，費用將退還", "Released as you said"),
    "stop.called_released.tip": ("已退号，费用将退还", "已退號，費用將退還", "Released, refunded"),
    "stop.called_released.advice": (
        "费用会退还给您。再次候补时您会排在前面。",
        "費用會退還給您。再次候補時您會排在前面。",
        "The fee goes back to you. You come first when you wait for a place again.",
    ),
    # the queue
    "joined.title": ("报到成功", "報到成功", "Checked in"),
    "joined.tip": ("请在候诊区等候叫号", "請在候診區等候叫號", "Please wait nearby"),
    "near.title": ("快到您了，前面还有 {ahead} 位", "快到您了，前面還有 {ahead} 位", "Nearly your turn: {ahead} ahead"),
    "near.next": ("下一位就是您", "下一位就是您", "You are next"),
    "near.advice": (
        "请回到候诊区，留意叫号。暂时走不开，可以告诉导诊台。",
        "請回到候診區，留意叫號。暫時走不開，可以告訴導診台。",
        "Please come back to the waiting area and watch for the call. If you cannot, tell the guide desk.",
    ),
    "late.title": (
        "很抱歉，医生晚到约 {minutes} 分钟",
        "很抱歉，醫師晚到約 {minutes} 分鐘",
        "Sorry, the doctor is about {minutes} min late",
    ),
    "late.short": ("抱歉，医生晚到约{minutes}分钟", "抱歉，醫師晚到約{minutes}分鐘", "Doctor {minutes} min late"),
    "late.here.advice": (
        "您的排队位置不变。开始后会告诉您，可以先在附近休息。",
        "您的排隊位置不變。開始後會告訴您，可以先在附近休息。",
        "You keep your place in the line. We tell you when it begins; feel free to rest nearby.",
    ),
    "late.booked.advice": (
        "您的预约不变，请照常来院；开始后会告诉您。",
        "您的預約不變，請照常來院；開始後會告訴您。",
        "Your appointment stands; please come as booked. We tell you when it begins.",
    ),
    "started.title": ("医生已开始接诊", "醫師已開始看診", "The doctor has started"),
    "started.short": ("医生已开始接诊，请留意叫号", "醫師已開始看診，請留意叫號", "The doctor has started"),
    "started.advice": (
        "请留意叫号，谢谢您的等候。",
        "請留意叫號，謝謝您的等候。",
        "Please watch for the call. Thank you for waiting.",
    ),
    "called.title": ("轮到您了，请到{room}就诊", "輪到您了，請到{room}就診", "It is your turn: {room}"),
    "called.tip": ("请立即前往诊室", "請立即前往診室", "Please go in now"),
    "called_again.title": ("再次叫号，请到{room}就诊", "再次叫號，請到{room}就診", "Called again: {room}"),
    "called_again.tip": ("再次叫号，请尽快前往", "再次叫號，請儘快前往", "Called again: go in"),
    "ready.title": ("请到{room}门口候诊", "請到{room}門口候診", "Please wait at {room}"),
    "ready.tip": ("快轮到您了，请到诊室门口等候", "快輪到您了，請到診室門口等候", "You are next soon"),
    "sent_back.title": ("{room}暂停叫号，请回候诊区", "{room}暫停叫號，請回候診區", "{room} has paused"),
    "sent_back.tip": ("您的位置保留，请回候诊区等候", "您的位置保留，請回候診區等候", "Your place is kept"),
    "missed.title": ("叫号时您不在，已过号", "叫號時您不在，已過號", "You missed your call"),
    "missed.hint": (
        "请到导诊台，工作人员会帮您重新排队。",
        "請到導診台，工作人員會幫您重新排隊。",
        "Please come to the desk. Our staff will put you back into the line.",
    ),
    "missed_for_good.title": ("多次叫号未到，本次候诊已结束", "多次叫號未到，本次候診已結束", "Your wait has ended"),
    "missed_for_good.hint": (
        "如果您还在医院，请到导诊台，我们会帮您安排。",
        "如果您還在醫院，請到導診台，我們會幫您安排。",
        "If you are still here, please come to the desk and we will help you.",
    ),
    # after the visit
    "reopened.title": ("就诊还没有结束，请先不要离开", "就診還沒有結束，請先不要離開", "Your visit goes on"),
    "reopened.hint": (
        "诊室撤回了刚才的“就诊完成”，请以诊室的安排为准。",
        "診室撤回了剛才的「就診完成」，請以診室的安排為準。",
        "The room took back the end of your visit. Please wait for what the doctor says.",
    ),
    "finished.title": ("本次就诊已完成", "本次就診已完成", "Your visit is finished"),
    "finished.advice": ("医生已写下注意事项，点开可看", "醫師已寫下注意事項，點開可看", "Tap to read advice"),
    "finished.no_advice": ("请遵医嘱，祝您早日康复", "請遵醫囑，祝您早日康復", "Get well soon"),
    "finished.revisit": ("{day}复诊", "{day}複診", "{day}"),
    "finished.no_revisit": ("暂无复诊安排", "暫無複診安排", "None planned"),
    "revisit.title": ("复诊提醒", "複診提醒", "Your return visit"),
    "revisit.tip": ("可在小程序预约复诊", "可在小程式預約複診", "Book in the app"),
    "follow_up.title": ("医院随访", "醫院隨訪", "How are you?"),
    "follow_up.tip": ("请点开填写，约一分钟", "請點開填寫，約一分鐘", "It takes a minute"),
    "follow_up.fill": ("填写随访", "填寫隨訪", "Answer the follow-up"),
    "follow_up.book": ("预约复诊", "預約複診", "Book the return visit"),
    "follow_up.alarm.title": ("请留意您的身体情况", "請留意您的身體狀況", "Please look after yourself now"),
    "follow_up.alarm.then": (
        "我们已通知科室，会尽快给您打电话。如果突然加重，不要等电话，请马上拨打 120 或到最近的急诊。",
        "我們已通知科別，會儘快打電話給您。如果突然加重，不要等電話，請馬上撥打 120 或到最近的急診。",
        "We have told the department and will call you soon. If it gets worse suddenly, do not wait for the call: "
        "dial 120 or go to the nearest emergency department at once.",
    ),
    "survey.title": ("请您评价本次就诊", "請您評價本次就診", "How was your visit?"),
    "survey.again.title": ("还想听听您的意见", "還想聽聽您的意見", "We would still like to hear from you"),
    "survey.again.tip": ("只提醒这一次，一分钟就好", "只提醒這一次，一分鐘就好", "Only once, a minute"),
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
    "complaint.reminder.phrase": ("待确认", "待確認", "待确认"),
    "complaint.reminder.tip": ("答复您看到了吗？请确认", "答覆您看到了嗎？請確認", "Please tell us"),
    "complaint.confirmed_closed.phrase": ("已办结", "已辦結", "已办结"),
    "complaint.confirmed_closed.tip": ("已办结，感谢您的反馈", "已辦結，感謝您的回饋", "Closed. Thank you."),
    "complaint.closed_no_reply.phrase": ("已办结", "已辦結", "已办结"),
    "complaint.closed_no_reply.tip": ("未收到回复先结束，可重开", "未收到回覆先結束，可重開", "Closed; may reopen"),
    "complaint.closed_disagreed.phrase": ("已办结", "已辦結", "已办结"),
    "complaint.closed_disagreed.tip": ("已办结，仍可联系我们", "已辦結，仍可聯絡我們", "Closed. Call us."),
    "complaint.withdrawn.phrase": ("已撤回", "已撤回", "已撤回"),
    "complaint.withdrawn.tip": ("已按您的要求撤回", "已依您的要求撤回", "Withdrawn as asked"),
    "complaint.merged.phrase": ("已合并", "已合併", "已合并"),
    "complaint.merged.tip": ("已并入您的另一件投诉", "已併入您的另一件投訴", "Joined with another"),
    # missed and late visits
    "label.suspended_until": ("线上预约恢复时间", "線上預約恢復時間", "Online booking again from"),
    "strike.no_show.title": (
        "这次就诊没有等到您",
        "這次就診沒有等到您",
        "We missed you at your visit",
    ),
    "strike.no_show.advice": (
        "如果您来过医院，或是有特殊情况，点开就能申诉，我们会核实。下次来不了，提前在小程序取消就不计入。",
        "如果您來過醫院，或有特殊情況，點開就能申訴，我們會核實。下次無法前來，提前在小程式取消就不計入。",
        "If you were here, or had a reason, tap to appeal and we will look into it. "
        "Next time, cancelling in time in the app does not count.",
    ),
    "strike.late_cancel.title": (
        "这次取消离就诊时间较近",
        "這次取消離就診時間較近",
        "This visit was cancelled late",
    ),
    "strike.late_cancel.advice": (
        "号源来不及留给别的患者，所以记了一笔。如有特殊情况，点开就能申诉。",
        "名額來不及留給其他患者，所以記了一筆。如有特殊情況，點開就能申訴。",
        "Nobody else could have the place any more, so it was noted. If you had a reason, tap to appeal.",
    ),
    "strike.count": (
        "近 {days} 天内计 {count} 次，满 {limit} 次会暂停线上预约一段时间",
        "近 {days} 天內計 {count} 次，滿 {limit} 次會暫停線上預約一段時間",
        "{count} in the last {days} days; {limit} pause online booking for a while",
    ),
    "strike.forgiven.title": ("一次爽约记录已撤销", "一筆爽約紀錄已撤銷", "A missed visit no longer counts"),
    "strike.appeal_granted.title": ("您的申诉已通过", "您的申訴已通過", "Your appeal was granted"),
    "strike.appeal_refused.title": ("您的申诉有了答复", "您的申訴有了答覆", "Your appeal was answered"),
    "strike.appeal_refused.advice": (
        "这次记录仍计入。就诊需要可到导诊台预约，有疑问可致电客服。",
        "這筆紀錄仍計入。就診需要可到導診台預約，有疑問可致電客服。",
        "This visit still counts. You can book at the guide desk, and call us with questions.",
    ),
    "strike.free.advice": ("可以照常在线上预约。", "可以照常線上預約。", "You can book online as usual."),
    "strike.still_suspended.advice": (
        "线上预约仍在暂停中，就诊需要可到导诊台预约。",
        "線上預約仍在暫停中，就診需要可到導診台預約。",
        "Online booking is still paused. You can book at the guide desk.",
    ),
    "strike.excuse.stopped": ("医院停诊，不算您的", "醫院停診，不算您的", "The clinic was cancelled by us"),
    "strike.excuse.present": ("查到您到过医院", "查到您到過醫院", "We found that you were here"),
    "strike.excuse.outage": (
        "当时报到系统或导诊台有故障",
        "當時報到系統或導診台有故障",
        "Check-in was not working at that time",
    ),
    "strike.excuse.late_doctor": (
        "当时医生晚到，是我们的原因",
        "當時醫師晚到，是我們的原因",
        "The doctor was late, which was our fault",
    ),
    # the templates, for the page on which the patient chooses what to hear of
    "template.appointment_booked": ("预约成功通知", "預約成功通知", "Appointment booked"),
    "template.appointment_cancelled": ("预约取消通知", "預約取消通知", "Appointment cancelled"),
    "template.appointment_reminder": ("就诊提醒", "就診提醒", "Reminder of the visit"),
    "template.place_offered": ("候补到号通知", "候補到號通知", "A place from the waitlist"),
    "template.waitlist_ended": ("候补结果通知", "候補結果通知", "End of the waitlist"),
    "template.queue_called": ("叫号提醒", "叫號提醒", "It is your turn"),
    "template.queue_joined": ("报到成功通知", "報到成功通知", "Checked in"),
    "template.visit_finished": ("就诊完成通知", "就診完成通知", "Visit finished"),
    "template.survey_invitation": ("满意度评价邀请", "滿意度評價邀請", "Invitation to rate"),
    "template.complaint_progress": ("投诉处理进度通知", "投訴處理進度通知", "Progress of a complaint"),
    "template.follow_up": ("随访提醒", "隨訪提醒", "Follow-up"),
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
