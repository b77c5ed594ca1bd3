"""What shards say together is what one scan says; what they do not say, nobody has looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from secscan import __version__
from secscan.errors import ShardError, UsageError
from secscan.findings.levels import GapKind, RunStatus
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Report, Setup
from secscan.scanners.part import PartRequest, look_at_part
from secscan.scanners.runner import Outcome, run_scanners
from secscan.scanners.toolkit import FileBatch
from secscan.shards.cut import Shard
from secscan.shards.document import ShardResult, dumps, file_name
from secscan.shards.gather import Gathered, gather
from secscan.targets.contract import Target
from secscan.targets.open import TargetRequest, open_target
from tests.unit.scanners.test_kept import Lines

TREE = {f"{n}.txt": "bad\n" * (n % 3) + "good\n" * n for n in range(12)}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    for name, text in TREE.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def target(tree: Path) -> Iterator[Target]:
    with open_target(TargetRequest(path=tree)) as opened:
        yield opened


def looked(tree: Path, count: int, **scanner: Any) -> list[ShardResult]:
    """What each of so many shards writes."""
    request = PartRequest(TargetRequest(path=tree), Shard(1, count), {"lines": Lines(**scanner)})
    shards = [Shard(number, count) for number in range(1, count + 1)]
    return [look_at_part(replace(request, shard=one), progress=lambda _event: None).result for one in shards]


def written(results: list[ShardResult], folder: Path) -> Gathered:
    folder.mkdir(exist_ok=True)
    for one in results:
        (folder / file_name(one.shard)).write_bytes(dumps(one))
    return gather([folder])


def merged(gathered: Gathered, target: Target, scanner: Lines | None = None) -> Outcome:
    setup = Setup(target=target, place=lambda path: target.root / path)
    (outcome,) = run_scanners({"lines": scanner or Lines()}, setup, told=gathered.of(target))
    return outcome


def one_scan(target: Target, **scanner: Any) -> Outcome:
    setup = Setup(target=target, place=lambda path: target.root / path)
    return run_scanners({"lines": Lines(**scanner)}, setup)[0]


def same(one: Outcome, other: Outcome) -> bool:
    return (one.run, set(one.findings), set(one.gaps)) == (other.run, set(other.findings), set(other.gaps))


def changed(result: ShardResult, **parts: Any) -> ShardResult:
    """A shard's result with something else in what its scanner said."""
    (look,) = result.looks
    part = msgspec.structs.replace(look.parts[0], **parts)
    return msgspec.structs.replace(result, looks=(msgspec.structs.replace(look, parts=(part,)),))


@pytest.mark.parametrize("count", [1, 2, 5, 20])
def test_shards_say_together_what_one_scan_says_and_nothing_is_looked_at_twice(
    count: int, tree: Path, target: Target, tmp_path: Path
) -> None:
    scanner = Lines()
    outcome = merged(written(looked(tree, count), tmp_path / "parts"), target, scanner)
    assert same(outcome, one_scan(target))
    assert (outcome.run.status, scanner.asked, outcome.timing.kept) == (RunStatus.COMPLETED, [], 0)
    assert len(outcome.findings) == 12


def test_what_must_not_be_written_down_is_looked_at_again(tree: Path, target: Target, tmp_path: Path) -> None:
    class Known(Lines):
        """Says which values are the same, as what looks for secrets does."""

        def parse(self, ended: Ended, piece: FileBatch) -> Report:
            report = super().parse(ended, piece)
            named = [msgspec.structs.replace(one, secret_id="of its value") for one in report.findings]
            return replace(report, findings=tuple(named))

    request = PartRequest(TargetRequest(path=tree), Shard(1, 1), {"lines": Known()})
    result = look_at_part(request, progress=lambda _event: None).result
    assert b"of its value" not in dumps(result)
    scanner = Known()
    gathered = written([result], tmp_path / "parts")
    outcome = merged(gathered, target, scanner)
    assert sorted(scanner.asked) == sorted(name for name, text in TREE.items() if "bad" in text)
    assert {one.secret_id for one in outcome.findings} == {"of its value"}
    assert outcome.run.status is RunStatus.COMPLETED


def test_a_shard_that_is_missing_is_a_gap_and_no_look(tree: Path, target: Target, tmp_path: Path) -> None:
    gathered = written([one for one in looked(tree, 3) if one.number != 2], tmp_path / "parts")
    outcome = merged(gathered, target)
    missing = gathered.of(target).parts[1]
    assert outcome.run.status is RunStatus.FAILED
    assert outcome.run.reason == "shard 2 of 3: its result is missing"
    assert outcome.run.looked_at == len(TREE) - len(missing)
    (gap,) = gathered.of(target).gaps
    assert (gap.scanner, gap.kind, gap.subject) == ("secscan", GapKind.NOT_SEEN, "shard 2 of 3")
    assert f"{len(missing)} of {len(TREE)} files" in gap.detail
    assert sorted(missing)[0] in gap.detail


def test_where_no_shard_counts_a_scanner_has_failed_and_is_not_idle(tree: Path, tmp_path: Path) -> None:
    gathered = written(looked(tree, 2), tmp_path / "parts")
    (tree / "0.txt").write_text("something else")
    with open_target(TargetRequest(path=tree)) as target:
        told = gathered.of(target)
        outcome = merged(gathered, target)
    assert (outcome.run.status, outcome.run.idle, outcome.run.looked_at) == (RunStatus.FAILED, False, 0)
    assert all("it looked at something else" in gap.detail for gap in told.gaps)
    assert len(told.gaps) == 2


def test_a_file_of_which_a_shard_says_nothing_was_not_seen(tree: Path, target: Target, tmp_path: Path) -> None:
    first, second = looked(tree, 2)
    (part,) = first.looks[0].parts
    outcome = merged(written([changed(first, told={}, clean=part.clean[:1]), second], tmp_path / "parts"), target)
    lost = len(part.told) + len(part.clean) - 1
    assert [gap.kind for gap in outcome.gaps] == [GapKind.NOT_SEEN] * lost
    assert outcome.run.looked_at == len(TREE) - lost


def test_a_shard_counts_only_for_its_own_files(tree: Path, target: Target, tmp_path: Path) -> None:
    first, _ = looked(tree, 2)
    forged = changed(first, clean=tuple(TREE), told={})
    gathered = written([forged], tmp_path / "parts")
    assert merged(gathered, target).run.looked_at == len(gathered.of(target).parts[0]) < len(TREE)


def test_an_entry_that_is_broken_is_no_word(tree: Path, target: Target, tmp_path: Path) -> None:
    first, second = looked(tree, 2)
    (part,) = first.looks[0].parts
    told = {path: entry[:-1] for path, entry in part.told.items()}
    scanner = Lines()
    outcome = merged(written([changed(first, told=told), second], tmp_path / "parts"), target, scanner)
    assert sorted(scanner.asked) == sorted(told)
    assert same(outcome, one_scan(target))


@pytest.mark.parametrize(
    ("others", "what"),
    [({"says_version": "2"}, "another version: 2, here it is 1"), ({"rules": "x"}, "another rules")],
)
def test_a_shard_with_another_tool_does_not_count(
    others: dict[str, str], what: str, tree: Path, target: Target, tmp_path: Path
) -> None:
    results = [looked(tree, 2)[0], looked(tree, 2, **others)[1]]
    outcome = merged(written(results, tmp_path / "parts"), target)
    assert outcome.run.status is RunStatus.FAILED
    assert f"shard 2 of 2 had {what}" in outcome.run.reason


def test_what_a_shard_said_by_a_tool_without_a_version_is_looked_at_again(
    tree: Path, target: Target, tmp_path: Path
) -> None:
    gathered = written([looked(tree, 2)[0], looked(tree, 2, says_version="")[1]], tmp_path / "parts")
    scanner = Lines()
    assert same(merged(gathered, target, scanner), one_scan(target))
    assert set(scanner.asked) == gathered.of(target).parts[1]


def test_what_failed_in_a_shard_has_failed(tree: Path, target: Target, tmp_path: Path) -> None:
    def parse(ended: Ended, piece: FileBatch) -> Report:
        raise MalformedOutput("it wrote nothing", hint="see password=hunter2hunter2")

    request = PartRequest(TargetRequest(path=tree), Shard(2, 2), {"lines": Lines(parse=parse)})
    seen = look_at_part(request, progress=lambda _event: None)
    assert seen.troubled == {"lines": "it wrote nothing"}
    assert b"hunter2" not in dumps(seen.result)
    outcome = merged(written([looked(tree, 2)[0], seen.result], tmp_path / "parts"), target)
    assert (outcome.run.status, outcome.run.reason) == (RunStatus.FAILED, "shard 2 of 2: it wrote nothing")


def test_a_scanner_that_a_shard_did_not_run_has_failed_there(tree: Path, target: Target, tmp_path: Path) -> None:
    request = PartRequest(TargetRequest(path=tree), Shard(1, 1), {})
    result = look_at_part(request, progress=lambda _event: None).result
    outcome = merged(written([result], tmp_path / "parts"), target)
    assert (outcome.run.status, outcome.run.reason) == (RunStatus.FAILED, "shard 1 of 1: it ran without lines")


def test_which_results_count(tree: Path, target: Target, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    first, second, third = looked(tree, 3)
    written([first, second, third], folder)
    (folder / "again").mkdir()
    slower = changed(first, seconds=99.0)
    (folder / "again" / file_name(first.shard)).write_bytes(dumps(slower))
    assert gather([folder]).problems == {}, "the same twice counts once"
    (folder / "again" / file_name(second.shard)).write_bytes(dumps(changed(second, told={})))
    old = msgspec.structs.replace(third, secscan="0.0.1")
    (folder / file_name(third.shard)).write_bytes(dumps(old))
    written([looked(tree, 4)[3]], folder)
    (folder / "secscan-shard-9-of-9.json").write_bytes(dumps(first)[:-20])
    gathered = gather([folder])
    assert gathered.count == 3
    assert set(gathered.results) == {1}
    assert "is there 2 times, and says different things" in gathered.problems[2]
    assert gathered.problems[3] == f"it was made by secscan 0.0.1, and this is {__version__}"
    assert sorted(Path(name).name for name in gathered.strange) == [
        "secscan-shard-4-of-4.json",
        "secscan-shard-9-of-9.json",
    ]
    assert len(gathered.of(target).gaps) == 4


def test_nothing_to_merge_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no result of a shard lies in"):
        gather([tmp_path])
    (tmp_path / "secscan-shard-1-of-2.json").write_text("{}")
    with pytest.raises(ShardError, match="no result of a shard"):
        gather([tmp_path])
    with pytest.raises(ShardError, match="cannot be read"):
        gather([tmp_path / "nothing.json"])
