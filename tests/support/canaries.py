"""Secrets that are nobody's, in a source that holds them in many ways; and what gives one away in what is written."""

from __future__ import annotations

CANARIES = {
    "session": "fake-Canary01-s3ssion",
    "mail": "fake.Canary02!mail",
    "argument": "fake/Canary03/argument",
    "default": "fake+Canary04=default",
    "compared": "fake_Canary05_compared",
    "entry": "fake~Canary06~entry",
    "jwt": "fakeCanary07jwtKey",
    "address": "fakeCanary08address",
    "header": "fakeCanary09header0123456789",
    "quoted": "fake'Canary10\"quoted",
    "joined": "fakeCanary11joined4712",
    "bytes": "fakeCanary12bytes99",
    "provider": "ghp_" + "fakeCanary13" * 3,
    "api": "fakeCanary14api0123456789",
    "fallback": "fakeCanary15fallback1",
}

SOURCE = f'''\
import hashlib
import os
import subprocess

import jwt
import requests

SECRET_KEY = "{CANARIES["session"]}"
smtp_password = "{CANARIES["mail"]}"
connection = connect(host="db", user="shop", password="{CANARIES["argument"]}")


def open_door(name, password="{CANARIES["default"]}"):
    subprocess.call(name, shell=True)
    if password == "{CANARIES["compared"]}":
        return hashlib.md5(b"{CANARIES["bytes"]}").hexdigest()


SETTINGS = {{"user": "shop", "password": "{CANARIES["entry"]}"}}
token = jwt.encode({{"sub": 1}}, "{CANARIES["jwt"]}", algorithm="HS256")
DATABASE = "postgresql://shop:{CANARIES["address"]}@db.internal/shop"
requests.get("https://x.internal", headers={{"Authorization": "Bearer {CANARIES["header"]}"}}, verify=False)
db_password = {CANARIES["quoted"]!r}
admin_password = ("{CANARIES["joined"][:9]}"
                  "{CANARIES["joined"][9:]}")
os.system("deploy --token {CANARIES["provider"]}")
PROVIDER_API_KEY = "{CANARIES["api"]}"
secret = os.environ.get("SHOP_SECRET", "{CANARIES["fallback"]}")
'''
