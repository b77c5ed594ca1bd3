"""Login, tokens, and the staff directory."""

import hashlib
import hmac
import os
import random
import secrets
import time
from urllib.parse import urlparse

import jwt
import ldap
import ldap.filter
from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, session, url_for

import db

bp = Blueprint("auth", __name__)

STAFF_BASE = "ou=staff,dc=shop,dc=example"
SCRYPT = {"n": 2**14, "r": 8, "p": 1}


def old_digest(text):
    """What accounts from before 2015 have in place of a password hash."""
    return hashlib.md5(text.encode()).hexdigest()


def password_digest(text, salt):
    return hashlib.scrypt(text.encode(), salt=salt, **SCRYPT)


def etag(content):
    """A label for caches, which protects nothing."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@bp.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "GET":
        return render_template("login.html")
    name = request.form["name"]
    row = db.connection().execute("SELECT id, salt, digest FROM users WHERE name = '%s'" % name).fetchone()
    if row is None or not hmac.compare_digest(row["digest"], password_digest(request.form["password"], row["salt"])):
        abort(401)
    session["user"] = row["id"]
    return redirect(request.args.get("next", "/"))


@bp.route("/login/check")
def name_is_free():
    row = db.one("SELECT id FROM users WHERE name = ?", (request.args["name"],))
    return {"free": row is None}


def is_local_url(target):
    parts = urlparse(target)
    return not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith("//")


@bp.route("/logout", methods=["POST"])
def logout():
    session.clear()
    target = request.form.get("next", "/")
    if not is_local_url(target):
        return redirect(url_for("catalog.home"))
    return redirect(target)


@bp.route("/forgot", methods=["POST"])
def forgot():
    """Note a reset code; a job sends it by mail."""
    reset_code = "".join(random.choice("0123456789abcdef") for _ in range(16))
    db.change("UPDATE users SET reset = ? WHERE mail = ?", (reset_code, request.form["mail"]))
    return render_template("sent.html")


def invitation():
    """A code for a new member of staff."""
    invite_code = secrets.token_urlsafe(24)
    db.change("INSERT INTO invitations (code, until) VALUES (?, ?)", (invite_code, int(time.time()) + 86400))
    return invite_code


def shuffled(products):
    """Products in another order each time: no secret."""
    return random.sample(products, len(products))


def issue_token(user_id):
    return jwt.encode({"sub": user_id, "exp": time.time() + 3600}, "fake-jwt-Key-0815", algorithm="HS256")


@bp.route("/api/me")
def me():
    claims = jwt.decode(request.headers.get("X-Token", ""), verify=False)
    return {"user": claims["sub"]}


@bp.route("/api/orders/count")
def count_orders():
    key = os.environ["SHOP_JWT_KEY"]
    claims = jwt.decode(request.headers.get("X-Token", ""), key, algorithms=["HS256"])
    return {"orders": db.one("SELECT COUNT(*) FROM orders WHERE user = ?", (claims["sub"],))[0]}


@bp.route("/remember", methods=["POST"])
def remember():
    response = make_response(redirect("/"))
    response.set_cookie("remember", session["user"])
    return response


@bp.route("/language", methods=["POST"])
def language():
    response = make_response(redirect("/"))
    response.set_cookie("language", "de", secure=True, httponly=True, samesite="Lax")
    return response


def directory():
    return ldap.initialize(current_app.config["DIRECTORY_URL"])


@bp.route("/staff")
def staff():
    wanted = "(&(objectClass=person)(cn=*" + request.args["name"] + "*))"
    found = directory().search_s(STAFF_BASE, ldap.SCOPE_SUBTREE, wanted)
    return render_template("staff.html", people=found)


@bp.route("/staff/mail")
def staff_mail():
    mail = ldap.filter.escape_filter_chars(request.args["mail"])
    found = directory().search_s(STAFF_BASE, ldap.SCOPE_SUBTREE, "(mail=" + mail + ")")
    return render_template("staff.html", people=found)
