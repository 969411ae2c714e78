"""The registry of channels. A new channel is a file here and a line below."""

from collections.abc import Mapping

from notifications.channels.apprise_staff import StaffServices
from notifications.channels.call_task import CallTask
from notifications.channels.content import Channel
from notifications.channels.inbox import Inbox
from notifications.channels.live import LiveScreen
from notifications.channels.mail import Mail
from notifications.channels.sms_aliyun import AliyunSms
from notifications.channels.sms_tencent import TencentSms
from notifications.channels.webhook import Webhook
from notifications.channels.wechat import SubscribeMessage
from notifications.channels.wechat_official import OfficialMessage
from notifications.channels.wecom_app import AppMessage
from notifications.channels.wecom_robot import Robot

CHANNELS: Mapping[str, Channel] = {
    channel.name: channel
    for channel in (
        Inbox(),
        LiveScreen(),
        CallTask(),
        SubscribeMessage(),
        AliyunSms(),
        TencentSms(),
        Mail(),
        OfficialMessage(),
        Robot(),
        AppMessage(),
        StaffServices(),
        Webhook(),
    )
}


def sending() -> list[Channel]:
    """List the channels that call a provider, set up here or not: what waits for one must not be forgotten."""
    return [channel for channel in CHANNELS.values() if not channel.capabilities.is_instant]
