"""The causes as they are shipped: nine heads, groups below them, and the leaves that complaints are given. Pure.

A hospital renames them, puts leaves out of use and adds its own, up to forty leaves in use: more are not told apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass

MOST_LEAVES = 40


@dataclass(frozen=True)
class Node:
    """A cause of the tree. level: 1 head, 2 group, 3 leaf. is_human_error: what one person did or left undone."""

    code: str
    parent: str | None
    level: int
    names: dict[str, str]
    is_human_error: bool = False


# code, zh-CN, zh-TW, en; a leaf that names what one person did ends in «!»
_TREE = (
    ("process", "流程与等候", "流程與等候", "Process and waiting"),
    ("process.waiting", "等候", "等候", "Waiting"),
    ("process.waiting.clinic", "候诊时间长", "候診時間長", "Long wait for the doctor"),
    ("process.waiting.tests", "检查、取药等候长", "檢查、領藥等候長", "Long wait for tests or medicines"),
    ("process.waiting.order", "叫号顺序或过号有争议", "叫號順序或過號有爭議", "Order of calling"),
    ("process.flow", "就诊流程", "就診流程", "Flow"),
    ("process.flow.booking", "预约、挂号不便", "預約、掛號不便", "Booking is difficult"),
    ("process.flow.passed_on", "科室之间来回推", "科室之間來回推", "Sent from one department to another"),
    ("process.flow.handover", "交接有遗漏", "交接有遺漏", "Lost in a hand-over"),
    ("communication", "沟通说明", "溝通說明", "Communication"),
    ("communication.explaining", "说明", "說明", "Explaining"),
    ("communication.explaining.illness", "病情和方案没有讲清楚", "病情和方案沒有講清楚", "Illness, plan not explained"),
    ("communication.explaining.risk", "风险和选择没有告知", "風險和選擇沒有告知", "Risks and choices not told"),
    ("communication.explaining.medicine", "用药没有讲清楚", "用藥沒有講清楚", "Medicines not explained"),
    ("communication.telling", "通知", "通知", "Telling"),
    ("communication.telling.change", "停诊、改期没有及时通知", "停診、改期沒有及時通知", "Changes not told in time"),
    ("communication.telling.phone", "电话打不通或没有回音", "電話打不通或沒有回音", "Nobody answers or calls back"),
    ("attitude", "服务态度", "服務態度", "Attitude"),
    ("attitude.manner", "言行", "言行", "Manner"),
    ("attitude.manner.cold", "冷淡、不耐烦", "冷淡、不耐煩", "Cold, impatient", "!"),
    ("attitude.manner.rude", "言语不当", "言語不當", "Rude words", "!"),
    ("skill", "医疗质量", "醫療品質", "Skill and quality"),
    ("skill.judgement", "诊断与疗效", "診斷與療效", "Diagnosis and outcome"),
    ("skill.judgement.delay", "诊断或处置不及时", "診斷或處置不及時", "Diagnosis or care too late"),
    ("skill.judgement.outcome", "疗效与预期不符", "療效與預期不符", "Outcome not as expected"),
    ("skill.doing", "操作与用药", "操作與用藥", "Procedures and medicines"),
    ("skill.doing.slip", "操作失误", "操作失誤", "A slip in a procedure", "!"),
    ("skill.doing.medicine", "发药、用药差错", "發藥、用藥差錯", "A wrong medicine", "!"),
    ("skill.doing.pain", "疼痛或不适处理不够", "疼痛或不適處理不足", "Pain not relieved"),
    ("information", "信息与系统", "資訊與系統", "Information and systems"),
    ("information.system", "系统", "系統", "Systems"),
    ("information.system.down", "系统故障", "系統故障", "Out of order"),
    ("information.system.hard", "手机或自助机难用", "手機或自助機難用", "Hard to use"),
    ("information.record", "资料", "資料", "Records"),
    ("information.record.wrong", "登记或显示的信息有误", "登記或顯示的資訊有誤", "Wrong information"),
    ("information.record.report", "报告出错或迟发", "報告出錯或遲發", "Reports wrong or late"),
    ("environment", "环境设施", "環境設施", "Environment"),
    ("environment.place", "候诊与诊室", "候診與診室", "Rooms"),
    ("environment.place.crowded", "拥挤、嘈杂", "擁擠、嘈雜", "Crowded, noisy"),
    ("environment.place.dirty", "不清洁", "不清潔", "Not clean"),
    ("environment.access", "标识与无障碍", "標示與無障礙", "Signs and access"),
    ("environment.access.signs", "标识不清、难找", "標示不清、難找", "Hard to find the way"),
    ("environment.access.barrier", "无障碍、便民设施不足", "無障礙、便民設施不足", "Barriers, missing aids"),
    ("environment.access.broken", "设备损坏", "設備損壞", "Broken equipment"),
    ("fee", "费用与医保", "費用與健保", "Fees and insurance"),
    ("fee.charge", "收费", "收費", "Charges"),
    ("fee.charge.wrong", "收费有误", "收費有誤", "Wrong charge"),
    ("fee.charge.unclear", "收费项目不清楚", "收費項目不清楚", "Charges not clear"),
    ("fee.charge.refund", "退费难、退费慢", "退費難、退費慢", "Refunds slow"),
    ("fee.insurance", "医保", "醫保", "Insurance"),
    ("fee.insurance.rule", "医保报销有疑问", "醫保報銷有疑問", "Insurance rules"),
    ("fee.integrity", "廉洁", "廉潔", "Integrity"),
    ("fee.integrity.gift", "索要财物或指定外购", "索取財物或指定外購", "Asked for money or outside purchase", "!"),
    ("privacy", "隐私", "隱私", "Privacy"),
    ("privacy.exposure", "暴露", "暴露", "Exposure"),
    ("privacy.exposure.seen", "检查、谈话被旁人看到听到", "檢查、談話被旁人看到聽到", "Seen or overheard"),
    ("privacy.exposure.leaked", "个人信息外泄", "個人資訊外洩", "Personal data leaked"),
    ("external", "外部原因", "外部原因", "From outside"),
    ("external.others", "院外", "院外", "Outside the hospital"),
    ("external.others.traffic", "交通、停车、天气", "交通、停車、天氣", "Traffic, parking, weather"),
    ("external.others.policy", "政策规定", "政策規定", "Laws and regulations"),
)  # fmt: skip


def shipped() -> Iterator[Node]:
    """Give the causes as they are shipped, each after its parent."""
    for code, zh, tw, en, *marks in _TREE:
        parent, _, _ = code.rpartition(".")
        names = {"zh-CN": zh, "zh-TW": tw, "en": en}
        yield Node(code, parent or None, code.count(".") + 1, names, bool(marks))
