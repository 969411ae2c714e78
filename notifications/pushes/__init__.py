"""消息推送: what the platform tells us, kept once and then acted upon."""
