"""Targets that are none, and judges that are none: nothing that was not looked at may pass."""

from __future__ import annotations

import os
import sysconfig
import venv
from collections.abc import Callable

from tests.scoreboard.case import Case, Group, Seen, add, case
from tests.scoreboard.place import ROOT, Place, Ran
from tests.scoreboard.planted import LEAK, PIN, SHELL, ended
from tests.scoreboard.tools import alone_on
from tests.support.osv_records import index_of, osv
from tests.support.repositories import commit, git, repository, write

GROUP = Group.FAIL_CLOSED
CODE_TOOLS = ("bandit", "semgrep", "gitleaks", "trivy", "auditron", "shieldctl")


def _alone_on_nothing(make: Callable[[Place], object]):
    """Other tools on a target that is none. It counts as one defect that it is none: they must say so."""

    def others(place: Place):
        tree = place / "tree"
        make(place)
        return alone_on(place, tree, dict.fromkeys(CODE_TOOLS, 1))

    return others


@case(GROUP, "the programs of bandit and semgrep are not installed", "incomplete, exit 3; both are named")
def scanners_are_missing(place: Place) -> Seen:
    folder = place / "venv"
    venv.create(folder, with_pip=False)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    (packages / "more.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    place.program = (str(folder / "bin" / "python"), "-P", "-m", "secscan")
    ran = place.scan(place.tree({"app.py": SHELL}), env={"PATH": "/usr/bin:/bin"})
    gone = [name for name in ("bandit", "semgrep") if ran.scanner(name).get("status") == "failed"]
    return ended(ran, 3, said="cannot be found", more="" if len(gone) == 2 else f"failed: {gone}")


@case(GROUP, "the target does not exist", "refused, exit 2", alone=_alone_on_nothing(lambda place: None))
def target_is_missing(place: Place) -> Seen:
    return ended(place.scan(place / "nowhere"), 2, said="hint")


@case(
    GROUP,
    "the target is an empty folder",
    "not passed: a folder with nothing in it is no evidence",
    alone=_alone_on_nothing(lambda place: place.tree({})),
)
def target_is_empty(place: Place) -> Seen:
    return ended(place.scan(place.tree({})), 2, 3)


@case(GROUP, "the target is a FIFO", "refused, exit 2; it does not hang", quick=True)
def target_is_a_fifo(place: Place) -> Seen:
    os.mkfifo(place / "pipe")
    return ended(place.scan(place / "pipe"), 2, said="hint")


@case(GROUP, "the target is a device without an end", "refused, exit 2; it does not hang")
def target_is_a_device(place: Place) -> Seen:
    return ended(place.scan(place / ".." / ".." / "dev" / "zero"), 2, said="hint")


@case(GROUP, "all of the target is excluded by the caller", "not passed")
def all_is_excluded(place: Place) -> Seen:
    tree = place.tree({"app.py": SHELL})
    settings = place / "settings.yaml"
    settings.write_text("version: 1\nexclude: ['**']\n")
    return ended(place.scan(tree, "--config", settings), 2, 3)


@case(GROUP, "the target is a folder that is called like one of git", "found")
def target_is_called_like_git(place: Place) -> Seen:
    return ended(place.scan(place.tree({"app.py": SHELL}, "x.git")), 1, said="app.py")


@case(GROUP, "a scanner is asked for that does not exist", "refused, exit 2", quick=True)
def scanner_is_unknown(place: Place) -> Seen:
    return ended(place.scan(place.tree({"app.py": SHELL}), "--scanner", "bandti"), 2, said="hint")


@case(GROUP, "a required scanner is left out", "incomplete, exit 3")
def required_scanner_is_left_out(place: Place) -> Seen:
    return ended(place.scan(place.tree({"app.py": "x = 1\n"}), "--scanner", "secrets"), 3, said="bandit is required")


_POLICIES = {
    "is empty": "",
    "has no rules": "format: secscan.policy/1\nname: x\nrules: []\n",
    "names a field twice": "format: secscan.policy/1\nname: x\nname: y\nrules:\n  - {id: a, action: warn, reason: b}\n",
    "is of a later format": "format: secscan.policy/99\nname: x\nrules:\n  - {id: a, action: warn, reason: b}\n",
    "has a typing error in a severity": (
        "format: secscan.policy/1\nname: x\nrules:\n"
        "  - {id: a, match: {severity: [critcal]}, action: block, reason: b}\n  - {id: c, action: warn, reason: d}\n"
    ),
    "grows without end": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
    "says no where a word belongs": "format: secscan.policy/1\nname: no\nrules:\n  - {id: a, action: no, reason: b}\n",
    "is no text": "\0\1\2",
    "requires a scanner that does not exist": (
        "format: secscan.policy/1\nname: x\nrequired: [bandti]\nrules:\n  - {id: a, action: warn, reason: b}\n"
    ),
}


def _policy(fault: str, text: str) -> None:
    def look(place: Place) -> Seen:
        (place / "policy.yaml").write_text(text)
        ran = place.scan(place.tree({"app.py": SHELL}), "--policy", place / "policy.yaml", "--scanner", "bandit")
        return ended(ran, 2, said="policy.yaml")

    name = f"policy-{fault.replace(' ', '-')}"
    add(Case(GROUP, name, f"the policy {fault}", "refused, exit 2; the file is named", look))


for _fault, _text in _POLICIES.items():
    _policy(_fault, _text)


# --- Advisories -------------------------------------------------------------------------------------------------------


def _index(name: str, fault: str, spoil: Callable[[bytes], bytes | None], *codes: int) -> None:
    def look(place: Place) -> Seen:
        from secscan.advisories.store import resolve

        with resolve("demo") as demo:
            assert demo is not None
            data = spoil(demo.read_bytes())
        if data is not None:
            (place / "index.sqlite").write_bytes(data)
        tree = place.tree({"requirements.txt": PIN})
        return ended(place.secscan("scan", tree, "--advisories", place / "index.sqlite"), *codes)

    add(Case(GROUP, f"index-{name}", f"the advisory index {fault}", "refused or incomplete; not passed", look))


_index("is-not-there", "that is named is not there", lambda data: None, 2)
_index("is-cut", "is cut in half", lambda data: data[: len(data) // 2], 2, 3)
_index("is-empty", "is an empty file", lambda data: b"", 2, 3)
_index("is-garbage", "is no database", lambda data: b"\xff" * 9000, 2, 3)
_index("has-a-flipped-byte", "has one byte that is not as it was", lambda data: _flipped(data), 2, 3)


def _flipped(data: bytes) -> bytes:
    at = data.index(b"jinja2")
    return data[:at] + b"jinjaX" + data[at + 6 :]


@case(GROUP, "there is no advisory index", "incomplete, exit 3: no package was assessed")
def index_was_never_made(place: Place) -> Seen:
    return ended(place.secscan("scan", place.tree({"requirements.txt": PIN})), 3, said="no-index")


@case(
    GROUP,
    "the advisory index knows nothing of the language at all",
    "incomplete, exit 3: the packages were not assessed",
)
def index_knows_nothing(place: Place) -> Seen:
    affected = {"package": {"ecosystem": "npm", "name": "lodash"}, "versions": ["1.0.0"]}
    index = index_of(place / "index.sqlite", osv("GHSA-1", affected=[affected]))
    return ended(place.secscan("scan", place.tree({"requirements.txt": PIN}), "--advisories", index), 2, 3)


@case(GROUP, "the advisory index is older than the policy allows", "incomplete, exit 3")
def index_is_old(place: Place) -> Seen:
    tree = place.tree({"requirements.txt": "itsdangerous==2.2.0\n"})
    policy = place.policy("osv")
    policy.write_text(policy.read_text() + "max_advisory_age: 30\n")
    return ended(place.scan(tree, "--policy", policy, "--at", "2029-12-01T00:00:00Z"), 3, said="days old")


# --- Dependencies that no advisory can be asked about --------------------------------------------------------------------

_UNASSESSED = {
    "a range": "jinja2>=2\n",
    "an address": "jinja2 @ https://example.invalid/jinja2-2.4.1.tar.gz\n",
    "a version control system": "git+https://example.invalid/jinja2.git@2.4.1#egg=jinja2\n",
    "an editable folder": "-e ./jinja2\n",
    "a wildcard": "jinja2==2.*\n",
    "a file that is not there": "-r missing.txt\n",
    "a file above the tree": "-r ../../../requirements-outside.txt\n",
    "a file that includes itself": "-r requirements.txt\njinja2>=2\n",
}


def _unassessed(what: str, text: str) -> None:
    def look(place: Place) -> Seen:
        ran = place.only("osv", place.tree({"requirements.txt": text}))
        gaps = [gap for gap in ran.gaps if "requirements.txt" in f"{gap['subject']} {gap.get('detail', '')}"]
        return ended(ran, 3, more="" if gaps or ran.gaps else "no gap is told")

    def others(place: Place):
        return alone_on(place, place.tree({"requirements.txt": text}), {"pip-audit": 1, "trivy": 1})

    name = f"requirement-{what.replace(' ', '-')}"
    expected = "incomplete, exit 3: it is told as not assessed"
    add(Case(GROUP, name, f"a requirement names {what}", expected, look, others))


for _what, _text in _UNASSESSED.items():
    _unassessed(_what, _text)


@case(
    GROUP,
    "a requirement is included by another file",
    "found",
    alone=lambda place: alone_on(
        place, place.tree({"requirements.txt": "-r base.txt\n", "base.txt": PIN}), {"pip-audit": 1, "trivy": 1}
    ),
)
def requirement_is_included(place: Place) -> Seen:
    return ended(place.scan(place.tree({"requirements.txt": "-r base.txt\n", "base.txt": PIN})), 1, said="jinja2")


@case(
    GROUP,
    "a requirement has a marker that is not true here",
    "found: it is installed elsewhere",
    alone=lambda place: alone_on(
        place,
        place.tree({"requirements.txt": "jinja2==2.4.1 ; sys_platform == 'win32'\n"}),
        {"pip-audit": 1, "trivy": 1},
    ),
)
def requirement_has_a_marker(place: Place) -> Seen:
    text = "jinja2==2.4.1 ; sys_platform == 'win32'\n"
    return ended(place.scan(place.tree({"requirements.txt": text})), 1, said="jinja2")


# --- git ----------------------------------------------------------------------------------------------------------------


def _shallow(place: Place) -> Ran:
    source = repository(place / "source", {"a.py": LEAK})
    write(source, {"a.py": "x = 1\n"})
    commit(source)
    git(place.folder, "clone", "-q", "--depth", "1", f"file://{source}", "clone")
    return place.scan(place / "clone", "--history")


@case(GROUP, "the history that is looked at is that of a shallow clone", "incomplete, exit 3")
def history_is_shallow(place: Place) -> Seen:
    return ended(_shallow(place), 2, 3, said="shallow")


@case(GROUP, "the history of a folder that is no repository is asked for", "refused, exit 2")
def history_of_no_repository(place: Place) -> Seen:
    return ended(place.scan(place.tree({"a.py": LEAK}), "--history"), 2, said="hint")


@case(GROUP, "a range of commits names one that is not there", "refused, exit 2")
def range_names_nothing(place: Place) -> Seen:
    tree = repository(place / "tree", {"a.py": LEAK})
    return ended(place.scan(tree, "--diff", "nowhere...HEAD"), 2, said="nowhere")


@case(GROUP, "an object of the history is missing", "not passed")
def an_object_is_missing(place: Place) -> Seen:
    tree = repository(place / "tree", {"a.py": LEAK})
    write(tree, {"a.py": "x = 1\n"})
    commit(tree)
    oid = git(tree, "rev-parse", "HEAD~1:a.py")
    (tree / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    return ended(place.scan(tree, "--history"), 2, 3)


@case(GROUP, "the repository has no commit, and its history is asked for", "not passed")
def history_is_empty(place: Place) -> Seen:
    tree = place.tree({"a.py": LEAK})
    git(tree, "init", "-q")
    return ended(place.scan(tree, "--history"), 2, 3)


@case(GROUP, "the repository belongs to somebody else", "its files are looked at: found")
def repository_of_somebody_else(place: Place) -> Seen:
    tree = repository(place / "tree", {"a.py": SHELL})
    for folder, _, names in os.walk(tree):
        for one in (folder, *(os.path.join(folder, name) for name in names)):  # noqa: PTH118
            os.chown(one, 12345, 12345)
    return ended(place.scan(tree), 1, said="a.py")
