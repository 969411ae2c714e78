"""The clients' builds and checks for callers: `python -m infra.local.clients web|weixin|check|api-types`."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from infra.local.building import alone, build, packages, workshop_of
from infra.local.builds import CLIENTS, console, phone, runner, weixin
from infra.local.children import ROOT
from infra.local.node import Node, ToolsMissing, find_node
from infra.local.problems import CannotStart
from infra.local.works import Work, last_words, side_by_side, started

TOOLS_MISSING = 3  # exit status: the sources may be right, but nothing here can build them
PLACEHOLDER_API = "https://hospital.invalid"  # of a mini-program for the runner; a real one is told its server
DESCRIPTION = ROOT / ".artefacts" / "openapi.json"


class CheckFailed(CannotStart):
    """Types or tests of a client are wrong."""


def build_web(environ: Mapping[str, str] | None = None) -> Path:
    """Build what browsers see, where it is stale. From the main thread.

    Returns: the folder of the clients, as the setting CLIENTS_DIR wants it.
    Raises: BuildFailed, ToolsMissing.
    """
    build([[phone()], [console()]], environ)
    return CLIENTS


def build_weixin(api_base: str = PLACEHOLDER_API, environ: Mapping[str, str] | None = None) -> Path:
    """Build the mini-program package where it is stale; give its folder. From the main thread.

    Raises: BuildFailed, ToolsMissing.
    """
    package = weixin(api_base)
    build([[package]], environ)
    return package.folder


def build_runner(api_base: str = PLACEHOLDER_API, environ: Mapping[str, str] | None = None) -> Path:
    """Build the mini-program package and the page that runs it, where stale; give the page's folder.

    Raises: BuildFailed, ToolsMissing.
    """
    package = weixin(api_base)
    page = runner(package)
    build([[package, page]], environ)
    return page.folder


def check_clients(environ: Mapping[str, str] | None = None) -> None:
    """Check types and run the tests of both clients, and look whether the API's types are current.

    From the main thread.
    Raises: CheckFailed, ToolsMissing.
    """
    environ = os.environ if environ is None else environ  # noqa: TID251 - npm gets the caller's environment
    with alone(CLIENTS):
        node = find_node(environ)
        homes = [phone().home, console().home]
        side_by_side([packages(home, node, environ) for home in homes])
        _api_types(node, environ, "--check")
        side_by_side([_checks(home, node, environ) for home in homes])


def write_api_types(environ: Mapping[str, str] | None = None) -> None:
    """Write `clients/api/schema.d.ts` anew from what the product says about itself. From the main thread.

    Raises: CheckFailed, ToolsMissing.
    """
    environ = os.environ if environ is None else environ  # noqa: TID251 - npm gets the caller's environment
    with alone(CLIENTS):
        node = find_node(environ)
        side_by_side([packages(console().home, node, environ)])
        _api_types(node, environ)


def _checks(home: Path, node: Node, environ: Mapping[str, str]) -> Work:
    for script in ("check", "test"):
        log = workshop_of(CLIENTS) / f"{home.name}-{script}.log"
        yield (process := started((*node.npm, "run", script), cwd=home, env=node.environment(environ), log=log))
        if process.returncode != 0:
            raise CheckFailed(f"{home.name}: npm run {script}\n{last_words(log, 60)}")
        print(f"· {home.name}: npm run {script} ✓", flush=True)


def _api_types(node: Node, environ: Mapping[str, str], *options: str) -> None:
    described = subprocess.run(
        [sys.executable, "-m", "server.cli", "openapi"], cwd=ROOT, capture_output=True, check=True
    )
    DESCRIPTION.parent.mkdir(parents=True, exist_ok=True)
    DESCRIPTION.write_bytes(described.stdout)
    command = (*node.npm, "run", "api-types", *(("--", *options) if options else ()))
    log = workshop_of(CLIENTS) / "api-types.log"

    def work() -> Work:
        yield (process := started(command, cwd=console().home, env=node.environment(environ), log=log))
        if process.returncode != 0:
            raise CheckFailed(
                "clients/api/schema.d.ts 与接口不一致：请运行 make api-types。\n"
                f"The API's types are not current: run make api-types.\n{last_words(log, 10)}"
            )

    side_by_side([work()])
    print("· clients/api/schema.d.ts ✓", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build from the command line. Returns an exit status: 3 when the tools cannot be had."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.clients", description="Build the clients or check them."
    )
    parser.add_argument("what", choices=("web", "weixin", "check", "api-types"))
    parser.add_argument("--api-base", default=PLACEHOLDER_API, help="the server that the mini-program calls")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, leave)
    try:
        match options.what:
            case "web":
                build_web()
            case "weixin":
                build_runner(options.api_base)
            case "check":
                check_clients()
            case "api-types":
                write_api_types()
    except ToolsMissing as problem:
        print(problem, file=sys.stderr)
        return TOOLS_MISSING
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def leave(number: int, frame: FrameType | None) -> None:
    """End by an exception, so that nothing that was started stays behind."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
