"""Values that findings say are secret disappear from every text of the scan."""

from __future__ import annotations

import base64
import html
import json
import math
import random
import string
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.findings.levels import Confidence, GapKind, Kind, RunStatus, Severity
from secscan.findings.model import (
    Finding,
    Gap,
    Location,
    Marker,
    Notice,
    Package,
    Region,
    ScannerRun,
    Source,
    TraceStep,
)
from secscan.secrets.collect import collect
from secscan.secrets.scrub import Scrubber
from secscan.secrets.strength import is_plain
from tests.support.scrub import scrub_all


def finding(path: str = "a.py", line: int = 1, defect: str = "hardcoded-credential", **fields) -> Finding:
    """A finding about one line, as an adapter makes it."""
    fields.setdefault("message", "")
    fields.setdefault("kind", Kind.SAST)
    return Finding(
        defect=defect,
        title="A title",
        severity=Severity.LOW,
        confidence=Confidence.MEDIUM,
        location=Location(
            path=path,
            region=Region(start_line=line),
            statement=Region(start_line=line, end_line=line),
            snippet=fields.pop("snippet", ""),
            symbol=fields.pop("symbol", ""),
        ),
        sources=fields.pop("sources", ()),
        **fields,
    )


def scrubbed(findings: list[Finding], files: dict[str, str], gaps: list[Gap] = [], notices: list[Notice] = []) -> str:  # noqa: B006
    """All that is saved of a scan of these files, as one text."""
    result = scrub_all(findings, gaps, notices, lambda path: files[path].encode())
    return msgspec.json.encode(result).decode()


SECRET = "Tr0ub4dor&3-fake"


def test_the_value_disappears_from_every_text_of_every_finding() -> None:
    quoting = f"x {SECRET} y"
    everywhere = finding(
        path="other.py",
        line=9,
        defect="sql-injection",
        message=quoting,
        snippet=quoting,
        symbol=quoting,
        sources=(Source(scanner="s", rule="r", message=quoting, note=quoting, url=quoting),),
        trace=(TraceStep(path="third.py", region=Region(start_line=1), text=quoting),),
        markers=(Marker(tool="bandit", text=quoting, line=1, reason=quoting),),
        notes=(quoting,),
        remediation=quoting,
        references=(quoting,),
        package=Package(purl=quoting, name=quoting, version=quoting, ecosystem="PyPI"),
    )
    gap = Gap(scanner="s", kind=GapKind.INTERNAL, subject=quoting, detail=quoting, remedy=quoting)
    notice = Notice(topic="t", subject=quoting, text=quoting)
    saved = scrubbed([everywhere, finding()], {"a.py": f'connect("shop", "{SECRET}")\n'}, [gap], [notice])
    assert SECRET not in saved
    assert saved.count("[masked secret, 16 characters]") == 20


def test_order_identity_and_place_are_kept() -> None:
    first, second = finding(path="b.py", fingerprint="1b"), finding(path="a.py", fingerprint="1a")
    clean, _, _ = scrub_all([first, second], [], [], lambda path: b"password = 'Tr0ub4dor&3-fake'")
    assert [(one.fingerprint, one.location.path, one.location.region) for one in clean] == [
        (one.fingerprint, one.location.path, one.location.region) for one in (first, second)
    ]


def test_the_hash_of_a_line_does_not_depend_on_the_secret_in_it() -> None:
    def hash_with(password: str) -> str:
        text = f"login('root', password='{password}')\n"
        (clean,), _, _ = scrub_all([finding()], [], [], lambda path: text.encode())
        return clean.location.line_hash

    assert hash_with("Tr0ub4dor&3-fake") == hash_with("c0rrect-h0rse-battery")
    assert hash_with("Tr0ub4dor&3-fake").endswith(":1")


def test_the_reason_a_scanner_gives_is_scrubbed_too() -> None:
    run = ScannerRun(scanner="s", status=RunStatus.FAILED, hint="its last words: password='x y z'", reason="r")
    assert "x y z" not in Scrubber().scrub_run(run).hint


def test_a_weak_value_is_masked_where_its_file_quotes_it_and_nowhere_else() -> None:
    files = {"a.py": 'login("root", "admin")\n', "b.py": ""}
    about = finding(message="Hard-coded: 'admin'", snippet='login("root", "admin")')
    neighbour = finding(line=2, defect="xss", message="the admin page", snippet='login("root", "admin")')
    elsewhere = finding(path="b.py", defect="xss", message="show 'admin'")
    (one, two, three), _, _ = scrub_all([about, neighbour, elsewhere], [], [], lambda path: files[path].encode())
    assert one.message == "Hard-coded: '[masked secret, 5 characters]'"
    assert one.location.snippet == 'login("[masked secret, 4 characters]", "[masked secret, 5 characters]")'
    assert two.location.snippet == one.location.snippet
    assert two.message == "the admin page"
    assert three.message == "show 'admin'"


def test_names_in_the_statement_stay() -> None:
    source = (
        'options = {"user_name": os.environ.get("SHOP_USERNAME"), "pin": "Tr0ub4dor&3-fake"}; x["other_name"] = 1\n'
    )
    clean, _, _ = scrub_all([finding(snippet=source)], [], [], lambda path: source.encode())
    assert clean[0].location.snippet == source.replace(SECRET, "[masked secret, 16 characters]")


def test_a_key_that_reaches_the_place_by_a_variable_is_found_along_the_trace() -> None:
    source = f'KEY = "{SECRET}"\n\n\ndef sign(data):\n    return jwt.encode(data, KEY)\n'
    told = msgspec.structs.replace(
        finding(line=5, defect="jwt-misuse", message=f"signed with {SECRET}"),
        trace=(TraceStep(path="a.py", region=Region(start_line=1)),),
    )
    assert SECRET not in scrubbed([told], {"a.py": source})


def test_joined_and_evaluated_literals_are_known() -> None:
    source = 'connect("Tr0ub4" "dor&3-fake")\nconnect("Tr0ub\\x34dor&3-fak\\145")\n'
    quoting = finding(path="b.py", defect="xss", message=f"<{SECRET}>")
    assert SECRET not in scrubbed([finding(line=1), quoting], {"a.py": source})
    assert SECRET not in scrubbed([finding(line=2), quoting], {"a.py": source})


def test_a_secret_finding_points_at_the_value_itself() -> None:
    source = "machine shop login me Tr0ub4dor&3-fake\n"
    region = Region(start_line=1, start_column=23, end_line=1, end_column=39)
    told = finding(path=".netrc", kind=Kind.SECRET, defect="hardcoded-credential", message=f"found {SECRET}")
    told = msgspec.structs.replace(told, location=Location(path=".netrc", region=region))
    assert SECRET not in scrubbed([told], {".netrc": source})


def test_every_line_of_a_long_value_is_known() -> None:
    body = [f"fake{number}LineOf-a-Key{number * 7}" for number in range(5)]
    source = 'PEM = """-----BEGIN X-----\n' + "\n".join(body) + '\n-----END X-----"""\n'
    told = msgspec.structs.replace(finding(), location=Location(path="a.py", region=Region(start_line=1, end_line=7)))
    quoting = finding(path="b.py", defect="xss", message=" ".join(body))
    saved = scrubbed([told, quoting], {"a.py": source})
    assert not [line for line in body if line in saved]


def test_a_file_that_cannot_be_read_is_passed_over() -> None:
    def read(path: str) -> bytes:
        raise KeyError(path)

    assert collect([finding()], read) == ()


def test_what_was_collected_does_not_show_itself() -> None:
    known = collect([finding()], lambda path: f'password = "{SECRET}"'.encode())
    assert known
    assert SECRET not in repr(known)


ALPHABET = string.ascii_letters + string.digits + string.punctuation + "äß€"
VALUES = st.text(ALPHABET, min_size=12, max_size=40).filter(
    lambda value: (
        len(set(value)) >= 8
        and max(map(value.count, value)) * 3 <= len(value)
        and not is_plain(value)
        and "-----" not in value
    )
)


def encodings(value: str) -> list[tuple[str, str]]:
    """Texts that hold the value encoded, and the part of each that is the value's.

    Written here a second time and, where possible, in other ways than the scrubber's.
    """
    data = value.encode()
    quoted = [json.dumps(value), json.dumps(value, ensure_ascii=False), repr(value)]
    plain = [value, data.hex(), data.hex().upper(), quote(value), quote(value, safe=""), html.escape(value)]
    plain += [html.escape(value, quote=False), repr(data)[2:-1]]
    return [*((text, text[1:-1]) for text in quoted), *((text, text) for text in plain), *in_base64(data)]


def in_base64(data: bytes) -> list[tuple[str, str]]:
    """The data among other bytes. Characters that change with those bytes are not the value's."""
    texts = []
    for before in range(4):
        one, other = (base64.b64encode(byte * before + data + byte * 4).decode() for byte in (b"\0", b"\xff"))
        texts.append((one, "".join(a for a, b in zip(one, other, strict=True) if a == b)))
    return texts


def parts(value: str) -> list[str]:
    """Every part of a value that is at least two thirds of it."""
    size = math.ceil(len(value) * 2 / 3)
    return [value[start : start + size] for start in range(len(value) - size + 1)]


@settings(max_examples=50)
@given(st.lists(VALUES, min_size=1, max_size=5, unique=True), st.randoms(use_true_random=False))
def test_no_text_holds_a_planted_secret_or_two_thirds_of_one(values: list[str], chance: random.Random) -> None:
    source = "".join(f"client.connect({value!r})\n" for value in values)
    told = [finding(line=number, message="") for number in range(1, len(values) + 1)]
    quoting = []
    for value in values:
        for text, _ in encodings(value):
            cut = chance.randint(0, len(text) // 3)
            before = chance.choice(["", "x", "value: ", '"', "=", "Basic "])
            quoting.append(
                finding(
                    path="b.py", defect="xss", message=f"{before}{text}{before} {text[cut:]} {text[: len(text) - cut]}"
                )
            )
    saved = "\n".join(one.message for one in scrub_all([*told, *quoting], [], [], lambda path: source.encode())[0])
    for value in values:
        for text, inner in encodings(value):
            # A part without a digit of its own may be an ordinary word (`password` of `password1`), and is left.
            shown = [part for part in parts(inner) if part in saved and (part == inner or not is_plain(part))]
            assert not shown, (value, text, next(line for line in saved.splitlines() if shown[0] in line))


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
def test_a_hash_without_a_key_is_masked_too(name: str) -> None:
    import hashlib

    digest = hashlib.new(name, SECRET.encode()).hexdigest()
    quoting = finding(path="b.py", defect="xss", message=f"hash {digest}")
    assert digest not in scrubbed([finding(), quoting], {"a.py": f'f("{SECRET}")'})
