"""Schemathesis against a `glrl serve`, 2,500 cases without a key and 2,500 with one: requests made from /openapi.json, replies
compared with it.

    python3 -m venv peers && peers/bin/pip install schemathesis
    PYTHON=peers/bin/python peers/bin/python bench/serve_contract.py [CASES]

Prints `cases: N` and `failures: N`. The service asks for a key in both halves; without one every reply is a 401.
"""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from serving import serving

wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
program = Path(sys.executable).parent / "schemathesis"
checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
cases = failures = 0
with tempfile.TemporaryDirectory() as folder, serving(GLRL_SERVER__AUTHENTICATION="on") as (base, key):
    document = json.load(urllib.request.urlopen(f"{base}/openapi.json"))
    each = -(-wanted // 2 // sum(len(methods) for methods in document["paths"].values()))
    for header in [[], ["--header", f"Authorization: Bearer {key}"]]:
        made_so_far = seed = 0
        # Routes without a body have few cases: further rounds make up for them.
        while made_so_far < wanted / 2:
            seed += 1
            command = [program, "run", f"{base}/openapi.json", "--url", base, "--max-examples", str(each), "--checks", checks]
            command += ["--seed", str(seed), "--workers", "2", "--phases", "fuzzing", "--no-color", *header]
            said = subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout
            print(said[-6000:])
            made = re.search(r"(\d+) generated", said)
            found = re.search(r"(\d+) (?:unique )?failures?", said)
            if not made:
                sys.exit("schemathesis said nothing of its cases")
            made_so_far += int(made[1])
            failures += int(found[1]) if found else 0
        cases += made_so_far
print("cases:", cases)
print("failures:", failures)
