from urllib.parse import urlparse
from urllib.request import urlopen

import aiohttp
import httpx
import requests
from aiohttp import web
from django.http import HttpResponseRedirect
from django.shortcuts import redirect as django_redirect
from django.utils.http import url_has_allowed_host_and_scheme
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from flask import Flask, abort, redirect, request, url_for

app = Flask(__name__)
api = FastAPI()
HOSTS = {"api.example.org"}
BASE_URL = "https://api.example.org"


@app.get("/fetch")
def flask_view():
    url = request.args["url"]
    # ruleid: secscan.py.ssrf.request
    requests.get(url, timeout=5)
    # ruleid: secscan.py.ssrf.request
    requests.post(f"https://{request.args['host']}/hook", json={}, timeout=5)
    # ruleid: secscan.py.ssrf.request
    urlopen(url)
    # ruleid: secscan.py.ssrf.request
    requests.request("GET", url, timeout=5)
    # ruleid: secscan.py.ssrf.request
    httpx.get(url)
    # ok: secscan.py.ssrf.request
    requests.get("https://api.example.org/users", params={"url": url}, timeout=5)
    # ok: secscan.py.ssrf.request
    requests.get(f"https://api.example.org/users/{url}", timeout=5)
    # ok: secscan.py.ssrf.request
    requests.get("https://api.example.org/users/" + url, timeout=5)
    # ok: secscan.py.ssrf.request
    requests.get(f"{BASE_URL}/users/{url}", timeout=5)
    # ok: secscan.py.ssrf.request
    requests.get(f"http://localhost:{int(request.args['port'])}/", timeout=5)
    if urlparse(url).hostname not in HOSTS:
        abort(400)
    # ok: secscan.py.ssrf.request
    requests.get(url, timeout=5)


def django_view(request):
    session = requests.Session()
    # ruleid: secscan.py.ssrf.request
    session.get(request.GET["url"])
    # ok: secscan.py.ssrf.request
    request.session.get(request.GET["key"])


@api.get("/proxy")
async def fastapi_handler(url: str):
    async with httpx.AsyncClient() as client:
        # ruleid: secscan.py.ssrf.request
        await client.get(url)
        # ok: secscan.py.ssrf.request
        await client.get("https://api.example.org", params={"q": url})


async def aiohttp_handler(request):
    async with aiohttp.ClientSession() as session:
        # ruleid: secscan.py.ssrf.request
        await session.get(request.query["url"])


@app.get("/go")
def flask_redirect():
    target = request.args.get("next")
    # ruleid: secscan.py.open-redirect.request
    redirect(target)
    # ruleid: secscan.py.open-redirect.request
    redirect("//" + target)
    # ok: secscan.py.open-redirect.request
    redirect(url_for("user", name=target))
    # ok: secscan.py.open-redirect.request
    redirect(f"/user/{target}")
    # ok: secscan.py.open-redirect.request
    redirect("/search?q=" + target)
    # ok: secscan.py.open-redirect.request
    redirect(user.get_profile_url(target))
    # ok: secscan.py.open-redirect.request
    redirect(get_safe_redirect(target))
    # ok: secscan.py.open-redirect.request
    redirect("/")
    if not is_safe_url(target):
        return abort(400)
    # ok: secscan.py.open-redirect.request
    return redirect(target)


def django_redirects(request):
    # ruleid: secscan.py.open-redirect.request
    django_redirect(request.GET["next"])
    # ruleid: secscan.py.open-redirect.request
    HttpResponseRedirect(request.POST["next"])
    # ok: secscan.py.open-redirect.request
    HttpResponseRedirect(request.get_full_path())
    if url_has_allowed_host_and_scheme(request.GET["next"], allowed_hosts=None):
        # ok: secscan.py.open-redirect.request
        return django_redirect(request.GET["next"])
    # ok: secscan.py.open-redirect.request
    return django_redirect("home", request.GET["page"])


@api.get("/leave")
async def fastapi_redirect(to: str):
    # ruleid: secscan.py.open-redirect.request
    return RedirectResponse(url=to)


async def aiohttp_redirect(request):
    # ruleid: secscan.py.open-redirect.request
    raise web.HTTPFound(request.query["to"])
