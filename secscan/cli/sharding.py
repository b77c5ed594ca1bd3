"""What `secscan scan --shard` does: look at one part, and write down what is seen there."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from secscan import stopping
from secscan.cache.key import given_key
from secscan.cli.deliver import REPORTS, remove_earlier, report_files
from secscan.cli.judging import gather
from secscan.cli.looking import Asked, image_alone, places
from secscan.cli.reading import credentials_of
from secscan.cli.say import note, say
from secscan.cli.watching import watched
from secscan.errors import ExitCode, UsageError
from secscan.files import remove_stale, write_atomic
from secscan.scanners.part import PartRequest, look_at_part
from secscan.scanners.registry import all_scanners
from secscan.shards.cut import Shard, parse_shard
from secscan.shards.document import dumps, file_name

if TYPE_CHECKING:
    from secscan.scanners.part import PartSeen


def look_at_shard(asked: Asked, text: str) -> int:
    """Look at the part that `text` names, write what is seen into a file, and return the exit code: 0 once that is
    written, since whether the build may go on is for `secscan merge` to say. Raises `SecscanError`."""
    shard = parse_shard(text)
    _refuse_uncut(asked)
    # Settings count as they do for the scan that the shards are of; its policy is for who merges.
    settings = gather(asked.where, asked.config, asked.wanted(), scanners=tuple(all_scanners())).settings
    (place,) = places(asked, settings, {"--shard": True})
    folder = asked.output or Path(settings.output)
    file = folder / file_name(shard)
    key = given_key()
    with contextlib.ExitStack() as opened:
        request = PartRequest(
            target=asked.target(place.path, settings),
            shard=shard,
            scanners=asked.scanners(settings, image=False),
            baseline_ref=asked.baseline_ref,
            credentials=credentials_of(settings),
            limits=asked.limits(settings),
            jobs=asked.cores(settings),
            cache=opened.enter_context(asked.cache_of(place.path, settings)),
        )
        # An old verdict beside it would be taken for this one's.
        remove_earlier(folder, report_files({**REPORTS, **settings.reports}, asked.report, folder))
        remove_stale(file)
        stopping.note("nothing of this shard was written: whoever merges will miss it")
        with watched(settings.telemetry, quiet=asked.quiet) as watch:
            seen = look_at_part(request, progress=watch.take)
        write_atomic(file, dumps(seen.result, key))
    _tell(shard, seen, file)
    return ExitCode.PASSED


def _refuse_uncut(asked: Asked) -> None:
    """Raise `UsageError` for what is not made of files that could be looked at apart."""
    hint = "scan it without --shard"
    if image_alone(asked) is not None:
        raise UsageError("an image cannot be cut into shards", hint=hint)
    if asked.python_environment:
        raise UsageError("a Python environment cannot be cut into shards", hint=hint)
    if str(asked.where) == "-" or asked.paths_from == "-":
        raise UsageError("standard input cannot be cut into shards: who merges must see the same", hint=hint)


def _tell(shard: Shard, seen: PartSeen, file: Path) -> None:
    for name, why in seen.troubled.items():
        say(f"secscan: {name} could not look at everything: {why}")
    note(f"Written: {file}")
    say(
        f"No verdict yet: {shard} has looked at {seen.files} of {seen.of} files. `secscan merge` judges, of all shards."
    )
