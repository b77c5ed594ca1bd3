"""What the cases of a failing machine share: trees, and what is wrong with files that were written."""

from __future__ import annotations

import json
from pathlib import Path

from tests.scoreboard.planted import CODE, LEAK, PIN, SECRET, SHELL, Planted

BAD: dict[str, bytes | str] = {"app.py": SHELL, "config.py": LEAK, "requirements.txt": PIN}
PLANTED = (Planted("app.py", CODE), Planted("config.py", SECRET), Planted("requirements.txt", "package"))
CLEAN: dict[str, bytes | str] = {
    "app.py": "def add(a, b):\n    return a + b\n",
    "requirements.txt": "itsdangerous==2.2.0\n",
}
ALL_TOOLS = {"bandit": 1, "semgrep": 1, "pip-audit": 1, "gitleaks": 1, "trivy": 2}


def whole(output: Path) -> str:
    """What is wrong with reports: half a file, or one that is left of writing it."""
    for path in sorted(output.glob("**/*")) if output.exists() else ():
        if path.name.startswith("."):
            return f"an unfinished file is left: {path.name.rpartition('.')[0]}"
        if path.suffix in (".json", ".sarif"):
            try:
                json.loads(path.read_bytes())
            except ValueError:
                return f"half a file: {path.name}"
        if path.suffix == ".html" and not path.read_bytes().rstrip().endswith(b"</html>"):
            return f"half a file: {path.name}"
    return ""
