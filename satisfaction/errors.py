"""Everything that can be refused here.

Refused                409
├─ AlreadyAnswered        the survey has its one response
├─ SurveyClosed           the deadline is over
├─ LinkOver               a link was taken back, is too old, or its questionnaire is not asked any more
├─ LinkExhausted          a link was answered as often as it may be on a day
├─ QuestionnaireFixed     a version that is or was asked is not changed
├─ QuestionnaireUnready   a draft lacks something that it needs before it is asked
├─ ConcernedByAnswers     the person would record answers about themselves
├─ PatientNotAsked        the patient was asked lately, or there is another reason to leave them in peace
├─ ComplaintIsClosed      nothing more can be added
├─ ConflictOfInterest     the person is the one complained about
├─ HandlerUnfit           the person holds no role that handles complaints
├─ AlreadyHandler         the complaint is theirs already
├─ HighestLevel           nobody stands above
├─ LeaseUsedUp            pressed often enough: only something done about it counts now
├─ ApproverUnfit          who handles a case, or has set its causes, does not approve it
├─ RotaChanged            somebody else has written the rota in the meantime
├─ CalendarFixed          a calendar of the law, or one that never rests, is not changed
├─ NotMergeable           two complaints of two people, or one with itself
├─ SealedNotMerged        what became of a sealed complaint elsewhere would tell whom it is from
├─ TooManyFiles           more pictures or recordings than a line may have, or than wait to be sent
├─ TooLateToReopen        the days in which a patient may reopen are over
├─ TooManyLeaves          more causes in use than anybody tells apart
├─ CauseMissing           a case without a cause teaches nothing
├─ NeedsAnother           whoever wrote or handled it cannot approve it
├─ OnlyWeak               an analysis of weak measures alone, and nobody has signed why
├─ EvidenceMissing        nothing shows that a measure was put in place
├─ MeasureNeeded          the last measure had no effect, and no other was agreed on
├─ OpenedByTwo            whoever asks to open a sealed identity does not allow it as well
├─ UnsealingOver          a request to open one was not decided in time
├─ IdentityClosed         a sealed identity is not open for who looks
├─ NotSealed              there is nothing to open
└─ NoPhone                the file holds no phone number
Malformed              422
├─ FileUnreadable         not the picture or sound that its sender says it is
└─ FileTooLong            a recording is too long
OutsideTrouble         503
└─ StoreAway              the store of the files does not answer
"""

from typing import ClassVar

from server.errors import Malformed, OutsideTrouble, Refused


class AlreadyAnswered(Refused):
    """The survey has its one response."""

    code, title = "already_answered", "Already answered"
    texts: ClassVar = {
        "zh-CN": "您已完成本次评价，感谢您的反馈。",
        "zh-TW": "您已完成本次評價，感謝您的回饋。",
        "en": "You have already answered this survey. Thank you.",
    }


class SurveyClosed(Refused):
    """The deadline of the survey is over."""

    code, title = "survey_closed", "Survey closed"
    texts: ClassVar = {
        "zh-CN": "本次评价已截止。如有意见，欢迎在“投诉与建议”中告诉我们。",
        "zh-TW": "本次評價已截止。如有意見，歡迎在「投訴與建議」中告訴我們。",
        "en": "This survey is closed. You can still write to us under complaints and suggestions.",
    }


class LinkOver(Refused):
    """The link was taken back, is too old, or its questionnaire is not asked any more."""

    code, title = "link_over", "Link over"
    texts: ClassVar = {
        "zh-CN": "这个链接已经失效。如有意见，欢迎在“投诉与建议”中告诉我们。",
        "zh-TW": "這個連結已經失效。如有意見，歡迎在「投訴與建議」中告訴我們。",
        "en": "This link is no longer valid. You can still write to us under complaints and suggestions.",
    }


class LinkExhausted(Refused):
    """The link was answered as often as it may be on a day."""

    code, title = "link_exhausted", "No more answers today"
    texts: ClassVar = {
        "zh-CN": "今天通过这个二维码的评价已经满了，请明天再来，或直接告诉工作人员。",
        "zh-TW": "今天透過這個 QR 碼的評價已經滿了，請明天再來，或直接告訴工作人員。",
        "en": "This code has taken all the answers it may for today. Please come back tomorrow or tell our staff.",
    }


class QuestionnaireFixed(Refused):
    """A version that is or was asked is not changed."""

    code, title = "questionnaire_fixed", "Not a draft"
    texts: ClassVar = {
        "zh-CN": "这一版已经启用过，不能修改。请复制为新草稿再改。",
        "zh-TW": "這一版已經啟用過，不能修改。請複製為新草稿再改。",
        "en": "This version is or was in use and cannot be changed. Copy it to a new draft.",
    }


class QuestionnaireUnready(Refused):
    """A draft lacks something that it needs before it is asked."""

    code, title = "questionnaire_unready", "Not ready"
    texts: ClassVar = {
        "zh-CN": "这份草稿还不能启用：至少要有一道每人必问的题目，三种语言的标题都要填写。",
        "zh-TW": "這份草稿還不能啟用：至少要有一道每人必問的題目，三種語言的標題都要填寫。",
        "en": "This draft cannot be used yet: it needs an item that everybody is asked, and a title in each language.",
    }


class ConcernedByAnswers(Refused):
    """The person would record answers about themselves."""

    code, title = "concerned_by_answers", "Concerned by the answers"
    texts: ClassVar = {
        "zh-CN": "这次就诊由您接待，请由其他同事记录患者的评价。",
        "zh-TW": "這次就診由您接待，請由其他同事記錄患者的評價。",
        "en": "You looked after this visit. Please let a colleague record what the patient says of it.",
    }


class PatientNotAsked(Refused):
    """The patient was asked lately, or there is another reason to leave them in peace."""

    code, title = "patient_not_asked", "Not asked"
    texts: ClassVar = {
        "zh-CN": "这位患者近期已受访，或不在调查范围内（如有未结投诉、年龄较小、已要求不打扰），请不要再询问。",
        "zh-TW": "這位患者近期已受訪，或不在調查範圍內（如有未結投訴、年齡較小、已要求不打擾），請不要再詢問。",
        "en": "This patient was asked lately or should not be asked (open complaint, too young, wishes no contact).",
    }


class ComplaintIsClosed(Refused):
    """The complaint has reached an end; nothing more can be added."""

    code, title = "complaint_closed", "Complaint closed"
    texts: ClassVar = {
        "zh-CN": "该投诉已结束。如仍有问题，请重新提交，我们会继续处理。",
        "zh-TW": "該投訴已結束。如仍有問題，請重新提交，我們會繼續處理。",
        "en": "This complaint is closed. Please file a new one if something is still wrong.",
    }


class ConflictOfInterest(Refused):
    """The person is the one complained about and must not handle it."""

    code, title = "conflict_of_interest", "Conflict of interest"
    texts: ClassVar = {
        "zh-CN": "该人员与被投诉事项有关，不能处理此投诉，请选择其他人员。",
        "zh-TW": "該人員與被投訴事項有關，不能處理此投訴，請選擇其他人員。",
        "en": "This person is concerned by the complaint and must not handle it. Please choose somebody else.",
    }


class HandlerUnfit(Refused):
    """The person holds no role that handles complaints."""

    code, title = "handler_unfit", "Not a complaint handler"
    texts: ClassVar = {
        "zh-CN": "该人员没有投诉处理权限，请选择其他人员。",
        "zh-TW": "該人員沒有投訴處理權限，請選擇其他人員。",
        "en": "This person does not handle complaints. Please choose somebody else.",
    }


class AlreadyHandler(Refused):
    """The complaint is in the hands of this person already."""

    code, title = "already_handler", "Already the handler"
    texts: ClassVar = {
        "zh-CN": "该投诉已由此人处理。",
        "zh-TW": "該投訴已由此人處理。",
        "en": "This person handles the complaint already.",
    }


class HighestLevel(Refused):
    """The complaint stands at the highest level of the ladder."""

    code, title = "highest_level", "Highest level"
    texts: ClassVar = {
        "zh-CN": "该投诉已升级至最高级别。",
        "zh-TW": "該投訴已升級至最高級別。",
        "en": "The complaint has reached the highest level.",
    }


class CalendarFixed(Refused):
    """The legal terms follow the official days, and around the clock is around the clock."""

    code, title = "calendar_fixed", "This calendar is not changed"
    texts: ClassVar = {
        "zh-CN": "“全天候”和“法定工作日”不能修改；放假与调休请在排班日历中维护。",
        "zh-TW": "「全天候」和「法定工作日」不能修改；放假與補班請在排班日曆中維護。",
        "en": "This calendar is fixed. Official days off are kept in the calendar of the schedules.",
    }


class NotMergeable(Refused):
    """Two complaints of two people, or one with itself: the patient would lose sight of theirs."""

    code, title = "not_mergeable", "Cannot be merged"
    texts: ClassVar = {
        "zh-CN": "只能合并同一位患者的两件投诉。",
        "zh-TW": "只能合併同一位患者的兩件投訴。",
        "en": "Only two complaints of the same patient can be merged.",
    }


class SealedNotMerged(Refused):
    """One of two complaints is sealed: that both are of the same patient would tell whom it is from."""

    code, title = "sealed_not_merged", "A sealed complaint stays alone"
    texts: ClassVar = {
        "zh-CN": "身份已密封的投诉不能合并，否则会看出是谁提出的。",
        "zh-TW": "身分已密封的投訴不能合併，否則會看出是誰提出的。",
        "en": "A sealed complaint cannot be merged: it would show whom it is from.",
    }


class TooManyLeaves(Refused):
    """Forty causes are in use; with more, complaints are no longer given the same ones."""

    code, title = "too_many_causes", "Too many causes"
    texts: ClassVar = {
        "zh-CN": "启用的原因最多 40 个，请先停用一个不常用的。",
        "zh-TW": "啟用的原因最多 40 個，請先停用一個不常用的。",
        "en": "At most forty causes may be in use. Please put one out of use first.",
    }


class CauseMissing(Refused):
    """The complaint has no cause yet."""

    code, title = "cause_missing", "No cause yet"
    texts: ClassVar = {
        "zh-CN": "请先在投诉中选择原因，再发布案例。",
        "zh-TW": "請先在投訴中選擇原因，再發布案例。",
        "en": "Please give the complaint its cause before the case is published.",
    }


class NeedsAnother(Refused):
    """Who wrote, handles or owns something does not approve it."""

    code, title = "needs_another", "Another person has to approve"
    texts: ClassVar = {
        "zh-CN": "编写人、处理人和负责人不能自己审核，请由另一位同事审核。",
        "zh-TW": "編寫人、處理人和負責人不能自己審核，請由另一位同仁審核。",
        "en": "Who wrote, handles or owns it cannot approve it. Please ask a colleague.",
    }


class OnlyWeak(Refused):
    """The analysis has weak measures alone, and the committee has not signed why."""

    code, title = "only_weak", "Only weak measures"
    texts: ClassVar = {
        "zh-CN": "只有培训、提醒这类弱措施，效果难以持久。请加一条中等或强措施，或由院委会写明为什么没有。",
        "zh-TW": "只有訓練、提醒這類弱措施，效果難以持久。請加一條中等或強措施，或由院委會寫明為什麼沒有。",
        "en": "Training and reminders alone do not last. Add a stronger measure, or let the committee sign why not.",
    }


class EvidenceMissing(Refused):
    """Nothing shows that the measure was put in place."""

    code, title = "evidence_missing", "Evidence missing"
    texts: ClassVar = {
        "zh-CN": "请先写下落实的依据，例如文件、照片说明或现场检查结果。",
        "zh-TW": "請先寫下落實的依據，例如文件、照片說明或現場檢查結果。",
        "en": "Please write down first what shows that it was put in place.",
    }


class MeasureNeeded(Refused):
    """The last measure had no effect: another one has to be agreed on before the work begins again."""

    code, title = "measure_needed", "Another measure is needed"
    texts: ClassVar = {
        "zh-CN": "上一项措施没有效果，请先换一项措施，再开始落实。",
        "zh-TW": "上一項措施沒有效果，請先換一項措施，再開始落實。",
        "en": "The last measure had no effect. Please agree on another one before you begin.",
    }


class NoPhone(Refused):
    """The patient's file holds no phone number."""

    code, title = "no_phone", "No phone number"
    texts: ClassVar = {
        "zh-CN": "该患者没有登记电话号码。",
        "zh-TW": "該患者沒有登記電話號碼。",
        "en": "No phone number is on file for this patient.",
    }


class OpenedByTwo(Refused):
    """Whoever asks to open a sealed identity cannot be the one who allows it."""

    code, title = "opened_by_two", "Two people are needed"
    texts: ClassVar = {
        "zh-CN": "需要由另一位同事批准，申请人不能自己批准。",
        "zh-TW": "需要由另一位同事批准，申請人不能自己批准。",
        "en": "Somebody else has to approve this; you cannot approve your own request.",
    }


class UnsealingOver(Refused):
    """A request to open a sealed identity was not decided in time."""

    code, title = "unsealing_over", "The request is too old"
    texts: ClassVar = {
        "zh-CN": "该申请已过期，请重新申请。",
        "zh-TW": "該申請已過期，請重新申請。",
        "en": "This request is too old. Please ask again.",
    }


class IdentityClosed(Refused):
    """A sealed identity is not open for the person who looks."""

    code, title = "identity_closed", "The identity is sealed"
    texts: ClassVar = {
        "zh-CN": "患者身份已密封。请先申请查看，由另一位主管批准后 30 分钟内可见。",
        "zh-TW": "患者身分已密封。請先申請查看，由另一位主管批准後 30 分鐘內可見。",
        "en": "The identity is sealed. Ask to open it; once somebody else has approved, you see it for 30 minutes.",
    }


class NotSealed(Refused):
    """There is nothing to open: the identity was never sealed."""

    code, title = "not_sealed", "Not sealed"
    texts: ClassVar = {
        "zh-CN": "这件投诉没有密封，身份可以直接查看。",
        "zh-TW": "這件投訴沒有密封，身分可以直接查看。",
        "en": "This complaint is not sealed; the identity can be seen as it is.",
    }


class TooManyFiles(Refused):
    """More pictures or recordings than one line may have, or than may wait to be sent."""

    code, title = "too_many_files", "Too many files"
    texts: ClassVar = {
        "zh-CN": "一次最多 9 张图片、3 段语音，请删去一些再发。",
        "zh-TW": "一次最多 9 張圖片、3 段語音，請刪去一些再送出。",
        "en": "Nine pictures and three recordings at a time. Please take some away.",
    }


class TooLateToReopen(Refused):
    """The days in which a patient may reopen a closed complaint are over."""

    code, title = "too_late_to_reopen", "Too late to reopen"
    texts: ClassVar = {
        "zh-CN": "这件意见结束已超过 30 天。如仍有问题，请重新提交，我们会继续处理。",
        "zh-TW": "這件意見結束已超過 30 天。如仍有問題，請重新提交，我們會繼續處理。",
        "en": "It was closed more than 30 days ago. Please write a new one if something is still wrong.",
    }


class FileUnreadable(Malformed):
    """The file is not the picture or the sound that its sender says it is."""

    code, title = "file_unreadable", "Unreadable file"
    texts: ClassVar = {
        "zh-CN": "这个文件打不开，请换一张图片或重新录音。",
        "zh-TW": "這個檔案打不開，請換一張圖片或重新錄音。",
        "en": "This file cannot be opened. Please take another picture or record again.",
    }


class FileTooLong(Malformed):
    """The recording is longer than anybody will listen to; `minutes` is the limit."""

    code, title = "file_too_long", "Recording too long"
    texts: ClassVar = {
        "zh-CN": "一段语音最长 {minutes} 分钟，请分几段录。",
        "zh-TW": "一段語音最長 {minutes} 分鐘，請分幾段錄。",
        "en": "A recording lasts {minutes} minutes at most. Please make several.",
    }


class StoreAway(OutsideTrouble):
    """The store of pictures and recordings does not answer."""

    code, title = "store_away", "Files cannot be kept now"
    texts: ClassVar = {
        "zh-CN": "图片和语音暂时无法保存，请稍后再试。文字可以先提交。",
        "zh-TW": "圖片和語音暫時無法儲存，請稍後再試。文字可以先送出。",
        "en": "Pictures and recordings cannot be kept right now. Please try again later; you can send your words.",
    }


class LeaseUsedUp(Refused):
    """A complaint was acknowledged again and again without anything being done about it."""

    code, title = "lease_used_up", "Acknowledged too often"
    texts: ClassVar = {
        "zh-CN": "已连续确认多次。请先回复患者、写备注或转交，再继续处理。",
        "zh-TW": "已連續確認多次。請先回覆患者、寫備註或轉交，再繼續處理。",
        "en": "You have acknowledged this often enough. Write to the patient, add a note or hand it over first.",
    }


class ApproverUnfit(Refused):
    """Whoever handles a case or has set its causes must not approve what comes of it."""

    code, title = "approver_unfit", "Not the right person to approve"
    texts: ClassVar = {
        "zh-CN": "处理人和认定原因的人不能审批同一件投诉，请由其他人审批。",
        "zh-TW": "處理人和認定原因的人不能審批同一件投訴，請由其他人審批。",
        "en": "Whoever handles a case or has set its causes cannot approve it. Please ask somebody else.",
    }


class RotaChanged(Refused):
    """Somebody else has written the rota in the meantime."""

    code, title = "rota_changed", "Rota changed"
    texts: ClassVar = {
        "zh-CN": "值班表刚刚被其他人修改过，请刷新后再改。",
        "zh-TW": "值班表剛剛被其他人修改過，請重新整理後再改。",
        "en": "Somebody else has just changed the rota. Please reload it and try again.",
    }
