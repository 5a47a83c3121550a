#!/bin/sh
# Schemathesis against a running `glrl serve`: requests made from /openapi.json, replies compared with it.
#
#     python3 -m venv peers && peers/bin/pip install schemathesis
#     PATH=$PWD/peers/bin:$PATH bench/serve_contract.sh [http://127.0.0.1:8000] [EXAMPLES]
#
# The service should run with GLRL_SERVER__REQUESTS_PER_MINUTE=1000000, since there are many requests.
set -eu
base=${1:-http://127.0.0.1:8000}
exec schemathesis run "$base/openapi.json" --url "$base" --max-examples "${2:-50}" --seed 1 --workers 2 \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
