"""Opens an image: has it read by a child process within limits, and gives what that saw."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from secscan import process
from secscan.errors import TargetError
from secscan.findings.levels import GapKind
from secscan.images.base import with_base
from secscan.images.limits import gap
from secscan.images.reading import EVERYTHING, PACKAGES_ONLY, Image, ImageReading
from secscan.images.reference import ENGINES, ImageReference
from secscan.leftovers import private_folder
from secscan.secrets.keys import KEY_VARIABLE, VALUES_KEY_VARIABLE


@contextlib.contextmanager
def opened_image(
    reference: ImageReference,
    limits: process.Limits,
    *,
    base: ImageReference | None = None,
    key: str = "",
    values_key: str = "",
    look_at: str = EVERYTHING,
    told: Callable[[int], None] = lambda count: None,  # noqa: ARG005 - nobody waits
) -> Iterator[Image]:
    """Give the image that a reference names, read. `base` is the image that it was built upon, where somebody says so;
    `key` and `values_key`: see `secrets.worker`; `look_at`: see `images.reading`; `told` is given the
    bytes that have been read so far.

    What an engine exports is removed at the end. Raises `TargetError` where an engine does not give the image, or the
    image was not built upon that base.
    """
    with contextlib.ExitStack() as stack:
        kind, place, name = _located(reference, limits, stack)
        reading = _read(look_at, kind, place, name, limits, {VALUES_KEY_VARIABLE: values_key, KEY_VARIABLE: key}, told)
        if reference.kind in ENGINES:
            reading = msgspec.structs.replace(reading, name=reference.place)
        if base is not None:
            lower = _read(PACKAGES_ONLY, *_located(base, limits, stack), limits, {}, told)
            reading = with_base(reading, lower, f"{base.kind}:{base.place}")
        yield Image(kind, place, reading)


def _located(reference: ImageReference, limits: process.Limits, stack: contextlib.ExitStack) -> tuple[str, Path, str]:
    """Kind, place and name of an image that lies on this machine; what an engine exports lies there for a while."""
    if reference.kind not in ENGINES:
        return reference.kind, Path(reference.place).resolve(), reference.name
    place = stack.enter_context(private_folder()) / "image.tar"
    _export(reference, place, limits)
    return "docker-archive", place, ""


def _export(reference: ImageReference, place: Path, limits: process.Limits) -> None:
    """Have the engine write an image into a file. The image is not started, and nothing is fetched."""
    program = process.find_program(reference.kind, unsafe_below=(Path.cwd(),))
    if program is None:
        hint = f"save it elsewhere (`{reference.kind} save {reference.place} -o image.tar`), and scan image.tar"
        raise TargetError(f"{reference.kind} is not installed here", hint=hint)
    variables = {name: os.environ[name] for name in _ENGINE_VARIABLES if name in os.environ}
    argv = [str(program), "save", "--output", str(place), reference.place]
    if reference.kind == "podman":
        argv[2:2] = ["--format", "docker-archive"]
    ended = process.run(argv, limits=limits, env=variables)
    if ended.trouble or ended.exit_code or not place.is_file():
        words = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        why = ended.trouble or (words[-1][:300] if words else f"it ended with exit code {ended.exit_code}")
        raise TargetError(
            f"{reference.kind} did not give the image {reference.place}: {why}",
            hint=f"see whether `{reference.kind} image inspect {reference.place}` knows it",
        )


_ENGINE_VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "CONTAINER_HOST", "HOME")
"""Where an engine is reached, as its own program reads it."""


def _read(
    what: str,
    kind: str,
    place: Path,
    name: str,
    limits: process.Limits,
    variables: dict[str, str],
    told: Callable[[int], None],
) -> ImageReading:
    def hear(text: str) -> None:
        if text.strip().isdecimal():
            told(int(text))

    ended = process.run(
        [sys.executable, "-I", "-m", "secscan.images.worker", what, kind, str(place), name],
        limits=limits,
        env={name: value for name, value in variables.items() if value},
        heard=hear,
    )
    why = ended.trouble or (f"ended with exit code {ended.exit_code}" if ended.exit_code else "")
    if not why:
        try:
            return msgspec.json.decode(ended.stdout, type=ImageReading)
        except (msgspec.DecodeError, RecursionError) as error:
            why = f"gave no whole answer: {error}"
    return _unread(place, f"what reads images {why}")


def _unread(place: Path, why: str) -> ImageReading:
    """What is said where the child process did not come to its end."""
    found = gap(GapKind.NOT_SEEN, place.name, why, remedy="give it more time or memory: --timeout, --memory")
    return ImageReading(
        name=place.name, digest="", layers=(), config=None, distribution={}, packages=(), facts=(), secrets=(),
        gaps=(found,), out_of_scope=(), entries=0, size=0, control=False,
    )  # fmt: skip
