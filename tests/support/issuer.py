"""One server on loopback that plays those who vouch for a job: an OIDC issuer, GitHub's id tokens, Kubernetes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization

from tests.support.certificates import certificate_of, new_key

BEARER = "bearer-of-the-job"
NAMESPACE, ACCOUNT = "ci", "scanner"


class Issuer:
    """Signs tokens, and answers whoever checks them."""

    def __init__(self) -> None:
        self._key = new_key()
        self.address = ""
        self.claims: dict[str, Any] = {}
        """Of the tokens that the job gets."""
        self.asked: list[str] = []
        """The audiences that the job asked for."""
        self.known = ""
        """The one token that Kubernetes knows."""

    @property
    def public_key(self) -> str:
        """In PEM."""
        public = self._key.public_key()
        form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return public.public_bytes(*form).decode()

    @property
    def certificate(self) -> str:
        """In PEM. Vault's Kubernetes method wants one even where it asks over http."""
        return certificate_of(self._key)

    def token(self, lasts: int = 300, **claims: Any) -> str:
        """Sign a token; what is not said is as in a job of the main branch."""
        now = int(time.time())
        usual = {"iss": self.address, "sub": "repo:house/shop", "aud": "secscan", "ref": "refs/heads/main"}
        return jwt.encode(
            {**usual, "iat": now - 600, "nbf": now - 600, "exp": now + lasts, **claims},
            self._key,
            algorithm="ES256",
            headers={"kid": "1"},
        )

    def account_token(self) -> str:
        """The token of a service account."""
        about = {"namespace": NAMESPACE, "serviceaccount": {"name": ACCOUNT, "uid": "u-1"}}
        return self.token(
            sub=f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}", aud=["kubernetes"], **{"kubernetes.io": about}
        )

    def environment(self) -> dict[str, str]:
        """What GitHub gives a job that may ask for id tokens."""
        url = f"{self.address}/github?api-version=2.0"
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": BEARER}

    def answer(self, path: str, bearer: str) -> Any:
        """What is said to a request."""
        parts = urlsplit(path)
        if parts.path == "/.well-known/openid-configuration":
            algorithms = {"id_token_signing_alg_values_supported": ["ES256"]}
            return {"issuer": self.address, "jwks_uri": f"{self.address}/keys", **algorithms}
        if parts.path == "/keys":
            public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
            return {"keys": [{**public, "kid": "1", "use": "sig", "alg": "ES256"}]}
        if parts.path == "/github" and bearer == f"bearer {BEARER}":
            (audience,) = parse_qs(parts.query)["audience"]
            self.asked.append(audience)
            return {"value": self.token(aud=audience, **self.claims)}
        return None

    def review(self, token: str) -> Any:
        """What Kubernetes says of the token of a service account: it knows one, the last that it was told of."""
        name = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
        good = token == self.known
        status = {
            "authenticated": good,
            "audiences": ["kubernetes"],
            "user": {"username": name, "uid": "u-1"} if good else {},
        }
        return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Start the server, and end it."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(issuer.answer(self.path, self.headers.get("Authorization", "")))

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._say(issuer.review(asked["spec"]["token"]))

        def _say(self, answer: Any) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200 if answer is not None else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
