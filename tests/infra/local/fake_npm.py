"""A stand-in for npm: builds by copying `source`, obeys files named fails, hangs, offline. No imports of ours."""

import os
import signal
import subprocess
import sys
from pathlib import Path

environment = dict(os.environ)  # noqa: TID251 - a stand-in for a process that reads it
here, arguments = Path.cwd(), sys.argv[1:]
with (here.parent / "calls").open("a") as calls:
    calls.write(f"{here.name} {' '.join(arguments[:2])}\n")
if arguments[0] == "ci":
    if (here.parent / "offline").exists():
        sys.exit("getaddrinfo ENOTFOUND")
    (here / "node_modules").mkdir(exist_ok=True)
    sys.exit(0)
if (here / "hangs").exists():
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    (here.parent / "pids").write_text(f"{os.getpid()} {child.pid}")
    signal.pause()
if (here / "fails").exists():
    sys.exit("[vue] Unexpected token")
target = Path(arguments[-2] if "--outDir" in arguments else environment["UNI_OUTPUT_DIR"])
target.mkdir(parents=True)
text = (here / "source").read_text()
(target / "index.html").write_text(f"{text} {environment.get('VITE_BASE', '')}")
(target / "big.js").write_text(text * 1000)
(target / "small.js").write_text(text)
(target / "picture.png").write_bytes(b"\x89PNG" * 1000)
