"""A report is a function of the saved scan alone: no clock, no environment, no network, no file but the shipped data,
and the same bytes in whatever process it is made. It is made while it is written."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import msgspec
import pytest

from secscan.findings.scan import dumps
from secscan.reports.contract import FORMATS, load_format
from secscan.reports.present import Presentation
from tests.support.scans import TAINTED, compared, scan_of

ROOT = Path(__file__).resolve().parent.parent.parent

CHILD = """
import sys
from secscan.findings.scan import loads
from secscan.reports.contract import load_format
from secscan.resources import data_dir

name, root = sys.argv[1:3]
scan = loads(sys.stdin.buffer.read())
render = load_format(name).render
render(scan)  # what is imported or compiled on the way has been now

import datetime, os, random, socket, time

def refuse(what):
    def refused(*_, **__):
        raise SystemExit(f"a report asks for {what}")
    return refused

class NoEnvironment(dict):
    __getitem__ = get = __contains__ = __iter__ = refuse("the environment")

class Clock(datetime.datetime):
    now = utcnow = today = classmethod(refuse("the time"))

class Calendar(datetime.date):
    today = classmethod(refuse("the day"))

def hook(event, arguments):
    shipped = str(data_dir("reports"))
    if event == "open" and not str(arguments[0]).startswith((shipped, sys.prefix, sys.base_prefix)):
        raise SystemExit(f"a report opens {arguments[0]}")
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.listdir", "os.scandir", "shutil.")):
        raise SystemExit(f"a report does {event}")

os.environ, os.getenv, os.getcwd = NoEnvironment(), refuse("the environment"), refuse("the working directory")
for clock in ("time", "time_ns", "localtime", "gmtime", "strftime"):
    setattr(time, clock, refuse("the time"))
for module in [one for key, one in sys.modules.items() if key.startswith(("secscan", "jinja2", "json"))]:
    for key, held in list(vars(module).items()):
        if held is datetime.datetime: setattr(module, key, Clock)
        if held is datetime.date: setattr(module, key, Calendar)
datetime.datetime, datetime.date = Clock, Calendar
for chance in ("random", "randrange", "choice", "getrandbits"):
    setattr(random, chance, refuse("chance"))
os.urandom = refuse("chance")
sys.addaudithook(hook)
output = render(scan)
sys.stdout.buffer.write(output)
"""


def render_elsewhere(name: str, folder: Path, **environment: str) -> bytes:
    ended = subprocess.run(
        [sys.executable, "-P", "-c", CHILD, name, str(ROOT)],
        input=dumps(compared()),
        capture_output=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()[-2000:]
    return ended.stdout


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_is_the_same_bytes_wherever_it_is_made(name: str, tmp_path: Path) -> None:
    here = load_format(name).render(compared())
    assert render_elsewhere(name, tmp_path, PYTHONHASHSEED="1", TZ="Asia/Kathmandu", LC_ALL="C", COLUMNS="40") == here
    far = {"PYTHONHASHSEED": "2", "TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8", "PYTHONUTF8": "0"}
    assert render_elsewhere(name, Path("/"), NO_COLOR="1", GITHUB_ACTIONS="true", **far) == here


@pytest.mark.parametrize(
    ("impure", "told"),
    [
        ("open('/etc/hostname').read()", "opens /etc/hostname"),
        ("__import__('time').time()", "the time"),
        ("__import__('datetime').datetime.now()", "the time"),
        ("__import__('os').environ.get('HOME')", "the environment"),
        ("__import__('os').getcwd()", "the working directory"),
        ("__import__('socket').socket()", "socket"),
    ],
)
def test_a_report_that_looks_elsewhere_is_found_out(impure: str, told: str, tmp_path: Path) -> None:
    child = CHILD.replace("output = render(scan)", f"{impure}; output = render(scan)")
    ended = subprocess.run(
        [sys.executable, "-P", "-c", child, "json", str(ROOT)],
        input=dumps(compared()),
        capture_output=True,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        timeout=120,
        check=False,
    )
    assert ended.returncode != 0
    assert told in ended.stderr.decode()


@pytest.mark.parametrize("name", ["jsonl", "ocsf", "sarif"])
def test_a_report_of_many_findings_is_never_held_as_a_whole(name: str) -> None:
    many = [msgspec.structs.replace(TAINTED, message=f"{at} " * 20, fingerprint=f"{at:032x}") for at in range(1_500)]
    view = Presentation(scan_of(*many))
    _ = view.judged, view.by_action  # these are for all reports
    parts = load_format(name).parts(view)
    tracemalloc.start()
    try:
        size = sum(map(len, parts))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 1_500 * 1_000
    assert most < size / 2
