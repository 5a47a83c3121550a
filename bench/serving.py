"""A `glrl serve` of one's own, for the scripts beside this one: free ports, files in a folder that goes afterwards."""

import contextlib
import os
import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GLRL = os.environ.get("GLRL", str(ROOT / "target/release/glrl"))
PLENTY = {"GLRL_SERVER__REQUESTS_PER_MINUTE": "4000000000", "GLRL_SERVER__BURST": "1000000"}


@contextlib.contextmanager
def serving(**settings):
    """The address of a service, and a function that makes a key of it with scopes."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, **PLENTY, **settings, "XDG_STATE_HOME": folder}

        def key(scopes):
            command = [GLRL, "keys", "create", "--name", "bench", "--scopes", scopes]
            return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.strip()

        first = key("*")
        log = open(Path(folder) / "log.jsonl", "w+")
        command = [GLRL, "serve", "--port", "0", "--operators-port", "0", "--today", "2026-11-20"]
        process = subprocess.Popen(command, env=env, stderr=log, cwd=ROOT)
        try:
            while not (found := re.search(r"^(http://\S+) for users", Path(log.name).read_text(), re.M)):
                if process.poll() is not None:
                    raise RuntimeError(Path(log.name).read_text())
            yield found[1], first
        finally:
            process.terminate()
            process.wait()
