"""What the caller decides about one simulated platform. Nothing here reads the environment."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """Settings of one simulated platform.

    Units are in the names. The last group are the questions on which the stored sources about the
    real platform disagree, each with the answer we hold for the likelier one.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 0  # 0: the system chooses, the line printed at the start says which

    appid: str = "wx0000000000000001"
    secret: str = "sim-secret"
    original_id: str = "gh_sim000000001"  # the account's own name, ToUserName of every push

    push_url: str | None = None  # the product's /wechat/push; None: the last one set, else nothing is pushed
    push_token: str = "devtoken"
    push_aes_key: str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
    push_mode: str = "safe"  # safe · plain
    push_timeout_ms: int = 5000
    push_pause_ms: int = 1000  # between two tries of one push
    sent_event_delay_ms: int = 100  # between an accepted send and its event

    # How long a send keeps its openid busy; a second send within it answers 43108.
    send_takes_ms: int = 2
    official_appid: str = "wx00000000000000ff"
    official_secret: str = "sim-official-secret"
    official_original_id: str = "gh_sim0000000ff"
    official_push_token: str = "officialtoken"
    official_push_aes_key: str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA"
    corp_id: str = "wwsim0000000000001"
    corp_secret: str = "sim-corp-secret"
    agent_id: int = 1000002
    wecom_per_minute: int = 30  # to one member; the rest is dropped without a word
    wecom_per_hour: int = 1000
    wecom_per_day: int = 1_000_000  # person-messages of the application
    wecom_strangers: tuple[str, ...] = ("nobody",)  # user ids of no member
    wecom_out_of_reach: tuple[str, ...] = ("outside",)  # members whom the application may not write to
    wecom_ip_unknown: bool = False
    robot_keys: tuple[str, ...] = ("sim-robot",)
    robot_per_minute: int = 20
    released_pages: tuple[str, ...] = ()  # empty: every well-formed page is released
    sensitive_words: tuple[str, ...] = ("代开发票", "赌博网站")  # refused in a message, risky in a content check
    review_words: tuple[str, ...] = ("疑似违规",)  # `review` in a content check

    aliyun_key_id: str = "sim-aliyun-id"
    aliyun_key_secret: str = "sim-aliyun-secret"
    tencent_secret_id: str = "sim-tencent-id"
    tencent_secret_key: str = "sim-tencent-key"
    tencent_app_id: str = "1400000001"
    sms_sign: str = "示范医院"  # the name that both have approved; it begins every text message
    sms_per_number_minute: int = 0  # text messages that one number gets; 0: no limit
    sms_per_number_day: int = 50
    aliyun_receipts_url: str | None = None  # the product's addresses for what became of text messages
    tencent_receipts_url: str | None = None
    mail_port: int | None = None  # where the mail server listens; 0: the system chooses, None: there is none
    mail_username: str = "sim-mail"  # empty: it asks nobody to sign in
    mail_password: str = "sim-mail-password"

    seed: int | None = None  # of the dice that the rates of faults are thrown with

    send_returns_msgid: bool = False
    json_list_single_as_object: bool = True
    json_event_nested: bool = False
    json_createtime_type: str = "integer"  # integer · string
    check_page_on_send: bool = True
    used_code_errcode: int = 40163
    data_before_consent: bool = True
    popup_event_when_always_keep: bool = False
    tmplids_max: int = 5
    jscode2session_limit: int = 0  # logins a minute and user; 0: no limit
    empty_value_text: str = "is empty"
    push_retries_total: int = 3

    def __post_init__(self) -> None:
        for name, allowed in (("push_mode", ("safe", "plain")), ("json_createtime_type", ("integer", "string"))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}")
        if len(self.push_aes_key) != 43:
            raise ValueError("push_aes_key must have 43 characters")
