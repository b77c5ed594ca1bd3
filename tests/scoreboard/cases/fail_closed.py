"""A scanner that is killed, hangs, lies, or is not there; targets that are none; rules that are none."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from tests.scoreboard.case import Case, Group, Seen, add
from tests.scoreboard.place import Place
from tests.scoreboard.planted import LEAK, PIN, SHELL
from tests.scoreboard.tools import alone_on
from tests.support.faulty_scanners import FAULTS, WRITE

GROUP = Group.FAIL_CLOSED
BAD: dict[str, bytes | str] = {"app.py": SHELL, "requirements.txt": PIN, "config.py": LEAK}
_PREAMBLE = """
import json, os, signal, subprocess, sys
real, *arguments = sys.argv[1:]
out = arguments[arguments.index("-o") + 1] if "-o" in arguments else None
ended = subprocess.run([real, *arguments], capture_output=True)
code, answer = ended.returncode, ended.stdout
if "--version" in arguments:
    sys.stdout.buffer.write(answer)
    sys.exit()
answer = open(out, "rb").read() if out else answer
def say(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    if out:
        open(out, "wb").write(data)
    else:
        os.write(1, data)
"""


def _altering(body: str) -> str:
    """Shell code that runs the real program, and gives another answer: `say` takes it, `answer` is the real one."""
    return f'exec {sys.executable} - "$REAL" "$@" <<\'END\'\n{_PREAMBLE}\n{body}\nEND'


MORE_FAULTS = {
    "prints null": f"printf null | {{ {WRITE}; }}",
    "prints []": f"printf '[]' | {{ {WRITE}; }}",
    "prints a page of HTML": f"printf '<html>log in first</html>' | {{ {WRITE}; }}",
    "prints its answer twice": _altering("say(answer + answer)\nsys.exit(code)"),
    "names its results twice, the second time empty": _altering(
        'say(answer.rstrip()[:-1] + b\', "results": [], "dependencies": []}\')\nsys.exit(code)'
    ),
    "says null where its results belong": _altering(
        "say({**json.loads(answer), 'results': None, 'dependencies': None})\nsys.exit(code)"
    ),
    "nests 100 000 levels": _altering("say(b'[' * 100_000)"),
    "answers with half of itself, and exits 0": _altering("say(answer[:len(answer) // 2])"),
    "answers whole, and ends with an error": _altering("say(answer)\nsys.exit(70)"),
    "answers whole, and is killed": _altering("say(answer)\nos.kill(os.getpid(), signal.SIGKILL)"),
    "answers, and leaves all it found out": _altering(
        "say({name: [] if name in ('results', 'dependencies') else value"
        " for name, value in json.loads(answer).items()})"
    ),
    "answers of other files than it was given": _altering(
        "say(answer.replace(b'app.py', b'another.py'))\nsys.exit(code)"
    ),
    "prints for ever": f"yes x | {{ {WRITE}; }}",
    "takes all memory": f"exec {sys.executable} -c 'import time; x = bytearray(900 << 20); time.sleep(100)'",
    "leaves a program running behind": "(trap '' TERM HUP INT; setsid sleep 987) & exit 0",
}
_LIMITS = {
    "sleeps for ever": ("--timeout", "4"),
    "prints for ever": ("--timeout", "20"),
    "takes all memory": ("--memory", "400"),
    "leaves a program running behind": ("--timeout", "4"),
}


def _faulty(scanner: str, fault: str, code: str, *, quick: bool = False) -> None:
    def look(place: Place) -> Seen:
        place.shim(scanner, code)
        ran = place.only(scanner, place.tree(BAD), *_LIMITS.get(fault, ()))
        run = ran.scanner(scanner)
        status = run.get("status", "absent")
        told = (status == "failed" and run.get("reason")) or any(gap["scanner"] == scanner for gap in ran.gaps)
        words = f"{ran.words}; {scanner} {status}{'' if status == 'failed' else ', with gaps' if told else ''}"
        words += f"; {ran.trouble}" if ran.trouble else ""
        return Seen(words, held=ran.code == 3 and bool(told) and not ran.trouble)

    def others(place: Place) -> Mapping[str, str]:
        place.shim(scanner, code)
        return alone_on(place, place.tree(BAD), {"auditron": 1, "shieldctl": 1})

    words = fault.replace("{}", "an empty object").replace("[]", "an empty list")
    name = f"{scanner}-{'-'.join(words.replace(',', '').replace('.', '').split())}"
    alone = others if scanner == "bandit" and fault not in _LIMITS else None
    expected = f"incomplete, exit 3; {scanner} failed with a reason, or has gaps"
    add(Case(GROUP, name, f"{scanner} {fault}", expected, look, alone, quick))


for _fault, _code in {**FAULTS, **MORE_FAULTS}.items():
    _faulty("bandit", _fault, _code, quick=_fault in ("is killed", "says clean without looking"))
for _fault in ("prints half its JSON", "is killed", "says clean without looking"):
    _faulty("semgrep", _fault, FAULTS[_fault])
    _faulty("pip-audit", _fault, FAULTS[_fault])
for _fault in (
    "answers, and leaves all it found out",
    "answers whole, and ends with an error",
    "prints its answer twice",
):
    _faulty("semgrep", _fault, MORE_FAULTS[_fault])
    _faulty("pip-audit", _fault, MORE_FAULTS[_fault])
