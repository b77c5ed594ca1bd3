"""Makes the samples anew, with the real tools: `python -m tests.unit.inventory.installed.record`.

Needs rpmbuild and rpm for `rpmdb.sqlite.xz`, and go and objcopy for `go.buildinfo`; what is not there is left as it is.
"""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SAMPLES = Path(__file__).with_name("samples")

SPEC = """\
Name: gulls
Version: 2.12
Release: 3.fc40
Epoch: 2
Summary: Gulls
License: GPL-3.0-or-later AND MIT
%description
Gulls
%package -n libgulls
Version: 1.0~rc1
Epoch: 0
Summary: Gulls
BuildArch: noarch
%description -n libgulls
Gulls
%package -n gpg-pubkey
Summary: Named as the keys that rpm keeps
%description -n gpg-pubkey
Gulls
%files
%files -n libgulls
%files -n gpg-pubkey
%changelog
""" + "".join(f"* Mon Jan 01 2024 A <a@example.com> - {number}\n- {'x' * 200}\n" for number in range(100))
"""A changelog so long that the header lies in many pages."""

GO = {
    "app/go.mod": "module example.com/app\ngo 1.22\n"
    "require (\n\texample.com/a v1.2.3\n\texample.com/b v0.1.0\n\texample.com/c v1.0.0\n)\n"
    "replace (\n\texample.com/b => example.com/b2 v0.2.0\n\texample.com/c => ./c\n)\n",
    "app/main.go": 'package main\nimport (\n\t"example.com/a"\n\t"example.com/b"\n\t"example.com/c"\n)\n'
    "func main() { a.F(); b.F(); c.F() }\n",
    "app/c/go.mod": "module example.com/c\n",
    "app/c/c.go": "package c\nfunc F() {}\n",
    "app/vendor/example.com/a/a.go": "package a\nfunc F() {}\n",
    "app/vendor/example.com/b/b.go": "package b\nfunc F() {}\n",
    "app/vendor/example.com/c/c.go": "package c\nfunc F() {}\n",
    "app/vendor/modules.txt": "# example.com/a v1.2.3\n## explicit; go 1.17\nexample.com/a\n"
    "# example.com/b v0.1.0 => example.com/b2 v0.2.0\n## explicit; go 1.17\nexample.com/b\n"
    "# example.com/c v1.0.0 => ./c\n## explicit\nexample.com/c\n"
    "# example.com/b => example.com/b2 v0.2.0\n# example.com/c => ./c\n",
}


def run(*command: str, folder: Path) -> None:
    environment = {
        **os.environ,
        "GOFLAGS": "-mod=vendor -buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOCACHE": f"{folder}/cache",
        "CGO_ENABLED": "0",
        "GOOS": "linux",
        "GOARCH": "amd64",
        "HOME": str(folder),
    }
    subprocess.run(command, cwd=folder, env=environment, check=True)


def record_rpm(folder: Path) -> None:
    (folder / "gulls.spec").write_text(SPEC)
    run("rpmbuild", "-bb", "--define", f"_topdir {folder}/top", "gulls.spec", folder=folder)
    built = sorted(map(str, (folder / "top" / "RPMS").rglob("*.rpm")))
    database = ("--dbpath", f"{folder}/db", "--define", "_db_backend sqlite")
    run("rpm", *database, "--initdb", folder=folder)
    run("rpm", *database, "-i", "--justdb", "--nodeps", "--ignorearch", "--force-debian", *built, folder=folder)
    (SAMPLES / "rpmdb.sqlite.xz").write_bytes(lzma.compress((folder / "db" / "rpmdb.sqlite").read_bytes(), preset=9))


def record_go(folder: Path) -> None:
    for name, text in GO.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    run("go", "build", "-C", "app", "-o", "../program", ".", folder=folder)
    run("objcopy", "-O", "binary", "--only-section=.go.buildinfo", "program", "info", folder=folder)
    (SAMPLES / "go.buildinfo").write_bytes((folder / "info").read_bytes())


def main() -> None:
    SAMPLES.mkdir(exist_ok=True)
    for program, record in (("rpmbuild", record_rpm), ("go", record_go)):
        if shutil.which(program):
            with tempfile.TemporaryDirectory() as folder:
                record(Path(folder))


if __name__ == "__main__":
    main()
