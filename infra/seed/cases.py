"""What the demonstration tells of complaints, cases, improvements and comments. Invented, as people write it. Pure."""

from dataclasses import dataclass

CAUSE_AGAIN = "information.system.down"  # of one department thrice within 90 days: the machine proposes an improvement


@dataclass(frozen=True)
class Told:
    """A complaint that has ended, and the case that was made of it. days: how long ago it came."""

    days: int
    department: str
    source: str
    who: str
    topic: str
    text: str
    cause: str
    finding: str
    action: str
    prevention: str
    title: str
    is_published: bool = True


CASES = (
    Told(
        73,
        "general",
        "phone",
        "许家琪",
        "等候时间",
        "叫号屏停了，没有人说明排到几号，等了两个小时才看上。",
        CAUSE_AGAIN,
        "候诊区交换机断电，叫号屏和语音同时停止，当班没有备用办法。",
        "当天改为人工叫号，电源已接到应急回路。",
        "断网十分钟内改人工叫号，每季度演练一次。",
        "叫号屏停了，没有人说明排到几号",
    ),
    Told(
        52,
        "neurology",
        "letter",
        "方静宜",
        "收费",
        "退检查费跑了三个窗口，一个星期还没有到账。",
        "fee.charge.refund",
        "退费要三个窗口盖章，材料在途中积压。",
        "当日原路退回，已电话说明。",
        "退费改为线上申请、原路退回，进度发短信。",
        "退检查费跑三个窗口，一周没有到账",
    ),
    Told(
        44,
        "general",
        "desk",
        "彭雨欣",
        "等候时间",
        "上午叫号又停了，后来的人先进去了。",
        CAUSE_AGAIN,
        "叫号程序更新后没有重启，号序错乱。",
        "已恢复号序，给受影响的患者优先安排。",
        "更新只在门诊结束后做，第二天开诊前试叫。",
        "程序更新后号序错乱，后来的人先叫到",
    ),
    Told(
        31,
        "orthopedics",
        "phone",
        "罗嘉宁",
        "沟通说明",
        "拿药的时候没讲一天几次，回去吃错了剂量，幸好没事。",
        "communication.explaining.medicine",
        "取药高峰只发药袋，没有复述用法。",
        "药师已逐一电话随访，核对剂量。",
        "药袋印大字用法，窗口复述一遍，老人另发用药卡。",
        "取药时没有讲清楚一天几次",
    ),
    Told(
        12,
        "general",
        "call_back",
        "邓思远",
        "等候时间",
        "叫号屏黑屏半小时，大家围着诊室门问。",
        CAUSE_AGAIN,
        "显示主机过热死机。",
        "已更换主机，当天加派导诊。",
        "主机温度超限自动报警，备用机就近存放。",
        "显示主机死机，患者围在诊室门口",
        is_published=False,
    ),
)

# one that is open, with pictures and a recording; its patient asks not to be named to the department
OPEN = "候诊区的叫号屏又黑屏了，我拍了照片，也录了当时的情况。请不要告诉科室是谁写的。"
OPEN_WHO = "沈知意"
CALLED = "已电话致歉，正在向信息科核实，今天之内再回复。"


@dataclass(frozen=True)
class Improving:
    """An improvement and how far it has come. Each number: how many days ago; None: not yet.

    expected: points of the score. until: what else became of it.
    """

    department: str
    dimension: str
    title: str
    measure: str
    strength: str
    expected: float
    proposed: int
    accepted: int | None = None
    started: int | None = None
    done: int | None = None
    evidence: str = ""
    until: str = ""


IMPROVED = ("rheumatology", "doctor_communication", 128)  # where, what, since how many days patients say it is better
IMPROVEMENTS = (
    Improving(
        "rheumatology",
        "communication",
        "医生说明病情：用一页图讲清方案",
        "每个常见诊断配一页图，讲完请患者复述要点",
        "intermediate",
        4,
        150,
        146,
        140,
        128,
        "十二份说明图已放进诊间电脑，抽查二十例均有复述记录",
    ),
    Improving(
        "neurology",
        "process",
        "候诊：护士整点通报等候人数",
        "每小时整点口头通报一次，贴出当前叫号",
        "intermediate",
        9,
        147,
        144,
        139,
        127,
        "通报记录本，抽查两周",
    ),
    Improving(
        "urology",
        "process",
        "候诊：上午分时段到诊",
        "号源按半小时分段，短信提醒到诊时间",
        "strong",
        8,
        145,
        143,
        138,
        126,
        "分时段号源已上线",
    ),
    Improving(
        "digestive",
        "process",
        "胃镜预约：一次约好检查和复诊",
        "开单时同时约复诊，窗口不再单独排队",
        "strong",
        8,
        70,
        66,
        60,
        50,
        "预约规则已改，抽查三十单",
    ),
    Improving(
        "obstetrics",
        "fees",
        "费用说明：开单即显示自付金额",
        "系统开单时显示自付金额，患者确认后再缴费",
        "strong",
        6,
        40,
        36,
        30,
        12,
        "新版开单页面已启用",
    ),
    Improving(
        "pediatrics",
        "environment",
        "输液室：分出安静区",
        "靠窗六个位置改为安静区，挂隔帘",
        "strong",
        6,
        20,
        17,
        9,
    ),
    Improving(
        "surgery",
        "process",
        "换药：预约到时段",
        "换药纳入预约，每半小时四人",
        "strong",
        6,
        8,
        5,
    ),
    Improving(
        "child-health", "environment", "量身高体重处：增加等候座位", "加十二个座位，设儿童阅读角", "intermediate", 5, 3
    ),
    Improving(
        "dental",
        "fees",
        "种植费用：打印价目单",
        "每位患者打印一份价目单",
        "weak",
        5,
        60,
        until="rejected",
    ),
    Improving(
        "cardiology",
        "process",
        "平板试验：增设下午时段",
        "每周二、四下午开放",
        "strong",
        5,
        100,
        96,
        90,
        until="closed",
    ),
)
WHY = {"rejected": "与“开单即显示自付金额”重复，并入那一项。", "closed": "设备搬到东院，时段随之取消，改为东院预约。"}


@dataclass(frozen=True)
class Said:
    """A comment of an answered survey. becomes: shown, hidden, or waiting for somebody to read it."""

    text: str
    becomes: str
    why: str = ""


COMMENTS = (
    Said("医生讲得很清楚，还画了图。", "shown"),
    Said("希望抽血窗口早一点开，七点半就排了很长的队。", "shown"),
    Said("指示牌不好找，从电梯出来不知道往哪边走。", "shown"),
    Said("叫号很快，候诊区也干净，谢谢护士帮我推轮椅。", "shown"),
    Said("都是骗子，我要去你们门口闹！", "hidden", "含威胁性语言，已转给患者服务中心跟进，不给科室看。"),
    Said("收费那边有个人总是很凶，老人问一句就不耐烦。", "waiting"),
)
