"""Values as people keep them in a store, and the many ways in which they stand in code. None is a real credential."""

from __future__ import annotations

import base64
import html
import json
import random
import string
from collections.abc import Callable
from urllib.parse import quote

Writer = Callable[[str], str]


def _pem(rng: random.Random) -> str:
    body = base64.b64encode(rng.randbytes(300)).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"


def _letters(rng: random.Random, signs: str, length: int) -> str:
    return "".join(rng.choice(signs) for _ in range(length))


_WORDS = ["copper", "lantern", "orchid", "violin", "harbor", "meadow", "saddle", "quartz", "timber", "falcon"]

MAKERS: dict[str, Callable[[random.Random], str]] = {
    "human": lambda rng: f"{rng.choice(_WORDS).title()}{rng.choice('.-_!')}{rng.choice(_WORDS)}{rng.randint(10, 9999)}",
    "symbols": lambda rng: _letters(rng, string.ascii_letters + string.digits + "!#$%*+-.^_~", 18) + "7aZ",
    "hex": lambda rng: rng.randbytes(20).hex(),
    "base64": lambda rng: base64.b64encode(rng.randbytes(24)).decode(),
    "token": lambda rng: "tok_" + _letters(rng, string.ascii_letters + string.digits, 32),
    "long": lambda rng: _letters(rng, string.ascii_letters + string.digits, 64),
    "uuid": lambda rng: "-".join(rng.randbytes(size).hex() for size in (4, 2, 2, 2, 6)),
    "pem": _pem,
    "quoting": lambda rng: _letters(rng, string.ascii_letters + string.digits + "\"'\\&<>`", 20) + "\"a'\\&1",
    "unicode": lambda rng: (
        f"{rng.choice(['größe', 'naïve', 'señor', 'Łódź'])}-{_letters(rng, string.ascii_letters, 9)}§7"
    ),
    "words": lambda rng: " ".join(rng.choice(_WORDS) for _ in range(9)),
}


def stored(kind: str, value: str) -> str:
    """The value as an entry of the store may hold it: alone, in JSON, in an address, in base64."""
    if kind == "json":
        return json.dumps({"user": "app", "credentials": {"password": value, "n": 3}})
    if kind == "dsn":
        return f"postgresql://app:{quote(value, safe='')}@db.internal:5432/shop"
    if kind == "env":
        return f"# generated\nexport DB_USER=app\nDB_PASSWORD={value}\n"
    return base64.b64encode(value.encode()).decode() if kind == "base64" else value


STORED = ("plain", "json", "dsn", "env", "base64")

SYNTAXES: dict[str, Writer] = {
    "python": lambda value: f"PASSWORD = {value!r}\n",
    "json": lambda value: json.dumps({"db": {"password": value}}, indent=1),
    "json in json": lambda value: json.dumps({"body": json.dumps({"password": value})}),
    "yaml": lambda value: f"db:\n  password: {value}\n",
    "yaml quoted": lambda value: f"db:\n  password: {json.dumps(value)}  # of staging\n",
    "env": lambda value: f"DB_PASSWORD={value}\n",
    "export": lambda value: f'export DB_PASSWORD="{value}"\n',
    "properties": lambda value: f"db.password = {value}\n",
    "toml": lambda value: f"password = '{value}'\n",
    "xml": lambda value: f'<add key="Password" value="{html.escape(value)}"/>\n',
    "element": lambda value: f"<password>{html.escape(value)}</password>\n",
    "call": lambda value: f'connect("db", user="app", password="{value}")\n',
    "address": lambda value: f'URL = "amqp://app:{quote(value, safe="")}@mq.internal/"\n',
    "comment": lambda value: f"# the password is {value}, do not tell\n",
    "base64": lambda value: f"auth: {base64.b64encode(value.encode()).decode()}\n",
    "percent": lambda value: f"curl https://x.example/?token={quote(value, safe='')}&a=1\n",
}

OTHER_SYNTAXES: dict[str, Writer] = {
    "sql": lambda value: f"ALTER USER app WITH PASSWORD '{value}';\n",
    "option": lambda value: f"mysql -u app -p{value} shop\n" if " " not in value else f"mysql --password='{value}'\n",
    "pgpass": lambda value: f"db.internal:5432:shop:app:{value}\n",
    "basic": lambda value: f"Authorization: Basic {base64.b64encode(f'app:{value}'.encode()).decode()}\n",
    "query": lambda value: f'fetch("/login?user=app&password={quote(value)}")\n',
    "parts": lambda value: f'KEY = ("{value[: len(value) // 2]}"\n       "{value[len(value) // 2 :]}")\n',
    "plus": lambda value: f'var key = "{value[:5]}" + "{value[5:]}";\n',
    "hex": lambda value: f"KEY = bytes.fromhex('{value.encode().hex()}')\n",
    "escaped": lambda value: "PASSWORD = '" + "".join(f"\\u{ord(char):04x}" for char in value) + "'\n",
    "list": lambda value: f'[["app", "{value}"], 3]\n',
    "shell": lambda value: f"curl -H 'X-Api-Key: {value}' https://x.example/\n",
    "netrc": lambda value: f"machine x.example login app password {value}\n" if " " not in value else f'"{value}"\n',
    "ado": lambda value: f'"Server=db;User Id=app;Password={value};Encrypt=true"\n',
    "notebook": lambda value: json.dumps({"cells": [{"source": [f"password = {value!r}\n"]}]}),
    "terraform": lambda value: f'resource "x" "y" {{\n  password = "{value}"\n}}\n',
    "triple": lambda value: f'KEY = """{value}"""\n',
}


def _in_two(value: str, between: str) -> str:
    """Two literals of which something stands in between."""
    return f'"{value[:6]}{between}{value[6:]}"'


ODD_SYNTAXES: dict[str, Writer] = {
    "env, remark": lambda value: f"DB_PASSWORD={value} # prod\n",
    "yaml, remark": lambda value: f"password: {value} # prod\n",
    "ini, remark": lambda value: f"password = {value} ; prod\n",
    "element": lambda value: f"<password>{html.escape(value, quote=False)}</password>\n",
    "cdata": lambda value: f"<password><![CDATA[{value}]]></password>\n",
    "item": lambda value: f"passwords:\n  - {value}\n",
    "line": lambda value: f"{value}\n",
    "csv": lambda value: f"app,{value},b\n",
    "tabs": lambda value: f"app\t{value}\tb\n",
    "markdown": lambda value: f"| app | {value} |\n",
    "doubled": lambda value: "password: '" + value.replace("'", "''") + "' # prod\n",
    "doubled in csv": lambda value: 'app,"' + value.replace('"', '""') + '",b\n',
    "shell": lambda value: "export PASSWORD='" + value.replace("'", "'\\''") + "'\n",
    "continued": lambda value: f"PASSWORD = {_in_two(value, chr(92) + chr(10))}\n",
    "octal": lambda value: 'p = "' + "".join(f"\\{ord(char):o}" for char in value) + '"\n',
    "braces": lambda value: 'p = "' + "".join(f"\\u{{{ord(char):x}}}" for char in value) + '"\n',
    "eight digits": lambda value: 'p = "' + "".join(f"\\U{ord(char):08x}" for char in value) + '"\n',
    "properties": lambda value: "db.password=" + value.replace(":", "\\:").replace("=", "\\=") + "\n",
    "remark between": lambda value: f"P = ({_in_two(value, chr(34) + '  # one of two' + chr(10) + chr(34))})\n",
    "block between": lambda value: f"P = {_in_two(value, chr(34) + ' + /* and */ ' + chr(34))};\n",
    "joined": lambda value: f'P = "".join([{_in_two(value, chr(34) + ", " + chr(34))}])\n',
}
"""For values with the signs that end a word elsewhere."""
ODD_VALUES = {
    "signs": (set(ODD_SYNTAXES), "aB3(xyz;9)kLm!7Q"),
    "comma": (set(ODD_SYNTAXES) - {"csv"}, "aB3[x,y]{9}kLm!7Q"),
    "quote": ({"doubled", "shell", "octal", "braces", "eight digits", "line", "element", "cdata"}, "aB3'x;9kLm''7Q"),
    "quotes around": ({"doubled", "shell", "octal", "braces", "eight digits"}, "'aB3;9kLm7Q'"),
    "double quotes": ({"doubled in csv", "octal", "line", "element"}, 'aB3"x;9kLm!"'),
    "colon": (set(ODD_SYNTAXES), "aB3:x=y;9kLm!7Q"),
}

_ONE_LINE = {"comment", "option", "netrc", "pgpass", "shell", "address", "query", "percent", "plus"}
"""Where nobody writes a key of several lines, or several words."""
_ESCAPING = {
    "python", "json", "json in json", "yaml quoted", "xml", "element", "address", "base64", "percent", "basic", "query",
    "hex", "escaped", "notebook",
}  # fmt: skip
"""Where any character can stand."""


def fits(kind: str, syntax: str) -> bool:
    """Whether somebody could write a value of this kind in this syntax."""
    if kind == "quoting":
        return syntax in _ESCAPING
    return not (kind in ("pem", "words") and syntax in _ONE_LINE)
