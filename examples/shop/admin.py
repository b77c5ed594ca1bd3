"""The back office: imports, backups, diagnostics."""

import os
import shlex
import subprocess

import yaml
from flask import Blueprint, abort, render_template, request, session
from lxml import etree

import db

bp = Blueprint("admin", __name__, url_prefix="/admin")

BACKUPS = {"nightly": "/srv/backup/nightly", "weekly": "/srv/backup/weekly"}


@bp.before_request
def staff_only():
    row = db.one("SELECT staff FROM users WHERE id = ?", (session.get("user"),))
    if row is None or not row["staff"]:
        abort(403)


@bp.route("/ping")
def ping():
    os.system("ping -c 1 " + request.args["host"])
    return render_template("done.html")


@bp.route("/trace")
def trace():
    os.system("traceroute " + request.args["host"])
    return render_template("done.html")


@bp.route("/trace/again")
def trace_again():
    os.system("traceroute " + request.args["host"])
    return render_template("done.html")


@bp.route("/lookup")
def lookup():
    os.system("host " + shlex.quote(request.args["host"]))
    return render_template("done.html")


@bp.route("/backup", methods=["POST"])
def backup():
    folder = request.form["folder"]
    subprocess.call(f"tar czf /srv/backup/shop.tgz {folder}", shell=True)  # nosec B602 - staff only
    return render_template("done.html")


@bp.route("/backup/list")
def backup_list():
    folder = BACKUPS.get(request.args.get("kind"), BACKUPS["nightly"])
    listing = subprocess.run(["/bin/ls", "-l", "--", folder], check=True, capture_output=True, text=True)
    return render_template("text.html", text=listing.stdout)


@bp.route("/prices", methods=["POST"])
def import_prices():
    prices = yaml.load(request.files["prices"].read(), Loader=yaml.Loader)
    for number, price in prices.items():
        db.change("UPDATE products SET price = ? WHERE id = ?", (price, number))
    return render_template("done.html")


@bp.route("/shipping", methods=["POST"])
def import_shipping():
    zones = yaml.safe_load(request.files["zones"].read())
    db.change("UPDATE shipping SET zones = ?", (str(zones),))
    return render_template("done.html")


@bp.route("/suppliers", methods=["POST"])
def import_suppliers():
    root = etree.fromstring(request.data, etree.XMLParser(resolve_entities=True, load_dtd=True))
    return render_template("text.html", text=", ".join(root.xpath("//supplier/name/text()")))


@bp.route("/brands", methods=["POST"])
def import_brands():
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(request.data, parser)
    return render_template("text.html", text=", ".join(root.xpath("//brand/name/text()")))


@bp.route("/report", methods=["POST"])
def report():
    """A report that a member of staff wrote as Python."""
    rows = db.every("SELECT * FROM orders")
    exec(request.form["program"], {"rows": rows})
    return render_template("done.html")
