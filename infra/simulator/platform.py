"""The platform as one thing: its table of calls, and the checks that come before each. No network here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.simulator import content, quotas, tokens
from infra.simulator.aliyun_sms import AliyunSms
from infra.simulator.apps import Apps
from infra.simulator.clock import Clock
from infra.simulator.ledger import Ledger
from infra.simulator.media import MediaChecks
from infra.simulator.official import Official
from infra.simulator.people import People
from infra.simulator.protocol import Answer, Call, Held, Picture, Refused, Worded, refusal
from infra.simulator.push import Pushes
from infra.simulator.quotas import Quotas
from infra.simulator.robots import Robots
from infra.simulator.settings import SimulatorSettings
from infra.simulator.sms import TextMessages
from infra.simulator.sms_reports import Reports
from infra.simulator.staff_webhook import StaffWebhook
from infra.simulator.subscriptions import Subscriptions
from infra.simulator.tencent_sms import TencentSms
from infra.simulator.tokens import Tokens

_STATUSES = {45009: 429, 42001: 401, -1: 503}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the platform decided, and whom it keeps busy until it is said."""

    status: int
    answer: dict[str, Any] | Picture
    holds: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of the platform's calls. refuses: how a provider with other words says an errcode of a fault."""

    method: str
    run: Callable[[Call], Answer]
    needs_token: bool = True
    refuses: Callable[[int], Reply] | None = None
    families: tuple[str, ...] = tokens.MINI  # whose tokens it takes


class Platform:
    """All rules of the simulated platform over one ledger. A call is decided in one turn of the loop."""

    def __init__(self, ledger: Ledger, clock: Clock, settings: SimulatorSettings, pushes: Pushes) -> None:
        self.clock = clock
        self.tokens = Tokens(ledger, clock, settings)
        self.people = People(ledger, clock, settings)
        self.subscriptions = Subscriptions(ledger, clock, settings, self.people, pushes)
        self.robots = Robots(ledger, clock, settings)
        self.official = Official(ledger, clock, settings, pushes)
        self.apps = Apps(ledger, clock, settings)
        self.staff_webhook = StaffWebhook(ledger, clock)
        self.quotas = Quotas(ledger, clock)
        self.media = MediaChecks(self.people, clock, settings, pushes)
        self.sms_reports = Reports(ledger, clock, settings, lambda: pushes.mischief)
        self.text_messages = TextMessages(ledger, clock, settings, self.sms_reports)
        self._settings = settings
        self._endpoints = self._table()

    def answer(self, method: str, call: Call) -> Reply:
        """Decide one call. Business errors have status 200, as on the real platform."""
        endpoint = self._endpoints.get(call.path)
        if endpoint is None:
            return Reply(404, refusal(Refused(40066), self.clock.now()))
        try:
            if method != endpoint.method:
                raise Refused(43001 if endpoint.method == "GET" else 43002)
            if endpoint.needs_token:
                self.tokens.check(call.query.get("access_token"), endpoint.families)
            self.quotas.use(call.path)
            answer = endpoint.run(call)
        except Refused as refused:
            return Reply(200, refusal(refused, self.clock.now()))
        if isinstance(answer, Held):
            return Reply(200, answer.answer, holds=answer.openid)
        if isinstance(answer, Worded):
            return Reply(answer.status, answer.answer)
        return Reply(200, answer)

    def refused(self, path: str, errcode: int) -> Reply:
        """Give a refusal for want of quota, token or time, as the provider behind a path words it."""
        endpoint = self._endpoints.get(path)
        if endpoint is not None and endpoint.refuses is not None:
            return endpoint.refuses(errcode)
        return Reply(200, refusal(Refused(errcode), self.clock.now()))

    def _table(self) -> dict[str, Endpoint]:
        def check_text(call: Call) -> Answer:
            return content.check_text(call, self.people, self.clock, self._settings)

        def code_picture(call: Call) -> Answer:
            return content.code_picture(call, self._settings)

        def quota(call: Call) -> Answer:
            return self.quotas.show(call, frozenset(self._endpoints))

        return {
            quotas.TOKEN: Endpoint("GET", self.tokens.plain, needs_token=False),
            quotas.STABLE_TOKEN: Endpoint("POST", self.tokens.stable, needs_token=False),
            "/sns/jscode2session": Endpoint("GET", self.people.code_to_session, needs_token=False),
            "/wxa/checksession": Endpoint("GET", self.people.check_session),
            "/wxa/business/getuserphonenumber": Endpoint("POST", self.people.phone_number),
            quotas.SEND: Endpoint("POST", self.subscriptions.send),
            "/wxaapi/newtmpl/gettemplate": Endpoint("GET", self.subscriptions.list_templates),
            quotas.CHECK_TEXT: Endpoint("POST", check_text),
            quotas.CHECK_MEDIA: Endpoint("POST", self.media.check),
            quotas.CODE_PICTURE: Endpoint("POST", code_picture),
            "/cgi-bin/getcallbackip": Endpoint("GET", lambda _: {"ip_list": ["127.0.0.1"]}),
            "/cgi-bin/openapi/quota/get": Endpoint("POST", quota),
            "/cgi-bin/message/wxopen/template/uniform_send": Endpoint("POST", _retired),
            "/cgi-bin/message/template/send": Endpoint("POST", self.official.send, families=(tokens.OFFICIAL,)),
            "/cgi-bin/user/info/batchget": Endpoint("POST", self.official.who_follows, families=(tokens.OFFICIAL,)),
            # WeCom and others live on hosts of their own; here they share the port
            "/cgi-bin/gettoken": Endpoint("GET", self.apps.token, needs_token=False),
            "/cgi-bin/message/send": Endpoint("POST", self.apps.send, needs_token=False),
            "/staff-webhook": Endpoint("POST", self.staff_webhook.take, needs_token=False, refuses=_by_status),
            "/cgi-bin/webhook/send": Endpoint("POST", self.robots.send, needs_token=False),
            **self._text_message_calls(),
        }

    def _text_message_calls(self) -> dict[str, Endpoint]:
        """Give the calls of the providers of text messages, which live on hosts of their own as well."""
        aliyun = AliyunSms(self.clock, self._settings, self.text_messages)
        tencent = TencentSms(self.clock, self._settings, self.text_messages)

        def endpoint(run: Callable[[Call], Worded], refused: Callable[[int], Worded]) -> Endpoint:
            def refuses(errcode: int) -> Reply:
                worded = refused(errcode)
                return Reply(worded.status, worded.answer)

            return Endpoint("POST", run, needs_token=False, refuses=refuses)

        return {
            "/aliyun/SendSms": endpoint(aliyun.send, aliyun.refused),
            "/aliyun/QuerySendDetails": endpoint(aliyun.details, aliyun.refused),
            "/tencent/SendSms": endpoint(tencent.send, tencent.refused),
            "/tencent/PullSmsSendStatusByPhoneNumber": endpoint(tencent.pull, tencent.refused),
        }


def _by_status(errcode: int) -> Reply:
    """Refuse as services do that know no errcode."""
    return Reply(_STATUSES.get(errcode, 400), {"error": Refused(errcode).errmsg})


def _retired(_: Call) -> Answer:
    raise Refused(45109)
