"""Every environment variable that begins with SECSCAN_: a misspelt one would be a protection that nobody has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from secscan.yamlfile import suggestion

_PREFIX = "SECSCAN_"
_OF_ACTION = "SECSCAN_INPUT_"
"""How the GitHub Action hands on its inputs; `action.yml` is held against those that are read."""

VARIABLES: dict[str, str] = {
    "SECSCAN_POLICY": "`policy`, as --policy",
    "SECSCAN_ENVIRONMENT": "`environment`, as --environment",
    "SECSCAN_FLOOR": "`floor`, as --floor",
    "SECSCAN_TIMEOUT": "`scanners.timeout`, as --timeout",
    "SECSCAN_MEMORY": "`scanners.memory`, as --memory",
    "SECSCAN_JOBS": "`jobs`, as --jobs",
    "SECSCAN_OUTPUT": "`output`, as --output",
    "SECSCAN_ADVISORIES": "the file of your own advisory index",
    "SECSCAN_OSV_BASE": "where `secscan advisories update` gets OSV's archives, as --from",
    "SECSCAN_OSV_URL": "the service that pip-audit asks with `advisories: online`",
    "SECSCAN_DEBIAN_MIRROR": "where `secscan advisories update` gets Debian's index, as --mirror",
    "SECSCAN_TRIVY_CACHE": "the folder of trivy's database",
    "SECSCAN_GRYPE_CACHE": "the folder of grype's database",
    "SECSCAN_KEY_PASSPHRASE": "the passphrase of the key that `secscan attest` signs with",
    "SECSCAN_SECRET_ID_KEY": "the key of the ids of secrets; one for an organisation makes them the same everywhere",
    "SECSCAN_VAULT_ROLE_ID": "login to Vault: AppRole",
    "SECSCAN_VAULT_SECRET_ID": "login to Vault: AppRole",
    "SECSCAN_VAULT_WRAPPED_SECRET_ID": "login to Vault: AppRole",
    "SECSCAN_VAULT_JWT": "login to Vault: JWT",
    "SECSCAN_VAULT_USERNAME": "login to Vault: userpass",
    "SECSCAN_VAULT_PASSWORD": "login to Vault: userpass",
    "SECSCAN_PACKAGE": "what the pipelines of `secscan init --ci` install",
    "SECSCAN_LOCK": "the file of hashes that they install it by",
    "SECSCAN_CACHE_KEY": "the key of a cache of results that machines share, and of what shards write",
    "SECSCAN_STATE": "the folder that remembers which verdict services were told last",
    "SECSCAN_GITHUB_TOKEN": "the token of the GitHub Action, for its comment",
    "SECSCAN_POLICY_REF": "the commit that judges, from one step of the GitHub Action to the next",
    "SECSCAN_BASELINE_REF": "the commit that is compared with, in the same way",
    "SECSCAN_TRACEBACK": "1: show the whole error of a bug; it may hold secrets",
}
"""What each is for."""


def unknown(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each variable that looks like one of ours and is none, and what to do."""
    for name in sorted(names):
        if name.startswith(_PREFIX) and name not in VARIABLES and not name.startswith(_OF_ACTION):
            yield name, suggestion(name, VARIABLES) or "docs/settings.md lists those there are"
