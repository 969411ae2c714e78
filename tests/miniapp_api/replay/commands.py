"""Runs `hospital …` in a process of its own and gives what it prints."""

import asyncio
import os
import sys
from collections.abc import Mapping

from tests.processes import ROOT


async def printed(environment: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Give the exit status and the output."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}  # noqa: TID251
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server.cli",
        *arguments,
        cwd=ROOT,
        env={**kept, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, said.decode()
