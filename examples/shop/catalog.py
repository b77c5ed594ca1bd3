"""Products, search and reviews."""

from flask import Blueprint, current_app, escape, render_template, render_template_string, request
from jinja2 import Environment, select_autoescape
from lxml import etree
from markupsafe import Markup

import db

bp = Blueprint("catalog", __name__)

GREETING = "Hello {{ name }}, welcome back."
SORTABLE = {"name": "name", "price": "price", "newest": "created DESC"}


@bp.route("/")
def home():
    return render_template("home.html", products=db.every("SELECT * FROM products ORDER BY created DESC LIMIT 20"))


@bp.route("/search")
def search():
    term = request.args.get("q", "")
    category = request.args.get("category", "all")
    rows = db.connection().execute(
        "SELECT id, name, price FROM products "
        "WHERE name LIKE '%" + term + "%' "
        "AND category = '" + category + "' "
        "ORDER BY name"
    ).fetchall()
    return render_template("products.html", products=rows, term=term)


@bp.route("/products")
def products():
    column = SORTABLE.get(request.args.get("sort"), "name")
    low = request.args.get("low", 0, type=int)
    rows = db.connection().execute("SELECT * FROM products WHERE price >= ? ORDER BY " + column, (low,)).fetchall()
    return render_template("products.html", products=rows, term="")


@bp.route("/products/<int:number>/badge")
def badge(number):
    label = request.args.get("label", "new")
    return "<span class='badge'>" + label + "</span>"


@bp.route("/products/<int:number>/label")
def label(number):
    text = request.args.get("text", "new")
    return "<span class='label'>" + escape(text) + "</span>"


@bp.route("/reviews", methods=["POST"])
def add_review():
    text = request.form["text"]
    db.change("INSERT INTO reviews (product, text) VALUES (?, ?)", (request.form["product"], text))
    return render_template("review.html", text=Markup(text))


@bp.route("/hello")
def hello():
    return render_template_string(GREETING, name=request.args.get("name", "you"))


@bp.route("/banner")
def banner():
    return render_template_string("<h1>" + request.args.get("text", "Sale") + "</h1>")


def mail_environment():
    """Templates of our own mails, which are HTML."""
    return Environment(autoescape=select_autoescape(["html"]))


@bp.route("/partners")
def partners():
    tree = etree.parse(str(current_app.config["PARTNERS"]))
    found = tree.xpath("//partner[city='" + request.args["city"] + "']/name/text()")
    return {"partners": [str(name) for name in found]}


@bp.route("/partners/by-country")
def partners_by_country():
    tree = etree.parse(str(current_app.config["PARTNERS"]))
    found = tree.xpath("//partner[country=$country]/name/text()", country=request.args["country"])
    return {"partners": [str(name) for name in found]}
