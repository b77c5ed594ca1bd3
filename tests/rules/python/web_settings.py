import socket
from http.server import HTTPServer

import jinja2
import uvicorn
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from flask import Flask
from flask_cors import CORS

# ok: secscan.py.debug-enabled.settings
DEBUG = False
# ruleid: secscan.py.debug-enabled.settings
DEBUG = True
ALLOWED_HOSTS = ["example.org"]
# ruleid: secscan.py.insecure-cookie.settings
SESSION_COOKIE_SECURE = False
# ok: secscan.py.insecure-cookie.settings
CSRF_COOKIE_SECURE = True
# ok: secscan.py.insecure-cookie.settings
CSRF_COOKIE_HTTPONLY = False
# ruleid: secscan.py.cors-misconfiguration.any-origin
CORS_ALLOW_ALL_ORIGINS = True

app = Flask(__name__)
# ruleid: secscan.py.insecure-cookie.settings
app.config["SESSION_COOKIE_HTTPONLY"] = False
# ruleid: secscan.py.insecure-cookie.settings
app.config.update(SESSION_COOKIE_SECURE=False)
# ruleid: secscan.py.debug-enabled.settings
app.config["DEBUG"] = True
# ok: secscan.py.debug-enabled.settings
app.config["DEBUG"] = False


def cookies(response, flags):
    # ruleid: secscan.py.insecure-cookie.flags
    response.set_cookie("session", "x")
    # ruleid: secscan.py.insecure-cookie.flags
    response.set_cookie("session", "x", secure=True)
    # ruleid: secscan.py.insecure-cookie.flags
    response.set_cookie("session", "x", secure=False, httponly=True)
    # ruleid: secscan.py.insecure-cookie.flags
    response.set_cookie(key="session", value="x", httponly=True)
    # ok: secscan.py.insecure-cookie.flags
    response.set_cookie("session", "x", secure=True, httponly=True, samesite="Lax")
    # ok: secscan.py.insecure-cookie.flags
    response.set_cookie("session", "x", secure=not app.debug, httponly=True)
    # ok: secscan.py.insecure-cookie.flags
    response.set_cookie("session", "x", **flags)


# ruleid: secscan.py.cors-misconfiguration.any-origin
CORS(app, origins="*", supports_credentials=True)
# ok: secscan.py.cors-misconfiguration.any-origin
CORS(app, origins=["https://example.org"], supports_credentials=True)
# ok: secscan.py.cors-misconfiguration.any-origin
CORS(app)
api = FastAPI()
# ruleid: secscan.py.cors-misconfiguration.any-origin
api.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
# ok: secscan.py.cors-misconfiguration.any-origin
api.add_middleware(CORSMiddleware, allow_origins=["*"])

# ruleid: secscan.py.autoescape-off.jinja
jinja2.Environment(loader=None)
# ruleid: secscan.py.autoescape-off.jinja
jinja2.Environment(autoescape=False)
# ok: secscan.py.autoescape-off.jinja
jinja2.Environment(autoescape=True)
# ok: secscan.py.autoescape-off.jinja
jinja2.Environment(autoescape=jinja2.select_autoescape())

if __name__ == "__main__":
    # ruleid: secscan.py.debug-enabled.run
    app.run(debug=True)
    # ruleid: secscan.py.debug-enabled.run, secscan.py.bind-all-interfaces.address
    app.run(host="0.0.0.0", debug=True)
    # ruleid: secscan.py.debug-enabled.run
    FastAPI(debug=True)
    # ruleid: secscan.py.debug-enabled.run
    app.debug = True
    # ok: secscan.py.debug-enabled.run
    app.run(debug=False)
    # ok: secscan.py.debug-enabled.run
    asyncio.run(main(), debug=True)
    # ruleid: secscan.py.bind-all-interfaces.address
    uvicorn.run(api, host="0.0.0.0", port=80)
    # ruleid: secscan.py.bind-all-interfaces.address
    socket.socket().bind(("0.0.0.0", 80))
    # ruleid: secscan.py.bind-all-interfaces.address
    HTTPServer(("0.0.0.0", 80), None)
    # ok: secscan.py.bind-all-interfaces.address
    uvicorn.run(api, host="127.0.0.1", port=80)
    # ok: secscan.py.bind-all-interfaces.address
    allowed = ["0.0.0.0"]
