"""Which reader reads which file: by its name, wherever in the target it lies."""

from __future__ import annotations

import importlib
import posixpath
import re

from secscan.inventory.contract import Inventory, Reader, broken, reading


def _late(module: str, name: str) -> Reader:
    """A reader whose module is imported when a file is there for it: few targets have more than two or three kinds."""

    def read(path: str, data: bytes) -> Inventory:
        found: Reader = getattr(importlib.import_module(f"secscan.inventory.{module}"), name)
        return found(path, data)

    read.__name__ = name
    return read


read_actions = _late("actions", "read_actions")
read_mix_lock = _late("beam", "read_mix_lock")
read_bun_lock = _late("bun", "read_bun_lock")
read_cargo_lock = _late("cargo", "read_cargo_lock")
read_composer_json = _late("composer", "read_composer_json")
read_composer_lock = _late("composer", "read_composer_lock")
read_environment = _late("conda", "read_environment")
read_cyclonedx_json = _late("cyclonedx", "read_cyclonedx_json")
read_cyclonedx_xml = _late("cyclonedx", "read_cyclonedx_xml")
read_go_mod = _late("go_files", "read_go_mod")
read_go_sum = _late("go_files", "read_go_sum")
read_gradle_lock = _late("gradle", "read_gradle_lock")
read_direct_url = _late("installed.python", "read_direct_url")
read_metadata = _late("installed.python", "read_metadata")
read_pom = _late("maven", "read_pom")
read_package_json = _late("npm_files", "read_package_json")
read_package_lock = _late("npm_files", "read_package_lock")
read_build_file = _late("nuget", "read_build_file")
read_deps_json = _late("nuget", "read_deps_json")
read_packages_config = _late("nuget", "read_packages_config")
read_packages_lock = _late("nuget", "read_packages_lock")
read_project_file = _late("nuget", "read_project_file")
read_pnpm_lock = _late("pnpm", "read_pnpm_lock")
read_pubspec_lock = _late("pub", "read_pubspec_lock")
read_pipfile = _late("python_files", "read_pipfile")
read_pyproject = _late("python_files", "read_pyproject")
read_setup_cfg = _late("python_files", "read_setup_cfg")
read_pipfile_lock = _late("python_locks", "read_pipfile_lock")
read_toml_lock = _late("python_locks", "read_toml_lock")
read_requirements = _late("requirements", "read_requirements")
read_gemfile_lock = _late("ruby", "read_gemfile_lock")
read_spdx_json = _late("spdx", "read_spdx_json")
read_spdx_text = _late("spdx", "read_spdx_text")
read_syft_json = _late("syft", "read_syft_json")
read_yarn_lock = _late("yarn", "read_yarn_lock")


@reading
def read_any_sbom(path: str, data: bytes) -> Inventory:
    """Read an SBOM in JSON whose name does not say which kind it is."""
    reader = _reader_in(data)
    return reader(path, data) if reader else broken(path, "it is neither CycloneDX nor SPDX nor of syft")


@reading
def read_possible_sbom(path: str, data: bytes) -> Inventory:
    """Read what has `sbom` in its name; JSON of any other sort holds no packages."""
    reader = _reader_in(data)
    return reader(path, data) if reader else Inventory()


def _reader_in(data: bytes) -> Reader | None:
    from secscan.inventory.documents import read_json
    from secscan.inventory.syft import is_syft

    document = read_json(data)[1]
    if "bomFormat" in document:
        return read_cyclonedx_json
    if "spdxVersion" in document or "@context" in document:
        return read_spdx_json
    return read_syft_json if is_syft(document) else None


def sbom_reader(data: bytes) -> Reader | None:
    """Return the reader for an SBOM by its content, whatever it is called; None for what looks like none."""
    from secscan.inventory.documents import decode_text

    try:
        text = decode_text(data).lstrip()
    except ValueError:
        return None
    if text.startswith("{"):
        return read_any_sbom if _IN_JSON.search(text) else None
    if text.startswith("<"):
        return read_cyclonedx_xml if "cyclonedx.org/schema/bom" in text[:_HEAD] else None
    return read_spdx_text if _IN_TAGS.search(text[:_HEAD]) else None


_HEAD = 10_000
_IN_JSON = re.compile(r'"(?:bomFormat|spdxVersion|artifactRelationships)"\s*:')
_IN_TAGS = re.compile(r"^SPDXVersion:", re.MULTILINE)


NAMES: dict[str, Reader] = {
    "pyproject.toml": read_pyproject,
    "setup.cfg": read_setup_cfg,
    "Pipfile": read_pipfile,
    "Pipfile.lock": read_pipfile_lock,
    **dict.fromkeys(("poetry.lock", "uv.lock", "pdm.lock"), read_toml_lock),
    **dict.fromkeys(("package-lock.json", "npm-shrinkwrap.json"), read_package_lock),
    "package.json": read_package_json,
    "yarn.lock": read_yarn_lock,
    "pnpm-lock.yaml": read_pnpm_lock,
    "bun.lock": read_bun_lock,
    "go.mod": read_go_mod,
    "go.sum": read_go_sum,
    "Cargo.lock": read_cargo_lock,
    "pom.xml": read_pom,
    **dict.fromkeys(("gradle.lockfile", "buildscript-gradle.lockfile"), read_gradle_lock),
    **dict.fromkeys(("settings-gradle.lockfile", "settings-buildscript-gradle.lockfile"), read_gradle_lock),
    **dict.fromkeys(("Gemfile.lock", "gems.locked"), read_gemfile_lock),
    "composer.lock": read_composer_lock,
    "composer.json": read_composer_json,
    "packages.lock.json": read_packages_lock,
    "packages.config": read_packages_config,
    "Directory.Packages.props": read_project_file,
    "mix.lock": read_mix_lock,
    "pubspec.lock": read_pubspec_lock,
    **dict.fromkeys(("action.yml", "action.yaml"), read_actions),
    **dict.fromkeys(("bom.json", "sbom.json"), read_any_sbom),
    **dict.fromkeys(("bom.xml", "sbom.xml"), read_cyclonedx_xml),
}

_PATTERNS: tuple[tuple[str, Reader], ...] = (
    (r"(?:.*/)?[^/]*(?:requirements?|constraints?|reqs)[^/]*\.(?:txt|in|pip)", read_requirements),
    (r"(?:.*/)?[^/]*requirements[^/]*\.lock", read_requirements),
    (r"(?:.*/)?requirements/[^/]*\.(?:txt|in|pip)", read_requirements),
    (r"(?:.*/)?[^/]+[.-]package-lock\.json", read_package_lock),
    (r"(?:.*/)?pylock(?:\.[\w-]+)?\.toml", read_toml_lock),
    (r"(?:.*/)?(?:conda[\w.-]*|environment[\w.-]*|[\w.-]*[-_.](?:conda|env|environment))\.ya?ml", read_environment),
    (r"(?:.*/)?[^/]+\.py\.lock", read_toml_lock),
    (r"(?:.*/)?pnpm-lock\.[^/]+\.yaml", read_pnpm_lock),
    (r"(?:.*/)?(?:[^/]+\.gemfile|Gemfile\.[^/]+)\.lock", read_gemfile_lock),
    (r"(?:.*/)?packages\.[^/]+\.config", read_packages_config),
    (r"(?:.*/)?gradle/dependency-locks/[^/]+\.lockfile", read_gradle_lock),
    (r"(?:.*/)?[^/]+\.deps\.json", read_deps_json),
    (r"(?:.*/)?[^/]+\.(?:cs|fs|vb)proj", read_project_file),
    (r"(?:.*/)?[^/]+\.(?:props|targets)", read_build_file),
    (r"(?:.*/)?\.github/workflows/[^/]+\.ya?ml", read_actions),
    (r"(?:.*/)?[^/]+\.cdx\.json", read_cyclonedx_json),
    (r"(?:.*/)?[^/]+\.cdx\.xml", read_cyclonedx_xml),
    (r"(?:.*/)?[^/]+\.spdx\.json", read_spdx_json),
    (r"(?:.*/)?[^/]+\.spdx", read_spdx_text),
    (r"(?:.*/)?(?:[^/]+\.)?syft\.json", read_syft_json),
    (r"(?:.*/)?(?:[^/]*[._-])?sbom(?:[._-][^/]*)?\.json", read_possible_sbom),
    (r"(?:.*/)?[^/]+\.dist-info/METADATA", read_metadata),
    (r"(?:.*/)?[^/]+\.dist-info/direct_url\.json", read_direct_url),
    (r"(?:.*/)?[^/]+\.egg-info/PKG-INFO", read_metadata),
    (r"(?:.*/)?[^/]+\.egg-info", read_metadata),
)
"""Over the whole path text."""
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), reader) for pattern, reader in _PATTERNS)

LOCKED_BESIDE: dict[str, tuple[str, ...]] = {
    "Gemfile": ("Gemfile.lock",),
    "gems.rb": ("gems.locked",),
    "Cargo.toml": ("Cargo.lock",),
    "mix.exs": ("mix.lock",),
    "pubspec.yaml": ("pubspec.lock",),
    "build.gradle": ("gradle.lockfile",),
    "build.gradle.kts": ("gradle.lockfile",),
}
"""Files that name ranges, or are programs, and the files that say what they come to; those beside them, or above."""

_OLD_GRADLE_LOCK = re.compile(r"((?:.*/)?)gradle/dependency-locks/[^/]+\.lockfile")


def lock_path(path: str) -> str:
    """Return the path text at which a lock file counts: older Gradle has one for each configuration, in a folder."""
    found = _OLD_GRADLE_LOCK.fullmatch(path)
    return f"{found[1]}gradle.lockfile" if found else path


_NPM_LOCKS = r"package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock"
_PYTHON_LOCKS = r"(?:poetry|uv|pdm)\.lock|pylock(?:\.[\w-]+)?\.toml|requirements(?:-dev)?\.lock"
_LOCKS_OF = tuple(
    (re.compile(manifest), re.compile(lock))
    for manifest, lock in (
        (r"pyproject\.toml|setup\.cfg", _PYTHON_LOCKS),
        (r"Pipfile", r"Pipfile\.lock"),
        (r"package\.json", _NPM_LOCKS),
        (r"composer\.json", r"composer\.lock"),
        (r"[^/]+\.(?:cs|fs|vb)proj|Directory\.Packages\.props", r"packages\.lock\.json"),
    )
)
"""By file names: the lock files that the tool of a manifest writes. Nothing else says what its ranges come to: whoever
adds an SBOM, a workflow or another manifest to a project could silence them all."""


def is_lock_of(lock: str, manifest: str) -> bool:
    """Whether a file, by its path text, is one that says what the ranges of a manifest come to."""
    name, other = posixpath.basename(manifest), posixpath.basename(lock)
    stem, ending = posixpath.splitext(name)
    if ending == ".in":  # pip-compile and uv write it beside, under the same name
        return other == f"{stem}.txt"
    return any(one.fullmatch(name) and locks.fullmatch(other) for one, locks in _LOCKS_OF)


_UNREAD = {
    "bun.lockb": "it is binary; bun writes bun.lock since version 1.2",
    "Podfile.lock": "CocoaPods",
    "Package.resolved": "Swift",
    "conan.lock": "Conan",
    "renv.lock": "R",
    "stack.yaml.lock": "Haskell",
    "cabal.project.freeze": "Haskell",
    "flake.lock": "Nix",
    "MODULE.bazel.lock": "Bazel",
    "paket.lock": "Paket",
    "project.assets.json": "NuGet; packages.lock.json is read",
    "libs.versions.toml": "Gradle; its lock files are read",
    "rebar.lock": "Erlang",
    "deno.lock": "Deno",
    "go.work": "it replaces versions of the modules that it joins",
}
"""Files that name packages and that no reader understands yet, and why."""
_UNREAD_PYTHON = tuple(
    (re.compile(pattern), why)
    for pattern, why in (
        (r"setup\.py", "a program, which is never run; a lock file or setup.cfg can be read"),
        (r"pixi\.(?:lock|toml)", "pixi; its tables in pyproject.toml are read"),
        (r".+\.spdx\.(?:ya?ml|rdf|xml|rdf\.xml)", "SPDX in this form; JSON and tags are read"),
        (r"(?:.*[._-])?conda-lock\.ya?ml|conda-(?:linux|osx|win)-\w+\.lock", "the lock files of conda-lock"),
    )
)
"""Such as can name packages of PyPI, by patterns over the file name."""


def why_unread(path: str) -> str:
    """Why no reader reads a file, by its path text, that names packages; empty where one does, or it names none."""
    name = posixpath.basename(path)
    return _UNREAD.get(name, "") or _why_unread_python(name)


def _why_unread_python(name: str) -> str:
    return next((why for pattern, why in _UNREAD_PYTHON if pattern.fullmatch(name)), "")


_PYTHON = frozenset(
    (
        read_pyproject, read_setup_cfg, read_pipfile, read_pipfile_lock, read_toml_lock, read_requirements,
        read_environment, read_metadata, read_direct_url, read_any_sbom, read_cyclonedx_json, read_cyclonedx_xml,
        read_spdx_json, read_spdx_text, read_syft_json, read_possible_sbom,
    )
)  # fmt: skip


def may_hold_python(path: str) -> bool:
    """Whether a file, by its path text, is a manifest that can name packages of PyPI."""
    return reader_of(path) in _PYTHON or _why_unread_python(posixpath.basename(path)) != ""


def reader_of(path: str) -> Reader | None:
    """Return the reader for a file by its path text; None where it is no manifest that we read."""
    name = posixpath.basename(path)
    if name in NAMES:
        return NAMES[name]
    if why_unread(path):
        return None
    return next((reader for pattern, reader in _COMPILED if pattern.fullmatch(path)), None)
