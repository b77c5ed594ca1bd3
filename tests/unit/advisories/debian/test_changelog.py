"""Which vulnerabilities a changelog says that a version has fixed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from secscan.advisories.debian.changelog import Fixed, read_changelog

TEXT = """openssl (3.0.11-1~deb12u3) bookworm-security; urgency=medium

  * CVE-2026-1000 (Fix a
    regression of it), and cve-2026-1001
    - CVE-2026-1002
  * No number here

 -- Someone <s@example.org>  Mon, 01 Jun 2026 10:00:00 +0000

openssl (3.0.11-1~deb12u2) bookworm-security; urgency=medium

  * CVE-2026-1000
  [ Another ]
  + CVE-2025-9 is none, CVE-2025-99999999 is none

 -- Someone <s@example.org>  Mon, 01 May 2026 10:00:00 +0000

libressl (1-1) unstable; urgency=low

  * CVE-2020-1111: of the package that this one was before

openssl (bad version) unstable; urgency=low

  * CVE-2020-2222

CVE-2020-3333 outside of every entry
"""


def test_the_newest_version_that_names_it_counts() -> None:
    assert read_changelog(TEXT.splitlines(), package="openssl") == [
        Fixed("CVE-2026-1000", "3.0.11-1~deb12u3", "CVE-2026-1000 (Fix a regression of it), and cve-2026-1001"),
        Fixed("CVE-2026-1001", "3.0.11-1~deb12u3", "CVE-2026-1000 (Fix a regression of it), and cve-2026-1001"),
        Fixed("CVE-2026-1002", "3.0.11-1~deb12u3", "CVE-2026-1002"),
    ]
    assert read_changelog([], package="openssl") == []


def test_what_was_built_again_for_a_release_has_the_fix() -> None:
    entries = ("less (590-2.1~deb12u2)", "less (590-2.1~deb12u1)", "less (590-2.1)", "less (590-2)")
    text = [f"{head} bookworm; urgency=low\n\n  * CVE-2026-100{at}\n" for at, head in enumerate(entries)]
    assert [(one.cve, one.version) for one in read_changelog("\n".join(text).splitlines(), package="less")] == [
        ("CVE-2026-1000", "590-2.1~deb12u2"),
        ("CVE-2026-1001", "590-2.1~deb12u1"),
        ("CVE-2026-1002", "590-2.1~deb12u1"),
        ("CVE-2026-1003", "590-2"),
    ]
    twice = "x (1-1+deb13u1~deb12u1) a; b=c\nx (1-1+deb13u1) a; b=c\n  * CVE-2026-1000\nx (1~rc1) a; b=c\n"
    assert [one.version for one in read_changelog(twice.splitlines(), package="x")] == ["1-1+deb13u1~deb12u1"]


def test_what_is_without_end_is_cut() -> None:
    long = ["x (1) unstable; urgency=low", f"  * CVE-2026-1000 {'a ' * 100_000}", *["    more"] * 100_000]
    (found,) = read_changelog(long, package="x")
    assert len(found.text) == 500


@given(st.lists(st.text(max_size=30) | st.sampled_from(TEXT.splitlines())))
def test_any_text(lines: list[str]) -> None:
    for one in read_changelog(lines, package="openssl"):
        assert one.cve.startswith("CVE-")
        assert one.version
