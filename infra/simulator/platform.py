"""The platform as one thing: its table of calls, and the checks that come before each. No network here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.simulator import content, quotas
from infra.simulator.clock import Clock
from infra.simulator.ledger import Ledger
from infra.simulator.people import People
from infra.simulator.protocol import Answer, Call, Held, Picture, Refused, refusal
from infra.simulator.push import Pushes
from infra.simulator.quotas import Quotas
from infra.simulator.robots import Robots
from infra.simulator.settings import SimulatorSettings
from infra.simulator.subscriptions import Subscriptions
from infra.simulator.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of the platform's calls."""

    method: str
    run: Callable[[Call], Answer]
    needs_token: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """What the platform decided, and whom it keeps busy until it is said."""

    status: int
    answer: dict[str, Any] | Picture
    holds: str | None = None


class Platform:
    """All rules of the simulated platform over one ledger. A call is decided in one turn of the loop."""

    def __init__(self, ledger: Ledger, clock: Clock, settings: SimulatorSettings, pushes: Pushes) -> None:
        self.clock = clock
        self.tokens = Tokens(ledger, clock, settings)
        self.people = People(ledger, clock, settings)
        self.subscriptions = Subscriptions(ledger, clock, settings, self.people, pushes)
        self.robots = Robots(ledger, clock, settings)
        self.quotas = Quotas(ledger, clock)
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
                self.tokens.check(call.query.get("access_token"))
            self.quotas.use(call.path)
            answer = endpoint.run(call)
        except Refused as refused:
            return Reply(200, refusal(refused, self.clock.now()))
        if isinstance(answer, Held):
            return Reply(200, answer.answer, holds=answer.openid)
        return Reply(200, answer)

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
            quotas.CODE_PICTURE: Endpoint("POST", code_picture),
            "/cgi-bin/getcallbackip": Endpoint("GET", lambda _: {"ip_list": ["127.0.0.1"]}),
            "/cgi-bin/openapi/quota/get": Endpoint("POST", quota),
            "/cgi-bin/message/wxopen/template/uniform_send": Endpoint("POST", _retired),
            # WeCom lives on a host of its own; here it shares the port
            "/cgi-bin/webhook/send": Endpoint("POST", self.robots.send, needs_token=False),
        }


def _retired(_: Call) -> Answer:
    raise Refused(45109)
