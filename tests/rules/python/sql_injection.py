import sqlite3
import sys
import uuid

import click
import typer
import sqlalchemy
from aiohttp import web
from django.db import connection
from django.db.models.expressions import RawSQL
from fastapi import Depends, FastAPI, Request
from flask import Flask, abort, request
from psycopg2 import sql

app = Flask(__name__)
api = FastAPI()
cli = typer.Typer()
ORDERS = {"name": "name", "age": "age"}
COLUMNS = ("name", "age")


@app.route("/flask")
def flask_args(cursor, session):
    name = request.args.get("name", "")
    # ruleid: secscan.py.sql-injection.request
    cursor.execute("SELECT * FROM users WHERE name = '" + name + "'")
    # ruleid: secscan.py.sql-injection.request
    cursor.execute(f"SELECT * FROM users WHERE name = '{request.form['name']}'")
    # ruleid: secscan.py.sql-injection.request
    cursor.executescript("DELETE FROM users WHERE name = '%s'" % request.headers["X-Name"])
    # ruleid: secscan.py.sql-injection.request
    session.execute(sqlalchemy.text(f"SELECT {name}"))
    # ok: secscan.py.sql-injection.request
    cursor.execute("SELECT * FROM users WHERE name = ?", (name,))
    # ok: secscan.py.sql-injection.request
    cursor.execute("SELECT * FROM users WHERE name = %(name)s", {"name": request.json["name"]})
    # ok: secscan.py.sql-injection.request
    session.execute(sqlalchemy.text("SELECT * FROM users WHERE name = :name"), {"name": name})
    # ok: secscan.py.sql-injection.request
    session.execute(sqlalchemy.select(User).where(User.name == name))
    # ok: secscan.py.sql-injection.request
    session.execute(sqlalchemy.select(User).filter_by(name=name))
    # ok: secscan.py.sql-injection.request
    ssh.execute(f"show {name}")


@app.route("/users/<name>")
def flask_parameter(name, cursor):
    query = "SELECT * FROM users WHERE name = '{}'".format(name)
    # ruleid: secscan.py.sql-injection.request
    cursor.execute(query)


@app.route("/users/<int:user_id>")
def flask_converter(user_id):
    # ok: secscan.py.sql-injection.request
    connection.execute(f"SELECT * FROM users WHERE id = {user_id}")


@app.route("/users/<int:user_id>/<field>")
def flask_mixed(user_id, field):
    # ok: secscan.py.sql-injection.request
    connection.execute(f"SELECT * FROM users WHERE id = {user_id}")
    # ruleid: secscan.py.sql-injection.request
    connection.execute(f"SELECT {field} FROM users")


@app.post("/typed")
def flask_numbers(cursor):
    number = request.args.get("id", type=int)
    # ok: secscan.py.sql-injection.request
    cursor.execute(f"SELECT * FROM users WHERE id = {number}")
    # ok: secscan.py.sql-injection.request
    cursor.execute(f"SELECT * FROM users WHERE id = {int(request.args['id'])}")
    # ok: secscan.py.sql-injection.request
    cursor.execute(f"SELECT * FROM users WHERE id = '{uuid.UUID(request.args['id'])}'")


@app.post("/checked")
def flask_allow_list(cursor):
    column = request.args["column"]
    # ruleid: secscan.py.sql-injection.request
    cursor.execute(f"SELECT * FROM users ORDER BY {column}")
    if column not in COLUMNS:
        abort(400)
    # ok: secscan.py.sql-injection.request
    cursor.execute(f"SELECT * FROM users ORDER BY {column}")


@app.post("/checked2")
def flask_more_checks(cursor):
    first, second, third = request.args["a"], request.args["b"], request.args["c"]
    if first not in COLUMNS:
        return "no", 400
    if not second.isidentifier():
        raise ValueError
    if third in COLUMNS:
        # ok: secscan.py.sql-injection.request
        cursor.execute(f"SELECT * FROM users ORDER BY {third}")
    else:
        # ok: secscan.py.sql-injection.request
        cursor.execute("SELECT * FROM users")
    # ok: secscan.py.sql-injection.request
    cursor.execute(f"SELECT * FROM users ORDER BY {first}, {second}")
    order = ORDERS.get(request.args["order"], "name")
    # ok: secscan.py.sql-injection.request
    cursor.execute(f"SELECT * FROM users ORDER BY {order}")
    # ok: secscan.py.sql-injection.request
    cursor.execute(f"SELECT * FROM users ORDER BY {ORDERS[request.args['order']]}")
    # ok: secscan.py.sql-injection.request
    cursor.execute(sql.SQL("SELECT {}").format(sql.Identifier(request.args["order"])))


@app.post("/wrong-branch")
def flask_wrong_branch(cursor):
    name = request.args["name"]
    if name in COLUMNS:
        cursor.execute("SELECT 1")
    else:
        # ruleid: secscan.py.sql-injection.request
        cursor.execute(f"SELECT * FROM users ORDER BY {name}")


@app.post("/list")
def flask_list(cursor):
    clauses = []
    for key, value in request.args.items():
        clauses.append(f"{key} = '{value}'")
    # ruleid: secscan.py.sql-injection.request
    cursor.execute("SELECT * FROM users WHERE " + " AND ".join(clauses))


def django_view(request, slug, pk):
    # ruleid: secscan.py.sql-injection.request
    User.objects.raw("SELECT * FROM users WHERE name = '%s'" % request.GET["name"])
    # ruleid: secscan.py.sql-injection.request
    User.objects.annotate(x=RawSQL("x = '" + request.POST.get("x") + "'", ()))
    # ruleid: secscan.py.sql-injection.request
    User.objects.extra(where=[f"name = '{slug}'"])
    with connection.cursor() as cursor:
        # ruleid: secscan.py.sql-injection.request
        cursor.execute("SELECT * FROM users WHERE name = '%s'" % slug)
        # ok: secscan.py.sql-injection.request
        cursor.execute("SELECT * FROM users WHERE id = %s" % pk)
        # ok: secscan.py.sql-injection.request
        cursor.execute("SELECT * FROM users WHERE name = %s", [slug])
    # ok: secscan.py.sql-injection.request
    User.objects.raw("SELECT * FROM users WHERE name = %s", [request.GET["name"]])
    # ok: secscan.py.sql-injection.request
    User.objects.filter(name=slug)


@api.get("/items/{name}")
async def fastapi_handler(name: str, limit: int, db: Session = Depends(get_db)):
    # ruleid: secscan.py.sql-injection.request
    db.execute(sqlalchemy.text(f"SELECT * FROM items WHERE name = '{name}'"))
    # ok: secscan.py.sql-injection.request
    db.execute(sqlalchemy.text(f"SELECT * FROM items LIMIT {limit}"))
    # ok: secscan.py.sql-injection.request
    db.execute(sqlalchemy.text(db.statement))


@api.post("/items")
async def fastapi_body(item: Item, request: Request, conn):
    # ruleid: secscan.py.sql-injection.request
    await conn.fetchrow(f"SELECT * FROM items WHERE name = '{item.name}'")
    data = await request.json()
    # ruleid: secscan.py.sql-injection.request
    await conn.execute("SELECT * FROM items WHERE name = '" + data["name"] + "'")
    # ok: secscan.py.sql-injection.request
    await conn.fetchrow("SELECT * FROM items WHERE name = $1", item.name)
    # ok: secscan.py.sql-injection.request
    await conn.fetchrow(request.app.state.statement)


async def aiohttp_handler(request: web.Request, pool):
    # ruleid: secscan.py.sql-injection.request
    await pool.fetch("SELECT * FROM users WHERE name = '%s'" % request.match_info["name"])
    form = await request.post()
    # ruleid: secscan.py.sql-injection.request
    await pool.execute("SELECT * FROM users WHERE name = '%s'" % form["name"])
    # ok: secscan.py.sql-injection.request
    await pool.execute("SELECT * FROM users WHERE name = $1", form["name"])


def lambda_handler(event, context):
    # ruleid: secscan.py.sql-injection.request
    sqlite3.connect("x").execute("SELECT * FROM users WHERE name = '%s'" % event["name"])


def main(cursor):
    # ruleid: secscan.py.sql-injection.local-input
    cursor.execute("SELECT * FROM users WHERE name = '%s'" % sys.argv[1])
    # ruleid: secscan.py.sql-injection.local-input
    cursor.execute(f"SELECT * FROM users WHERE name = '{input()}'")
    # ok: secscan.py.sql-injection.local-input
    cursor.execute("SELECT * FROM users WHERE name = ?", (sys.argv[1],))
    # ok: secscan.py.sql-injection.local-input
    cursor.execute(f"SELECT * FROM users LIMIT {int(sys.argv[1])}")


@click.command()
@click.argument("name")
def click_command(name):
    # ruleid: secscan.py.sql-injection.local-input
    connection.execute(f"SELECT * FROM users WHERE name = '{name}'")


@cli.command()
def typer_command(name: str, limit: int):
    # ruleid: secscan.py.sql-injection.local-input
    connection.execute(f"SELECT * FROM users WHERE name = '{name}'")
    # ok: secscan.py.sql-injection.local-input
    connection.execute(f"SELECT * FROM users LIMIT {limit}")


def constant(cursor, table):
    # ok: secscan.py.sql-injection.request
    cursor.execute("SELECT * FROM users")
    # ok: secscan.py.sql-injection.request, secscan.py.sql-injection.local-input
    cursor.execute(f"SELECT * FROM {table}")


@app.post("/slices")
def flask_slices(cursor):
    name = request.args["name"]
    part = name[2:-1]
    # ruleid: secscan.py.sql-injection.request
    cursor.execute(f"SELECT * FROM users WHERE name = '{part}'")
    # ok: secscan.py.sql-injection.request
    cursor.execute(f"SELECT * FROM users WHERE name = '{part.count('x') == 3}'")
    number = int(name)
    # ok: secscan.py.sql-injection.request
    cursor.execute(f"SELECT * FROM users WHERE id = {number}")
    # ruleid: secscan.py.sql-injection.request
    session.query(User).filter(sqlalchemy.text(f"name = '{name}'"))
    # A number does not clean what is evaluated on the way to it.
    # ruleid: secscan.py.sql-injection.request
    int(cursor.execute(f"SELECT * FROM users WHERE name = '{name}'").rowcount)
