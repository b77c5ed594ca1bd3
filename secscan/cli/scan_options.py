"""Options of `secscan scan` that `secscan merge` has, too."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from secscan.cli.deliver import REPORT_HELP
from secscan.cli.options import JUDGE, LIMITS, LOOK, OUTPUT, WITH

FORMAT_HELP = "Print this report on standard output, and only the verdict for people, on standard error."

# fmt: off
Policy = Annotated[str, typer.Option("--policy", "-p", help="Policy file, or a shipped policy: default, strict, advisory, secrets-only, hook, owasp-top-10, pci-dss, eu-cra.", envvar="SECSCAN_POLICY", rich_help_panel=JUDGE)]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Folder for secscan.json, .sarif and .html.", show_default="the working directory", envvar="SECSCAN_OUTPUT", rich_help_panel=OUTPUT)]
Report = Annotated[list[str] | None, typer.Option("--report", metavar="FORMAT[=FILE]", help=REPORT_HELP, rich_help_panel=OUTPUT)]
FormatName = Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help=FORMAT_HELP, rich_help_panel=OUTPUT)]
Staged = Annotated[bool, typer.Option("--staged", help="Look at what is staged in git, as it is staged.", rich_help_panel=LOOK)]
Diff = Annotated[str, typer.Option("--diff", metavar="BASE...HEAD", help="Look at what a range of commits changed.", rich_help_panel=LOOK)]
History = Annotated[bool, typer.Option("--history", help="Look for secrets in everything that was ever committed.", rich_help_panel=LOOK)]
PathsFrom = Annotated[str, typer.Option("--paths-from", metavar="FILE", help="Look at the paths listed in FILE (- for standard input), a line each or NUL-separated.", rich_help_panel=LOOK)]
Vault = Annotated[bool, typer.Option("--vault", help="Ask Vault whether secrets are in use, and references lead anywhere.", rich_help_panel=WITH)]
Aws = Annotated[bool, typer.Option("--aws", help="Ask AWS Secrets Manager and Parameter Store whether secrets are in use.", rich_help_panel=WITH)]
Licences = Annotated[bool, typer.Option("--licences", help="Report the licence of every package, for policies that judge it.", rich_help_panel=WITH)]
Scanner = Annotated[list[str] | None, typer.Option("--scanner", "-s", help="Use only this scanner; may be repeated.", rich_help_panel=WITH)]
Imports = Annotated[list[Path] | None, typer.Option("--import", metavar="FILE", help="Results of another scanner (SARIF, CycloneDX, GitLab, DefectDojo, secscan.json) as one more source; may be repeated.", rich_help_panel=WITH)]
Advisories = Annotated[str, typer.Option("--advisories", metavar="demo|FILE", help="Advisory index to use instead of your own.", rich_help_panel=WITH)]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file instead of the target's secscan.yaml.", rich_help_panel=JUDGE)]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=0, help="Processor cores to use; 0 for all.", show_default="all", envvar="SECSCAN_JOBS", rich_help_panel=LIMITS)]
Timeout = Annotated[float | None, typer.Option("--timeout", min=1, metavar="SECONDS", help="Most time for one run of a scanner.", show_default="900", envvar="SECSCAN_TIMEOUT", rich_help_panel=LIMITS)]
Memory = Annotated[int | None, typer.Option("--memory", min=64, metavar="MB", help="Most memory for one run of a scanner.", show_default="4096", envvar="SECSCAN_MEMORY", rich_help_panel=LIMITS)]
Environment = Annotated[str, typer.Option("--environment", "-e", metavar="NAME", help="Judge by this environment of the policy.", envvar="SECSCAN_ENVIRONMENT", rich_help_panel=JUDGE)]
Floor = Annotated[str, typer.Option("--floor", metavar="POLICY", help="A policy below which the other may not go.", envvar="SECSCAN_FLOOR", rich_help_panel=JUDGE)]
FailOn = Annotated[str, typer.Option("--fail-on", metavar="SEVERITY", help="Block what is as severe as this or worse, too: critical, high, medium, low or info.", rich_help_panel=JUDGE)]
Waivers = Annotated[list[Path] | None, typer.Option("--waivers", metavar="FILE", help="Waivers that count; may be repeated.", rich_help_panel=JUDGE)]
Vex = Annotated[list[Path] | None, typer.Option("--vex", metavar="FILE", help="VEX document (OpenVEX, CycloneDX) whose statements count as waivers; may be repeated.", rich_help_panel=JUDGE)]
PolicyRef = Annotated[str, typer.Option("--policy-ref", metavar="REF", help="Take policy, waivers and settings from this commit.", show_default="the base, in a pull request", rich_help_panel=JUDGE)]
Baseline = Annotated[Path | None, typer.Option("--baseline", metavar="FILE", help="What was there before (`secscan baseline write`), or the base's secscan.json.", rich_help_panel=JUDGE)]
BaselineRef = Annotated[str, typer.Option("--baseline-ref", metavar="REF", help="Scan this commit, too, as the baseline.", rich_help_panel=JUDGE)]
At = Annotated[str, typer.Option("--at", metavar="TIME", help="Judge as at this time (RFC 3339).", show_default="now", rich_help_panel=JUDGE)]
Previous = Annotated[Path | None, typer.Option("--previous", metavar="FILE", help="Saved scan to compare with, for services that are told of a change.", show_default="what was told last", rich_help_panel=OUTPUT)]
LogFormat = Annotated[str, typer.Option("--log-format", metavar="text|json", help="How standard error speaks; json: a JSON object per line, the verdict last.", rich_help_panel=OUTPUT)]
# fmt: on
