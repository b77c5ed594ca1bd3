"""Looks at all files of a target that may be manifests, and answers in plain values.

No file is rendered, built or filled in: what only comes to be by that is a gap, with the command that makes it.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from secscan.findings.levels import GapKind
from secscan.manifests.cluster import Cluster
from secscan.manifests.compose_files import ComposeFile
from secscan.manifests.nodes import Node, Problem, Reading, read
from secscan.manifests.objects import Object, objects
from secscan.manifests.project import project_findings
from secscan.manifests.recognise import Form, form_of, is_candidate, is_template, looks_like_manifest

MOST_CHARACTERS = 4_000_000
"""Of one file; the reader takes some three seconds for a million."""
MOST_FINDINGS = 5_000
"""In one file."""

_PLAIN_KUSTOMIZATION = frozenset(("apiVersion", "kind", "metadata", "resources", "bases", "crds", "sortOptions"))
"""What a kustomization may hold and change nothing."""
_PATCH_LISTS = ("patches", "patchesStrategicMerge", "patchesJson6902")
_RENDER_HELM = "render it, `helm template CHART > rendered.yaml`, and scan what comes out"
_RENDER_KUSTOMIZE = "build it, `kustomize build FOLDER > rendered.yaml`, and scan what comes out"


@dataclass
class Answer:
    """What was seen; `findings` and `gaps` with the path of their file."""

    findings: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    gaps: list[tuple[str, Problem, str]] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)


def analyse(files: Iterable[tuple[str, str]], *, whole: bool) -> Answer:
    """Look at files, given as path and text. `whole`: whether they are all the files of a project."""
    answer = Answer()
    documents: dict[str, tuple[Node, ...]] = {}
    for path, text in files:
        if not is_candidate(path, text):
            answer.looked_at.append(path)
            continue
        if len(text) > MOST_CHARACTERS:
            words = f"more than {MOST_CHARACTERS} characters"
            answer.gaps.append((path, Problem(GapKind.TOO_LARGE, 0, words), "split the file"))
            continue
        reading = read(text)
        documents[path] = reading.documents
        problems = list(problems_of(path, text, reading))
        answer.gaps += [(path, problem, way) for problem, way in problems]
        if not problems:
            answer.looked_at.append(path)
    patches = dict(_kustomized(documents, answer))
    judged = {path: several for path, several in documents.items() if path not in patches}
    for path in patches:
        if path in documents:
            words = "it is a patch of Kustomize: what it changes is known only when that has built it"
            answer.gaps.append((path, Problem(GapKind.UNSUPPORTED_MANIFEST, 0, words), _RENDER_KUSTOMIZE))
    answer.looked_at = [path for path in answer.looked_at if path not in patches]
    _judge(judged, answer, whole=whole)
    return answer


def problems_of(path: str, text: str, reading: Reading) -> Iterator[tuple[Problem, str]]:
    """Yield what could not be read, with what to do, where the file is, or most likely is, a manifest."""
    is_one = any(form_of(path, one) is not Form.OTHER for one in reading.documents)
    if not reading.problems or not (is_one or looks_like_manifest(path, text)):
        return
    first = reading.problems[0]
    if is_template(text):
        yield Problem(GapKind.UNSUPPORTED_MANIFEST, first.line, f"it is a template: {first.words}"), _RENDER_HELM
        return
    for problem in reading.problems:
        yield problem, "correct it, so that it means one thing to every reader"


def _kustomized(documents: dict[str, tuple[Node, ...]], answer: Answer) -> Iterator[tuple[str, str]]:
    """Yield the files that are patches, with the kustomization that names them."""
    for path, several in documents.items():
        for one in several:
            if form_of(path, one) is not Form.KUSTOMIZE:
                continue
            changing = sorted(one.members.keys() - _PLAIN_KUSTOMIZATION)
            if changing:
                words = f"it changes what it names ({', '.join(changing)[:200]}), which was looked at as it is"
                answer.gaps.append((path, Problem(GapKind.UNSUPPORTED_MANIFEST, one.line, words), _RENDER_KUSTOMIZE))
            folder = posixpath.dirname(path)
            for name in _PATCH_LISTS:
                for patch in one.get(name).items:
                    named = patch.text or patch.get("path").text
                    if named:
                        yield posixpath.normpath(posixpath.join(folder, named)), path


def _judge(documents: dict[str, tuple[Node, ...]], answer: Answer, *, whole: bool) -> None:
    found: list[Object] = []
    counts: dict[str, int] = defaultdict(int)

    def take(path: str, finding: dict[str, Any]) -> None:
        counts[path] += 1
        if counts[path] <= MOST_FINDINGS:
            answer.findings.append((path, finding))

    def other(path: str) -> Node | None:
        return next((one for one in documents.get(path, ()) if one.get("services")), None)

    for path, several in documents.items():
        for one in several:
            match form_of(path, one):
                case Form.KUBERNETES:
                    found.extend(objects(path, one))
                case Form.COMPOSE:
                    file = ComposeFile(path, one, other)
                    for finding in project_findings(file, path):
                        take(path, finding)
                    answer.gaps += [(path, problem, "scan the project as a whole") for problem in file.problems]
    for path, finding in Cluster(found, whole=whole).findings():
        take(path, finding)
    for path, count in counts.items():
        if count > MOST_FINDINGS:
            words = f"{count} findings, of which {MOST_FINDINGS} are told"
            answer.gaps.append((path, Problem(GapKind.PARTIAL, 0, words), "mend those first"))
