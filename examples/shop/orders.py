"""Cart, discounts and invoices."""

import ast
import base64
import json
import operator
import os
import pickle
import subprocess

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, send_file
from werkzeug.utils import secure_filename

import db

bp = Blueprint("orders", __name__)

DISCOUNTS = {"percent": operator.mul, "fixed": operator.sub}


@bp.route("/cart")
def cart():
    packed = request.cookies.get("cart", "")
    items = pickle.loads(base64.b64decode(packed)) if packed else []
    return render_template("cart.html", items=items)


@bp.route("/cart/preview", methods=["POST"])
def preview():
    items = json.loads(request.form["items"])
    return render_template("cart.html", items=items)


@bp.route("/cart/save", methods=["POST"])
def save_cart():
    response = make_response(redirect("/cart"))
    response.set_cookie("cart", request.form["cart"], secure=True, httponly=False)
    return response


@bp.route("/discount", methods=["POST"])
def discount():
    price = db.one("SELECT price FROM products WHERE id = ?", (request.form["product"],))["price"]
    return {"price": eval(request.form["formula"], {"price": price})}


@bp.route("/discount/simple", methods=["POST"])
def simple_discount():
    by = ast.literal_eval(request.form["by"])
    change = DISCOUNTS.get(request.form["kind"], operator.sub)
    return {"price": change(100, by)}


@bp.route("/invoices/<name>")
def invoice(name):
    return send_file(os.path.join(current_app.config["INVOICES"], name))


@bp.route("/invoices/<int:number>/text")
def invoice_text(number):
    path = current_app.config["INVOICES"] / f"{number}.txt"
    return path.read_text()


@bp.route("/receipts")
def receipt():
    name = secure_filename(request.args["name"])
    with open(os.path.join("/srv/data/receipts", name), "rb") as file:
        return file.read()


@bp.route("/invoices/print", methods=["POST"])
def print_invoice():
    number = request.form["number"]
    subprocess.call("wkhtmltopdf /srv/data/invoices/" + number + ".html /srv/data/print/next.pdf", shell=True)
    return redirect("/orders")


@bp.route("/invoices/print-all", methods=["POST"])
def print_all():
    number = request.form["number"]
    if not number.isdigit():
        abort(400)
    page = f"/srv/data/invoices/{number}.html"
    subprocess.run(["/usr/bin/wkhtmltopdf", "--quiet", page, "/srv/data/print/next.pdf"], check=True)
    return redirect("/orders")
