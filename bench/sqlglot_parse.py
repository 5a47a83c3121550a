"""Whether sqlglot reads what `glrl bench dialects --out FILE` wrote, in each engine's own grammar.

    python -m venv venv && venv/bin/pip install sqlglot sqlglotc
    venv/bin/python bench/sqlglot_parse.py [FILE] [--shown 5]
"""

import argparse
import json
import sys
from collections import Counter

import sqlglot
from sqlglot import exp

READERS = {"postgres": "postgres", "mysql": "mysql", "sqlserver": "tsql", "oracle": "oracle"}


def read(sql: str, reader: str) -> str | None:
    """Why a text is not read as one query; what falls back to an opaque command is not read."""
    try:
        trees = sqlglot.parse(sql, read=reader)
    except sqlglot.errors.SqlglotError as error:
        return str(error)
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        return "no query"
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", default="target/figures/dialects.jsonl")
    parser.add_argument("--shown", type=int, default=0, help="texts shown that are not read")
    options = parser.parse_args()
    texts, unread = Counter(), Counter()
    with open(options.file, encoding="utf-8") as lines:
        for query in map(json.loads, lines):
            for dialect, sql in query.get("texts", {}).items():
                texts[dialect] += 1
                problem = read(sql, READERS[dialect])
                if problem is not None:
                    unread[dialect] += 1
                    if unread[dialect] <= options.shown:
                        print(f"{dialect}: {problem}\n{sql}", file=sys.stderr)
    for dialect in READERS:
        print(f"{dialect} texts: {texts[dialect]}")
        print(f"{dialect} not read: {unread[dialect]}")


if __name__ == "__main__":
    main()
