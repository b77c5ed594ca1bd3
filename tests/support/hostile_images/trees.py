"""Layers that lead out of the image, or hide what is in it."""

from __future__ import annotations

from pathlib import Path

from tests.support.hostile_images.case import (
    BASE,
    EVIL,
    STATUS,
    evil_status,
    hostile,
    saved,
    with_layer,
)
from tests.support.image_samples import DEBIAN, DEBS, deb_paragraph
from tests.support.images import ImageBuilder
from tests.support.tars import (
    Entry,
    device,
    fifo,
    file,
    folder,
    hard_link,
    opaque,
    parents,
    symlink,
    whiteout,
)


@hostile("either")
def paths_that_lead_out(place: Path) -> str:
    """Upwards, from the root, and by way of a folder."""
    paths = ("../../../../tmp/evil", "/tmp/evil", "app/../../../tmp/evil", "//tmp//evil", "./../tmp/evil", "..", ".")
    return with_layer(place, *(file(path, evil_status()) for path in paths))


@hostile("right", finds=[EVIL], hides=())
def absolute_path_of_the_database(place: Path) -> str:
    """Engines take `/var/lib` as `var/lib`, so what stands there counts."""
    return with_layer(place, file(f"/{STATUS}", evil_status()))


@hostile("either", finds=())
def write_through_a_link(place: Path) -> str:
    """A link out of the image, then a file behind it."""
    return with_layer(place, symlink("app/out", "/tmp"), file("app/out/evil", evil_status()), file("app/x"))


@hostile("either", hides=(), finds=())
def database_behind_a_link(place: Path) -> str:
    """`var/lib/dpkg` becomes a link to another folder of the image, in which another database is."""
    return with_layer(
        place, whiteout("var/lib/dpkg"), symlink("var/lib/dpkg", "/opt/dpkg"), file("opt/dpkg/status", evil_status())
    )


@hostile("gap", finds=(), hides=())
def database_without_a_release(place: Path) -> str:
    """Nothing says any more of which distribution the packages are."""
    return with_layer(place, whiteout("etc/os-release"), whiteout("usr/lib/os-release"))


@hostile("gap", finds=(), hides=())
def database_that_is_a_link_and_no_release(place: Path) -> str:
    """The database lies elsewhere, and nothing says that there should be one."""
    return saved(place, ImageBuilder(name="evil:1").layer(symlink(STATUS, "/opt/x"), file("opt/x", evil_status())))


@hostile("either", finds=())
def links_to_this_machine(place: Path) -> str:
    """Everything that is looked for is a link to a file of this machine."""
    targets = {
        "etc/os-release": "/etc/os-release",
        "usr/lib/os-release": "../../../../../../../../etc/os-release",
        STATUS: "/var/lib/dpkg/status",
        "lib/apk/db/installed": "/etc/passwd",
        "var/lib/rpm/rpmdb.sqlite": "/etc/passwd",
        "app/node_modules/x/package.json": "/etc/passwd",
        "app/package-lock.json": "/proc/self/environ",
        "root/.ssh/id_rsa": "/etc/shadow",
    }
    entries = [symlink(path, to) for path, to in targets.items()]
    return saved(place, ImageBuilder(name="evil:1").layer(*entries))


@hostile("either", finds=())
def hard_links_to_this_machine(place: Path) -> str:
    """The same by hard links."""
    paths = ("etc/os-release", STATUS, "lib/apk/db/installed", "app/package-lock.json", "app/.env")
    entries = [hard_link(path, to) for path, to in zip(paths, ("/etc/passwd", "../../../etc/passwd") * 3, strict=False)]
    return saved(place, ImageBuilder(name="evil:1").layer(*entries))


@hostile("gap", finds=())
def link_loops(place: Path) -> str:
    """Links that lead to themselves and to each other."""
    entries = [
        symlink("etc/os-release", "../usr/lib/os-release"),
        symlink("usr/lib/os-release", "../../etc/os-release"),
        symlink(STATUS, "status"),
        symlink("var/lib/rpm", "rpm"),
        *(symlink(f"loop/{number}", f"{(number + 1) % 1000}") for number in range(1000)),
        symlink("lib/apk/db/installed", "/loop/0"),
        hard_link("app/a", "app/b"),
        hard_link("app/b", "app/a"),
    ]
    return saved(place, ImageBuilder(name="evil:1").layer(*entries, file("app/x")))


@hostile("gap", finds=())
def devices_and_pipes(place: Path) -> str:
    """Where packages are looked for: reading them would wait for ever, or give zeros without end."""
    entries = [
        *DEBIAN,
        device(STATUS, 1, 5),
        fifo("var/lib/dpkg/status.d/x"),
        device("app/node_modules/x/package.json", 1, 8),
        fifo("app/package-lock.json"),
        device("dev/sda", 8, 0, block=True, mode=0o666),
        Entry("app/x", kind=b"Z"),
        Entry("app/y", kind=b"V"),
    ]
    return saved(place, ImageBuilder(name="evil:1").layer(*entries))


@hostile("either", finds=())
def folder_instead_of_the_database(place: Path) -> str:
    """A folder of the name of the file, and files below it."""
    return with_layer(place, folder("etc/os-release"), file("etc/os-release/x"), file(STATUS + "/x"))


@hostile("either")
def odd_whiteouts(place: Path) -> str:
    """Names that whiteouts cannot have."""
    names = (".wh.", ".wh..", ".wh...", "app/.wh.", "app/.wh..", "app/.wh...", ".wh./x", "app/.wh./y", ".wh..wh.", "a/")
    more = (".wh..wh.plnk", ".wh..wh.aufs", "app/.wh.a/b", "app/.wh.\n", "app/.wh.*", "app/.wh.../../etc")
    return with_layer(place, *(Entry(name) for name in (*names, *more)), folder("app/.wh.folder"))


@hostile("either", finds=())
def whiteout_of_the_root(place: Path) -> str:
    """`.wh.` of everything, in three ways."""
    return with_layer(place, opaque(""), Entry("./.wh..wh..opq"), Entry("/.wh..wh..opq"))


@hostile("right", finds=[EVIL], hides=BASE)
def opaque_root_with_a_new_system(place: Path) -> str:
    """All below is gone; what the same layer brings stays, wherever in it the whiteout stands."""
    entries = (*DEBIAN, file(STATUS, evil_status()), opaque(""))
    return with_layer(place, *parents(entries), *entries)


@hostile("right", finds=[EVIL], hides=BASE)
def whiteout_of_what_the_layer_brings(place: Path) -> str:
    """A whiteout works on lower layers alone: the database of its own layer stays."""
    return with_layer(place, file(STATUS, evil_status()), whiteout(STATUS))


@hostile("right", finds=[EVIL], hides=BASE)
def whiteout_before_what_the_layer_brings(place: Path) -> str:
    """The same, the other way round."""
    return with_layer(place, whiteout("var/lib/dpkg"), file(STATUS, evil_status()))


@hostile("gap", finds=())
def whiteout_of_the_database(place: Path) -> str:
    """The packages are still there, and nothing says so any more: an image that hides what it has."""
    return with_layer(place, whiteout(STATUS))


@hostile("right", finds=[EVIL], hides=BASE)
def the_same_path_twice(place: Path) -> str:
    """The last one counts."""
    status = "\n".join(map(deb_paragraph, DEBS))
    return with_layer(place, file(STATUS, status), file(STATUS, evil_status()))


@hostile("right", finds=[EVIL], hides=BASE)
def the_same_path_in_two_spellings(place: Path) -> str:
    """The last one counts, however its path is written."""
    status = "\n".join(map(deb_paragraph, DEBS))
    return with_layer(place, file(f"./{STATUS}", status), file("var//lib/./dpkg/status", evil_status()))


@hostile("right")
def paths_of_another_case(place: Path) -> str:
    """Other files on Linux, the same elsewhere."""
    return with_layer(place, file(STATUS.upper(), evil_status()), file("Var/lib/dpkg/status", evil_status()))
