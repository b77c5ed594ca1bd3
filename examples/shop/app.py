"""The shop: puts the parts together."""

import logging
import os

from flask import Flask, render_template

import admin
import auth
import catalog
import db
import orders
import payments
import storage

log = logging.getLogger("shop")


def create_app():
    """Build the application from `config.py` and the environment."""
    app = Flask(__name__)
    app.config.from_object("config")
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024
    for part in (admin, auth, catalog, orders, payments, storage):
        app.register_blueprint(part.bp)
    app.teardown_appcontext(db.close)
    app.register_error_handler(404, not_found)
    return app


def not_found(error):
    log.info("not found: %s", error)
    return render_template("error.html", text="There is nothing here."), 404


def serve(app):
    """Serve on the local interface, with the debugger only where a developer asked for it."""
    app.run(host="127.0.0.1", port=8000, debug=os.environ.get("SHOP_DEBUG") == "1")


if __name__ == "__main__":
    create_app().run(host="127.0.0.1", port=8000, debug=True)
