"""消息模板: the hospital's own words for what the hub tells, by event, channel and language."""
