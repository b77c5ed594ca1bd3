"""How Sphinx makes the site: `make docs` runs `sphinx-build -W -n -c docs . build/docs`.

The source folder is the top of the repository, so that a link between files is the same on the site and where the
files are read as they lie; a link to a file that is no page, such as a policy, becomes a download. Nothing is fetched
when the site is made, and the site fetches nothing when it is read.
"""

from __future__ import annotations

from pathlib import Path

from docutils.nodes import document
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.errors import ThemeError

project = "secscan"
author = "The secscan developers"
language = "en"

extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = [
    "docs/**",
    "policies/*.md",
    "policies/**/*.md",
    "examples/shop/README.md",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
]
exclude_patterns = ["build", ".venv*", "**/node_modules", "docs/**/__pycache__", "docs/generate", "docs/site"]
source_suffix = {".md": "markdown"}

myst_heading_anchors = 4
myst_links_external_new_tab = False
nitpicky = True
smartquotes = False  # `--` is an option, not a dash
suppress_warnings = ["misc.highlighting_failure"]  # examples of output are no code

html_theme = "furo"
html_title = "secscan"
html_static_path = ["site/site.css"]
html_css_files = ["site.css"]
html_extra_path = ["site/root"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_last_updated_fmt = None  # the same files give the same site
html_theme_options = {
    "navigation_with_keys": True,
    "top_of_page_buttons": [],
    "light_css_variables": {"color-code-background": "#f2f3f5", "color-foreground-muted": "#56595f"},
}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

_MENDED = {
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Pages">',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
    '<table class="docutils': '<table tabindex="0" class="docutils',
    '<div class="highlight"><pre>': '<div class="highlight"><pre tabindex="0">',
}
"""What keeps pages of the theme from being usable by everybody, and what it becomes: names of landmarks, and blocks of
code and tables that a keyboard can scroll."""


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("doctree-read", _folders)
    app.connect("build-finished", _mend)


def _folders(app: Sphinx, tree: document) -> None:
    """A link to a folder of the repository, where documents are read as files, is its words on the site."""
    here = Path(app.srcdir, app.env.docname).parent
    for link in list(tree.findall(pending_xref)):
        if (here / str(link["reftarget"])).is_dir():
            link.replace_self(link.children)


def _mend(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    pages = {path: path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html")}
    for wrong, right in _MENDED.items():
        if not any(wrong in text or right in text for text in pages.values()):
            raise ThemeError(f"the theme has changed: no page has {wrong}")
    for path, text in pages.items():
        mended = text
        for wrong, right in _MENDED.items():
            mended = mended.replace(wrong, right)
        if mended != text:
            path.write_text(mended, encoding="utf-8")
