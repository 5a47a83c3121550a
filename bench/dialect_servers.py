"""Runs what `glrl bench dialects --out FILE` wrote on PostgreSQL and MariaDB, and keeps the rows.

Starts both servers in a temporary folder, on sockets and without a network port, makes the tables of each schema, loads the
rows, runs every query in the words of each engine and writes one line a query and engine: `{"id", "dialect", "rows"}` or
`{"id", "dialect", "error"}`. Queries of schemas without rows are prepared only. The texts are created under collations that
pass over letter case (MariaDB) or order by language (PostgreSQL), so that nothing is right by luck.
`glrl bench dialects --rows FILE` compares the rows with SQLite's.

    apt-get install postgresql mariadb-server
    python -m venv venv && venv/bin/pip install "psycopg[binary]" pymysql
    venv/bin/python bench/dialect_servers.py [FILE] [--out FILE] [--only postgres|mysql] [--shown 5]
"""

import argparse
import datetime
import decimal
import glob
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter

SECONDS = 30


def plain(value):
    """A value as SQLite has it."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return list(bytes(value))
    return value


def as_user(user: str, command: list[str]) -> list[str]:
    """Servers refuse to run as root."""
    return ["runuser", "-u", user, "--", *command] if os.getuid() == 0 else command


def binary(name: str) -> str:
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}")) or [shutil.which(name)]
    if not found[-1]:
        sys.exit(f"{name} is not installed")
    return found[-1]


def owned(folder: str, user: str) -> str:
    os.makedirs(folder)
    if os.getuid() == 0:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    return folder


class Postgres:
    name = "postgres"

    def __init__(self, folder: str):
        self.folder = owned(os.path.join(folder, "pg"), "postgres")
        data = os.path.join(self.folder, "data")
        init = [binary("initdb"), "-D", data, "--no-sync", "-A", "trust", "-E", "UTF8", "--locale-provider=icu", "--icu-locale=en-US"]
        init += ["--locale=C.UTF-8", "-U", "glrl"]
        subprocess.run(as_user("postgres", init), check=True, capture_output=True)
        options = ["-k", self.folder, "-h", "", "-c", "fsync=off", "-c", f"statement_timeout={SECONDS * 1000}"]
        self.server = subprocess.Popen(
            as_user("postgres", [binary("postgres"), "-D", data, *options]), stderr=subprocess.DEVNULL
        )
        import psycopg

        self.connection = waited(lambda: psycopg.connect(host=self.folder, user="glrl", dbname="postgres", autocommit=True))

    def schema(self, name: str):
        self.run(f'CREATE SCHEMA "{name}"')
        self.run(f'SET search_path TO "{name}"')

    def use(self, name: str):
        self.run(f'SET search_path TO "{name}"')

    def run(self, sql: str):
        with self.connection.cursor() as cursor:
            cursor.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def fill(self, statement: str, rows: list):
        with self.connection.cursor() as cursor:
            cursor.executemany(statement, rows)

    def prepare(self, sql: str):
        self.run(f"PREPARE tried AS {sql}")
        self.run("DEALLOCATE tried")

    def stop(self):
        self.connection.close()
        self.server.terminate()


class MariaDb:
    name = "mysql"

    def __init__(self, folder: str):
        self.folder = owned(os.path.join(folder, "maria"), "mysql")
        data, socket = os.path.join(self.folder, "data"), os.path.join(self.folder, "socket")
        install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal"]
        subprocess.run(as_user("mysql", install), check=True, capture_output=True)
        server = [shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}"]
        server += ["--skip-networking", "--skip-grant-tables", f"--max-statement-time={SECONDS}", "--innodb-flush-log-at-trx-commit=0"]
        server += ["--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci"]
        self.server = subprocess.Popen(as_user("mysql", server), stderr=subprocess.DEVNULL)
        import pymysql

        self.connection = waited(lambda: pymysql.connect(unix_socket=socket, user="root", autocommit=True, charset="utf8mb4"))

    def schema(self, name: str):
        self.run(f"CREATE DATABASE `{name}`")
        self.use(name)

    def use(self, name: str):
        self.run(f"USE `{name}`")

    def run(self, sql: str):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def fill(self, statement: str, rows: list):
        with self.connection.cursor() as cursor:
            cursor.executemany(statement, rows)

    def prepare(self, sql: str):
        escaped = sql.replace("\\", "\\\\").replace("'", "''")
        self.run(f"PREPARE tried FROM '{escaped}'")
        self.run("DEALLOCATE PREPARE tried")

    def stop(self):
        self.connection.close()
        self.server.terminate()


def waited(connect):
    for _ in range(120):
        try:
            return connect()
        except Exception:
            time.sleep(0.5)
    return connect()


def load(server, schema: dict):
    server.schema(schema["db"])
    for table in schema["tables"]:
        server.run(table["create"][server.name])
        if table["rows"]:
            places = ", ".join(["%s"] * len(table["rows"][0]))
            rows = [[bool(v) if k == "boolean" and v is not None else v for v, k in zip(row, table["kinds"])] for row in table["rows"]]
            server.fill(f"INSERT INTO {table['name'][server.name]} VALUES ({places})", rows)
    if server.name == "postgres":
        server.run("ANALYZE")


def tried(server, query: dict, is_filled: bool) -> dict:
    sql = query["texts"][server.name]
    reply = {"id": query["id"], "dialect": server.name}
    try:
        if is_filled:
            reply["rows"] = [[plain(value) for value in row] for row in server.run(sql)]
        else:
            server.prepare(sql)
    except Exception as error:
        reply["error"] = str(error).strip()
    return reply


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", default="target/figures/dialects.jsonl")
    parser.add_argument("--out", default="target/figures/dialect-rows.jsonl")
    parser.add_argument("--only", choices=["postgres", "mysql"])
    parser.add_argument("--shown", type=int, default=0, help="failing queries shown of each kind")
    options = parser.parse_args()
    with open(options.file, encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    with tempfile.TemporaryDirectory() as folder, open(options.out, "w", encoding="utf-8") as out:
        os.chmod(folder, 0o755)
        for kind in [Postgres, MariaDb]:
            if options.only not in (None, kind.name):
                continue
            server = kind(folder)
            try:
                measure(server, entries, out, options.shown)
            finally:
                server.stop()
                server.server.wait()


def measure(server, entries: list, out, shown: int) -> None:
    filled, current = {}, None
    asked, failed, errors = Counter(), Counter(), Counter()
    for entry in entries:
        if "tables" in entry:
            load(server, entry)
            current = entry["db"]
            filled[current] = any(table["rows"] for table in entry["tables"])
            continue
        if server.name not in entry["texts"]:
            continue
        if current != entry["db"]:
            current = entry["db"]
            server.use(current)
        kind = "run" if filled[current] else "prepared"
        reply = tried(server, entry, filled[current])
        asked[kind] += 1
        if "error" in reply:
            failed[kind] += 1
            message = reply["error"].splitlines()[0][:120]
            errors[message] += 1
            if shown and errors[message] <= shown:
                print(f"{reply['error']}\n  {entry['sql']}\n  {entry['texts'][server.name]}", file=sys.stderr)
        out.write(json.dumps(reply) + "\n")
    for kind in ["run", "prepared"]:
        print(f"{server.name} {kind}: {asked[kind]}")
        print(f"{server.name} failed of those {kind}: {failed[kind]}")


if __name__ == "__main__":
    main()
