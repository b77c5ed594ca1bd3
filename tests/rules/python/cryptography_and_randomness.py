import hashlib
import random
import secrets

from Crypto.Cipher import AES, DES, ARC4, Blowfish
from Crypto.Hash import MD5
from Crypto.PublicKey import RSA
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from flask import Flask, request, session

app = Flask(__name__)


def hashing(data):
    # ruleid: secscan.py.weak-hash.digest
    hashlib.md5(data)
    # ruleid: secscan.py.weak-hash.digest
    hashlib.sha1(data).hexdigest()
    # ruleid: secscan.py.weak-hash.digest
    hashlib.new("MD5", data)
    # ruleid: secscan.py.weak-hash.digest
    MD5.new(data)
    # ruleid: secscan.py.weak-hash.digest
    hashes.Hash(hashes.SHA1())
    # ok: secscan.py.weak-hash.digest
    hashlib.md5(data, usedforsecurity=False)
    # ok: secscan.py.weak-hash.digest
    hashlib.sha256(data)
    # ok: secscan.py.weak-hash.digest
    hashlib.new("sha512", data)
    # ok: secscan.py.weak-hash.digest
    hashlib.new("sha1", data, usedforsecurity=False)


def ciphers(key, nonce):
    # ruleid: secscan.py.weak-cipher.algorithm
    DES.new(key, DES.MODE_CBC)
    # ruleid: secscan.py.weak-cipher.algorithm
    ARC4.new(key)
    # ruleid: secscan.py.weak-cipher.algorithm
    Blowfish.new(key, Blowfish.MODE_CBC)
    # ruleid: secscan.py.weak-cipher.algorithm
    Cipher(algorithms.TripleDES(key), modes.CBC(nonce))
    # ok: secscan.py.weak-cipher.algorithm
    Cipher(algorithms.AES(key), modes.GCM(nonce))
    # ruleid: secscan.py.weak-cipher.mode
    AES.new(key, AES.MODE_ECB)
    # ruleid: secscan.py.weak-cipher.mode
    Cipher(algorithms.AES(key), modes.ECB())
    # ok: secscan.py.weak-cipher.mode
    AES.new(key, AES.MODE_GCM)


def keys():
    # ruleid: secscan.py.weak-key.size
    rsa.generate_private_key(public_exponent=65537, key_size=1024)
    # ruleid: secscan.py.weak-key.size
    RSA.generate(1024)
    # ok: secscan.py.weak-key.size
    rsa.generate_private_key(public_exponent=65537, key_size=3072)
    # ok: secscan.py.weak-key.size
    RSA.generate(2048)


def randomness(letters, user):
    # ruleid: secscan.py.weak-randomness.secret
    token = random.getrandbits(128)
    # ruleid: secscan.py.weak-randomness.secret
    password = "".join(random.choice(letters) for _ in range(12))
    # ruleid: secscan.py.weak-randomness.secret
    user.reset_code = random.randint(100000, 999999)
    # ruleid: secscan.py.weak-randomness.secret
    user["session_id"] = str(random.random())
    # ruleid: secscan.py.weak-randomness.secret
    user.save(otp=random.randint(0, 9999))
    # ok: secscan.py.weak-randomness.secret
    token = secrets.token_hex()
    # ok: secscan.py.weak-randomness.secret
    password = "".join(secrets.choice(letters) for _ in range(12))
    # ok: secscan.py.weak-randomness.secret
    delay = random.uniform(0, 1)
    # ok: secscan.py.weak-randomness.secret
    token = random.SystemRandom().choice(letters)
    # ok: secscan.py.weak-randomness.secret
    key = random.choice(list(user))


def generate_token(letters):
    # ruleid: secscan.py.weak-randomness.secret
    return "".join(random.choices(letters, k=20))


def shuffle_cards(cards):
    # ok: secscan.py.weak-randomness.secret
    return random.sample(cards, 5)


@app.get("/session")
def cookies(response):
    value = str(random.random())[2:]
    # ruleid: secscan.py.weak-randomness.session
    response.set_cookie("remember", value, secure=True, httponly=True)
    # ruleid: secscan.py.weak-randomness.session
    session["remember"] = value
    # ok: secscan.py.weak-randomness.session
    session["remember"] = secrets.token_hex()
    # ok: secscan.py.weak-randomness.session
    response.set_cookie("remember", secrets.token_hex(), secure=True, httponly=True)


def django_view(request):
    # ruleid: secscan.py.weak-randomness.session
    request.session["remember"] = random.randint(0, 10**9)
