"""Names, configurations and documents that attack whoever reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.support.hostile_images.case import (
    DEEP,
    STATUS,
    below,
    docker,
    evil_status,
    hostile,
    oci_of,
    saved,
    with_layer,
)
from tests.support.image_samples import Known, debian
from tests.support.images import ImageBuilder
from tests.support.tars import (
    file,
)


@hostile("either")
def names_that_attack_a_reader(place: Path) -> str:
    """Control characters, HTML, commands of terminals and platforms, and letters that turn the text round."""
    names = (
        "app/\x1b]0;owned\x07\x1b[2J",
        "app/<script>alert(1)</script>",
        "app/\u202egnp.exe",
        "app/a\nb",
        "app/::error file=x::owned",
        "app/=cmd|' /C calc'!A0",
        "app/`id`$(id)",
        "app/%s%n{{7*7}}{% raw %}",
    )
    entries = [file(f"{name}/node_modules/x/package.json", '{"name": "x", "version": "1"}', 0o4777) for name in names]
    return with_layer(place, *entries, file("app/x\0y"))


@hostile("either")
def names_that_are_no_utf8(place: Path) -> str:
    """Bytes that are no text."""
    return with_layer(
        place,
        file(b"app/\xff\xfe\x80/node_modules/x/package.json", '{"name": "x", "version": "1"}'),
        file(b"app/\xed\xa0\x80"),
        replace(file("app/x"), pax={"path": b"app/\xc3\x28"}),
    )


@hostile("either", finds=())
def packages_that_attack_a_reader(place: Path) -> str:
    """Names and versions that are more than names and versions."""
    evil = (
        Known("Debian:12", "<img src=x onerror=alert(1)>", "1"),
        Known("Debian:12", "a\x1b[31m", "2\u202e"),
        Known("Debian:12", "../../etc/passwd", "$(id)"),
        Known("Debian:12", "x" * 100_000, "9" * 100_000),
        Known("Debian:12", "libc6@1?arch=x#y", "1:2:3~~^"),
    )
    return saved(place, ImageBuilder(name="evil:<b>1\x1b[0m").layer(debian(evil)))


@hostile("either", finds=(), hides=())
def os_release_that_attacks_a_reader(place: Path) -> str:
    """Shell text, and names that are none."""
    text = "ID=$(touch /tmp/evil)\nVERSION_ID=`id`\nPRETTY_NAME='<script>'\nID=\"debian\n" + "X=1\n" * 300_000
    return saved(place, ImageBuilder(name="evil:1").layer(file("etc/os-release", text), file(STATUS, evil_status())))


@hostile("either")
def configuration_that_attacks_a_reader(place: Path) -> str:
    """Values of wrong types, wherever a text or a list is expected."""
    builder = below()
    config = builder.config()
    config |= {"architecture": ["x"], "os": {"a": 1}, "created": 12, "author": None}
    config["config"] = {
        "User": 0,
        "Env": "PATH=/",
        "Cmd": {"a": 1},
        "Labels": ["x"],
        "ExposedPorts": [80],
        "Volumes": 3,
    }
    config["history"] = [{"created_by": ["RUN"], "empty_layer": "yes"}, None, "RUN", 7]
    return oci_of(place, builder, builder.manifest(), config)


@hostile("gap", finds=())
def configuration_of_another_shape(place: Path) -> str:
    """A list where an object is expected."""
    builder = below()
    return oci_of(place, builder, builder.manifest(), [1, 2, 3])


@hostile("gap", finds=())
def configuration_nested_200_000_deep(place: Path) -> str:
    """Parsers that call themselves run out of stack."""
    builder = below()
    return oci_of(place, builder, builder.manifest(), b'{"config":' + b"[" * DEEP + b"]" * DEEP + b"}")


@hostile("gap", finds=())
def configuration_of_50_megabytes(place: Path) -> str:
    """Valid, and larger than any."""
    builder = below()
    config = builder.config()
    config["config"]["Labels"] = {f"label{number}": "x" * 100 for number in range(400_000)}
    return oci_of(place, builder, builder.manifest(), config)


@hostile("gap", finds=())
def manifest_nested_200_000_deep(place: Path) -> str:
    """In `manifest.json` of docker save."""
    files = below().docker_files()
    return docker(place, {**files, "manifest.json": b"[" * DEEP + b"]" * DEEP})


@hostile("either")
def lock_file_nested_200_000_deep(place: Path) -> str:
    """Documents of packages, each nested deep."""
    deep = b'{"name": "x", "version": "1", "a":' + b"[" * DEEP + b"]" * DEEP + b"}"
    return with_layer(
        place, *(file(f"app/{name}", deep) for name in ("package-lock.json", "node_modules/x/package.json"))
    )
