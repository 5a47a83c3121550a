"""OpenAI's own clients, Python's and Node's, against a `glrl serve` that asks for a key.

    python3 -m venv peers && peers/bin/pip install openai
    npm install --prefix target/peers openai
    PYTHON=peers/bin/python peers/bin/python bench/serve_clients.py

Prints `python failed: N` and `node failed: N`: 0 where every check passed, 1 where the client stopped at one.
"""

import subprocess
import sys

from serving import ROOT, serving

# Kept answers cost no tokens, and the clients ask the same.
with serving(GLRL_SERVER__AUTHENTICATION="on", GLRL_SERVER__CACHE_BYTES="0") as (base, key):
    python = subprocess.run([sys.executable, ROOT / "bench/serve_openai.py", base, key])
    peers = ROOT / "target/peers"
    node = subprocess.run(["node", ROOT / "bench/serve_openai.mjs", base, key], cwd=peers if peers.is_dir() else ROOT)
print("python failed:", int(python.returncode != 0))
print("node failed:", int(node.returncode != 0))
