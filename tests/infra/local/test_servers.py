"""PostgreSQL and Redis as our children: they keep data, leave nothing running, and start again after the worst."""

import asyncio
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from infra.local import throwaway
from infra.local.postgres import embedded_postgres
from infra.local.problems import CannotStart
from infra.local.redis import embedded_redis
from tests.infra.local.conftest import ROOT, is_alive, wait_until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

HOLD_BOTH = """
import json, signal, sys
from pathlib import Path
from infra.local.postgres import embedded_postgres
from infra.local.redis import embedded_redis
folder = Path(sys.argv[1])
with embedded_postgres(folder / "postgres", durable=False) as postgres, embedded_redis(folder / "redis") as redis:
    print(json.dumps({"pids": [postgres.process.pid, redis.process.pid], "url": postgres.url}), flush=True)
    sys.stdin.read()
"""


async def sql(url: str, statement: str):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_postgres_keeps_data_over_a_restart(open_folder):
    with embedded_postgres(open_folder, durable=False) as server:
        assert server.url == f"postgres://app@/hospital?host={open_folder}/socket"
        await sql(server.url, "CREATE TABLE kept AS SELECT '预约'::text AS word")
        pid = server.process.pid
    assert not is_alive(pid)
    with embedded_postgres(open_folder, durable=False) as server:
        assert await sql(server.url, "SELECT word FROM kept") == "预约"


async def test_a_durable_postgres_waits_for_the_disk(open_folder):
    with embedded_postgres(open_folder) as server:
        settings = "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE name = ANY($1)"
        connection = await asyncpg.connect(server.url)
        names = ["fsync", "synchronous_commit", "full_page_writes", "max_connections", "listen_addresses"]
        found = await connection.fetchval(settings, names)
        await connection.close()
    assert found == "fsync=on full_page_writes=on listen_addresses= max_connections=80 synchronous_commit=on"


async def test_redis_keeps_data_over_kill_9(open_folder):
    with embedded_redis(open_folder) as server:
        assert server.url == f"unix://{open_folder}/socket/redis.sock"
        async with redis.asyncio.from_url(server.url) as client:
            await client.set("ticket", "A001")
        server.process.kill()
        server.process.wait()
    with embedded_redis(open_folder) as server:
        async with redis.asyncio.from_url(server.url) as client:
            assert await client.get("ticket") == b"A001"


def test_postgres_starts_after_kill_9_and_its_number_given_to_another(open_folder):
    with embedded_postgres(open_folder) as server:
        asyncio.run(sql(server.url, "CREATE TABLE kept AS SELECT 1 AS one"))
        pid_file = open_folder / "cluster" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
    # a living process of the same user has the number now, as after a container's restart
    with subprocess.Popen(["sleep", "60"], **_like_owner_of(pid_file)) as other:
        try:
            lines[0] = str(other.pid)
            pid_file.write_text("\n".join(lines) + "\n")
            with embedded_postgres(open_folder) as again:
                assert asyncio.run(sql(again.url, "SELECT one FROM kept")) == 1
        finally:
            other.kill()


def test_a_second_postgres_on_the_same_folder_is_refused(open_folder, monkeypatch):
    monkeypatch.setattr("infra.local.postgres._PREDECESSOR_SECONDS", 0.1)
    with embedded_postgres(open_folder, durable=False) as server:
        with pytest.raises(CannotStart, match=str(server.process.pid)), embedded_postgres(open_folder):
            pass
        assert server.is_ready()


def test_a_second_redis_on_the_same_folder_is_refused(open_folder, monkeypatch):
    monkeypatch.setattr("infra.local.redis._PREDECESSOR_SECONDS", 0.1)
    with embedded_redis(open_folder) as server:
        with pytest.raises(CannotStart, match="Another Redis"), embedded_redis(open_folder):
            pass
        assert server.is_ready()


async def test_a_path_too_long_for_a_socket(open_folder):
    folder = open_folder / ("long" * 30)
    with embedded_postgres(folder, durable=False) as server, embedded_redis(folder / "redis") as store:
        outside = [Path(server.url.partition("host=")[2]), Path(store.url.removeprefix("unix://")).parent]
        assert await sql(server.url, "SELECT 1") == 1
        assert store.is_ready()
        assert all(path.is_dir() for path in outside)
    assert not any(path.exists() for path in outside)


async def test_two_pairs_side_by_side_do_not_meet():
    with throwaway() as one, throwaway() as other:
        assert {one.database_url, one.redis_url}.isdisjoint({other.database_url, other.redis_url})
        await sql(one.database_url, "CREATE TABLE mine (id int)")
        assert await sql(other.database_url, "SELECT to_regclass('mine')") is None
        folder = Path(one.redis_url.removeprefix("unix://")).parents[2]
        assert folder.exists()
    assert not folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_kill_9_of_the_parent_leaves_nothing_and_the_next_start_works(open_folder, environment):
    holder = _hold_both(open_folder, environment, sys.executable)
    pids = json.loads(holder.stdout.readline())["pids"]
    assert all(is_alive(pid) for pid in pids)
    holder.kill()
    again = _hold_both(open_folder, environment, sys.executable)  # at once, while they are still ending
    assert json.loads(again.stdout.readline())["pids"] != pids
    wait_until(lambda: not any(is_alive(pid) for pid in pids))
    for process in (holder, again):
        process.communicate(timeout=20)
    assert again.returncode == 0


@as_root
def test_root_runs_postgres_as_nobody(open_folder):
    with embedded_postgres(open_folder, durable=False) as server:
        assert Path(f"/proc/{server.process.pid}").stat().st_uid == server.child.identity.uid != 0
        assert server.child.identity.capability is None


@as_root
async def test_root_keeps_data_in_a_folder_that_nobody_else_may_enter(open_folder):
    open_folder.chmod(0o700)
    for _ in range(2):
        with embedded_postgres(open_folder / "deep" / "data", durable=False) as server:
            assert server.child.identity.capability is not None
            found = await sql(server.url, "SELECT current_setting('data_directory')")
            assert found == str(open_folder / "deep" / "data" / "cluster")


@as_root
def test_an_ordinary_user_runs_both_and_root_goes_on_with_his_data(open_folder, environment):
    nobody = {"user": "nobody", "group": _group_of_nobody(), "extra_groups": []}
    python = _python_for_everybody(environment, nobody)
    open_folder.chmod(0o777)
    packages = ":".join(path for path in sys.path if path.endswith("site-packages"))
    environment |= {"PYTHONPATH": f"{ROOT}:{packages}", "HOME": str(open_folder)}
    holder = _hold_both(open_folder, environment, python, **nobody)
    answer = json.loads(holder.stdout.readline())
    assert Path(f"/proc/{answer['pids'][1]}").stat().st_uid != 0
    holder.communicate(timeout=20)
    assert holder.returncode == 0
    assert not any(is_alive(pid) for pid in answer["pids"])
    with embedded_postgres(open_folder / "postgres", durable=False) as server:
        assert server.url == answer["url"]


def _hold_both(folder: Path, environment: dict[str, str], python: str, **user) -> subprocess.Popen:
    command = [python, "-c", HOLD_BOTH, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, env=environment, cwd=ROOT, text=True, **pipes, **user)


def _like_owner_of(path: Path) -> dict:
    return {"user": path.stat().st_uid, "extra_groups": []} if os.geteuid() == 0 else {}


def _group_of_nobody() -> int:
    return pwd.getpwnam("nobody").pw_gid


def _python_for_everybody(environment: dict[str, str], user: dict) -> str:
    """Find a Python that another user can run and that can read our code; a checkout may be for its owner alone."""
    for python in (sys.executable, shutil.which("python3", path="/usr/local/bin:/usr/bin")):
        if python is not None:
            command = [python, "-c", "import sys, infra.local; sys.exit(sys.version_info < (3, 11))"]
            try:
                if subprocess.run(command, env=environment, cwd="/", **user, check=False).returncode == 0:
                    return python
            except PermissionError:
                continue
    pytest.skip("no Python 3.11 here that another user can run on this checkout")
