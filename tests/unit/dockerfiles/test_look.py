"""What is found in Dockerfiles, on samples of our own and on what hostile authors write."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.dockerfiles.found import RULES
from secscan.dockerfiles.look import LOOKED_AT_MOST, Looked, look_at
from secscan.dockerfiles.worker import region_of
from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Confidence, GapKind, Severity
from secscan.targets.source import SourceText
from tests.support.dockerfile_samples import AROUND, BASE, SAMPLES, Sample


def look(text: str) -> Looked:
    return look_at(text.encode(), "Dockerfile")


def places(text: str, rule: str) -> list[str]:
    looked = look(text)
    return [looked.text[one.start : one.end] for one in looked.found if one.rule == rule]


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{at:03d}" for at in range(len(SAMPLES))])
def test_samples(sample: Sample) -> None:
    looked = look(sample.text)
    assert Counter(one.rule for one in looked.found) == Counter(sample.rules)
    assert not looked.lost


def test_every_rule_has_a_sample_and_a_class() -> None:
    # What a variable takes away beside TLS is in a test of its own.
    assert {rule for sample in SAMPLES for rule in sample.rules} == set(RULES)
    assert {rule.defect for rule in RULES.values()} <= set(DEFECTS)


@pytest.mark.parametrize(
    ("line", "rule", "place"),
    [
        ("RUN a && \\\n  curl https://x.example | sh \\\n && b", "pipe-to-shell", "curl https://x.example | sh"),
        ("RUN a && \\\n  sudo \\\n  b", "sudo", "sudo"),
        ("COPY a .env \\\n  c /app", "secret-file", ".env"),
        ("ENV A=1 \\\n DB_PASSWORD='Tr0ub4dor&3xyz'", "secret", "Tr0ub4dor&3xyz"),
        ("EXPOSE 80 22", "remote-login", "22"),
        ("RUN a; chmod -R 777 /b; c", "writable-by-all", "chmod -R 777 /b"),
        ("RUN <<E\na\n  curl -k https://x.example\nE", "tls-off", "-k"),
        ('CMD ["curl", "-k", "https://x.example"]', "tls-off", '"-k"'),
    ],
)
def test_a_finding_points_at_what_is_wrong(line: str, rule: str, place: str) -> None:
    assert places(AROUND.replace("%s", line), rule) == [place]


def test_how_sure_and_how_bad() -> None:
    def one(text: str, rule: str) -> tuple[Severity, Confidence]:
        (found,) = [one for one in look(text).found if one.rule == rule]
        return found.severity, found.confidence

    assert one("FROM debian", "unpinned-base") == (Severity.MEDIUM, Confidence.HIGH)
    assert one("FROM debian:12", "unpinned-base") == (Severity.LOW, Confidence.HIGH)
    assert one("ARG B\nFROM $B", "unpinned-base") == (Severity.LOW, Confidence.LOW)
    assert one("ARG B=debian\nFROM $B", "unpinned-base") == (Severity.MEDIUM, Confidence.MEDIUM)
    assert one("FROM a\nUSER root", "root-user") == (Severity.MEDIUM, Confidence.HIGH)
    assert one("FROM a", "root-user") == (Severity.MEDIUM, Confidence.MEDIUM)
    assert one("FROM a:nonroot", "root-user") == (Severity.LOW, Confidence.LOW)
    assert one("FROM a\nARG U\nUSER $U", "root-user") == (Severity.LOW, Confidence.LOW)
    assert one("FROM a\nENV A_PASSWORD=changeme", "secret")[1] is Confidence.LOW


def test_no_message_holds_a_value() -> None:
    looked = look(AROUND.replace("%s", "ENV DB_PASSWORD=Tr0ub4dor&3xyz API_TOKEN=kd93jf-2k4Lq91"))
    assert len([one for one in looked.found if one.rule == "secret"]) == 2
    assert not any(value in repr(looked.found) for value in ("Tr0ub4dor", "kd93jf"))


@pytest.mark.parametrize(
    ("text", "kind", "detail"),
    [
        ("", GapKind.UNPARSABLE, "it has no FROM"),
        ("# nothing\n", GapKind.UNPARSABLE, "it has no FROM"),
        ("{% if x %}\nFROM a\n{% endif %}\n", GapKind.PARTIAL, "'{%' is no instruction: it looks like a template ({%)"),
        ("FROM {{ image }}\n", GapKind.UNPARSABLE, "FROM takes an image, and AS with a name: it looks like a template"),
        ("FROM a\nRNU b\n", GapKind.PARTIAL, "'RNU' is no instruction"),
        ("FROM a\nRUN\n", GapKind.PARTIAL, "RUN has no arguments"),
        ("RUN a\nFROM b\n", GapKind.PARTIAL, "RUN stands before the first FROM"),
        ("FROM a\nRUN <<E\nb\n", GapKind.PARTIAL, "the heredoc 'E' has no end"),
        ("FROM a\nONBUILD FROM b\n", GapKind.PARTIAL, "'FROM' is no instruction"),
        ("# syntax=example.org/mine:1\nFROM a\n", GapKind.PARTIAL, "another frontend"),
        ("FROM a\nRUN " + "$(" * 50 + "x" + ")" * 50, GapKind.PARTIAL, "or nested deeper"),
        ("FROM a\n" + "RUN chmod 777 a\n" * 3000, GapKind.PARTIAL, "more than 2000 findings"),
        ("FROM a\n" + "RUN b\n" * 20_001, GapKind.PARTIAL, "more than 20000 instructions"),
    ],
)
def test_what_is_not_understood_is_said(text: str, kind: GapKind, detail: str) -> None:
    assert any(one is kind and detail in lost.detail for one, lost in look(text).lost)


def test_encodings() -> None:
    text = f"{BASE}\nRUN curl https://x.example | sh\nUSER app\nHEALTHCHECK CMD a\n"
    for data in (text.encode("utf-16"), text.encode("utf-32"), b"# caf\xe9\n" + text.encode()):
        looked = look_at(data, "Dockerfile")
        assert [one.rule for one in looked.found] == ["pipe-to-shell"]
        assert [kind for kind, _ in looked.lost] == [GapKind.ENCODING]
    assert not look_at(text.encode("utf-8-sig"), "Dockerfile").lost
    assert [kind for kind, _ in look_at(b"a" * (LOOKED_AT_MOST + 1), "Dockerfile").lost] == [GapKind.TOO_LARGE]


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nRUN " + "curl x | " * 50_000 + "sh",
        "FROM a\nRUN " + "curl -o a x; " * 30_000,
        "FROM a\nRUN " + "(" * 100_000,
        "FROM a\nRUN " + "'\"`" * 50_000,
        "FROM a\nRUN " + "bash -c '" * 10_000,
        "FROM a\nRUN " + "<<A " * 10_000 + "\n" + "A\n" * 10_000,
        "FROM a\nRUN " + "${A" * 50_000,
        "FROM a\nRUN iex " + "iwr " * 50_000,
        "FROM a\nCMD [" + '"a",' * 50_000,
        "FROM a\nENV " + "A=$A$A " * 20_000,
        "FROM a\nENV " + "A=${A:-" * 20_000,
        "FROM a AS a0\n" + "".join(f"FROM a{n} AS a{n + 1}\nENV A{n}=$A0\n" for n in range(8000)),
        "FROM a\n" + "COPY \\\n" * 100_000,
        "FROM a\n" + "ARG A=1\n" * 20_000,
        "FROM a\nRUN chmod " + "u+s," * 50_000,
        "FROM a\nRUN " + "sudo env " * 30_000,
        "FROM a\nRUN " + "sha256sum $(" * 5_000,
        "FROM a\nLABEL run='" + "docker " * 50_000 + "'",
    ],
    ids=lambda text: text[7:30],
)
def test_hostile_files_end(text: str) -> None:
    look(text[:LOOKED_AT_MOST])


INSTRUCTIONS = (
    *("FROM a\n", "FROM $B AS c\n", "RUN", "CMD", "ENV", "ARG", "ADD", "COPY", "USER", "ONBUILD", "SHELL", "LABEL"),
    *("EXPOSE", "VOLUME", "HEALTHCHECK", "#", "\n", "\r", "\\\n", "--from=", "--mount=from=", "--chmod="),
    *("--checksum=", "[", "]", '"a",'),
)
SHELL = (
    *("curl", "wget", "|", "sh", "-c", "-o", "x", "&&", ";", "$(", ")", "`", "'", '"', "<<E\n", "E\n", "http://a.b"),
    *("$A", "${A:-", "}", "=", "A=B", "chmod", "777", "sudo", "PASSWORD=abc", "{{", "iex", "powershell", "\t", "\0"),
    *("é", "22-9", "/tcp", "eval", "source", "<(", ">"),
)
WORDS = st.sampled_from((*INSTRUCTIONS, *SHELL))


@given(st.lists(WORDS, max_size=40).map(" ".join) | st.text(max_size=60))
def test_any_file_is_looked_at_and_regions_are_inside(text: str) -> None:
    looked = look(f"FROM a\n{text}")
    source = SourceText(looked.text)
    for one in looked.found:
        assert one.rule in RULES
        assert 0 <= one.start < one.end <= len(looked.text)
        region = region_of(source, one.start, one.end)
        assert (1, 1) <= (region.start_line, region.start_column) < (region.end_line, region.end_column)
        assert region.end_line <= source.line_count


@given(st.binary(max_size=80))
def test_any_bytes_are_looked_at(data: bytes) -> None:
    looked = look_at(data, "Dockerfile")
    assert looked.found or looked.lost
