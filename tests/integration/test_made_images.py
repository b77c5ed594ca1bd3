"""Images in every form in which they are passed around: one answer, and nothing missed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from secscan.images.read import read_image
from secscan.inventory.names import package_name
from tests.support.image_samples import Known, Sample, alpine, application, debian, distroless
from tests.support.images import ImageBuilder
from tests.support.rpms import rpm
from tests.support.tars import Entry, file, whiteout

SYSTEMS: dict[str, Callable[[], Sample]] = {
    "debian": debian,
    "distroless": distroless,
    "alpine": alpine,
    "rpm": rpm,
    "rpm of SUSE": lambda: rpm(backend="ndb", folder="usr/lib/sysimage/rpm"),
}
OWN = {"com.example:shop"}
"""The application itself."""


def _builder(system: Sample, compression: str = "gzip") -> ImageBuilder:
    gone = (file("app/node_modules/gone/package.json", '{"name": "gone", "version": "1.0.0"}'),)
    return (
        ImageBuilder(user="app", env={"MODE": "test"}, ports=("80/tcp",), healthcheck=("CMD", "true"))
        .layer(system, command="ADD rootfs.tar /", compression=compression)
        .layer(application(), *gone, command="COPY . /", compression=compression)
        .history("USER app")
        .layer(whiteout("app/node_modules/gone"), command="RUN rm", compression=compression)
    )


def _forms(builder: ImageBuilder, folder: Path) -> dict[str, tuple[str, Path]]:
    return {
        "docker save": ("docker-archive", builder.docker_archive(folder / "docker.tar")),
        "docker save, modern": ("docker-archive", builder.docker_archive(folder / "modern.tar", modern=True)),
        "layout": ("oci", builder.oci(folder / "oci")),
        "layout as archive": ("oci-archive", builder.oci_archive(folder / "oci.tar")),
        "file system": ("rootfs", builder.rootfs(folder / "rootfs")),
    }


def _known(one: Known) -> tuple[str, str, str]:
    return one.ecosystem, package_name(one.ecosystem, one.name), one.version


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_form_has_all_packages(system: str, tmp_path: Path) -> None:
    sample = SYSTEMS[system]()
    wanted = {_known(one) for one in (*sample.packages, *application().packages)}
    answers = {}
    for form, (kind, place) in _forms(_builder(sample), tmp_path).items():
        reading = read_image(kind, place)
        found = {(one.ecosystem, package_name(one.ecosystem, one.name), one.version) for one in reading.packages}
        assert {one for one in found if one[1] not in OWN} == {one for one in wanted if one[1] not in OWN}, form
        answers[form] = [(one.ecosystem, one.name, one.version, one.source, one.path) for one in reading.packages]
        if kind != "rootfs":
            assert {one.layer for one in reading.packages} == {0, 1}
    assert len({json.dumps(sorted(one)) for one in answers.values()}) == 1


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_every_compression(compression: str, tmp_path: Path) -> None:
    builder = _builder(debian(), compression)
    reading = read_image("oci", builder.oci(tmp_path / "oci"))
    assert {one.name for one in reading.packages} >= {one.name for one in debian().packages}
    assert all("layer" not in one.subject for one in reading.gaps), reading.gaps


def test_sources_and_architectures_of_packages(tmp_path: Path) -> None:
    reading = read_image("oci", _builder(debian()).oci(tmp_path / "oci"))
    found = {one.name: (one.source, one.architecture) for one in reading.packages if one.ecosystem == "Debian:12"}
    assert {one.name: (one.source, one.architecture) for one in debian().packages} == found


@pytest.mark.parametrize("form", ["docker save", "docker save, modern", "layout", "layout as archive"])
def test_engines_read_what_the_tests_make(form: str, tmp_path: Path) -> None:
    skopeo = shutil.which("skopeo")
    if skopeo is None:
        pytest.skip("no skopeo here")
    builder = _builder(debian())
    kind, place = _forms(builder, tmp_path)[form]
    out = subprocess.run(
        [skopeo, "inspect", "--config", f"{kind}:{place}"],
        capture_output=True,
        check=False,
        env={"HOME": str(tmp_path)},
    )
    assert out.returncode == 0, out.stderr.decode()
    config = json.loads(out.stdout)
    assert config["config"]["User"] == "app"
    assert config["rootfs"]["diff_ids"] == [one.diff_id for one in builder.layers]


@pytest.mark.parametrize("style", ["pax", "gnu"])
def test_python_reads_the_archives(style: str) -> None:
    import io
    import tarfile

    from tests.support.tars import device, fifo, folder, hard_link, sparse, symlink, tar

    long = "x" * 90 + "/" + "y" * 90
    entries = [
        folder("a"),
        file("a/b", "text", 0o640, user=1000, group=20_971_520),
        Entry(long, b"long", long_names=style),
        Entry("link", kind=b"2", link=long, long_names=style),
        symlink("a/c", "b"),
        hard_link("a/d", "a/b"),
        device("a/e", 1, 3),
        fifo("a/f"),
        sparse("a/g", 10_000, [(0, b"begin"), (9_000, b"end")], style=style),
        file("a/ü", "", pax={"SCHILY.xattr.user.a": "b"}),
    ]
    with tarfile.open(fileobj=io.BytesIO(tar(entries))) as archive:
        found = {one.name: one for one in archive}
        assert set(found) == {"a", "a/b", long, "link", *(f"a/{one}" for one in "cdefgü")}
        assert (found["a/b"].mode, found["a/b"].uid, found["a/b"].gid) == (0o640, 1000, 20_971_520)
        assert found["link"].linkname == long
        assert (found["a/e"].devmajor, found["a/e"].devminor) == (1, 3)
        content = archive.extractfile("a/g").read()
        assert len(content) == 10_000
        assert content[9_000:9_003] == b"end"
