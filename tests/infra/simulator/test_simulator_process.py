"""The simulator as a process: what survives a kill, how it starts and ends."""

import asyncio
import signal
import sys

import aiohttp
import pytest

from infra.simulator.cli import parse
from tests.infra.simulator.simulated import ROOT

SEND = "/cgi-bin/message/subscribe/send"


async def test_nothing_that_was_answered_is_lost_when_the_process_is_killed(spawn):
    child = await spawn()
    sim = child.sim
    people = [await sim.person(credits=20) for _ in range(8)]
    token = await sim.token()
    answered: list[str] = []

    async def send_until_the_end(openid):
        while True:
            try:
                answer = await sim.send(openid)
            except aiohttp.ClientError:
                return
            if answer["errcode"]:  # who is served more often than others has used up their consents
                return
            answered.append(openid)
            if len(answered) == 60:
                child.kill(signal.SIGKILL)

    await asyncio.gather(*(send_until_the_end(openid) for openid in people))
    assert await child.ends() == -signal.SIGKILL

    again = (await spawn()).sim
    again._token = token
    calls = await again.calls(SEND)
    accepted = [call["body"]["touser"] for call in calls if call["answer"]["errcode"] == 0]
    assert len(accepted) >= len(answered) >= 60
    for openid in people:
        shown = len(await again.messages(openid))
        assert accepted.count(openid) == shown >= answered.count(openid)
        answers = [await again.send(openid) for _ in range(20 - shown + 1)]
        assert [answer["errcode"] for answer in answers] == [0] * (20 - shown) + [43101]


async def test_a_crash_after_accepting_leaves_the_message_and_the_ledger(spawn):
    child = await spawn()
    openid = await child.sim.person(credits=1)
    token = await child.sim.token()
    await child.sim.fault("crash", count=1)
    with pytest.raises(aiohttp.ClientError):
        await child.sim.send(openid)
    assert await child.ends() == 137

    sim = (await spawn()).sim
    sim._token = token
    assert len(await sim.messages(openid)) == 1
    (call,) = await sim.calls(SEND)
    assert (call["status"], call["answer"]["errcode"], call["fault"]) == (None, 0, "crash")
    assert (await sim.call("GET", "/_sim/faults"))["items"] == []
    assert (await sim.send(openid))["errcode"] == 43101


async def test_state_of_every_kind_survives_a_restart(start):
    sim = await start()
    openid = await sim.person("o-kept", credits=2)
    token = await sim.token()
    code = (await sim.call("POST", f"/_sim/users/{openid}/login"))["code"]
    robot = {"msgtype": "text", "text": {"content": "你好"}}
    await sim.call("POST", "/cgi-bin/webhook/send", robot, key="sim-robot")
    await sim.call("PATCH", f"/_sim/templates/{sim.template_id}", {"banned": True})
    await sim.forward(100)
    await sim.send(openid)
    calls = (await sim.call("GET", "/_sim/calls"))["items"]
    await start.stop_all()

    sim = await start()
    sim._token = token
    assert (await sim.call("GET", "/_sim/calls"))["items"] == calls
    assert (await sim.send(openid))["errcode"] == 43107
    await sim.call("PATCH", f"/_sim/templates/{sim.template_id}", {"banned": False})
    assert [(await sim.send(openid))["errcode"] for _ in range(3)] == [0, 0, 43101]
    assert 7090 <= (await sim.stable_token())["expires_in"] <= 7100
    login = {"appid": "wx0000000000000001", "secret": "sim-secret", "grant_type": "authorization_code"}
    assert (await sim.call("GET", "/sns/jscode2session", js_code=code, **login))["openid"] == openid
    assert len((await sim.call("GET", "/_sim/robots/sim-robot/messages"))["items"]) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_0(spawn, number):
    child = await spawn()
    await child.sim.person()  # leaves an open connection behind
    child.kill(number)
    assert await child.ends() == 0


async def test_a_signal_does_not_wait_for_slow_answers(spawn):
    child = await spawn()
    await child.sim.fault("slow", path="/cgi-bin/token", delay_ms=60_000)
    asking = asyncio.create_task(child.sim.ask("GET", "/cgi-bin/token"))
    async with asyncio.timeout(5):
        while not await child.sim.calls("/cgi-bin/token"):
            assert not asking.done()
    child.kill(signal.SIGTERM)
    assert await child.ends() == 0
    with pytest.raises(aiohttp.ClientError):
        await asking


async def test_a_second_one_in_the_same_folder_or_port_says_why_it_cannot_start(spawn, tmp_path):
    child = await spawn()
    port = child.sim.base.rpartition(":")[2]
    for folder, wanted, reason in (("data", "0", "locked"), ("other", port, "address already in use")):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "infra.simulator", "--port", wanted, "--data-dir", str(tmp_path / folder)),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        assert process.returncode == 1
        assert reason in said.decode()


def test_arguments_become_settings(tmp_path):
    settings = parse(
        [
            *("--data-dir", str(tmp_path), "--port", "28000", "--push-url", "http://127.0.0.1:1/p"),
            *("--robot-key", "a", "--robot-key", "b", "--set", "send_returns_msgid=on", "--set", "seed=5"),
            *("--set", "released_pages=pages/a,pages/b", "--set", "empty_value_text=is emtpy"),
        ]
    )
    assert (settings.port, settings.push_url, settings.seed) == (28000, "http://127.0.0.1:1/p", 5)
    assert settings.robot_keys == ("a", "b")
    assert settings.send_returns_msgid is True
    assert settings.released_pages == ("pages/a", "pages/b")
    assert settings.empty_value_text == "is emtpy"
    assert settings.host == "127.0.0.1"


@pytest.mark.parametrize(
    "switch", ["nonsense=1", "send_takes_ms=x", "send_returns_msgid=yes", "push_mode=x", "push_aes_key=short"]
)
def test_a_wrong_argument_ends_it(tmp_path, switch):
    with pytest.raises(SystemExit):
        parse(["--data-dir", str(tmp_path), "--set", switch])
