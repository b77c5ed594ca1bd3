import ssl

import aiohttp
import httpx
import jwt
import paramiko
import requests


def certificates(url, context):
    # ruleid: secscan.py.tls-verification.disabled
    requests.get(url, verify=False, timeout=5)
    # ruleid: secscan.py.tls-verification.disabled
    httpx.Client(verify=False)
    session = requests.Session()
    # ruleid: secscan.py.tls-verification.disabled
    session.verify = False
    # ruleid: secscan.py.tls-verification.disabled
    session.post(url, verify=False)
    # ruleid: secscan.py.tls-verification.disabled
    aiohttp.TCPConnector(ssl=False)
    # ruleid: secscan.py.tls-verification.disabled
    ssl._create_unverified_context()
    # ruleid: secscan.py.tls-verification.disabled
    ssl._create_default_https_context = ssl._create_unverified_context
    # ruleid: secscan.py.tls-verification.disabled
    context.check_hostname = False
    # ruleid: secscan.py.tls-verification.disabled
    context.verify_mode = ssl.CERT_NONE
    # ok: secscan.py.tls-verification.disabled
    requests.get(url, verify="/etc/ca.pem", timeout=5)
    # ok: secscan.py.tls-verification.disabled
    requests.get(url, verify=True, timeout=5)
    # ok: secscan.py.tls-verification.disabled
    context.verify_mode = ssl.CERT_REQUIRED
    # ok: secscan.py.tls-verification.disabled
    ssl.create_default_context()


def versions(context):
    # ruleid: secscan.py.weak-tls.version
    ssl.SSLContext(ssl.PROTOCOL_TLSv1)
    # ruleid: secscan.py.weak-tls.version
    ssl.wrap_socket(sock, ssl_version=ssl.PROTOCOL_SSLv3)
    # ruleid: secscan.py.weak-tls.version
    context.minimum_version = ssl.TLSVersion.TLSv1_1
    # ok: secscan.py.weak-tls.version
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # ok: secscan.py.weak-tls.version
    context.minimum_version = ssl.TLSVersion.TLSv1_2


def host_keys():
    client = paramiko.SSHClient()
    # ruleid: secscan.py.ssh-host-key.unverified
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    # ruleid: secscan.py.ssh-host-key.unverified
    client.set_missing_host_key_policy(paramiko.WarningPolicy)
    # ok: secscan.py.ssh-host-key.unverified
    client.set_missing_host_key_policy(paramiko.RejectPolicy())


def web_tokens(token, key, payload):
    # ruleid: secscan.py.jwt-misuse.unverified
    jwt.decode(token, options={"verify_signature": False})
    # ruleid: secscan.py.jwt-misuse.unverified
    jwt.decode(token, key, verify=False)
    # ok: secscan.py.jwt-misuse.unverified
    jwt.decode(token, key, algorithms=["HS256"], options={"verify_exp": True})
    # ruleid: secscan.py.jwt-misuse.algorithm
    jwt.decode(token, key)
    # ruleid: secscan.py.jwt-misuse.algorithm
    jwt.decode(token, key, algorithms=["HS256", "none"])
    # ruleid: secscan.py.jwt-misuse.algorithm
    jwt.encode(payload, key, algorithm="none")
    # ok: secscan.py.jwt-misuse.algorithm
    jwt.decode(token, key, algorithms=["RS256"])
    # ok: secscan.py.jwt-misuse.algorithm
    jwt.encode(payload, key, algorithm="HS256")


def timeouts(url, options):
    # ruleid: secscan.py.missing-timeout.requests
    requests.get(url)
    # ruleid: secscan.py.missing-timeout.requests
    requests.post(url, json={}, timeout=None)
    # ok: secscan.py.missing-timeout.requests
    requests.get(url, timeout=5)
    # ok: secscan.py.missing-timeout.requests
    requests.get(url, **options)
    # ok: secscan.py.missing-timeout.requests
    httpx.get(url)
