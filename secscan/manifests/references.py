"""References to images, which manifests of every kind write in the same way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.findings.levels import Severity
from secscan.manifests.issues import Issue, short
from secscan.manifests.nodes import Node

_UNKNOWN = re.compile(r"\{\{|\$\{|\$\(|<%")
_DIGEST = re.compile(r"@sha(?:256:[0-9a-fA-F]{64}|512:[0-9a-fA-F]{128})$")


def is_unknown(text: str) -> bool:
    """Whether a value is a template's, known only when that is filled in."""
    return _UNKNOWN.search(text) is not None


def image_issue(image: Node) -> Iterator[Issue]:
    """What is wrong with the way in which an image is named."""
    name = image.text
    if not name or is_unknown(name) or _DIGEST.search(name):
        return
    base = name.partition("@")[0]
    stem, colon, tag = base.rpartition(":") if ":" in base.rpartition("/")[2] else (base, "", "")
    moves = not colon or tag == "latest"
    written = f"by the tag {short(tag)}" if colon else "without a tag, which is the tag latest"
    yield Issue(
        defect="unpinned-image",
        rule="image-latest" if moves else "image-without-digest",
        title="names its image by a moving tag" if moves else "names its image without a digest",
        words=f"{short(stem)} is named {written}; what runs can change with nobody changing this file",
        severity=Severity.MEDIUM if moves else Severity.LOW,
        node=image,
        fix={"image": f"{short(stem)}:{'VERSION' if moves else short(tag)}@sha256:DIGEST"},
        advice="`docker buildx imagetools inspect IMAGE` tells the digest.",
    )
