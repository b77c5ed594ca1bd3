"""The payment provider, and what it calls back."""

import hashlib
import hmac
import os
import ssl
from urllib.parse import urlparse

import requests
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Blueprint, Response, abort, request

from config import ALLOWED_IMAGE_HOSTS, CURRENCIES

bp = Blueprint("payments", __name__)

PROVIDER = "https://pay.example/api/v1"
PROVIDER_API_KEY = "fake0Provider1Key2for3the4Demo5"
PROVIDER_CA = "/etc/ssl/provider-ca.pem"


def provider_token():
    """The token that the deployment gives us."""
    return os.environ["PROVIDER_TOKEN"]


def charge(order, amount):
    """Ask the provider for money."""
    answer = requests.post(
        f"{PROVIDER}/charges",
        json={"order": order, "amount": amount},
        headers={"X-Key": PROVIDER_API_KEY},
        timeout=10,
        verify=False,
    )
    return answer.json()


def refund(order):
    """Give it back."""
    headers = {"X-Token": provider_token()}
    return requests.post(f"{PROVIDER}/refunds/{order}", headers=headers, timeout=10, verify=PROVIDER_CA).json()


@bp.route("/payments/logo")
def logo():
    picture = requests.get(request.args["url"], timeout=5, verify=False)
    return Response(picture.content, mimetype="image/png")


@bp.route("/payments/rate")
def rate():
    return {"rate": CURRENCIES.get(request.args.get("currency"), 1.0)}


@bp.route("/payments/image")
def image():
    url = request.args["url"]
    if urlparse(url).hostname not in ALLOWED_IMAGE_HOSTS:
        abort(400)
    picture = requests.get(url, timeout=5)
    return Response(picture.content, mimetype="image/png")


def seal_old(key, text):
    """How card references were sealed until 2019; some are still around."""
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(text) + encryptor.finalize()


def seal(key, text):
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, text, None)


def signature_v1(body):
    return hashlib.sha1(body + PROVIDER_API_KEY.encode()).hexdigest()


def signature_v2(body):
    return hmac.new(provider_token().encode(), body, hashlib.sha256).hexdigest()


def old_terminal_context():
    """The card terminals in the branches speak nothing newer."""
    return ssl.SSLContext(ssl.PROTOCOL_TLSv1)


def provider_context():
    context = ssl.create_default_context(cafile=PROVIDER_CA)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
