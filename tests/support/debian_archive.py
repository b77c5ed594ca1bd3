"""A security archive of Debian as small as can be, signed by a key that was made for it."""

from __future__ import annotations

import hashlib
import io
import lzma
import subprocess
import tarfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

DISTS = "/debian-security/dists/bookworm-security"


class Key:
    """A key that signs; `keyring` is what knows it."""

    def __init__(self, home: Path, name: str) -> None:
        self.home = home
        self.name = name
        self.home.mkdir(mode=0o700)
        self.keyring = home / "keyring.gpg"
        self._gpg("--quick-generate-key", f"{name} <{name}@example.org>", "ed25519", "sign", "never")
        self.keyring.write_bytes(self._gpg("--export"))

    def sign(self, text: str) -> bytes:
        return self._gpg("--clearsign", data=text.encode())

    def sign_with(self, other: Key, text: str) -> bytes:
        """Sign with both keys: this one has to learn the other's."""
        self._gpg("--import", data=other._gpg("--export-secret-keys"))
        users = [word for key in (self, other) for word in ("--local-user", key.name)]
        return self._gpg(*users, "--clearsign", data=text.encode())

    def close(self) -> None:
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=True)

    def _gpg(self, *arguments: str, data: bytes = b"") -> bytes:
        options = ["--homedir", str(self.home), "--batch", "--pinentry-mode", "loopback", "--passphrase", ""]
        return subprocess.run(["gpg", *options, *arguments], input=data, check=True, capture_output=True).stdout


def deb(files: dict[str, bytes], *, packed: str = "xz", links: dict[str, str] | None = None) -> bytes:
    """A package that holds these files."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=f"w:{packed}", format=tarfile.GNU_FORMAT) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for name, goal in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, goal
            archive.addfile(entry)
    suffix = f".{packed}" if packed else ""
    members = [("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), (f"data.tar{suffix}", data.getvalue())]
    return b"!<arch>\n" + b"".join(
        f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content + b"\n" * (len(content) % 2)
        for name, content in members
    )


@dataclass
class Archive:
    """What stands in it; `files` gives what a server has to serve."""

    sources: str = ""
    packages: str = ""
    pool: dict[str, bytes] = field(default_factory=dict)
    made: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=1))
    valid: timedelta = timedelta(days=7)
    codename: str = "bookworm-security"
    more: str = ""
    """Further fields."""
    without: tuple[str, ...] = ()
    """Fields that are left out."""

    def source(self, name: str, version: str, *, more: str = "") -> None:
        self.sources += f"Package: {name}\nVersion: {version}\nDirectory: pool/{name}\n{more}\n"

    def package(self, name: str, version: str, data: bytes, *, source: str = "", path: str = "") -> None:
        path = path or f"pool/{name}_{version.replace(':', '%3a')}_amd64.deb"
        self.pool[path] = data
        digest = hashlib.sha256(data).hexdigest()
        built = f"Source: {source}\n" if source else ""
        self.packages += (
            f"Package: {name}\n{built}Version: {version}\nFilename: {path}\nSize: {len(data)}\nSHA256: {digest}\n\n"
        )

    def lists(self) -> dict[str, bytes]:
        return {
            "main/source/Sources.xz": lzma.compress(self.sources.encode()),
            "main/binary-amd64/Packages.xz": lzma.compress(self.packages.encode()),
        }

    def release(self, lists: dict[str, bytes]) -> str:
        fields = {
            "Origin": "Debian",
            "Codename": self.codename,
            "Date": format_datetime(self.made, usegmt=True),
            "Valid-Until": format_datetime(self.made + self.valid, usegmt=True),
        }
        listed = "".join(f" {hashlib.sha256(data).hexdigest()} {len(data)} {path}\n" for path, data in lists.items())
        head = "".join(f"{name}: {value}\n" for name, value in fields.items() if name not in self.without)
        return f"{head}{self.more}SHA256:\n{listed}"

    def files(self, key: Key, lists: dict[str, bytes] | None = None) -> dict[str, bytes]:
        lists = self.lists() if lists is None else lists
        return {
            f"{DISTS}/InRelease": key.sign(self.release(lists)),
            **{f"{DISTS}/{path}": data for path, data in lists.items()},
            **{f"/debian-security/{path}": data for path, data in self.pool.items()},
        }
