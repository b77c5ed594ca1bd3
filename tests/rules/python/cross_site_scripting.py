import html
import json

import bleach
from aiohttp import web
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import escape as django_escape
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from flask import Flask, Response, jsonify, make_response, render_template, request
from markupsafe import Markup, escape

app = Flask(__name__)
api = FastAPI()


@app.get("/marked")
def flask_marked():
    name = request.args["name"]
    # ruleid: secscan.py.xss.marked-safe
    a = Markup("<b>" + name + "</b>")
    # ok: secscan.py.xss.marked-safe
    b = Markup("<b>{}</b>").format(name)
    # ok: secscan.py.xss.marked-safe
    c = Markup("<b>" + escape(name) + "</b>")
    # ok: secscan.py.xss.marked-safe
    d = Markup(bleach.clean(name))
    # ok: secscan.py.xss.marked-safe
    e = Markup(f"<b>{int(name)}</b>")
    return render_template("x.html", parts=[a, b, c, d, e])


@app.get("/return")
def flask_return():
    # ruleid: secscan.py.xss.response
    return f"<p>Hello {request.args['name']}</p>"


@app.get("/return-direct")
def flask_return_direct():
    if request.args.get("again"):
        # ruleid: secscan.py.xss.response
        return "<p>{}</p>".format(request.args["name"])
    # ruleid: secscan.py.xss.response
    return request.args.get("name")


@app.get("/return-object")
def flask_return_object():
    # ruleid: secscan.py.xss.response
    response = make_response("<p>" + request.args["name"])
    # ok: secscan.py.xss.response
    return response


@app.get("/return-status")
def flask_return_status():
    page = "<p>%s</p>" % request.args["name"]
    # ruleid: secscan.py.xss.response
    return page, 400


@app.get("/hello/<name>")
def flask_parameter(name):
    # ruleid: secscan.py.xss.response
    return make_response("Hello " + name)


@app.get("/response")
def flask_response():
    name = request.args["name"]
    # ruleid: secscan.py.xss.response
    Response(f"<p>{name}</p>", mimetype="text/html")
    # ok: secscan.py.xss.response
    Response(f"name: {name}", mimetype="text/plain")
    # ok: secscan.py.xss.response
    return Response(json.dumps({"name": name}), content_type="application/json")


@app.get("/safe")
def flask_safe():
    if request.args.get("json"):
        # ok: secscan.py.xss.response
        return {"name": request.args["name"]}
    if request.args.get("jsonify"):
        # ok: secscan.py.xss.response
        return jsonify(name=request.args["name"])
    if request.args.get("escape"):
        # ok: secscan.py.xss.response
        return "<p>" + html.escape(request.args["name"]) + "</p>"
    if request.args.get("status"):
        # ok: secscan.py.xss.response
        return {"name": request.args["name"]}, 201
    # ok: secscan.py.xss.response
    return render_template("hello.html", name=request.args["name"])


def django_view(request):
    name = request.GET.get("name")
    # ruleid: secscan.py.xss.marked-safe
    mark_safe("<b>%s</b>" % name)
    # ruleid: secscan.py.xss.marked-safe
    format_html("<b>" + name + "</b>")
    # ok: secscan.py.xss.marked-safe
    format_html("<b>{}</b>", name)
    # ok: secscan.py.xss.marked-safe
    mark_safe(django_escape(name))
    # ruleid: secscan.py.xss.response
    HttpResponse("<p>" + request.POST["name"] + "</p>")
    # ruleid: secscan.py.xss.response
    HttpResponse(f"<p>{name}</p>", content_type="text/html; charset=utf-8")
    # ok: secscan.py.xss.response
    HttpResponse(name, content_type="text/plain")
    # ok: secscan.py.xss.response
    HttpResponse(django_escape(name))
    # ok: secscan.py.xss.response
    return render(request, "hello.html", {"name": name})


@api.get("/page")
async def fastapi_page(name: str):
    # ruleid: secscan.py.xss.response
    return HTMLResponse(f"<p>{name}</p>")


@api.get("/page2", response_class=HTMLResponse)
async def fastapi_page2(name: str):
    # ruleid: secscan.py.xss.response
    return f"<p>{name}</p>"


@api.get("/json")
async def fastapi_json(name: str):
    # ok: secscan.py.xss.response
    return JSONResponse({"name": name})


async def aiohttp_handler(request):
    # ruleid: secscan.py.xss.response
    web.Response(text="<p>" + request.query["name"] + "</p>", content_type="text/html")
    # ok: secscan.py.xss.response
    return web.Response(text=request.query["name"])
