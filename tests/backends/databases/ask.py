"""Asks SQLite, DuckDB or ClickHouse.

Reads one JSON object: `engines`, `tables` (statements), `otlp` (lines) and `fill` (statements that read them), or `rows`;
and `queries`. Prints, for each engine, the rows of each query, every value as a text.
"""

import json
import sqlite3
import sys
import tempfile


def in_sqlite(asked):
    database = filled_sqlite(asked)
    return [[[str(value) for value in row] for row in database.execute(query)] for query in asked["queries"]]


def filled_sqlite(asked):
    database = sqlite3.connect(":memory:")
    database.executescript("\n".join(asked["tables"]))
    database.execute("CREATE TABLE otlp (line TEXT)")
    database.executemany("INSERT INTO otlp VALUES (?)", [[line] for line in asked["otlp"]])
    database.executescript("\n".join(asked["fill"]))
    return database


def in_duckdb(asked):
    """The same tables, with what SQLite has made of the lines."""
    import duckdb

    source, database = filled_sqlite(asked), duckdb.connect()
    for statement in asked["tables"]:
        database.execute(statement)
    for table in ["spans", "links"]:
        rows = source.execute(f"SELECT * FROM {table}").fetchall()
        places = ", ".join("?" * len(rows[0]))
        database.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
    return [
        [[str(value) for value in row] for row in database.execute(query).fetchall()] for query in asked["queries"]
    ]


def in_clickhouse(asked):
    from chdb.session import Session

    with tempfile.TemporaryDirectory() as directory:
        session = Session(directory)
        session.query("CREATE DATABASE test")
        session.query("USE test")
        for statement in asked["tables"]:
            session.query(statement)
        rows = "\n".join(json.dumps(row) for row in asked["rows"])
        session.query(f"INSERT INTO otel_traces FORMAT JSONEachRow {rows}")
        # Times as numbers: nothing depends on where this runs.
        session.query("SET date_time_output_format = 'unix_timestamp'")
        answers = [answer_of(session, query) for query in asked["queries"]]
        session.close()
        return answers


def answer_of(session, query):
    lines = str(session.query(query, "JSONStringsEachRow")).splitlines()
    return [list(json.loads(line).values()) for line in lines if line]


ENGINES = {"sqlite": in_sqlite, "duckdb": in_duckdb, "clickhouse": in_clickhouse}

if __name__ == "__main__":
    asked = json.load(sys.stdin)
    print(json.dumps([ENGINES[engine](asked) for engine in asked["engines"]]))
