"""Images that are made to bring a reader down, to lead it out, or to hide what is installed.

They are those of `tests/support/hostile_images/`; here the whole program meets some of them, and trivy alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tests.scoreboard.case import Case, Group, Seen, add
from tests.scoreboard.place import Place, Ran, run_tool
from tests.scoreboard.planted import ended
from tests.scoreboard.tools import NOT_HERE, SILENT, program
from tests.support.hostile_images import CASES
from tests.support.hostile_images.case import PASSWORDS, Hostile
from tests.support.image_samples import Known
from tests.support.osv_records import index_of, osv
from tests.support.trivy_database import trivy_database

ECOSYSTEMS = ("Debian:12", "PyPI", "npm", "Go", "crates.io", "RubyGems", "Maven", "Rocky Linux:9")
EVIL_PLACES = (Path("/tmp/evil"), Path("/evil"))
CHOSEN = (
    *("zstd_with_a_huge_window", "gzip_of_many_empty_members", "size_of_2_63", "negative_size", "wrong_checksum"),
    *("sparse_file_of_8_exbibytes", "cut_in_the_database", "cut_in_gzip", "rubbish_instead_of_a_layer"),
    *("pax_header_of_a_million_records", "long_name_of_100_megabytes", "manifest_that_is_an_index"),
    *("two_manifests_that_disagree", "layer_of_another_digest", "layer_that_is_missing", "layer_that_is_a_link"),
    *("layer_that_is_encrypted", "layers_outside_of_the_archive", "blob_that_is_a_pipe", "file_system_tree_with_traps"),
    *("archive_that_is_cut", "jar_that_is_a_bomb", "rpm_database_that_lies", "pax_path_against_the_header"),
    *("packages_that_attack_a_reader", "configuration_nested_200_000_deep", "paths_that_lead_out"),
    *("write_through_a_link", "database_without_a_release", "links_to_this_machine", "devices_and_pipes"),
    *("whiteout_of_the_database", "the_same_path_twice", "opaque_root_with_a_new_system", "odd_whiteouts"),
)


def _index(place: Place) -> Path:
    """Advisories about no package of these images: whatever is found in them is assessed, and nothing is wrong."""
    records = []
    for count, ecosystem in enumerate(ECOSYSTEMS):
        name = "org.example:untouched" if ecosystem == "Maven" else "untouched"
        affected = {"package": {"ecosystem": ecosystem, "name": name}, "versions": ["1.0.0"]}
        records.append(osv(f"TEST-{count}", affected=[affected]))
    return index_of(place / "index.sqlite", *records)


def _ids(known: frozenset[Known]) -> frozenset[str]:
    """As a saved scan has them: under the names that advisories speak of."""
    names = [(one.ecosystem, *(one.source if one.source[0] else (one.name, one.version))) for one in known]
    return frozenset(f"{ecosystem}:{name}@{version}" for ecosystem, name, version in names)


def _wrong(ran: Ran, image: Hostile) -> str:
    """What is not as it must be, in words; empty where all is."""
    packages = frozenset(ran.scan.get("packages", []))
    gaps = [gap for gap in ran.gaps if gap["scanner"] in ("image", "osv")]
    failed = ran.scanner("image").get("status") == "failed"
    if _ids(image.hides) & packages:
        return "a package is told that is not installed"
    if not _ids(image.finds) <= packages:
        return "an installed package is lost"
    if any(place.exists() for place in EVIL_PLACES):
        return "something was written outside"
    if any(PASSWORDS.encode() in data for data in (*ran.reports.values(), ran.out)):
        return "a file of this machine is told"
    if image.outcome == "gap" and not (gaps or failed):
        return "no gap is told"
    return ""


def _image(name: str) -> None:
    image = CASES[name]

    def look(place: Place) -> Seen:
        (place / "image").mkdir()
        reference = image.make(place / "image")
        ran = place.secscan("scan", reference, "--advisories", _index(place))
        codes = (1, 3) if image.outcome == "gap" else (0, 1, 3)
        seen = ended(ran, *codes, more=_wrong(ran, image))
        return (
            Seen(f"{seen.words}; lists {len(_ids(image.finds))} of {len(_ids(image.finds))} packages", held=True)
            if seen.held
            else seen
        )

    def others(place: Place) -> Mapping[str, str]:
        (place / "image").mkdir()
        kind, _, where = image.make(place / "image").partition(":")
        return {"trivy": _trivy(place, kind, where, image)}

    told = (image.make.__doc__ or "").split("\n")[0].rstrip(".")
    expected = {
        "gap": "what is installed is listed or told as not read; not passed",
        "right": "what is installed is listed, and nothing else",
        "either": "what is installed is listed, or it is told as not read",
    }[image.outcome]
    fault = f"{name.replace('_', ' ')}: {told[0].lower()}{told[1:]}"
    quick = name in ("cut_in_the_database", "whiteout_of_the_database")
    add(Case(Group.IMAGE, name.replace("_", "-"), fault, expected, look, others, quick))


def _trivy(place: Place, kind: str, where: str, image: Hostile) -> str:
    """How many of the packages that are installed trivy lists."""
    found = program("trivy")
    if not found:
        return NOT_HERE
    cache = trivy_database(place / "cache", {"debian 12": {}})
    environment = place.environment("trivy")
    what = ["rootfs", where] if kind == "rootfs" else ["image", "--input", where]
    ended = run_tool(
        [found, what[0], "--scanners=vuln", "--list-all-pkgs", "--exit-code=1", "--quiet", "--format=json",
         f"--cache-dir={cache}", "--skip-db-update", "--skip-java-db-update", "--offline-scan", *what[1:]],
        environment, place / "around-trivy" / "work", 90,
    )  # fmt: skip
    if ended is None:
        return "ended after 90 s"
    try:
        results = json.loads(ended.stdout).get("Results") or []
    except ValueError:
        return f"exit {ended.returncode}, no whole document" + (SILENT if ended.returncode == 0 else "")
    listed = {one["Name"] for result in results for one in result.get("Packages") or []}
    most = {one.name for one in image.finds}
    wrong = {one.name for one in image.hides} & listed
    silent = ended.returncode == 0 and (not most <= listed or wrong or (image.outcome == "gap" and not most))
    words = f"exit {ended.returncode}, lists {len(most & listed)} of {len(most)}"
    return words + (f", and {len(wrong)} that is not installed" if wrong else "") + (SILENT if silent else "")


for _name in CHOSEN:
    _image(_name)
