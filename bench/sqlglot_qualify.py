"""Time of sqlglot's `qualify` on this machine, the peer of `glrl bench validate`.

Reads the schemas and queries that `glrl bench validate --out FILE` wrote, parses each query and resolves its names with
`qualify`, and prints microseconds a query: the least of three runs each, as ours are taken. `sqlglotc` is sqlglot
compiled; the script ends with an error where it is not in use. Queries that sqlglot refuses are timed up to there.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install sqlglot sqlglotc
    /tmp/venv/bin/python bench/sqlglot_qualify.py [FILE] [--runs 3] [--refused]
"""

import argparse
import json
import statistics
import sys
import time

import sqlglot
import sqlglot.tokenizer_core
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema


def is_compiled() -> bool:
    return not sqlglot.tokenizer_core.__file__.endswith(".py")


def read(path: str) -> tuple[dict[str, MappingSchema], list[tuple[str, str]]]:
    schemas, queries = {}, []
    with open(path, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if "tables" in line:
                tables = {
                    name: {column: declared or "TEXT" for column, declared in columns.items()}
                    for name, columns in line["tables"].items()
                }
                schemas[line["db"]] = MappingSchema(tables, dialect="sqlite")
            else:
                queries.append((line["db"], line["sql"]))
    return schemas, queries


def microseconds(sql: str, schema: MappingSchema) -> tuple[float, str | None]:
    start = time.perf_counter()
    refusal = None
    try:
        qualify(sqlglot.parse_one(sql, read="sqlite"), schema=schema, dialect="sqlite")
    except sqlglot.errors.SqlglotError as error:
        refusal = str(error)
    return (time.perf_counter() - start) * 1e6, refusal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", default="target/figures/queries.jsonl")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--refused", action="store_true", help="print the queries that are refused")
    options = parser.parse_args()
    if not is_compiled():
        sys.exit("sqlglotc is not installed: sqlglot runs uncompiled")
    schemas, queries = read(options.file)
    times, refused = [], 0
    for db, sql in queries:
        runs = [microseconds(sql, schemas[db]) for _ in range(options.runs)]
        times.append(min(time for time, _ in runs))
        refused += runs[0][1] is not None
        if options.refused and runs[0][1] is not None:
            print(f"{runs[0][1]}: {sql}", file=sys.stderr)
    print(f"sqlglot {sqlglot.__version__} with sqlglotc over {len(queries)} queries, {refused} of them refused")
    print(f"qualify mean: {statistics.mean(times):.1f} us")
    print(f"qualify p50: {statistics.median(times):.1f} us")


if __name__ == "__main__":
    main()
