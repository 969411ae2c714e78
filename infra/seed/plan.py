"""What the demonstration hospital is, apart from its people: campuses, departments, desks, logins. Pure.

Everything here is fictional but the codes of the specialities, which are the national ones.
"""

from dataclasses import dataclass

from server.accounts import Role

PASSWORD = "demo-2026"  # of every demonstration login: it is no secret, and a real hospital is never seeded

HOSPITAL = {
    "name": "云湖市第一人民医院",
    "address": "云湖市湖滨区镜湖路66号",
    "landmarks": "镜湖公园东门对面",
    "bus_routes": "地铁2号线镜湖公园站A口；公交8路、26路、103路 第一人民医院站",
    "phone": "0599-6600000",
    "emergency_phone": "0599-6600120",
    "opening_hours": "门诊 周一至周日 08:00-12:00、14:00-17:30；夜间门诊 18:00-21:00；急诊24小时",
    "services": "轮椅借用、饮用水、手机充电、母婴室、志愿者陪诊、便民药箱",
    "emergency_hours": "急诊24小时，全年无休",
    "price_notes": "医生页面上的价格就是一次门诊的费用，检查和药另算。65岁以上老人、退役军人和残疾人凭证免普通门诊费。",
    "latitude": 27.3316,
    "longitude": 118.1207,
}

CAMPUSES = (
    {
        "code": "main",
        "name": "本部",
        "address": "云湖市湖滨区镜湖路66号",
        "directions": "地铁2号线镜湖公园站A口步行200米；门诊楼在正门左侧，急诊楼在正门右侧。",
    },
    {
        "code": "east",
        "name": "东院",
        "address": "云湖市东城区杏林大道9号",
        "directions": "公交15路、32路 市一医院东院站下车即到；本部每30分钟有班车。",
    },
)


@dataclass(frozen=True)
class Place:
    """One department. floor and wing give its place and the numbers of its rooms; treats: what its doctors are good at.

    minutes: how long one visit takes. evenings: whether it keeps evening clinics.
    """

    code: str
    name: str
    speciality: str
    prefix: str
    floor: int
    wing: str
    minutes: int
    treats: tuple[str, ...]
    practitioners: int = 4
    rooms: int = 2
    parent: str | None = None
    campus: str = "main"
    evenings: bool = False

    @property
    def location(self) -> str:
        """Say where it is."""
        building = "急诊楼" if self.code == EMERGENCY else "东院门诊楼" if self.campus == "east" else "门诊楼"
        return f"{building}{self.floor}层{self.wing}区"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split("、"))


EMERGENCY = "emergency"
GENERAL = "general"
FEVER_WAY = "发热门诊在急诊楼北侧平房，出大厅右转，沿红色地标走约100米。"
DRAWING = "orthopedics"  # its places come by a draw
BY_ARRIVAL = "pediatrics"  # calls in the order of arrival

PLACES = (
    Place(EMERGENCY, "急诊医学科", "20", "E", 1, "A", 10, _words("急性胸痛、中毒急救、创伤急救、急性腹痛"), 8),
    Place(GENERAL, "全科医疗科", "02", "Q", 1, "B", 8, _words("常见病诊疗、慢性病管理、健康咨询、双向转诊"), 8),
    Place(
        "internal", "内科", "03", "N", 2, "A", 8, _words("发热待查、多病共存、乏力待查、体检异常解读"), evenings=True
    ),
    Place(
        "respiratory",
        "呼吸内科",
        "03.01",
        "H",
        2,
        "B",
        8,
        _words("慢性咳嗽、哮喘、慢阻肺、肺部结节、睡眠呼吸暂停"),
        rooms=3,
        parent="internal",
    ),
    Place(
        "digestive",
        "消化内科",
        "03.02",
        "X",
        2,
        "C",
        8,
        _words("慢性胃炎、反流性食管炎、炎症性肠病、脂肪肝、幽门螺杆菌感染"),
        rooms=3,
        parent="internal",
    ),
    Place(
        "neurology",
        "神经内科",
        "03.03",
        "SN",
        3,
        "A",
        10,
        _words("头痛、眩晕、脑卒中、帕金森病、癫痫"),
        rooms=3,
        parent="internal",
    ),
    Place(
        "cardiology",
        "心血管内科",
        "03.04",
        "XN",
        3,
        "B",
        8,
        _words("高血压、冠心病、心律失常、心力衰竭、心肌病"),
        rooms=3,
        parent="internal",
        evenings=True,
    ),
    Place(
        "hematology",
        "血液内科",
        "03.05",
        "XY",
        3,
        "C",
        10,
        _words("贫血、血小板减少、淋巴瘤、骨髓增殖性疾病"),
        3,
        parent="internal",
    ),
    Place(
        "nephrology",
        "肾病科",
        "03.06",
        "S",
        4,
        "A",
        10,
        _words("慢性肾炎、肾病综合征、糖尿病肾病、血尿"),
        3,
        parent="internal",
    ),
    Place(
        "endocrine",
        "内分泌科",
        "03.07",
        "F",
        4,
        "B",
        8,
        _words("糖尿病、甲状腺疾病、骨质疏松、痛风、肥胖症"),
        rooms=3,
        parent="internal",
        evenings=True,
    ),
    Place(
        "rheumatology",
        "风湿免疫科",
        "03.08",
        "FM",
        4,
        "C",
        10,
        _words("类风湿关节炎、系统性红斑狼疮、强直性脊柱炎、干燥综合征"),
        3,
        parent="internal",
    ),
    Place(
        "geriatrics",
        "老年病科",
        "03.10",
        "L",
        4,
        "D",
        12,
        _words("老年综合评估、多重用药管理、老年高血压、记忆减退"),
        3,
        parent="internal",
    ),
    Place("surgery", "外科", "04", "W", 5, "A", 6, _words("体表肿物、外伤处理、伤口换药、术后复查"), 3, evenings=True),
    Place(
        "general-surgery",
        "普通外科",
        "04.01",
        "PW",
        5,
        "B",
        8,
        _words("甲状腺结节、乳腺疾病、疝、胆囊结石、阑尾炎"),
        rooms=3,
        parent="surgery",
    ),
    Place(
        "neurosurgery",
        "神经外科",
        "04.02",
        "SW",
        5,
        "C",
        12,
        _words("脑肿瘤、颅脑外伤、三叉神经痛、脑血管病"),
        3,
        parent="surgery",
    ),
    Place(
        "orthopedics",
        "骨科",
        "04.03",
        "G",
        6,
        "A",
        8,
        _words("骨折、颈椎病、腰椎间盘突出、膝关节炎、运动损伤"),
        rooms=3,
        parent="surgery",
        evenings=True,
    ),
    Place(
        "urology",
        "泌尿外科",
        "04.04",
        "M",
        6,
        "B",
        8,
        _words("泌尿系结石、前列腺增生、泌尿系肿瘤、尿路感染"),
        parent="surgery",
    ),
    Place(
        "obstetrics-gynecology",
        "妇产科",
        "05",
        "FC",
        2,
        "A",
        8,
        _words("妇科常见病、孕前咨询、月经失调、更年期保健"),
        campus="east",
    ),
    Place(
        "gynecology",
        "妇科",
        "05.01",
        "FK",
        2,
        "B",
        8,
        _words("子宫肌瘤、卵巢囊肿、宫颈病变、子宫内膜异位症"),
        parent="obstetrics-gynecology",
        campus="east",
    ),
    Place(
        "obstetrics",
        "产科",
        "05.02",
        "C",
        2,
        "C",
        10,
        _words("孕期检查、高危妊娠、产后复查、妊娠期糖尿病"),
        parent="obstetrics-gynecology",
        campus="east",
    ),
    Place(
        "pediatrics",
        "儿科",
        "07",
        "R",
        1,
        "A",
        6,
        _words("小儿发热、小儿咳嗽、小儿腹泻、小儿哮喘、过敏性鼻炎"),
        rooms=3,
        campus="east",
        evenings=True,
    ),
    Place(
        "child-health",
        "儿童保健科",
        "09",
        "EB",
        1,
        "B",
        15,
        _words("生长发育评估、营养指导、语言发育、预防保健"),
        3,
        campus="east",
    ),
    Place("eye", "眼科", "10", "Y", 7, "A", 6, _words("白内障、青光眼、近视防控、眼底病、干眼症"), rooms=3),
    Place("ent", "耳鼻咽喉科", "11", "EH", 7, "B", 6, _words("过敏性鼻炎、鼻窦炎、中耳炎、耳鸣、声音嘶哑")),
    Place(
        "dental",
        "口腔科",
        "12",
        "K",
        7,
        "C",
        15,
        _words("牙体牙髓病、牙周病、阻生齿、口腔修复、错颌畸形"),
        rooms=3,
        evenings=True,
    ),
    Place("skin", "皮肤科", "13", "P", 7, "D", 6, _words("湿疹、痤疮、银屑病、荨麻疹、带状疱疹")),
    Place(
        "mind",
        "临床心理科",
        "15.06",
        "XL",
        8,
        "A",
        15,
        _words("失眠、焦虑、抑郁、青少年情绪问题、心身疾病"),
        evenings=True,
    ),
    Place("oncology", "肿瘤科", "19", "Z", 8, "B", 12, _words("肺癌、胃肠道肿瘤、乳腺癌、癌痛管理、化疗后复查"), 3),
    Place(
        "rehabilitation",
        "康复医学科",
        "21",
        "KF",
        3,
        "A",
        15,
        _words("脑卒中康复、骨关节康复、颈肩腰腿痛、运动康复"),
        campus="east",
    ),
    Place(
        "chinese-medicine",
        "中医科",
        "50",
        "ZY",
        3,
        "B",
        12,
        _words("脾胃调理、失眠、痛经、慢性疲劳、体质调理"),
        campus="east",
    ),
)


@dataclass(frozen=True)
class Desk:
    """A guide desk; department None: it checks in for every department."""

    code: str
    name: str
    campus: str
    department: str | None
    location: str


HALL = "hall"

DESKS = (
    Desk(HALL, "门诊导诊台", "main", None, "门诊楼1层大厅"),
    Desk("emergency", "急诊导诊台", "main", EMERGENCY, "急诊楼1层入口"),
    Desk("general", "全科导诊台", "main", GENERAL, "门诊楼1层B区"),
    Desk("pediatrics", "儿科导诊台", "east", "pediatrics", "东院门诊楼1层A区"),
)


@dataclass(frozen=True)
class LoginOf:
    """A demonstration login. department None: its role holds for the whole hospital. duty: its level on the rota."""

    username: str
    role: Role
    department: str | None = None
    duty: int | None = None


LOGINS = (
    LoginOf("guide1", Role.GUIDE),
    LoginOf("guide2", Role.GUIDE),
    LoginOf("room1", Role.ROOM, GENERAL),
    LoginOf("room2", Role.ROOM, EMERGENCY),
    LoginOf("room3", Role.ROOM, "cardiology"),
    LoginOf("room4", Role.ROOM, "pediatrics"),
    LoginOf("service1", Role.CUSTOMER_SERVICE),
    LoginOf("handler1", Role.COMPLAINT_HANDLER, duty=0),
    LoginOf("handler2", Role.COMPLAINT_HANDLER, duty=0),
    LoginOf("supervisor1", Role.SUPERVISOR, duty=1),
    LoginOf("head1", Role.DEPARTMENT_HEAD, duty=2),
    LoginOf("ops1", Role.OPERATIONS),
    LoginOf("committee1", Role.COMMITTEE, duty=3),
    LoginOf("admin", Role.ADMIN),
)
