"""The words of the order in three languages: for the desk, for the patient, and for the wall. Data."""

ZH_CN, ZH_TW, EN = "zh-CN", "zh-TW", "en"
Texts = dict[str, str]

# How a ticket came to its place, step by step; for the desk and for answers to complaints.
STEPS: dict[str, Texts] = {
    "band": {
        ZH_CN: "预约时段 {band}，{at} 报到：按时段开始与报到前 {minutes} 分钟中较晚者排序",
        ZH_TW: "預約時段 {band}，{at} 報到：按時段開始與報到前 {minutes} 分鐘中較晚者排序",
        EN: "booked for {band}, checked in {at}: the later of the band's start and {minutes} min before check-in",
    },
    "late": {
        ZH_CN: "预约时段 {band}，{at} 迟到报到：按报到时间排序",
        ZH_TW: "預約時段 {band}，{at} 遲到報到：按報到時間排序",
        EN: "booked for {band}, checked in late at {at}: the time of check-in",
    },
    "ladder": {
        ZH_CN: "预约时段 {band}，{at} 迟到报到：排在时段结束后 {minutes} 分钟，且不早于 {not_before}",
        ZH_TW: "預約時段 {band}，{at} 遲到報到：排在時段結束後 {minutes} 分鐘，且不早於 {not_before}",
        EN: "booked for {band}, checked in late at {at}: {minutes} min after the band, not before {not_before}",
    },
    "walk_in": {
        ZH_CN: "现场登记，{at} 取号：按取号时间加 {minutes} 分钟排序",
        ZH_TW: "現場登記，{at} 取號：按取號時間加 {minutes} 分鐘排序",
        EN: "walk-in, registered {at}: {minutes} min after registration",
    },
    "arrival": {
        ZH_CN: "{at} 报到：按报到先后排序",
        ZH_TW: "{at} 報到：按報到先後排序",
        EN: "checked in {at}: in the order of check-in",
    },
    "appointment": {
        ZH_CN: "预约时段 {band}，{at} 报到：按时段开始时间排序",
        ZH_TW: "預約時段 {band}，{at} 報到：按時段開始時間排序",
        EN: "booked for {band}, checked in {at}: the start of the band",
    },
    "return": {
        ZH_CN: "检查后 {at} 返回：按返回时间提前 {minutes} 分钟排序",
        ZH_TW: "檢查後 {at} 返回：按返回時間提前 {minutes} 分鐘排序",
        EN: "back from an examination at {at}: {minutes} min before the return",
    },
    "recall": {
        ZH_CN: "过号后 {at} 重新排队：排在当时前 {places} 位之后",
        ZH_TW: "過號後 {at} 重新排隊：排在當時前 {places} 位之後",
        EN: "missed the call, back at {at}: behind the {places} who then waited first",
    },
    "rejoin": {
        ZH_CN: "再次过号后 {at} 重新排队：按重新排队时间排序",
        ZH_TW: "再次過號後 {at} 重新排隊：按重新排隊時間排序",
        EN: "missed the call again: the time of coming back, {at}",
    },
    "transfer": {
        ZH_CN: "{at} 由本院转来：保留原来的排序时间 {start}",
        ZH_TW: "{at} 由本院轉來：保留原來的排序時間 {start}",
        EN: "handed on by the clinic at {at}: the former place of {start} is kept",
    },
    "wish": {
        ZH_CN: "{at} 应患者要求转来：按转来时间排序",
        ZH_TW: "{at} 應病患要求轉來：按轉來時間排序",
        EN: "handed on at their own wish: the time of that, {at}",
    },
    "triage_ahead": {
        ZH_CN: "{at} 重新分诊：因需要照顾提前 {minutes} 分钟",
        ZH_TW: "{at} 重新分診：因需要照顧提前 {minutes} 分鐘",
        EN: "seen again at {at}: {minutes} min ahead because of special needs",
    },
    "triage_behind": {
        ZH_CN: "{at} 重新分诊：不再需要照顾，退后 {minutes} 分钟",
        ZH_TW: "{at} 重新分診：不再需要照顧，退後 {minutes} 分鐘",
        EN: "seen again at {at}: no special needs any more, {minutes} min back",
    },
    "triage_class": {
        ZH_CN: "{at} 重新分诊：改变优先级别",
        ZH_TW: "{at} 重新分診：改變優先級別",
        EN: "seen again at {at}: another level of urgency",
    },
}
HELPED: Texts = {
    ZH_CN: "，因需要照顾提前 {help} 分钟",
    ZH_TW: "，因需要照顧提前 {help} 分鐘",
    EN: ", {help} min ahead because of special needs",
}
LIMITED: Texts = {
    ZH_CN: "（按本队列的规则调整为 {sort_at}）",
    ZH_TW: "（按本隊列的規則調整為 {sort_at}）",
    EN: " (moved to {sort_at} by the rule of this queue)",
}
UNMOVED: Texts = {
    ZH_CN: "过号后 {at} 重新排队：当时无人候诊，位置不变",
    ZH_TW: "過號後 {at} 重新排隊：當時無人候診，位置不變",
    EN: "missed the call, back at {at}: nobody waited, the place is the same",
}
THEN: Texts = {ZH_CN: "；之后 ", ZH_TW: "；之後 ", EN: "; then "}
URGENT: Texts = {ZH_CN: "急诊优先", ZH_TW: "急診優先", EN: "urgent patients come first"}
SENTENCE: Texts = {
    ZH_CN: "{first} 在 {second} 之前：{first} {first_why}（排序时间 {first_at}）；"
    "{second} {second_why}（排序时间 {second_at}）。",
    ZH_TW: "{first} 在 {second} 之前：{first} {first_why}（排序時間 {first_at}）；"
    "{second} {second_why}（排序時間 {second_at}）。",
    EN: "{first} comes before {second}: {first} {first_why} ({first_at}); {second} {second_why} ({second_at}).",
}

# What else must be known of two tickets.
NOTES: dict[str, Texts] = {
    "same_instant": {
        ZH_CN: "排序时间相同，号码小的在前。",
        ZH_TW: "排序時間相同，號碼小的在前。",
        EN: "Both have the same instant: the smaller number goes first.",
    },
    "not_there_yet": {
        ZH_CN: "{second} 于 {called_at} 先被叫号：当时 {first} 还没有这个位置（{at} 才有）。",
        ZH_TW: "{second} 於 {called_at} 先被叫號：當時 {first} 還沒有這個位置（{at} 才有）。",
        EN: "{second} was called first, at {called_at}: {first} did not have this place before {at}.",
    },
    "other_practitioner": {
        ZH_CN: "{first} 和 {second} 由不同医生接诊，分别叫号。",
        ZH_TW: "{first} 和 {second} 由不同醫師看診，分別叫號。",
        EN: "{first} and {second} are for different practitioners and are called separately.",
    },
    "turns": {
        ZH_CN: "检查后返回的患者与其他患者穿插叫号：每叫 {others} 位其他患者，叫 1 位返回的患者。",
        ZH_TW: "檢查後返回的病患與其他病患穿插叫號：每叫 {others} 位其他病患，叫 1 位返回的病患。",
        EN: "Returns are called between the others: one return after {others} others.",
    },
    "called_first": {
        ZH_CN: "{second} 于 {called_at} 先被叫号。",
        ZH_TW: "{second} 於 {called_at} 先被叫號。",
        EN: "{second} was called first, at {called_at}.",
    },
    "not_in_line": {
        ZH_CN: "{number} 目前不在候诊中，暂不叫号。",
        ZH_TW: "{number} 目前不在候診中，暫不叫號。",
        EN: "{number} is not in the line at the moment and is not called.",
    },
}

# What is promised, on the wall and on the phone.
BOUND: Texts = {
    ZH_CN: "比您晚到 {minutes} 分钟以上的普通患者，不会排在您前面。",
    ZH_TW: "比您晚到 {minutes} 分鐘以上的普通病患，不會排在您前面。",
    EN: "No ordinary patient who comes more than {minutes} minutes after you goes before you.",
}
NO_BOUND: Texts = {
    ZH_CN: "本科室按预约时段先后叫号，请按时到达。",
    ZH_TW: "本科按預約時段先後叫號，請準時到達。",
    EN: "This department calls in the order of the booked times. Please come on time.",
}
EXCEPT_URGENT: Texts = {
    ZH_CN: "急诊患者优先，敬请谅解。",
    ZH_TW: "急診病患優先，敬請見諒。",
    EN: "Urgent patients go first. Thank you for your understanding.",
}

# The same to the patient, about oneself.
OWN: dict[str, Texts] = {
    "band": {
        ZH_CN: "您预约了 {band}，{at} 报到。时段内先到先看，提前 {minutes} 分钟到即可，更早到不会更早。",
        ZH_TW: "您預約了 {band}，{at} 報到。時段內先到先看，提前 {minutes} 分鐘到即可，更早到不會更早。",
        EN: "You booked {band} and checked in at {at}. Inside a time band, first come first served;"
        " coming more than {minutes} minutes early makes no difference.",
    },
    "late": {
        ZH_CN: "您预约了 {band}，{at} 报到，已过时段，所以按报到时间排队。",
        ZH_TW: "您預約了 {band}，{at} 報到，已過時段，所以按報到時間排隊。",
        EN: "You booked {band} and checked in at {at}, after that time, so your check-in time counts.",
    },
    "ladder": {
        ZH_CN: "您预约了 {band}，{at} 报到，已过时段，所以往后顺延，排在时段结束后 {minutes} 分钟的位置。",
        ZH_TW: "您預約了 {band}，{at} 報到，已過時段，所以往後順延，排在時段結束後 {minutes} 分鐘的位置。",
        EN: "You booked {band} and checked in at {at}, after that time, so you stand {minutes} minutes after the band.",
    },
    "walk_in": {
        ZH_CN: "您 {at} 现场取号，没有预约，所以排在同时到达的预约患者之后，最多相差 {minutes} 分钟。",
        ZH_TW: "您 {at} 現場取號，沒有預約，所以排在同時到達的預約病患之後，最多相差 {minutes} 分鐘。",
        EN: "You came without a booking at {at}, so you stand {minutes} minutes behind those who booked.",
    },
    "arrival": {
        ZH_CN: "本科室按报到先后叫号，您 {at} 报到。",
        ZH_TW: "本科按報到先後叫號，您 {at} 報到。",
        EN: "This department calls in the order of check-in. You checked in at {at}.",
    },
    "appointment": {
        ZH_CN: "本科室按预约时段先后叫号，您的时段是 {band}。",
        ZH_TW: "本科按預約時段先後叫號，您的時段是 {band}。",
        EN: "This department calls in the order of the booked times. Yours is {band}.",
    },
    "return": {
        ZH_CN: "您检查后 {at} 返回，不用重新排队，位置已为您提前 {minutes} 分钟，与其他患者穿插叫号。",
        ZH_TW: "您檢查後 {at} 返回，不用重新排隊，位置已為您提前 {minutes} 分鐘，與其他病患穿插叫號。",
        EN: "You came back from your examination at {at}. You need not start again: you stand {minutes} minutes ahead.",
    },
    "recall": {
        ZH_CN: "您过号后 {at} 重新排队，请让当时在前的 {places} 位患者先看。",
        ZH_TW: "您過號後 {at} 重新排隊，請讓當時在前的 {places} 位病患先看。",
        EN: "You missed your call and came back at {at}. Please let the {places} who waited first go before you.",
    },
    "rejoin": {
        ZH_CN: "您再次过号，{at} 重新排队，按这个时间叫号。",
        ZH_TW: "您再次過號，{at} 重新排隊，按這個時間叫號。",
        EN: "You missed your call again and came back at {at}; that time counts now.",
    },
    "transfer": {
        ZH_CN: "您 {at} 由医院转到这里，原来的先后位置为您保留。",
        ZH_TW: "您 {at} 由醫院轉到這裡，原來的先後位置為您保留。",
        EN: "The clinic handed you on at {at}. Your former place is kept.",
    },
    "wish": {
        ZH_CN: "您要求更换医生或科室，从 {at} 起在这里排队。",
        ZH_TW: "您要求更換醫師或科別，從 {at} 起在這裡排隊。",
        EN: "You asked for another doctor or department, and stand here since {at}.",
    },
    "triage_ahead": {
        ZH_CN: "导医已登记您需要照顾，位置提前了 {minutes} 分钟。",
        ZH_TW: "導醫已登記您需要照顧，位置提前了 {minutes} 分鐘。",
        EN: "Our staff noted that you need care; you were moved {minutes} minutes ahead.",
    },
    "triage_behind": {
        ZH_CN: "您的照顾登记有更改，位置退后了 {minutes} 分钟。如有不便请告诉导医。",
        ZH_TW: "您的照顧登記有更改，位置退後了 {minutes} 分鐘。如有不便請告訴導醫。",
        EN: "Your needs were changed; you were moved {minutes} minutes back. Please tell our staff if you need help.",
    },
    "triage_class": {
        ZH_CN: "导医重新评估了您的情况。",
        ZH_TW: "導醫重新評估了您的情況。",
        EN: "Our staff looked again at how urgent your case is.",
    },
}
OWN_HELPED: Texts = {
    ZH_CN: "因您需要照顾，位置提前了 {help} 分钟。",
    ZH_TW: "因您需要照顧，位置提前了 {help} 分鐘。",
    EN: "Because you need care, you stand {help} minutes further ahead.",
}
OWN_UNMOVED: Texts = {
    ZH_CN: "您过号后 {at} 重新排队，位置没有变。",
    ZH_TW: "您過號後 {at} 重新排隊，位置沒有變。",
    EN: "You missed your call and came back at {at}; your place is the same.",
}
OWN_URGENT: Texts = {
    ZH_CN: "您的情况紧急，会优先安排就诊。",
    ZH_TW: "您的情況緊急，會優先安排看診。",
    EN: "Your case is urgent and goes first.",
}
OWN_AHEAD: dict[str, Texts] = {
    "none": {
        ZH_CN: "您前面没有人了，请留意叫号。",
        ZH_TW: "您前面沒有人了，請留意叫號。",
        EN: "Nobody is before you. Please listen for your number.",
    },
    "some": {
        ZH_CN: "您前面有 {ahead} 位。他们预约的时段更早、报到更早，或是检查后返回、需要照顾、急诊的患者。",
        ZH_TW: "您前面有 {ahead} 位。他們預約的時段更早、報到更早，或是檢查後返回、需要照顧、急診的病患。",
        EN: "{ahead} are before you. They booked an earlier time or came earlier, came back from an examination,"
        " need care, or are urgent.",
    },
    "not_in_line": {
        ZH_CN: "您现在不在候诊队列中。",
        ZH_TW: "您現在不在候診隊列中。",
        EN: "You are not waiting in the line at the moment.",
    },
    "not_here": {
        ZH_CN: "您还没有报到。报到后会在这里说明您的位置。",
        ZH_TW: "您還沒有報到。報到後會在這裡說明您的位置。",
        EN: "You have not checked in yet. Your place will be explained here after that.",
    },
}
