"""Programs in the place of scanners that say nothing, half, or a lie: as shell code."""

from __future__ import annotations

HALF = '{"results": [{"filename": "a.py", "results'
# bandit writes its report into the file after -o; the others write to standard output.
WRITE = (
    'out=; while [ $# -gt 0 ]; do [ "$1" = -o ] && out=$2; shift; done; '
    'if [ -n "$out" ]; then cat >"$out"; else cat; fi'
)

FAULTS = {
    "prints nothing": "exit 0",
    "prints half its JSON": f"printf '%s' '{HALF}' | {{ {WRITE}; }}",
    "prints {}": f"printf '{{}}' | {{ {WRITE}; }}",
    "sleeps for ever": "sleep 1000 & sleep 1000",
    "is killed": "kill -9 $$",
    "says clean without looking": f"""printf '{{"results": [], "errors": [], "metrics": {{"_totals": {{}}}}, "paths":
        {{"scanned": []}}, "skipped_rules": [], "dependencies": [], "fixes": []}}' | {{ {WRITE}; }}""",
}
