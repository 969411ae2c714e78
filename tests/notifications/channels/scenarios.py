"""One scenario for each channel of the registry; a channel without one fails the contract test."""

from collections.abc import Mapping

from tests.notifications.channels.scenario import Scenario
from tests.notifications.channels.scenarios_instant import CALL_TASK, INBOX, LIVE
from tests.notifications.channels.scenarios_sending import ALIYUN, MAIL, TENCENT
from tests.notifications.channels.scenarios_staff import SERVICES
from tests.notifications.channels.scenarios_wechat import OFFICIAL, SUBSCRIBE
from tests.notifications.channels.scenarios_wecom import APP, ROBOT

SCENARIOS: Mapping[str, Scenario] = {
    "inbox": INBOX,
    "live": LIVE,
    "call_task": CALL_TASK,
    "wechat_subscribe": SUBSCRIBE,
    "wechat_official": OFFICIAL,
    "wecom_robot": ROBOT,
    "wecom_app": APP,
    "apprise_staff": SERVICES,
    "sms_aliyun": ALIYUN,
    "sms_tencent": TENCENT,
    "email": MAIL,
}
