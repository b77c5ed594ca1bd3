"""No network, one that lies, and what is sent into it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import nullcontext

import pytest

from secscan.advisories.store import resolve
from tests.scoreboard.case import Case, Group, Seen, add, case
from tests.scoreboard.place import Place, run_tool
from tests.scoreboard.planted import CODE, LEAK, PIN, SECRET, SHELL, Planted, ended, judged
from tests.scoreboard.tools import NOT_HERE, UNSAFE, Answer, alone_on, program, read_pip_audit, words
from tests.support.feed import Feed, serving
from tests.support.lying_service import LIES, lying
from tests.support.osv_records import osv

GROUP = Group.NETWORK
BAD: dict[str, bytes | str] = {"app.py": SHELL, "config.py": LEAK, "requirements.txt": PIN}
PLANTED = (Planted("app.py", CODE), Planted("config.py", SECRET), Planted("requirements.txt", "package"))
ALL_TOOLS = {"bandit": 1, "semgrep": 1, "pip-audit": 1, "gitleaks": 1, "trivy": 2}


def _apart(place: Place, environment: dict[str, str]) -> list[str]:
    """Without any network but loopback, which is down, too."""
    unshare = shutil.which("unshare")
    if not unshare or run_tool([unshare, "-n", "true"], {}, place.folder).returncode != 0:  # type: ignore[union-attr]
        pytest.skip("no network of its own may be made here")
    return [unshare, "-n"]


def _loopback_only(place: Place) -> None:
    """The same, where loopback is up: our own advisory service is there."""
    ip = shutil.which("ip")
    if not ip:
        pytest.skip("no program ip here")
    place.wrapped = (*_apart(place, {}), "/bin/sh", "-c", f'{ip} link set lo up && exec "$@"', "sh")


@case(GROUP, "there is no network at all, not even loopback", "not passed: pip-audit cannot ask, and that is told", alone=lambda place: alone_on(place, place.tree(BAD), ALL_TOOLS, _apart))  # fmt: skip
def no_network(place: Place) -> Seen:
    place.wrapped = tuple(_apart(place, {}))
    ran = place.scan(place.tree(BAD))
    return judged(ran, PLANTED)


@case(GROUP, "there is loopback and nothing else", "as ever: all found")
def only_loopback(place: Place) -> Seen:
    _loopback_only(place)
    return judged(place.scan(place.tree(BAD)), PLANTED)


@case(
    GROUP, "a whole scan, watched: who is connected to?", "nobody but our own service on loopback; no name is looked up"
)
def who_is_asked(place: Place) -> Seen:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("no strace here")
    log = place / "strace.log"
    place.wrapped = (strace, "-f", "-qq", "-o", str(log), "-e", "trace=connect,sendto,sendmsg")
    ran = place.scan(place.tree(BAD))
    calls = log.read_text(errors="replace")
    addresses = set(re.findall(r'sin6?_addr[^"]*"([0-9a-f.:]+)"', calls))
    others = sorted(one for one in addresses if one not in ("127.0.0.1", "::1"))
    return Seen(f"{ran.words}; asked: {', '.join(others) or 'loopback only'}", held=ran.code == 1 and not others)


# --- A service that lies, which the caller wants to be asked ---------------------------------------------------------------

_PIN = "flask==1.0\n"


def _lie(name: str) -> None:
    def look(place: Place) -> Seen:
        tree = place.tree({"requirements.txt": _PIN})
        (place / "settings.yaml").write_text("version: 1\nadvisories: online\n")
        with _liar(name) as url:
            ran = place.secscan(
                *("scan", tree, "--config", place / "settings.yaml", "--scanner", "pip-audit"),
                *("--policy", place.policy("pip-audit"), "--timeout", "8"),
                env={"SECSCAN_OSV_URL": url},
            )
        found = any(one["kind"] == "dependency" for one in ran.findings)
        failed = ran.scanner("pip-audit").get("status") == "failed"
        told = "failed" if failed else "found" if found else "with gaps" if ran.gaps else "nothing told"
        seen = ended(ran, 1, 3, more="" if failed or found or ran.gaps else "nothing is told")
        return Seen(f"{seen.words}; pip-audit {told}", held=seen.held)

    def others(place: Place) -> Mapping[str, str]:
        found = program("pip-audit")
        if not found:
            return {"pip-audit": NOT_HERE}
        tree = place.tree({"requirements.txt": _PIN})
        environment = place.environment("pip-audit")
        with _liar(name) as url:
            ran = run_tool(
                [found, "-r", tree / "requirements.txt", "--no-deps", "--disable-pip", "--vulnerability-service=osv",
                 f"--osv-url={url}/v1/query", "--progress-spinner=off", "--format=json"],
                environment, place / "around-pip-audit" / "work", 15,
            )  # fmt: skip
        answer = Answer(None, 0, told=False) if ran is None else Answer(ran.returncode, *read_pip_audit(ran.stdout))
        return {"pip-audit": "ended after 15 s" if ran is None else words(answer, 1)}

    shown = {"[]": "an empty list", "{}": "an empty object"}.get(name, name)
    slug = shown.replace(" ", "-")
    add(
        Case(
            GROUP,
            f"service-says-{slug}",
            f"the public advisory service answers: {shown}",
            "not passed: failed, or told",
            look,
            others,
        )
    )


def _liar(name: str):
    if name == "is not there":
        return nullcontext("http://127.0.0.1:9")
    with resolve("demo") as index:
        assert index is not None
        return lying(LIES[name], index)


for _name in (*LIES, "is not there"):
    _lie(_name)


# --- Advisories that are got -------------------------------------------------------------------------------------------------

FEED_FAULTS = (
    "500",
    "404",
    "html",
    "empty",
    "half",
    "cut",
    "says it is huge",
    "nothing",
    "hangs up",
    "another part",
    "moved",
)


def _feed(fault: str) -> None:
    def look(place: Place) -> Seen:
        import io
        import json
        import zipfile

        from tests.support.osv_records import index_of

        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            files.writestr("1.json", json.dumps(osv("PYSEC-NEW")))
        own = index_of(place / "index.sqlite", osv("PYSEC-OLD"))
        before = own.read_bytes()
        with serving(Feed({"/PyPI/all.zip": archive.getvalue()})) as feed:
            feed.fault = f"moved to {feed.url}/PyPI/all.zip" if fault == "moved" else fault
            ran = place.secscan("advisories", "update", "PyPI", "--from", feed.url, "-o", own, "--stall", "2")
        whole = own.read_bytes() == before
        # What was got is gone on with the next time, and a lock stays.
        own_files = (".index.sqlite.download", ".index.sqlite.lock")
        left = [one.name for one in place.folder.glob(".index*") if one.name not in own_files]
        more = f"left: {left}" if left else "" if whole else "the index is another one"
        return ended(ran, 1, 2, 3, said="hint", more=more)

    add(
        Case(
            GROUP,
            f"feed-{fault.replace(' ', '-')}",
            f"the archive of advisories is got, and the server: {fault}",
            "refused with words; the old index is whole",
            look,
        )
    )


for _fault in FEED_FAULTS:
    _feed(_fault)


@case(
    GROUP,
    "requirements that name servers, with variables in their addresses",
    "no server is asked",
    alone=lambda place: _exfiltrated(place),
)
def addresses_in_requirements(place: Place) -> Seen:
    with serving(Feed({})) as feed:
        ran = place.scan(place.tree({"requirements.txt": _leaking(feed.url)}), env={"FAKE_TOKEN": "CANARY4711"})
        asked = len(feed.asked)
    seen = ended(ran, 1, 3, said="jinja2")
    return Seen(f"{seen.words}; the server was asked {asked} times", held=seen.held and not asked)


def _leaking(url: str) -> str:
    return (
        f"--index-url {url}/${{FAKE_TOKEN}}/\n--find-links {url}/links/${{FAKE_TOKEN}}\n-r {url}/${{FAKE_TOKEN}}.txt\n"
        f"x @ {url}/${{FAKE_TOKEN}}.tar.gz\n{PIN}"
    )


def _exfiltrated(place: Place) -> Mapping[str, str]:
    told: dict[str, str] = {}
    commands: dict[str, Callable[[str], list[str]]] = {
        "pip-audit": lambda tree: ["-r", f"{tree}/requirements.txt"],
        "auditron": lambda tree: ["scan", tree, "--only=pip-audit"],
    }
    for tool, arguments in commands.items():
        found = program(tool)
        if not found:
            told[tool] = NOT_HERE
            continue
        with serving(Feed({})) as feed:
            tree = place.tree({"requirements.txt": _leaking(feed.url)}, tool)
            given = {**place.environment(tool), "FAKE_TOKEN": "CANARY4711", "PATH": f"{found.parent}:{place.path}"}
            run_tool([found, *arguments(str(tree))], given, place / f"around-{tool}" / "work", 120)
            leaked = any("CANARY4711" in path for path, _ in feed.asked)
        told[tool] = (
            "the server got the token" + UNSAFE
            if leaked
            else "no server was asked"
            if not feed.asked
            else "a server was asked"
        )
    return told
