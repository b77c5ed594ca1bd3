"""How a secret that leaked is replaced: what each kind needs, as data, and the ordered steps for one finding.

A step never holds a value. Where one is needed, the command reads it from standard input.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from secscan.findings.levels import SecretState
from secscan.findings.model import Finding
from secscan.secrets.detect.providers import PROVIDERS

RULE = "secscan.secret."
"""Begins the rules of the detector in findings."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is particular to one kind of secret."""

    make: str
    """How a new one is made."""
    check: str
    """How it is seen that the old one opens nothing any more."""
    field: str = "value"
    """How its field in Vault may be called."""
    ends_first: bool = True
    """Whether revoking comes before making anew: where two may live at once, nothing need stand still."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and the command for it, where there is one."""

    what: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Rotation:
    """The steps for one finding, in their order."""

    finding: Finding
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a store keeps the value, as findings name it."""

    path: str
    field: str

    @property
    def is_id(self) -> bool:
        """Whether the path is only an id of it."""
        return self.path.startswith("id-")


_TOKEN = Recipe("issue a new one with the fewest scopes and an end", "call its API with the old one: 401", "token")
_KEY = Recipe("create a new key with the fewest rights", "call its API with the old one: 401 or 403", "key")
_PASSWORD = Recipe(
    "set a new random one, or better let Vault's database engine make one for each user",
    "log in with the old one: it is refused",
    "password",
    ends_first=False,
)
_RECIPES: Mapping[str, Recipe] = {
    "private-key": Recipe(
        "make a new key pair; for a certificate, have it issued anew",
        "the certificate is on the revocation list; for SSH, the public key is gone from every `authorized_keys`",
        "private_key",
    ),
    "jwt": Recipe("let its user log in again", "send it to the service: 401", "token"),
    "credentials-in-url": _PASSWORD,
    "basic-authorization": _PASSWORD,
    "generic-password": _PASSWORD,
    "vault-token": Recipe(
        "let its holder log in by a method (JWT, Kubernetes, AppRole) instead of carrying a token",
        "`vault token lookup` with the old one: 403",
        "token",
    ),
    "aws-access-key-id": Recipe(
        "create a second access key, or better a role that is assumed with OIDC or by the instance",
        "`aws sts get-caller-identity` with the old one: InvalidClientTokenId; look for its use in CloudTrail",
        "access_key",
        ends_first=False,
    ),
    "aws-secret-access-key": Recipe(
        "create a second access key, or better a role that is assumed with OIDC or by the instance",
        "`aws sts get-caller-identity` with the old one: InvalidClientTokenId; look for its use in CloudTrail",
        "secret_key",
        ends_first=False,
    ),
    "azure-storage-key": Recipe(
        "move its users to the second key, then regenerate the first", "a request with the old one: 403", "key",
        ends_first=False,
    ),
    "azure-shared-access-key": Recipe(
        "move its users to the second key, then regenerate the first", "a request with the old one: 401", "key",
        ends_first=False,
    ),
    "slack-webhook": Recipe("add a new webhook", "post to the old one: 404 `no_service`", "url"),
    "discord-webhook": Recipe("make a new webhook", "post to the old one: 404", "url"),
    "stripe-key": Recipe("roll the key: the new one is shown once", "a request with the old one: 401", "key"),
    "age-key": Recipe(
        "make a new identity and encrypt everything anew: what was encrypted to the old one stays readable with it",
        "`age -d` with the old one: no identity matched",
        "identity",
    ),
    "nats-seed": Recipe("make a new key pair, and have its user's JWT signed anew", "connect with the old one", "seed"),
}  # fmt: skip
_REVOKE = {one.id: one.revoke for one in PROVIDERS}
_ENDINGS = ("-token", "-key", "-secret", "-password")

_KEPT = re.compile(r"vault:([\w./@+~-]{1,400})(?:#([\w./@+~-]{1,200}))?")
_STEADS = {
    ".py": '`os.environ["NAME"]`',
    ".js": "`process.env.NAME`",
    ".ts": "`process.env.NAME`",
    ".go": '`os.Getenv("NAME")`',
    ".rb": '`ENV.fetch("NAME")`',
    ".java": '`System.getenv("NAME")`',
    ".tf": "a `vault_kv_secret_v2` ephemeral resource",
    ".sh": '`"${NAME:?}"`',
    ".env": "nothing: leave the file out of the repository",
}
_YAML = "an ExternalSecret or a `secretKeyRef`; in GitHub Actions `hashicorp/vault-action`"


def rotation(finding: Finding) -> Rotation:
    """Return the steps that replace the secret of a finding."""
    kind = kind_of(finding)
    recipe = _recipe(kind)
    kept = kept_at(finding)
    renewing = [
        Step(f"Revoke it: {_REVOKE.get(kind) or 'change it wherever it is used'}."),
        Step(f"Make it anew: {recipe.make}."),
    ]
    if not recipe.ends_first:
        renewing.reverse()
    written = [_write(one, recipe) for one in kept] or [_write(None, recipe)]
    steps = [*renewing, *written] if recipe.ends_first else [renewing[0], *written]
    steps += [_replace(finding), *([] if recipe.ends_first else [renewing[1]]), *_verify(finding, recipe)]
    return Rotation(finding, tuple(steps))


def code(text: str) -> str:
    """Text of others as code, in which neither Markdown nor HTML means anything."""
    inert = text.replace("`", "'")
    return f"`{' '.join(inert.split())}`"


def kind_of(finding: Finding) -> str:
    """Which rule of the detector saw it; empty where none did."""
    rules = [one.rule for one in finding.sources if one.rule.startswith(RULE)]
    return rules[0].removeprefix(RULE) if rules else ""


def kept_at(finding: Finding) -> tuple[Kept, ...]:
    """Where a store keeps the value, by the notes and the message of a finding: `vault:secret/app/db#password`."""
    texts = (finding.message, *finding.notes) if finding.secret_state is not SecretState.UNKNOWN else ()
    found = [
        Kept(match[1].rstrip(".").strip("/"), (match[2] or "").rstrip("."))
        for text in texts
        for match in _KEPT.finditer(text)
    ]
    return tuple(dict.fromkeys(one for one in found if one.path))


def _recipe(kind: str) -> Recipe:
    if kind in _RECIPES:
        return _RECIPES[kind]
    ending = next((one for one in _ENDINGS if kind.endswith(one)), "")
    return {"-token": _TOKEN, "-key": _KEY, "-secret": _KEY}.get(ending, _PASSWORD if ending else _KEY)


def _write(kept: Kept | None, recipe: Recipe) -> Step:
    if kept is None:
        # `put` makes an entry. The value comes from standard input: an argument would stand in the shell's history.
        return Step("Write the new one to Vault.", f"vault kv put secret/TEAM/APPLICATION {recipe.field}=-")
    if kept.is_id:
        return Step(
            f"Write the new one to the entry {kept.path} of Vault; `secscan vault index --paths` says which that is.",
            f"vault kv patch PATH {shlex.quote(kept.field or recipe.field)}=-",
        )
    # `patch` leaves the other fields of the entry as they are, which `put` would drop.
    return Step(
        "Write the new one to Vault, as a new version.",
        f"vault kv patch {shlex.quote(kept.path)} {shlex.quote(kept.field or recipe.field)}=-",
    )


def _replace(finding: Finding) -> Step:
    places = ", ".join(dict.fromkeys(code(one.place) for one in finding.each))
    path = finding.location.path
    suffix = path[path.rfind(".") :].lower() if "." in path.rpartition("/")[2] else ""
    stead = _YAML if suffix in {".yaml", ".yml"} else _STEADS.get(suffix, "a variable that Vault fills")
    return Step(f"Put a reference in the place of the literal in {places}: {stead}.")


def _verify(finding: Finding, recipe: Recipe) -> Iterator[Step]:
    yield Step(f"Verify that the old one is dead: {recipe.check}.")
    yield Step(
        "Verify that the literal is gone and a reference stands in its stead.",
        "secscan vault rotate-plan --diff BASE...HEAD",
    )
    if finding.secret_state is SecretState.LIVE:
        yield Step("Verify that Vault holds another value now: the finding is no longer in use.", "secscan vault check")
    yield Step("Look for its use since it was published, in the logs of the service and in Vault's audit log.")
