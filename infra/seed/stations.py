"""The demonstration hospital's stations of a visit: where each is, and how one walks there."""

from dataclasses import replace

from miniapp_api.queue.stations.rules import DEFAULT, Station

# kind: place, English place, way, English way
_WHERE = {
    "guide": ("门诊楼 1 层导诊台", "Guide desk, floor 1", "进门右手边", "On the right when you come in"),
    "registration": ("门诊楼 1 层大厅", "Hall, floor 1", "导诊台旁边", "Beside the guide desk"),
    "billing": ("门诊楼 1 层收费处", "Cashier, floor 1", "电梯到 1 层，出电梯左转", "Lift to floor 1, then left"),
    "examination": (
        "医技楼 2 层检查登记",
        "Examinations, building B, floor 2",
        "沿蓝色地标过连廊",
        "Follow the blue line",
    ),
    "treatment": ("门诊楼 2 层治疗室", "Treatment room, floor 2", "诊区走廊尽头", "At the end of the corridor"),
    "pharmacy": ("门诊楼 1 层药房", "Pharmacy, floor 1", "收费处对面，按屏幕上的窗口取药", "Opposite the cashier"),
    "infusion": ("门诊楼 3 层输液室", "Infusion room, floor 3", "电梯到 3 层右转", "Lift to floor 3, then right"),
    "admission": (
        "住院楼 1 层入院服务处",
        "Admission, ward building, floor 1",
        "出门诊楼后门直行",
        "Through the back door",
    ),
    "discharge": ("", "", "可在手机上评价本次就诊", "You may rate the visit on your phone"),
}


def stations() -> list[Station]:
    """Give the hospital's list."""
    return [_placed(station) for station in DEFAULT]


def _placed(station: Station) -> Station:
    place, place_en, hint, hint_en = _WHERE.get(station.kind, ("", "", "", ""))
    return replace(station, place=place, place_en=place_en, hint=hint, hint_en=hint_en)
