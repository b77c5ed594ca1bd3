"""How Sphinx makes the site: `make docs` runs `sphinx-build -W -n -c docs . build/docs`.

The source folder is the top of the repository, so that a link between files is the same on the site and where the files
are read as they lie; a link to a file that is no page, such as a policy, becomes a download. Nothing is fetched when the
site is made, and the site fetches nothing when it is read.
"""

from __future__ import annotations

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
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
]
exclude_patterns = ["build", ".venv*", "**/node_modules", "docs/**/__pycache__", "docs/generate", "docs/site"]
source_suffix = {".md": "markdown"}

myst_heading_anchors = 4
myst_links_external_new_tab = False
nitpicky = True
suppress_warnings = ["misc.highlighting_failure"]  # examples of output are no code

html_theme = "furo"
html_title = "secscan"
html_static_path = ["site"]
html_css_files = ["site.css"]
html_extra_path = ["site/root"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_last_updated_fmt = None  # the same files give the same site
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
