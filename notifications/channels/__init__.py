"""The registry of channels. A new channel is a file here and a line below."""

from collections.abc import Mapping

from notifications.channels.content import Channel
from notifications.channels.inbox import Inbox
from notifications.channels.wechat import SubscribeMessage
from notifications.channels.wecom import Robot

CHANNELS: Mapping[str, Channel] = {channel.name: channel for channel in (Inbox(), SubscribeMessage(), Robot())}


def sending() -> list[Channel]:
    """List the channels that call a provider."""
    return [channel for channel in CHANNELS.values() if not channel.is_instant]
