"""Records the real output of the scanners anew: `make record`, after an upgrade of one of them."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from secscan.advisories.store import resolve
from secscan.images.read import Keys, read_image
from secscan.images.reading import Image
from secscan.inventory.contract import Declared
from secscan.process import Ended
from secscan.scanners.contract import Scanner, Setup
from secscan.scanners.image_packages import ImageScan
from secscan.scanners.programs import find_programs
from secscan.scanners.registry import all_scanners
from secscan.scanners.trivy import CACHE_VARIABLE
from secscan.secrets.control import control_source
from secscan.stores.aws.settings import AwsSettings
from secscan.stores.vault.settings import VaultSettings
from tests.recorded.cases import write_case
from tests.support.aws import REGION, AwsServer
from tests.support.aws import running as running_aws
from tests.support.grype_answers import DIGEST, artifact, ended, match, packages, report
from tests.support.image_samples import DEBS, WHEELS, Known, debian, python_packages
from tests.support.images import ImageBuilder
from tests.support.tars import file
from tests.support.scanned_images import declared, real_trivy, setup_of, written
from tests.support.targets import folder_target
from tests.support.trivy_database import trivy_database
from tests.support.vault import VaultServer, running

SHOP = Path(__file__).resolve().parent.parent.parent / "examples" / "shop"

SOURCE = {
    "shop": {str(path.relative_to(SHOP)): path.read_bytes() for path in sorted(SHOP.rglob("*.py"))},
    "clean": {"clean.py": b"x = 1\n"},
    "lost": {
        "syntax.py": b"def f(:\n",
        "latin.py": b"# caf\xe9\n",
        "deep.py": b"x = " + b"(" * 300 + b"1" + b")" * 300 + b"\n",
        "partly.py": b"import os\nos.system(input())\ndef g(:\n  ((((\nos.system(input())\n",
        "fine.py": b"eval(input())\n",
    },
    "crash": {
        "crash.py": b"from cryptography.hazmat.primitives.asymmetric import rsa\n"
        b"rsa.generate_private_key(65537, key_size=[512])\n"
    },
}

MANIFESTS = {
    "shop": {"requirements.txt": (SHOP / "requirements.txt").read_bytes()},
    "clean": {"requirements.txt": b"itsdangerous==2.2.0\n"},
    "twice": {
        "requirements.txt": b"jinja2==2.10\n",
        "worker/requirements.txt": b"Jinja2==2.10\nmarkupsafe==2.1.5\n",
    },
}

PACKAGES = {
    **MANIFESTS,
    "odd": {"requirements.txt": b"jinja2===2.10-rubbish\nflask==2.2.0\n"},
}

LICENCES = {
    "known": {
        "package-lock.json": b'{"packages": {"node_modules/a": {"version": "1.0.0", "license": "(MIT OR GPL-3.0)"},'
        b'"node_modules/b": {"version": "2.0.0", "license": "SEE LICENSE IN LICENSE"}}}',
    },
    "unknown": {"requirements.txt": b"flask==2.0\n"},
}

SECRETS = {
    "clean": {"clean.py": b"x = 1\n"},
    "found": {
        "settings.py": b'DB_PASSWORD = "Tr0ub4dor&3xyz"\nTOKEN = "ghp_' + b"a1" * 15 + b'0"\n',
        "utf16.txt": "password = 'Tr0ub4dor&3xyz'\n".encode("utf-16"),
    },
}

VAULT = {
    "clean": {"clean.py": b"x = 1\n"},
    "states": {
        "a.py": b"A_PASSWORD = 'c0pper-Lantern.42'\nB_PASSWORD = 'c0pper-Lantern.41'\n"
        b"C_PASSWORD = 'v1olin-Harbor.77'\nD_PASSWORD = 'hunter2'\nE_PASSWORD = 'h0lly-Saddle.99'\n"
    },
}

REFERENCES = {
    "clean": {"clean.py": b"x = 1\n"},
    "states": {
        "deploy.sh": b"vault kv get -field=password secret/app/db\nvault kv get -field=pasword secret/app/db\n"
        b"vault kv get -version=1 secret/app/db; vault kv get -version=9 secret/app/db; vault kv get secret/gone\n"
        b"vault kv get secret/../../sys/mounts; vault kv get secret/$APP/db; vault kv get nowhere/app\n",
        "app.yaml": b"x: <path:secret/data/app/dbx#password>\n",
    },
}

_TOKEN = control_source()  # fits its checksum and was never issued
LEAKS = {
    "clean": {"clean.py": b"x = 1\n"},
    "found": {
        "package-lock.json": _TOKEN,
        "logo.png": b"\x89PNG\r\n\x1a\n\x00\x00" + b"\x01\x02\xff" * 40 + b"\n" + _TOKEN,
        "utf16.txt": _TOKEN.decode().encode("utf-16"),
        "paper.txt": b"%PDF-1.4\n" + _TOKEN,
        "marked.py": b"# kingfisher:ignore\n" + _TOKEN.strip() + b"  # gitleaks:allow betterleaks:allow\n",
        "long.js": b"x=1;" * 40_000 + _TOKEN,
    },
}

_BAD = (
    b"FROM debian\nRUN apt-get update && apt-get install -y sudo curl \\\n && curl -k http://x.example/i | bash\n"
    b"ENV DB_PASSWORD=Tr0ub4dor&3xyz\n# hadolint ignore=DL3002\nUSER root\n"
)
DOCKERFILES = {
    "clean": {
        "Dockerfile": b"FROM debian:12@sha256:" + b"0123456789abcdef" * 4 + b"\nUSER 10001\nHEALTHCHECK CMD true\n"
    },
    "found": {"Dockerfile": _BAD, "build/app.Dockerfile": _BAD, ".hadolint.yaml": b"ignored: [DL3002, DL3006]\n"},
    "lost": {
        "Dockerfile": b"FROM debian:12\nRNU x\n",
        "Dockerfile.j2": b"FROM {{ image }}\n",
        "Containerfile": b"",
        "Dockerfile.md": b"# How we build\n",
        "large.dockerfile": b"FROM a:1\n" + b"RUN true\n" * 12_000,
    },
}

KUBERNETES = {
    "clean": {
        "pod.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n"
        b"  automountServiceAccountToken: false\n  hostNetwork: false\n  containers:\n    - name: web\n"
        b"      image: registry.test/web:1.2@sha256:" + b"0123456789abcdef" * 4 + b"\n"
        b"      resources: {limits: {memory: 256Mi, cpu: 500m}}\n"
        b"      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true,\n"
        b"        capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}\n---\n"
        b"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: closed, namespace: shop}\n"
        b"spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n",
        "values.yaml": b"image: web\n",
    },
    "found": {
        "deployment.yaml": b"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\n  namespace: prod\nspec:\n"
        b"  template:\n    metadata:\n      labels: {app: shop}\n      annotations:\n"
        b"        checkov.io/skip1: CKV_K8S_16=it is fine\n    spec:\n      hostPID: true\n      containers:\n"
        b"        - name: web  # trivy:ignore:KSV017\n          image: nginx\n          securityContext:\n"
        b"            privileged: true\n        - name: log\n          image: nginx:1.27\n---\n"
        b"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: all\nrules:\n"
        b"  - apiGroups: ['*']\n    resources: ['*']\n    verbs: ['*']\n",
        "list.json": b'{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod",'
        b'"metadata": {"name": "one"}, "spec": {"containers": [{"name": "a", "image": "b"}]}}]}',
        "broken.yaml": b"apiVersion: v1\nkind: Pod\nspec: [\n",
        "compose.yaml": b"services:\n  db:\n    image: postgres:16\n    privileged: true\n    ports: ['5432:5432']\n"
        b"    environment:\n      POSTGRES_PASSWORD: Tr0ub4dor&3xyz\n",
    },
}

CASES = {
    "aws-secrets": VAULT,
    "bandit": SOURCE,
    "dockerfile": DOCKERFILES,
    "hadolint": DOCKERFILES,
    "checkov": KUBERNETES,
    "manifests": KUBERNETES,
    "trivy-config": KUBERNETES,
    "semgrep": SOURCE,
    "osv": PACKAGES,
    "licences": LICENCES,
    "pip-audit": MANIFESTS,
    "secrets": SECRETS,
    "betterleaks": LEAKS,
    "gitleaks": LEAKS,
    "kingfisher": LEAKS,
    "vault": VAULT,
    "vault-audit": {"development": {}},
    "vault-references": REFERENCES,
}

OLD_IMAGE = (ImageBuilder().layer(debian()).layer(python_packages(eggs=())),
             (*declared(DEBS), *declared(WHEELS, "usr/lib/python3/dist-packages", layer=1)))  # fmt: skip
IMAGES: dict[str, tuple[str, ImageBuilder, tuple[Declared, ...]]] = {
    "archive": ("docker-archive", *OLD_IMAGE),
    "folder": ("oci", *OLD_IMAGE),
    "rootfs": ("rootfs", *OLD_IMAGE),
    "lost": ("docker-archive", OLD_IMAGE[0], (*OLD_IMAGE[1], *declared([Known("PyPI", "flask", "1.0")], "app"))),
}
TRIVY_ADVISORIES: dict[str, Any] = {
    "debian 12": {
        "openssl": {"CVE-2024-5535": {"FixedVersion": "3.0.14-1~deb12u1"}, "CVE-2024-0001": {"Status": 2}},
        "shadow": {"CVE-2023-4641": {"FixedVersion": "1:4.13+dfsg1-1+deb12u1"}},
    },
    "pip::Made up": {"django": {"CVE-2019-14234": {"VulnerableVersions": ["<2.2.4"], "PatchedVersions": ["2.2.4"]}}},
}
LIBSSL = ("libssl3", "3.0.9-1", "pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12&upstream=openssl")
DJANGO = ("Django", "2.2", "pkg:pypi/django@2.2")
GRYPE_ANSWERS = {
    "found": report(
        match(artifact(*LIBSSL, upstreams=[{"name": "openssl"}]), "CVE-2024-5535", "CVE-2024-5535"),
        match(artifact(*DJANGO), "GHSA-6r97-cj55-9hrq", "CVE-2019-14234"),
        ignoredMatches=[{**match(artifact(*LIBSSL), "CVE-2024-1"), "appliedIgnoreRules": [{"namespace": "vex"}]}],
    ),
    "clean": report(),
}

READ = {
    "clean": ImageBuilder(user="10001", healthcheck=("CMD", "true")).layer(file("app/main", "x", 0o755)),
    "wrong": ImageBuilder(env={"TOKEN": control_source().decode().split()[-1]}, ports=("22/tcp",))
    .layer(debian(), file("usr/bin/su", "x", 0o4755), file("bin/sh", "x", 0o755))
    .layer(file("srv/open", "x", 0o666), file("app/.env", control_source())),
}
LEFT_OUT = {
    "checkov": frozenset(
        (
            "bc_category", "bc_check_id", "benchmarks", "breadcrumbs", "caller_file_line_range", "caller_file_path",
            "check_class", "check_len", "code_block", "connected_node", "definition_context_file_path", "description",
            "details", "entity", "entity_tags", "evaluations", "fixed_definition", "repo_file_path", "resource_address",
            "short_description", "vulnerability_details",
        )
    ),
    "trivy-config": frozenset(("Description", "Resolution", "References", "Code", "Query", "Namespace", "Type")),
}  # fmt: skip
"""Members of what a tool says that nobody here reads: texts of its rules, mostly."""

VALUES_KEY = "the same in every recording"


def main() -> None:
    """Run every scanner on every case of its own and write what it said; or those that are named.

    trivy only where it is named: its package weighs 84 MB, is nobody's official one, and so is not installed for tests.
    """
    wanted = sys.argv[1:] or [*CASES, "grype", "image"]
    if "trivy" in wanted:
        record_images()
    if "grype" in wanted:
        make_grype()
    if "image" in wanted:
        read_images()
    if not set(wanted) & set(CASES):
        return
    with (
        resolve("demo") as index,
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as server,
        running_aws(Path(folder)) as aws,
    ):
        fill(server)
        fill_aws(aws)
        os.environ.update(server.environment(), AWS_ACCESS_KEY_ID="made-up", AWS_SECRET_ACCESS_KEY="made-up")
        for name, cases in CASES.items():
            if name not in wanted:
                continue
            for case, files in cases.items():
                record(all_scanners()[name], case, files, index, aws.address)
                print(name, case)  # noqa: T201 - a script


def record_images() -> None:
    """Run trivy on images, with a database of ours."""
    scanner = all_scanners()["trivy"]
    for case, (kind, image, known) in IMAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            os.environ[CACHE_VARIABLE] = str(trivy_database(Path(folder, "cache"), TRIVY_ADVISORIES))
            setup = replace(setup_of(written(image, kind, Path(folder), known), Path(folder)),
                            programs={"trivy": real_trivy()})  # fmt: skip
            (piece,) = scanner.plan(setup).pieces
            places = {folder: "/scanned", str(real_trivy()): "/bin/trivy"}
            write_case(scanner, case, piece, scanner.run(piece, setup), places)
            print("trivy", case)  # noqa: T201 - a script


def read_images() -> None:
    """Read images ourselves."""
    scanner = all_scanners()["image"]
    for case, image in READ.items():
        with tempfile.TemporaryDirectory() as folder:
            place = image.docker_archive(Path(folder, "image.tar"))
            reading = read_image("docker-archive", place, keys=Keys(values_key=VALUES_KEY.encode()))
            setup = Setup(target=folder_target(Path(folder), {}), image=Image("docker-archive", place, reading))
            (piece,) = scanner.plan(setup).pieces
            write_case(scanner, case, piece, scanner.run(piece, setup), {folder: "/scanned"})
            print("image", case)  # noqa: T201 - a script


def make_grype() -> None:
    """Write what grype would answer: no program of it can be had."""
    ours = (*declared([Known("Debian:12", "libssl3", "3.0.9-1", ("openssl", "3.0.9-1"))]),
            *declared([Known("PyPI", "Django", "2.2")], "usr/lib/Django-2.2.dist-info/METADATA", layer=1))  # fmt: skip
    piece = ImageScan(kind="docker-archive", place="/images/shop.tar", digest=DIGEST, packages=ours)
    for case, answer in GRYPE_ANSWERS.items():
        how: Ended = ended(answer, packages(LIBSSL, DJANGO))
        write_case(all_scanners()["grype"], case, piece, how, {})
        print("grype", case)  # noqa: T201 - a script


def fill(server: VaultServer) -> None:
    """Give a server a secret in use, one that was replaced, and one whose entry was deleted."""
    kv = server.client().secrets.kv.v2
    for value in ("c0pper-Lantern.41", "c0pper-Lantern.42"):
        kv.create_or_update_secret("app/db", {"password": value})
    for value in ("h0lly-Saddle.99", "h0lly-Saddle.98"):
        kv.create_or_update_secret("gone", {"password": value})
    kv.delete_latest_version_of_secret("gone")


def fill_aws(server: AwsServer) -> None:
    """Give a server a secret in use, and one that was replaced."""
    client = server.client("secretsmanager")
    client.create_secret(Name="app/db", SecretString="c0pper-Lantern.41")
    client.put_secret_value(SecretId="app/db", SecretString="c0pper-Lantern.42")


def record(scanner: Scanner[Any], case: str, files: dict[str, bytes], index: Path | None, aws: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        setup = Setup(
            target=folder_target(Path(folder), files),
            programs=find_programs(scanner, ()),
            advisories=index,
            vault=VaultSettings(),
            aws=AwsSettings(region=REGION, endpoint=aws),
            place=Path(folder).joinpath,
            values_key=VALUES_KEY,
        )
        (piece,) = scanner.plan(setup).pieces
        places = {folder: "/scanned", str(Path(sys.prefix)): "/venv"}
        write_case(scanner, case, piece, shortened(scanner.run(piece, setup), LEFT_OUT.get(scanner.name)), places)


def shortened(ended: Ended, left_out: frozenset[str] | None) -> Ended:
    """What a tool said, without members of these names."""
    if left_out is None:
        return ended

    def kept(members: list[tuple[str, Any]]) -> dict[str, Any]:
        return {name: value for name, value in members if name not in left_out}

    return dataclasses.replace(ended, stdout=json.dumps(json.loads(ended.stdout, object_pairs_hook=kept)).encode())


if __name__ == "__main__":
    main()
