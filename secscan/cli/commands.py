"""Which commands there are: what help and completion need to know of them without importing any."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """One command."""

    place: str
    """Its module in this package, and its function there."""
    summary: str
    """One line of at most 60 characters."""
    panel: str = ""
    """Under which heading help shows it."""
    examples: tuple[str, ...] = ()
    """Command lines that show what it is for."""


class Group(NamedTuple):
    """A command that has commands of its own."""

    summary: str
    panel: str
    commands: dict[str, Command]


_JUDGE = "Scan and judge"
_ACCEPT = "Accept and compare"
_KNOW = "Policies, advisories, secrets"
_PROVE = "Evidence"
_SET_UP = "Set up"

COMMANDS: dict[str, Command | Group] = {
    "scan": Command(
        "scan.scan",
        "Look at a tree or an image, judge it, write the reports.",
        _JUDGE,
        (
            "secscan scan                          the working directory",
            "secscan scan --staged                 what is about to be committed",
            "secscan scan --diff origin/main...HEAD   what a branch changed",
            "secscan scan image.tar -p strict      an image, by another policy",
            "secscan scan -f sarif > out.sarif     one report on standard output",
        ),
    ),
    "gate": Command(
        "gate.gate",
        "Judge a saved scan again, with no scanner installed.",
        _JUDGE,
        (
            "secscan gate secscan.json -p strict",
            "secscan gate secscan.json --baseline base.json -q",
        ),
    ),
    "merge": Command(
        "merge.merge",
        "Judge what shards of a scan have seen, as one scan.",
        _JUDGE,
        (
            "secscan scan --shard 2/4              on each of four machines",
            "secscan merge shards/                 once, with what they wrote",
        ),
    ),
    "report": Command(
        "report.report",
        "Show a saved scan again, in any format.",
        _JUDGE,
        (
            "secscan report secscan.json --all     everything, on the terminal",
            "secscan report secscan.json -f sarif -o secscan.sarif",
        ),
    ),
    "explain": Command(
        "explain.explain",
        "Say why a finding was decided so, or the verdict.",
        _JUDGE,
        (
            "secscan explain 15310651f4c5          a finding, rule by rule",
            "secscan explain --verdict             the fewest steps to green",
        ),
    ),
    "coverage": Command(
        "coverage.coverage",
        "Show who looked at what, who did not, and why.",
        _JUDGE,
        (
            "secscan coverage                      of secscan.json",
            "secscan coverage --file src/app.py    of one file",
        ),
    ),
    "fix": Command(
        "fix.fix",
        "Plan the fewest version changes that clear what blocks.",
        _JUDGE,
        (
            "secscan fix                           show the plan",
            "secscan fix --write                   make the changes",
        ),
    ),
    "diff": Command(
        "diff.diff",
        "Show what is new, changed and fixed between two scans.",
        _JUDGE,
        ("secscan diff old.json secscan.json",),
    ),
    "import": Command(
        "import_.import_",
        "Judge and report what other scanners wrote into files.",
        _JUDGE,
        ("secscan import trivy.sarif --path .",),
    ),
    "waiver": Group(
        "Accept findings for a while: add, list, prune.",
        _ACCEPT,
        {
            "add": Command(
                "waiver.add",
                "Accept a finding for a while.",
                examples=('secscan waiver add 15310651 --owner ana --expires 90d --reason "own input"',),
            ),
            "list": Command("waiver.list_", "List the waivers, the one that ends first at the top."),
            "prune": Command("waiver.prune", "Remove waivers that have ended, or that nothing needs."),
        },
    ),
    "baseline": Group(
        "Tell what is new by what was there before: write, show.",
        _ACCEPT,
        {
            "write": Command("baseline.write", "Write what a scan has seen as the baseline."),
            "show": Command("baseline.show", "Show what a baseline knows, or does not know."),
        },
    ),
    "policy": Group(
        "Try policies: test, lint, backtest.",
        _KNOW,
        {
            "test": Command("policy.run_tests", "Run a policy's tests, and say what they would miss."),
            "lint": Command("policy.lint", "Check policies and files of waivers."),
            "backtest": Command("policy.backtest", "Judge saved scans by another policy."),
        },
    ),
    "advisories": Group(
        "Fill and ask the index of known vulnerabilities.",
        _KNOW,
        {
            "import": Command("advisories.import_", "Put advisories from disk into the index."),
            "update": Command("advisories.update", "Get advisories over HTTPS, and build the index anew."),
            "export": Command("advisories.export", "Write the index into one file, to carry it."),
            "status": Command("advisories.status", "Say what the index holds, and how old it is."),
            "show": Command("advisories.show", "Print what is known of a vulnerability."),
            "lookup": Command("advisories.lookup", "Print which advisories affect a package."),
        },
    ),
    "vault": Group(
        "Ask Vault about secrets in code, and check Vault itself.",
        _KNOW,
        {
            "check": Command("vault.check", "Look for secrets, and ask Vault whether they are in use."),
            "unreferenced": Command("vault.unreferenced", "List entries that nothing in a tree refers to."),
            "index": Command("vault.index", "Write an index for jobs that may read no secret."),
            "audit": Command("vault_audit.audit", "Check how a server is kept. No secret is read."),
            "policy": Command("vault_policy.policy", "Print the least rights that a token needs."),
            "rotate-plan": Command("vault_rotate.rotate_plan", "Print the steps that replace secrets found."),
        },
    ),
    "compliance": Command("compliance.compliance", "Say what scans are evidence of, for a framework.", _PROVE),
    "attest": Command("attest.attest", "Sign the decision on a scan (in-toto, DSSE).", _PROVE),
    "verify": Command("attest.verify", "Check an attestation: signature, form, subject.", _PROVE),
    "replay": Command("attest.replay", "Judge again as attested: is it the same, byte for byte?", _PROVE),
    "sbom": Command("sbom.sbom", "Write what a tree or an image is made of.", _PROVE),
    "init": Command(
        "init.init",
        "Propose settings for a repository, and write them.",
        _SET_UP,
        (
            "secscan init                          asks little",
            "secscan init --yes --baseline         a team with a backlog starts green",
            "secscan init --ci gitlab              a pipeline, too",
        ),
    ),
    "cache": Group(
        "What scanners said of files that did not change since.",
        _SET_UP,
        {
            "status": Command("cache.status", "Say what the cache holds, and how large it is."),
            "clear": Command("cache.clear", "Forget everything."),
            "verify": Command("cache.verify", "Check every entry."),
        },
    ),
    "config": Group(
        "Settings: what holds and who says so, and whose count.",
        _SET_UP,
        {
            "show": Command("config.show", "Show each setting, and who says so."),
            "validate": Command("config.validate", "Check a settings file."),
            "trust": Command("trust.trust", "Let a tree's own settings count, as they are now."),
            "untrust": Command("trust.untrust", "Let them count no more."),
        },
    ),
    "hook": Group(
        "Look at changes before they are committed or pushed.",
        _SET_UP,
        {
            "run": Command("hook.run", "Look at a change, for git, pre-commit or prek."),
            "install": Command("hook_scripts.install", "Write the hooks of this repository."),
            "uninstall": Command("hook_scripts.uninstall", "Remove the hooks that were installed."),
            "status": Command("hook_scripts.status", "Say which hooks run here."),
        },
    ),
    "github": Group(
        "The steps of the GitHub Action, for workflows without it.",
        _SET_UP,
        {
            "base": Command("github.base", "Find and fetch the commit that judges this run."),
            "advisories": Command("github.advisories", "Bring the advisories of a job up to date."),
            "scan": Command("github.scan", "Scan as the inputs ask for, and tell GitHub."),
            "report": Command("github.report", "Tell of a saved scan: outputs, summary, annotations."),
            "comment": Command("github.comment", "Make or replace the comment on the pull request."),
        },
    ),
    "notify": Group(
        "Tell services of verdicts: try the settings, send.",
        _SET_UP,
        {
            "test": Command("notify.try_settings", "Send a test to every channel of the settings."),
            "send": Command("notify.send", "Tell the services of a saved scan."),
        },
    ),
    "doctor": Command("doctor.doctor", "Are the scanners there, and do they find what they must?", _SET_UP),
    "completion": Command("completion.completion", "Print what completes commands in bash, zsh or fish.", _SET_UP),
    "schema": Command("schema.schema", "Print the JSON Schema of a document.", _SET_UP),
}
