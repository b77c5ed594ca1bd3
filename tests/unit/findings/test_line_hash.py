from __future__ import annotations

from secscan.findings.line_hash import line_hashes
from secscan.secrets.scrub import Scrubber


def test_equal_lines_are_numbered_and_blanks_and_line_ends_make_no_difference() -> None:
    text = "x = 1\n" * 2 + "y" * 200 + "\n" + "x = 1\n" + "y" * 200
    found = line_hashes(text, range(1, 6))
    assert found[2].partition(":")[0] == found[4].partition(":")[0]
    assert [found[2][-2:], found[4][-2:]] == [":1", ":2"]
    assert line_hashes(text.replace("\n", "\r\n").replace(" ", "\t"), range(1, 6)) == found
    assert line_hashes(text.replace("\n", "\r"), range(1, 6)) == found


def test_only_what_follows_closely_counts_and_only_lines_that_are_there_are_hashed() -> None:
    before, after = "a = 1\n" + "b" * 99, "\nc = 2\n"
    assert line_hashes(before + after, [1]) == line_hashes(f"{before}{after}d\n", [1])
    assert line_hashes(before + after, [1]) != line_hashes(f"b{before}{after}", [1])
    assert set(line_hashes("a\n", [0, 1, 2, 3])) == {1, 2}


def test_the_beginning_of_a_file_gives_the_hashes_of_the_whole_one_or_none() -> None:
    text = "".join(f"line {number}\n" for number in range(100))
    whole = line_hashes(text, range(1, 101))
    part = line_hashes(text[:400], range(1, 101), whole=False)
    assert part
    assert part.items() < whole.items()


def test_another_secret_in_its_place_gives_the_same_hash_and_no_line_moves() -> None:
    def masked(key: str) -> str:
        return Scrubber().scrub_lines(f'a = 1\nkey = """{key}"""\nb = 2\n', path="a.py") or ""

    def key(char: str, lines: int) -> str:
        body = "".join(f"{char}bcdEFGH1234ijklMNOP5678qrstUVWX90+/abcdEFGH1234ijklMNOP5678qrst\n" for _ in range(lines))
        return f"-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----"

    assert masked(key("M", 3)) == masked(key("N", 3))
    assert masked(key("M", 3)).count("\n") == key("M", 3).count("\n") + 3
    assert "bcdEFGH" not in masked(key("M", 3))
