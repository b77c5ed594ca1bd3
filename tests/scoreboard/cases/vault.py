"""A real server of Vault's API behind a proxy that spoils answers: no state of a secret is made up, no token is lost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.scoreboard.case import Case, Group, Seen, add, case
from tests.scoreboard.place import Place, Ran
from tests.scoreboard.planted import ended
from tests.support import faulty_proxy as faulty
from tests.support.certificates import certificate_and_key
from tests.support.faulty_proxy import Fault, Proxy, When, always, answer, from_on
from tests.support.vault import VaultServer, running

GROUP = Group.VAULT
PASSWORD = "c0pper-Lantern.42"
HTML = b"<html>log in first</html>"
_SETTINGS = "version: 1\nvault: {mounts: [secret], seconds: 1, budget: 2}\n"


@contextlib.contextmanager
def _house(place: Place) -> Iterator[tuple[VaultServer, str, Path]]:
    """A server that holds one secret of the tree, a token that may read it, and the tree."""
    (place / "bao").mkdir()
    with running(place / "bao") as server:
        kv = server.client().secrets.kv.v2
        kv.create_or_update_secret("shop/db", {"password": PASSWORD})
        token = server.token('path "secret/*" { capabilities = ["read", "list"] }')
        yield server, token, place.tree({"a.py": f'DB_PASSWORD = "{PASSWORD}"\n'})


def _check(place: Place, address: str, token: str, tree: Path, **environment: str) -> Ran:
    (place / "settings.yaml").write_text(_SETTINGS)
    return place.secscan(
        *("vault", "check", tree, "--config", place / "settings.yaml", "--output", place / "output-run"),
        env={"VAULT_ADDR": address, "VAULT_TOKEN": token, **environment},
    )


def _given_away(ran: Ran, token: str) -> str:
    """Whether the token or the secret is in anything that was written."""
    texts = (ran.out, ran.err, *ran.reports.values())
    return "" if not any(one.encode() in text for one in (token, PASSWORD) for text in texts) else "a secret is told"


def _spoiled(ran: Ran, token: str) -> Seen:
    """The secret was found in the code, so that it fails; that Vault was not asked to the end is told."""
    run = ran.scanner("vault")
    gaps = any(gap["scanner"] == "vault" for gap in ran.gaps)
    live = any(one.get("secret_state") == "live" for one in ran.findings)
    incomplete = any(reason["verdict"] == "incomplete" for reason in ran.scan.get("judgement", {}).get("reasons", []))
    told = run.get("status") == "failed" or gaps
    more = _given_away(ran, token) or ("" if told or live else "nothing is told of Vault")
    more = more or ("" if incomplete or live else "the verdict leaves Vault out")
    seen = ended(ran, 1, 3, more=more)
    return (
        Seen(f"{seen.words}; {'asked to the end' if live else 'told as not asked to the end'}", held=True)
        if seen.held
        else seen
    )


FAULTS: dict[str, tuple[str, Fault]] = {
    "html": ("a page of HTML with status 200", answer(200, HTML)),
    "empty": ("nothing, with status 200", answer(200, b"")),
    "empty-object": ("an empty object", answer(200, b"{}")),
    "null": ("`data: null`", answer(200, b'{"data": null}')),
    "deep": ("100 000 levels of JSON", answer(200, b'{"a":' * 100_000)),
    "no-utf-8": ("JSON that is no UTF-8", answer(200, b'{"data": "\xff"}')),
    "403": ("403 to everything: the login has ended", answer(403)),
    "404-html": ("404 with a page of HTML", answer(404, HTML)),
    "429": ("429: no more questions", answer(429, b"")),
    "500": ("500", answer(500)),
    "sealed": ("503: it is sealed", answer(503, b'{"errors": ["Vault is sealed"]}')),
    "truncated": ("half of what was announced", faulty.truncated),
    "hang": ("no answer at all", faulty.hang),
    "drip": ("an answer byte by byte, without an end", faulty.drip),
    "huge": ("200 MB", faulty.huge),
    "reset": ("connections that are torn down", faulty.reset),
}


def _fault(name: str, what: str, fault: Fault, when: When, moment: str) -> None:
    def look(place: Place) -> Seen:
        with _house(place) as (server, token, tree), faulty.before(server.address) as proxy:
            proxy.fault, proxy.when = fault, when
            return _spoiled(_check(place, proxy.address, token, tree), token)

    expected = "told as not asked; the verdict says so; neither token nor secret is told"
    add(Case(GROUP, f"{name}{moment.replace(' ', '-')}", f"Vault answers {what}{moment}", expected, look))


for _name, (_what, _answer) in FAULTS.items():
    _fault(_name, _what, _answer, always, "")
for _name in ("html", "403", "empty-object", "truncated"):
    _fault(_name, *FAULTS[_name], from_on(3), " from the third question on")


@case(GROUP, "all is well with Vault", "failed: the secret is in use", quick=False)
def healthy(place: Place) -> Seen:
    with _house(place) as (server, token, tree):
        ran = _check(place, server.address, token, tree)
    live = any(one.get("secret_state") == "live" for one in ran.findings)
    return ended(ran, 1, more=_given_away(ran, token) or ("" if live else "it is not found in Vault"))


@case(GROUP, "Vault sends the token on to another host", "it is not followed: that host is never asked")
def redirect(place: Place) -> Seen:
    with (
        _house(place) as (server, token, tree),
        faulty.before(server.address) as proxy,
        faulty.before(server.address) as evil,
    ):
        proxy.fault, proxy.when = answer(307, b"", Location=f"{evil.address}/v1/x"), always
        seen = _spoiled(_check(place, proxy.address, token, tree), token)
        return Seen(f"{seen.words}; the other host was asked {len(evil.seen)} times", held=seen.held and not evil.seen)


@case(GROUP, "the certificate of Vault is signed by nobody, and VAULT_SKIP_VERIFY is set", "no token is sent")
def certificate_of_nobody(place: Place) -> Seen:
    with _house(place) as (server, token, tree):
        file = place / "self-signed.pem"
        file.write_text(certificate_and_key())
        with faulty.before(server.address, file) as proxy:
            ran = _check(place, proxy.address, token, tree, VAULT_SKIP_VERIFY="true")
            return _asked(ran, token, proxy)


def _asked(ran: Ran, token: str, proxy: Proxy) -> Seen:
    seen = ended(ran, 1, 2, 3, more=_given_away(ran, token))
    return Seen(f"{seen.words}; asked {len(proxy.seen)} times", held=seen.held and not proxy.seen)


@case(GROUP, "Vault's address is plain http at another machine", "refused: no token is sent")
def plain_http(place: Place) -> Seen:
    with _house(place) as (_, token, tree):
        ran = _check(place, "http://192.0.2.1:8200", token, tree)
        return ended(ran, 1, 2, 3, said="http", more=_given_away(ran, token))


@case(GROUP, "the token is none", "told as not asked; not passed")
def token_is_none(place: Place) -> Seen:
    with _house(place) as (server, _, tree):
        return _spoiled(_check(place, server.address, "hvs.none", tree), "hvs.none")


@case(GROUP, "the token ends while secrets are read", "told as not asked to the end")
def token_ends(place: Place) -> Seen:
    with _house(place) as (server, token, tree), faulty.before(server.address) as proxy:

        def revoke(handler: faulty.Handler) -> None:
            with contextlib.suppress(Exception):
                server.client().auth.token.revoke(token)
            handler.say(403, b'{"errors": ["permission denied"]}', {})

        proxy.fault, proxy.when = revoke, from_on(4)
        return _spoiled(_check(place, proxy.address, token, tree), token)


@case(GROUP, "settings of the scanned tree name a Vault of their own", "it is not asked")
def tree_names_a_vault(place: Place) -> Seen:
    with _house(place) as (server, token, tree), faulty.before(server.address) as evil:
        (tree / "secscan.yaml").write_text(f"version: 1\nvault: {{address: {evil.address}, mounts: [secret]}}\n")
        ran = place.scan(tree, env={"VAULT_TOKEN": token})
        return _asked(ran, token, evil)


@case(GROUP, "paths of secrets in the code lead to other parts of Vault's API", "nothing but secrets is asked for")
def paths_that_lead_out(place: Place) -> Seen:
    with _house(place) as (server, token, tree), faulty.before(server.address) as proxy:
        (tree / "deploy.sh").write_text(
            "vault kv get secret/../../sys/raw/x\nvault kv get -field=x secret/shop/..%2f..%2fsys/seal\n"
        )
        proxy.when = lambda number, path: False
        (place / "settings.yaml").write_text(_SETTINGS)
        ran = place.scan(
            tree,
            "--vault",
            "--config",
            place / "settings.yaml",
            env={"VAULT_ADDR": proxy.address, "VAULT_TOKEN": token},
        )
        odd = [path for path, _ in proxy.seen if ".." in path or "/sys/raw" in path or "/sys/seal" in path]
        more = _given_away(ran, token) or (f"asked for {odd[0]}" if odd else "")
        return ended(ran, 1, 3, more=more)
