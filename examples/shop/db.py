"""Connection and queries."""

import sqlite3

from flask import current_app, g


def connection():
    """The connection of this request."""
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"])
        g.db.row_factory = sqlite3.Row
    return g.db


def close(error=None):
    """Close the connection at the end of the request."""
    opened = g.pop("db", None)
    if opened is not None:
        opened.close()


def one(statement, values=()):
    """First row of a query, or None."""
    return connection().execute(statement, values).fetchone()


def every(statement, values=()):
    """All rows of a query."""
    return connection().execute(statement, values).fetchall()


def change(statement, values=()):
    """Run a statement and commit."""
    with connection() as open_connection:
        return open_connection.execute(statement, values).rowcount
