"""Which language a file is written in, by its name and, where the name says nothing, by its first line.

The names are those semgrep uses (but for notebooks, see `targets.notebook`), and are the values of
`SourceFile.language`.
"""

from __future__ import annotations

import re
from typing import Final

_BY_SUFFIX: Final = {
    "python": "py pyi pyw pyx wsgi",
    "notebook": "ipynb",
    "javascript": "js jsx mjs cjs",
    "typescript": "ts tsx mts cts",
    "go": "go",
    "java": "java",
    "kotlin": "kt kts",
    "scala": "scala",
    "ruby": "rb rake gemspec",
    "php": "php phtml",
    "csharp": "cs",
    "c": "c h",
    "cpp": "cc cpp cxx hpp hh",
    "rust": "rs",
    "swift": "swift",
    "shell": "sh bash zsh ksh",
    "powershell": "ps1 psm1",
    "terraform": "tf tfvars",
    "dockerfile": "dockerfile containerfile",
    "yaml": "yaml yml",
    "json": "json jsonc",
    "toml": "toml",
    "ini": "ini cfg conf properties",
    "xml": "xml",
    "html": "html htm xhtml jinja jinja2 j2",
    "css": "css",
    "sql": "sql",
    "markdown": "md markdown",
    "text": "txt rst",
}
_SUFFIXES: Final = {suffix: language for language, suffixes in _BY_SUFFIX.items() for suffix in suffixes.split()}
_NAMES: Final = {
    "sconstruct": "python",
    "sconscript": "python",
    "wscript": "python",
    "dockerfile": "dockerfile",
    "containerfile": "dockerfile",
    "gemfile": "ruby",
    "rakefile": "ruby",
    "vagrantfile": "ruby",
    "pipfile": "toml",
    "poetry.lock": "toml",
    "uv.lock": "toml",
    "pdm.lock": "toml",
    "pipfile.lock": "json",
    "go.mod": "gomod",
    "go.sum": "gosum",
    "makefile": "make",
}
_SHEBANG: Final = re.compile(rb"#![ \t]*(?:\S*/)?(?:env[ \t]+(?:-\S+[ \t]+|\w+=\S*[ \t]+)*(?:\S*/)?)?([A-Za-z]+)")
_INTERPRETERS: Final = {
    **dict.fromkeys((b"python", b"pypy", b"pythonw"), "python"),
    **dict.fromkeys((b"sh", b"bash", b"dash", b"zsh", b"ksh", b"ash"), "shell"),
    **dict.fromkeys((b"node", b"nodejs", b"bun"), "javascript"),
    **dict.fromkeys((b"ruby", b"jruby"), "ruby"),
    **dict.fromkeys((b"php",), "php"),
    **dict.fromkeys((b"pwsh",), "powershell"),
}
_DOCKERFILE: Final = re.compile(r"(?:.*\.)?(?:docker|container)file(?:[._-].*)?")
_NO_DOCKERFILE: Final = re.compile(
    r".*\.(?:adoc|dockerignore|go|html?|java|js|json|lock|md|markdown|png|py|rb|rst|rs|sh|svg|toml|ts|ya?ml)"
)


def is_dockerfile(path: str) -> bool:
    """Whether a file is a Dockerfile or Containerfile by its name; one of a template (`Dockerfile.j2`) is, too."""
    name = path.rpartition("/")[2].lower()
    return _DOCKERFILE.fullmatch(name) is not None and _NO_DOCKERFILE.fullmatch(name) is None


def language_of(path: str, first_bytes: bytes) -> str:
    """Return the language of a file, or an empty text where we do not know it.

    `path` is path text; `first_bytes` the beginning of the content. Names are compared without regard to case:
    an interpreter that is handed `SETUP.PY` runs it.
    """
    name = path.rpartition("/")[2].lower()
    if name in _NAMES:
        return _NAMES[name]
    if is_dockerfile(name):
        return "dockerfile"
    stem, _, suffix = name.rpartition(".")
    if stem and suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    found = _SHEBANG.match(first_bytes.removeprefix(b"\xef\xbb\xbf"))
    return _INTERPRETERS.get(found.group(1).lower(), "") if found else ""
