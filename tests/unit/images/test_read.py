"""Images of every form, read as a whole: packages with the layer that brought them, and what cannot be read as gaps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from secscan.images import collector
from secscan.images import read as reading_of
from secscan.images.limits import ImageLimits
from secscan.images.read import read_image
from secscan.images.reading import IN_CONFIG, ImageReading
from secscan.images.wanted import MOST_SECRETS
from secscan.secrets.control import control_source
from tests.support.image_samples import (
    DEBS,
    Known,
    alpine,
    debian,
    distroless,
    go_binary,
    java_archives,
    node_packages,
    os_release,
    python_packages,
    ruby_gems,
    rust_binary,
)
from tests.support.images import OCI, ImageBuilder, as_json, blob_path, descriptor, write_folder
from tests.support.tars import Entry, device, fifo, file, folder, hard_link, opaque, sparse, symlink, whiteout

TOKEN = control_source()


def read(image: ImageBuilder, folder: Path) -> ImageReading:
    return read_image("oci", image.oci(folder / "image"))


def packages(reading: ImageReading) -> set[tuple[str, str, str]]:
    return {(one.ecosystem, one.name, one.version) for one in reading.packages}


def known(sample: frozenset[Known]) -> set[tuple[str, str, str]]:
    return {(one.ecosystem, one.name, one.version) for one in sample}


def gaps(reading: ImageReading) -> list[tuple[str, str]]:
    return [(one.kind.value, one.subject) for one in reading.gaps]


SAMPLES = {
    "debian": debian(),
    "distroless": distroless(),
    "alpine": alpine(),
    "python": python_packages(),
    "node": node_packages(),
    "go": go_binary(),
    "rust": rust_binary(),
    "ruby": ruby_gems(),
    "java": java_archives(),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_installed_is_found_and_nothing_else(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    reading = read(ImageBuilder().layer(sample), tmp_path)
    assert packages(reading) == known(sample.packages)
    assert {one.layer for one in reading.packages} == {0}
    assert reading.control


FULL = (
    ImageBuilder(user="app", env={"PATH": "/bin"}, labels={"org.opencontainers.image.title": "shop"})
    .layer(debian(), command="ADD rootfs.tar /")
    .history('CMD ["bash"]')
    .layer(python_packages(), node_packages(), command="RUN install", compression="zstd")
    .layer(go_binary(), command="COPY shop /", compression="none")
)


def test_every_form_of_an_image_gives_the_same_answer(tmp_path: Path) -> None:
    forms = [
        read_image("oci", FULL.oci(tmp_path / "oci")),
        read_image("oci-archive", FULL.oci_archive(tmp_path / "oci.tar")),
        read_image("docker-archive", FULL.docker_archive(tmp_path / "docker.tar")),
        read_image("docker-archive", FULL.docker_archive(tmp_path / "modern.tar", modern=True)),
    ]
    first = forms[0]
    assert not gaps(first) or {kind for kind, _ in gaps(first)} == {"unsupported-requirement"}
    assert [(layer.command, layer.told_base) for layer in first.layers] == [
        ("ADD rootfs.tar /", True),
        ("RUN install", False),
        ("COPY shop /", False),
    ]
    for other in forms[1:]:
        assert replace_name(other) == replace_name(first)


def replace_name(reading: ImageReading) -> ImageReading:
    import msgspec

    return msgspec.structs.replace(reading, name="")


def test_a_file_system_tree_has_the_same_packages(tmp_path: Path) -> None:
    image = read(FULL, tmp_path)
    tree = read_image("rootfs", FULL.rootfs(tmp_path / "root"))
    assert packages(tree) == packages(image)
    assert tree.config is None
    assert len(tree.digest) == 64


def test_a_compressed_archive(tmp_path: Path) -> None:
    import gzip

    plain = FULL.docker_archive(tmp_path / "image.tar")
    packed = tmp_path / "image.tar.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert packages(read_image("docker-archive", packed)) == packages(read_image("docker-archive", plain))


def test_a_package_belongs_to_the_layer_since_which_it_is_there(tmp_path: Path) -> None:
    base, more = debian(DEBS[:2]), debian(DEBS[1:])
    image = ImageBuilder().layer(base).layer(file("srv/x", "1")).layer(more)
    layers = {one.name: one.layer for one in read(image, tmp_path).packages}
    assert DEBS[0].name not in layers
    assert layers[DEBS[1].name] == 0
    assert {layers[one.name] for one in DEBS[2:]} == {2}


def test_what_a_later_layer_removes_is_not_installed(tmp_path: Path) -> None:
    base = ImageBuilder().layer(python_packages(), node_packages(), ruby_gems())
    left = packages(read(base.layer(whiteout("usr")), tmp_path))
    assert left == known(node_packages().packages)
    again = base.layer(whiteout("usr")).layer(python_packages())
    reading = read(again, tmp_path / "again")
    assert {one.layer for one in reading.packages if one.ecosystem == "PyPI"} == {2}


def test_an_opaque_folder_hides_what_was_below_and_not_what_its_layer_brings(tmp_path: Path) -> None:
    image = ImageBuilder().layer(debian()).layer(opaque("var/lib/dpkg"), *debian(DEBS[:1]).entries)
    assert {one.name for one in read(image, tmp_path).packages} == {DEBS[0].name}


def test_a_hard_link_to_a_database_is_read_as_one(tmp_path: Path) -> None:
    entries = debian().entries
    image = ImageBuilder().layer(*entries).layer(hard_link("var/lib/dpkg/status.d/copy", "var/lib/dpkg/status"))
    assert len(read(image, tmp_path).packages) == 2 * len(debian().packages)


@pytest.mark.parametrize(
    "entry",
    [
        hard_link("var/lib/dpkg/status", "srv/elsewhere"),
        fifo("var/lib/dpkg/status"),
        device("var/lib/dpkg/status", 1, 3),
        symlink("var/lib/dpkg/status", "/srv/elsewhere"),
        symlink("var/lib/dpkg", "/srv/elsewhere"),
        folder("var/lib/dpkg/status"),
    ],
    ids=["hard link", "fifo", "device", "link", "linked folder", "folder"],
)
def test_a_database_that_cannot_be_read_is_a_gap(entry: object, tmp_path: Path) -> None:
    image = ImageBuilder().layer(*os_release(ID="debian", VERSION_ID="12", NAME="Debian"), entry)  # type: ignore[arg-type]
    reading = read(image, tmp_path)
    assert not reading.packages
    assert "not-assessed" in {kind for kind, _ in gaps(reading)}


def test_a_lock_file_counts_where_nothing_of_it_is_installed(tmp_path: Path) -> None:
    lock = file("app/requirements.lock", "")
    names = {one.name: one.version for one in python_packages().packages}
    name, version = next(iter(names.items()))
    poetry = f'[[package]]\nname = "{name}"\nversion = "{version}"\n\n[[package]]\nname = "dev-only"\nversion = "1.0"\n'
    alone = read(ImageBuilder().layer(file("app/poetry.lock", poetry), lock), tmp_path)
    assert {one.name for one in alone.packages} == {name, "dev-only"}
    beside = read(ImageBuilder().layer(python_packages()).layer(file("app/poetry.lock", poetry)), tmp_path / "beside")
    assert "dev-only" not in {one.name for one in beside.packages}
    assert "app/poetry.lock" in {one.path for one in beside.out_of_scope}


def test_facts_of_files_and_their_end(tmp_path: Path) -> None:
    image = ImageBuilder().layer(
        file("usr/bin/su", "x", 0o4755),
        file("opt/own", "x", 0o4755),
        file("etc/passwd", "root", 0o666),
        folder("srv/open", 0o777),
        folder("tmp", 0o1777),
        device("dev/sda", 8, 0, block=True),
        device("dev/null", 1, 3),
        file("bin/sh", "x", 0o755),
    )
    facts = {(one.path, one.fact) for one in read(image, tmp_path).facts}
    assert facts == {
        ("usr/bin/su", "setuid"),
        ("opt/own", "setuid"),
        ("etc/passwd", "writable-sensitive"),
        ("srv/open", "world-writable"),
        ("dev/sda", "device"),
        ("bin/sh", "shell"),
    }
    later = image.layer(whiteout("opt/own"), file("etc/passwd", "root", 0o644))
    left = {(one.path, one.layer) for one in read(later, tmp_path / "later").facts}
    assert ("opt/own", 0) not in left
    assert ("etc/passwd", 0) not in left


def test_a_secret_stays_where_a_later_layer_deletes_it(tmp_path: Path) -> None:
    image = ImageBuilder().layer(file("app/.env", TOKEN)).layer(whiteout("app/.env"))
    [secret] = read(image, tmp_path).secrets
    assert (secret.path, secret.layer, secret.found["rule"]) == ("app/.env", 0, "github-token")


def test_secrets_of_the_configuration_are_found_and_masked(tmp_path: Path) -> None:
    token = TOKEN.decode().split()[-1]
    image = ImageBuilder(
        env={"API": token}, labels={"org.opencontainers.image.title": token}, cmd=("serve", f"--token={token}")
    ).layer(file("a", "1"), command=f"RUN curl -H 'Authorization: token {token}' https://example.com")
    reading = read(image, tmp_path)
    assert {one.path for one in reading.secrets} == {IN_CONFIG}
    assert {str(one.found["part"]) for one in reading.secrets} >= {"a variable (ENV)", "the history of its commands"}
    assert token not in str(reading)


def test_what_distributions_and_packages_bring_is_not_searched_and_that_is_told(tmp_path: Path) -> None:
    image = ImageBuilder().layer(file("usr/share/doc/x", TOKEN), file("usr/lib/python3/dist-packages/x.py", TOKEN))
    reading = read(image, tmp_path)
    assert not reading.secrets
    assert {one.path for one in reading.out_of_scope} == {"usr/share", "usr/lib"}


def test_a_layer_that_is_broken_is_a_gap_and_the_others_count(tmp_path: Path) -> None:
    image = ImageBuilder().layer(debian()).layer_of(b"no archive" * 100).layer(node_packages())
    reading = read(image, tmp_path)
    assert packages(reading) == known(debian().packages | node_packages().packages)
    [(kind, subject)] = gaps(reading)
    assert kind == "partial"
    assert subject.startswith("layer 1 ")


def test_content_that_is_not_what_its_digest_tells(tmp_path: Path) -> None:
    place = FULL.oci(tmp_path / "image")
    for blob in (place / "blobs/sha256").iterdir():
        if blob.name == FULL.layers[2].diff_id.removeprefix("sha256:"):
            blob.write_bytes(ImageBuilder().layer(debian()).layers[0].tar)
    told = [detail.detail for detail in read_image("oci", place).gaps if detail.subject.startswith("layer 2")]
    assert "it is not what its digest tells" in told
    assert "it is not the layer that the configuration tells of" in told


@pytest.mark.parametrize("content", [b"", b"x" * 5_000, bytes(10_240)])
def test_what_is_no_image_is_a_gap(content: bytes, tmp_path: Path) -> None:
    place = tmp_path / "image.tar"
    place.write_bytes(content)
    reading = read_image("docker-archive", place)
    assert not reading.layers
    assert [subject for _, subject in gaps(reading)] == ["image.tar"]


def test_members_that_stand_there_twice(tmp_path: Path) -> None:
    from tests.support.images import write_archive
    from tests.support.tars import tar

    files = FULL.docker_files()
    place = write_archive(tmp_path / "image.tar", files)
    double = tar(
        [file("manifest.json", "[]"), *(file(name, data) for name, data in files.items() if isinstance(data, bytes))]
    )
    place.write_bytes(double)
    assert "twice" in read_image("docker-archive", place).gaps[0].detail


def test_an_archive_of_two_images_asks_which_is_meant(tmp_path: Path) -> None:
    import json

    from tests.support.images import write_archive

    other = replace(FULL, name="other:1").layer(file("x", "1"))
    files = {**FULL.docker_files(), **other.docker_files()}
    files["manifest.json"] = json.dumps(
        [*json.loads(FULL.docker_files()["manifest.json"]), *json.loads(other.docker_files()["manifest.json"])]  # type: ignore[arg-type]
    ).encode()
    place = write_archive(tmp_path / "two.tar", files)
    assert "it holds several images, and none is named:" in read_image("docker-archive", place).gaps[0].detail
    assert len(read_image("docker-archive", place, "other:1").layers) == 4
    assert "it holds no image third:1, but" in read_image("docker-archive", place, "third:1").gaps[0].detail


STATUS = "var/lib/dpkg/status"


def status(*names: str) -> str:
    return "\n".join(f"Package: {name}\nStatus: install ok installed\nVersion: 1\n" for name in names)


@pytest.mark.parametrize(
    "links",
    [
        [symlink("var/lib/dpkg", "/opt/dpkg"), file("opt/dpkg/status", status("evil"))],
        [symlink("var", "srv"), file("srv/lib/dpkg/status", status("evil"))],
        [symlink(STATUS, "/opt/status"), file("opt/status", status("evil"))],
        [symlink("lib", "opt"), file("opt/apk/db/installed", "P:evil\nV:1\n\n")],
        [symlink("app/node_modules", "/opt/modules"), file("opt/modules/x/package.json", "{}")],
    ],
)
def test_packages_behind_a_link_are_a_gap(links: list[Entry], tmp_path: Path) -> None:
    """Though another database names packages of the distribution."""
    decoy = file("var/lib/dpkg/status.d/decoy", status("decoy"))
    reading = read(ImageBuilder().layer(*os_release(id="debian", version_id="12"), *links, decoy, tree=False), tmp_path)
    assert gaps(reading) == [("partial", str(links[0].path))]


def test_links_that_distributions_have_are_none(tmp_path: Path) -> None:
    links = [
        symlink("lib", "usr/lib"),
        symlink("var/lib/rpm", "../../usr/lib/sysimage/rpm"),
        symlink("var/task/node_modules", "/opt/node_modules"),
        symlink("opt/node_modules/shop", "../../app/shop"),
        symlink("usr/share/node_modules", "nodejs"),
    ]
    assert gaps(read(ImageBuilder().layer(debian(), *links), tmp_path)) == []


def test_a_release_that_leads_elsewhere_is_a_gap(tmp_path: Path) -> None:
    entries = [symlink("etc/os-release", "../opt/usr/lib/os-release"), file("usr/lib/os-release", "ID=debian\n")]
    assert ("partial", "etc/os-release") in gaps(read(ImageBuilder().layer(*entries), tmp_path))


def test_a_program_that_is_stored_without_its_holes_is_a_gap(tmp_path: Path) -> None:
    [program] = [one for one in go_binary().entries if isinstance(one.data, bytes) and one.data.startswith(b"\x7fELF")]
    holes = replace(sparse("bin/shop", 5000, [(0, program.data)]), mode=0o755)
    assert gaps(read(ImageBuilder().layer(holes), tmp_path)) == [("partial", "bin/shop")]


def test_a_hard_link_upwards_leads_to_the_same_file(tmp_path: Path) -> None:
    [program] = [one for one in go_binary().entries if isinstance(one.data, bytes) and one.data.startswith(b"\x7fELF")]
    entries = [replace(program, path="opt/shop"), hard_link("bin/shop", "x/../opt/shop")]
    reading = read(ImageBuilder().layer(*entries).layer(whiteout("opt/shop")), tmp_path)
    assert packages(reading) == known(go_binary().packages)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = ImageLimits(told=5, packages=50, paths=5_000)
    monkeypatch.setattr(reading_of, "_LIMITS", limits)


@pytest.mark.usefixtures("small")
def test_packages_of_hard_links_count(tmp_path: Path) -> None:
    links = [hard_link(f"{STATUS}.d/{count}", STATUS) for count in range(20)]
    reading = read(ImageBuilder().layer(file(STATUS, status(*map(str, range(20)))), *links), tmp_path)
    assert len(reading.packages) <= 50
    assert [subject for kind, subject in gaps(reading) if kind == "too-large"] == [f"{STATUS}.d/1"]


@pytest.mark.usefixtures("small")
def test_what_is_told_of_single_files_has_an_end(tmp_path: Path) -> None:
    entries = [
        *(file(f"a/../{count}") for count in range(20)),
        *(file(f"{count}/node_modules/x", "x") for count in range(20)),
        *(file(f"app/{count}.env", f"{control_source().decode()}\n") for count in range(20)),
    ]
    reading = read(ImageBuilder().layer(*entries, tree=False), tmp_path)
    details = [one.detail for one in reading.gaps if "from here on" in one.detail]
    assert len(details) == 2
    assert len(reading.gaps) == 7
    assert len(reading.out_of_scope) == 6
    assert sum(one.files for one in reading.out_of_scope) == 20
    assert len(reading.secrets) < 12


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("tree", [False, True])
def test_paths_of_many_bytes_are_a_gap(tree: bool, tmp_path: Path) -> None:
    image = ImageBuilder().layer(*(file(f"{count:0200}") for count in range(30)), debian())
    reading = read_image("rootfs", image.rootfs(tmp_path / "root")) if tree else read(image, tmp_path)
    assert [kind for kind, _ in gaps(reading) if kind == "too-large"] == ["too-large"]


def test_what_a_file_named_in_lower_layers_is_kept_once(tmp_path: Path) -> None:
    image = ImageBuilder()
    for count in range(5):
        image = image.layer(file(STATUS, status("one", *map(str, range(count)))))
    found = {one.name: one.layer for one in read(image, tmp_path).packages}
    assert found == {"one": 0, "0": 1, "1": 2, "2": 3, "3": 4}
    assert "before" not in collector.Kept.__slots__


def test_a_layer_that_stands_twice_has_one_digest(tmp_path: Path) -> None:
    """The configuration calls the second one by the digest of another, which could be that of a base image."""
    image = ImageBuilder().layer(file("a")).layer(file("a"))
    config = image.config()
    config["rootfs"]["diff_ids"][1] = "sha256:" + "b" * 64
    manifest = {**image.manifest(), "config": descriptor(as_json(config), f"{OCI}.config.v1+json")}
    files = {
        **image.oci_files(),
        blob_path(as_json(config)): as_json(config),
        blob_path(as_json(manifest)): as_json(manifest),
    }
    files["index.json"] = as_json({"manifests": [descriptor(as_json(manifest), f"{OCI}.manifest.v1+json")]})
    reading = read_image("oci", write_folder(tmp_path / "image", files))
    assert gaps(reading) == [("partial", "layer 1 (bbbbbbbbbbbb)")]


LOCK = """{"name": "shop", "lockfileVersion": 3, "packages": {
  "node_modules/lodash": {"version": "4.17.20"}, "node_modules/ms": {"version": "2.1.3"}}}"""
MS = '{"name": "ms", "version": "2.1.3"}'


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("usr/local/lib/node_modules/npm/node_modules/ms", {"lodash", "ms"}),
        ("opt/other/node_modules/ms", {"lodash", "ms"}),
        ("app/node_modules/ms", {"ms"}),
        ("app/packages/shop/node_modules/ms", {"ms"}),
        ("node_modules/ms", {"ms"}),
    ],
)
def test_what_npm_itself_brings_says_nothing_of_a_bundled_program(place: str, found: set[str], tmp_path: Path) -> None:
    image = ImageBuilder().layer(file("app/package-lock.json", LOCK), file(f"{place}/package.json", MS))
    assert {one.name for one in read(image, tmp_path).packages} == found


def test_databases_of_another_kind_than_the_distribution_are_a_gap(tmp_path: Path) -> None:
    """Advisories of Alpine know nothing of Debian's packages, and would call them clean."""
    entries = [*os_release(id="alpine", version_id="3.20.1"), file(STATUS, status("openssl"))]
    reading = read(ImageBuilder().layer(*entries), tmp_path)
    assert packages(reading) == {("Debian", "openssl", "1")}
    assert gaps(reading) == [("not-assessed", "packages of the distribution"), ("not-assessed", STATUS)]


def test_lock_files_of_more_packages_than_any_image_are_a_gap(tmp_path: Path) -> None:
    lines = "".join(f"example.com/m{count} v1.0.0 h1:{'x' * 43}=\n" for count in range(20_000))
    reading = read(ImageBuilder().layer(file("a/go.sum", lines), file("b/go.sum", lines)), tmp_path)
    assert len(reading.packages) <= 30_000
    assert ("too-large", "b/go.sum") in gaps(reading)


def test_an_image_for_another_system_is_a_gap(tmp_path: Path) -> None:
    image = ImageBuilder().layer(file("Files/Windows/x"))
    config = {**image.config(), "os": "windows"}
    manifest = {**image.manifest(), "config": descriptor(as_json(config), f"{OCI}.config.v1+json")}
    files = {**image.oci_files(), **{blob_path(one): one for one in map(as_json, (config, manifest))}}
    files["index.json"] = as_json({"manifests": [descriptor(as_json(manifest), f"{OCI}.manifest.v1+json")]})
    reading = read_image("oci", write_folder(tmp_path / "image", files))
    assert [one.detail for one in reading.gaps] == ["it is an image for windows, and only those for Linux are read"]


def test_a_secret_of_a_variable_is_masked_in_every_form_of_its_command(tmp_path: Path) -> None:
    value = "c0pper-lantern-8842-xQ7zR9"
    commands = [f"ENV DB_PASSWORD {value}", f"RUN echo {value} | login"]
    image = ImageBuilder(env={"DB_PASSWORD": value}, cmd=("serve", "--with", value))
    for command in commands:
        image = image.layer(file(command[:3]), command=command)
    reading = read(image, tmp_path)
    assert [layer.command for layer in reading.layers] == ["ENV DB_PASSWORD ***", "RUN echo *** | login"]
    assert reading.config
    assert reading.config.entrypoint == ("serve", "--with", "***")
    assert reading.secrets


def test_a_hard_link_counts_where_its_file_would(tmp_path: Path) -> None:
    """As stores of package managers keep them: what is no longer in `node_modules` is not installed."""
    package = file("app/node_modules/ms/package.json", MS)
    image = ImageBuilder().layer(package, hard_link("srv/store/ab12", "app/node_modules/ms/package.json"))
    assert packages(read(image.layer(whiteout("app/node_modules")), tmp_path)) == set()


def test_more_secrets_in_the_configuration_than_are_told_leave_no_room_for_files_and_that_is_said(
    tmp_path: Path,
) -> None:
    digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    names = [f"{one}{other}" for one in digits for other in digits][: MOST_SECRETS + 100]
    env = {f"PASSWORD_{name}": f"Tr0ub4dor&{name}3xyz" for name in names}
    reading = read(ImageBuilder(env=env).layer(file("app/.env", TOKEN)), tmp_path)
    assert len(reading.secrets) > MOST_SECRETS
    assert [subject for _, subject in gaps(reading)] == ["app/.env"]
