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
    robot_keys: tuple[str, ...] = ("sim-robot",)
    robot_per_minute: int = 20
    released_pages: tuple[str, ...] = ()  # empty: every well-formed page is released
    sensitive_words: tuple[str, ...] = ("代开发票", "赌博网站")  # refused in a message, risky in a content check
    review_words: tuple[str, ...] = ("疑似违规",)  # `review` in a content check
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
