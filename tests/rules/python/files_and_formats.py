import marshal
import os
import pickle
import shelve
import shutil
import stat
import tarfile
import tempfile
import xml.sax
import zipfile
from pathlib import Path
from xml.dom import minidom
from xml.etree import ElementTree

import jsonpickle
import yaml
from aiohttp import web
from fastapi import FastAPI
from fastapi.responses import FileResponse
from flask import Flask, abort, request, send_file, send_from_directory
from lxml import etree
from werkzeug.utils import secure_filename

app = Flask(__name__)
api = FastAPI()
BASE = Path("/srv/files")


@app.get("/file")
def flask_view():
    name = request.args["name"]
    # ruleid: secscan.py.path-traversal.request
    open("/srv/files/" + name)
    # ruleid: secscan.py.path-traversal.request
    with open(os.path.join("/srv/files", name)) as file:
        file.read()
    # ruleid: secscan.py.path-traversal.request
    send_file(name)
    # ruleid: secscan.py.path-traversal.request
    os.remove(f"/srv/files/{name}")
    # ruleid: secscan.py.path-traversal.request
    shutil.rmtree(BASE / name)
    # ruleid: secscan.py.path-traversal.request
    shutil.copy("/srv/template", request.form["to"])
    # ruleid: secscan.py.path-traversal.request
    (BASE / name).read_text()
    path = BASE / name
    # ruleid: secscan.py.path-traversal.request
    path.write_text("x")
    # ok: secscan.py.path-traversal.request
    send_from_directory("/srv/files", name)
    # ok: secscan.py.path-traversal.request
    open(os.path.join("/srv/files", secure_filename(name)))
    # ok: secscan.py.path-traversal.request
    open("/srv/files/" + os.path.basename(name))
    # ok: secscan.py.path-traversal.request
    (BASE / Path(name).name).read_text()
    # ok: secscan.py.path-traversal.request
    open(f"/srv/files/{int(request.args['id'])}.txt")
    # ok: secscan.py.path-traversal.request
    open("/srv/files/log", "a").write(name)


@app.get("/checked")
def flask_checked():
    path = (BASE / request.args["name"]).resolve()
    if not path.is_relative_to(BASE):
        abort(404)
    # ok: secscan.py.path-traversal.request
    return path.read_text()


@app.get("/checked-old-way")
def flask_checked_old_way():
    path = os.path.realpath(os.path.join("/srv", request.args["name"]))
    if not path.startswith("/srv/"):
        return "no", 404
    # ok: secscan.py.path-traversal.request
    open(path)


@app.post("/upload")
def flask_upload():
    upload = request.files["file"]
    # ruleid: secscan.py.path-traversal.request
    upload.save(os.path.join("/srv/files", upload.filename))
    # ok: secscan.py.path-traversal.request
    upload.save(os.path.join("/srv/files", secure_filename(upload.filename)))


def django_view(request):
    # ruleid: secscan.py.path-traversal.request
    open(request.GET["path"])


@api.get("/download/{name:path}")
async def fastapi_handler(name: str, number: int):
    # ruleid: secscan.py.path-traversal.request
    FileResponse(BASE / name)
    # ok: secscan.py.path-traversal.request
    FileResponse(BASE / f"{number}.txt")


async def aiohttp_handler(request):
    # ruleid: secscan.py.path-traversal.request
    web.FileResponse(BASE / request.match_info["name"])


@app.post("/load")
def flask_load():
    # ruleid: secscan.py.deserialization.request, secscan.py.deserialization.loader
    pickle.loads(request.data)
    # ruleid: secscan.py.deserialization.request, secscan.py.deserialization.loader
    pickle.loads(base64.b64decode(request.cookies.get("session")))
    # ruleid: secscan.py.deserialization.request, secscan.py.deserialization.loader
    jsonpickle.decode(request.form["object"])
    # ruleid: secscan.py.deserialization.request, secscan.py.deserialization.yaml
    yaml.load(request.data)
    # ruleid: secscan.py.deserialization.request, secscan.py.deserialization.yaml
    yaml.load(request.data, Loader=yaml.Loader)
    # ruleid: secscan.py.deserialization.request, secscan.py.deserialization.yaml
    yaml.load(request.data, yaml.UnsafeLoader)
    # ruleid: secscan.py.deserialization.request
    yaml.full_load(request.data)
    # ok: secscan.py.deserialization.request, secscan.py.deserialization.yaml
    yaml.safe_load(request.data)
    # ok: secscan.py.deserialization.request, secscan.py.deserialization.yaml
    yaml.load(request.data, Loader=yaml.SafeLoader)
    # ok: secscan.py.deserialization.request
    json.loads(request.data)
    token = fernet.decrypt(request.data)
    # ok: secscan.py.deserialization.request
    # ruleid: secscan.py.deserialization.loader
    pickle.loads(token)


def server(sock):
    # ruleid: secscan.py.deserialization.request, secscan.py.deserialization.loader
    pickle.loads(sock.recv(1024))


def django_load(request):
    # ruleid: secscan.py.deserialization.request, secscan.py.deserialization.loader
    marshal.loads(request.body)


def local_files(file, data):
    # ruleid: secscan.py.deserialization.loader
    pickle.load(file)
    # ruleid: secscan.py.deserialization.loader
    shelve.open("cache")
    # ok: secscan.py.deserialization.loader
    pickle.loads(pickle.dumps(data))
    # ok: secscan.py.deserialization.loader
    pickle.dump(data, file)
    # ruleid: secscan.py.deserialization.yaml
    yaml.load(file)
    # ruleid: secscan.py.deserialization.yaml
    yaml.unsafe_load(file)
    # ok: secscan.py.deserialization.yaml
    yaml.load(file, Loader=yaml.CSafeLoader)


@app.post("/xml")
def flask_xml():
    # ruleid: secscan.py.xxe.request
    etree.fromstring(request.data)
    # ruleid: secscan.py.xxe.request
    minidom.parseString(request.data)
    # ruleid: secscan.py.xxe.request
    ElementTree.fromstring(request.data)
    # ruleid: secscan.py.xxe.request
    xml.sax.parseString(request.data, handler)
    # ok: secscan.py.xxe.request
    etree.fromstring(request.data, etree.XMLParser(resolve_entities=False))
    # ok: secscan.py.xxe.request
    defusedxml.ElementTree.fromstring(request.data)
    parser = etree.XMLParser(resolve_entities=False)
    # ok: secscan.py.xxe.request
    etree.fromstring(request.data, parser=parser)
    # ok: secscan.py.xxe.request
    etree.fromstring("<a/>")


def django_xml(request):
    # ruleid: secscan.py.xxe.request
    etree.XML(request.body)


def parsers():
    # ruleid: secscan.py.xxe.parser-options
    etree.XMLParser(resolve_entities=True)
    # ruleid: secscan.py.xxe.parser-options
    etree.XMLParser(no_network=False)
    parser = xml.sax.make_parser()
    # ruleid: secscan.py.xxe.parser-options
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    # ok: secscan.py.xxe.parser-options
    parser.setFeature(xml.sax.handler.feature_external_ges, False)
    # ok: secscan.py.xxe.parser-options
    etree.XMLParser(resolve_entities=False, no_network=True)
    # ok: secscan.py.xxe.parser-options
    etree.XMLParser()


def archives(source, target):
    with tarfile.open(source) as tar:
        # ruleid: secscan.py.archive-extraction.tar
        tar.extractall(target)
        # ruleid: secscan.py.archive-extraction.tar
        tar.extractall(target, filter="fully_trusted")
        # ok: secscan.py.archive-extraction.tar
        tar.extractall(target, filter="data")
        # ok: secscan.py.archive-extraction.tar
        tar.extractall(target, members=safe_members(tar))
    # ruleid: secscan.py.archive-extraction.tar
    tarfile.open(source).extractall(target)
    with zipfile.ZipFile(source) as archive:
        # ruleid: secscan.py.archive-extraction.unchecked-size
        archive.extractall(target)
    # ruleid: secscan.py.archive-extraction.unchecked-size
    shutil.unpack_archive(source, target)
    # ok: secscan.py.archive-extraction.unchecked-size
    shutil.unpack_archive(source, target, filter="data")


def checked_archives(source, target):
    tar = tarfile.open(source)
    for member in tar.getmembers():
        if not (Path(target) / member.name).resolve().is_relative_to(target):
            raise ValueError(member.name)
    # ok: secscan.py.archive-extraction.tar
    tar.extractall(target)
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            if info.file_size > 1000:
                raise ValueError(info.filename)
            # ok: secscan.py.archive-extraction.unchecked-size
            archive.extractall(target)


def temporary_files(path):
    # ruleid: secscan.py.insecure-temp-file.mktemp
    tempfile.mktemp(".txt")
    # ok: secscan.py.insecure-temp-file.mktemp
    tempfile.mkstemp(".txt")
    # ruleid: secscan.py.insecure-permissions.world-writable
    os.chmod(path, 0o777)
    # ruleid: secscan.py.insecure-permissions.world-writable
    os.chmod(path, 0o666)
    # ruleid: secscan.py.insecure-permissions.world-writable
    Path(path).chmod(stat.S_IRUSR | stat.S_IWOTH)
    # ok: secscan.py.insecure-permissions.world-writable
    os.chmod(path, 0o755)
    # ok: secscan.py.insecure-permissions.world-writable
    os.chmod(path, 0o600)
    # ok: secscan.py.insecure-permissions.world-writable
    os.chmod(path, mode)
