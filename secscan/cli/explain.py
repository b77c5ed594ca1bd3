"""`secscan explain`: why a finding was decided as it was, and what turns the gate green."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from secscan.findings.judgement import Decision
    from secscan.findings.model import Finding
    from secscan.findings.scan import Scan

_WORDS = {"block": "blocked", "warn": "warned of", "accept": "accepted"}


def explain(
    fingerprint: Annotated[str, typer.Argument(metavar="[FINGERPRINT]", help="Of the finding; its beginning will do.", show_default=False)] = "",
    verdict: Annotated[bool, typer.Option("--verdict", help="Explain the verdict instead, and what turns the gate green.")] = False,
    scan: Annotated[Path, typer.Option("--scan", help="The saved scan.")] = Path("secscan.json"),
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy to explain it by.", show_default="the one that judged the scan")] = "",
    environment: Annotated[str, typer.Option("--environment", "-e", metavar="NAME", help="This environment of the policy.")] = "",
    floor: Annotated[str, typer.Option("--floor", metavar="POLICY", help="The policy's floor.")] = "",
    secrets: Annotated[Path | None, typer.Option("--secrets", metavar="FILE", help="Explain instead what the detector of secrets makes of a file.")] = None,
) -> None:  # fmt: skip
    """Explain a decision: the rules in order, and every part of the one that decided. Or explain the verdict."""
    from secscan.cli.saved import find_finding
    from secscan.cli.terminal import print_lines
    from secscan.errors import UsageError
    from secscan.findings.scan import load
    from secscan.reports.escape import terminal

    if verdict + bool(fingerprint) + bool(secrets) != 1:
        raise UsageError(
            "say what to explain: a FINGERPRINT, --verdict, or --secrets FILE", hint="secscan explain --help"
        )
    if secrets is not None:
        print_lines(terminal(line) for line in _secrets(secrets))
        return
    seen = load(scan)
    if seen.judgement is None:
        raise UsageError(f"nobody has judged {scan}", hint="judge it with `secscan gate`")
    lines = _verdict(seen) if verdict else _finding(seen, find_finding(seen, fingerprint), policy, environment, floor)
    print_lines(terminal(line) for line in lines)


def _finding(seen: Scan, finding: Finding, policy: str, environment: str, floor: str) -> Iterator[str]:
    from datetime import UTC, datetime

    from secscan.cli.saved import policy_of
    from secscan.errors import UsageError
    from secscan.gate.again import decision_of
    from secscan.policy.explain import explanation
    from secscan.reports.present import introduction, newness, other_decision, sources_of

    assert seen.judgement is not None  # noqa: S101 - the caller has looked
    at = datetime.fromisoformat(seen.run.judged_at) if seen.run and seen.run.judged_at else datetime.now(UTC)
    saved = next((one for one in seen.judgement.decisions if one.fingerprint == finding.fingerprint), None)
    if saved is None:
        raise UsageError(f"nobody decided on {finding.fingerprint}", hint="judge the scan again with `secscan gate`")
    judge = policy_of(seen, policy, environment=environment, floor=floor)
    other = judge is not None and judge.digest != seen.judgement.policy_digest
    decision = decision_of(finding, saved, judge, at) if judge is not None and other else saved
    symbol = f" in {finding.location.symbol}" if finding.location.symbol else ""
    yield f"{finding.title} ({finding.severity}, {finding.confidence} confidence)"
    yield f"{finding.place}{symbol}"
    yield f"fingerprint {finding.fingerprint}, reported by {sources_of(finding)}"
    yield from (f"brought by {text}" for text in (introduction(finding),) if text)
    yield ""
    if other and judge is not None:
        yield f"The scan was judged by another policy; this is what {judge.name} says."
    yield from _decision(decision, seen.judgement.policy if judge is None else judge.name)
    yield from (text for text in (newness(decision), other_decision(decision)) if text)
    yield from _places(seen, finding)
    yield ""
    if judge is not None:
        yield from explanation(judge, decision, finding, at)
        return
    yield from (f"  {line}" for line in decision.because)
    yield f"The rules of {seen.judgement.policy} are not known here: name its file with --policy to see them in order."


def _secrets(file: Path) -> Iterator[str]:
    """What is taken for a secret in a file and what is not, and why. No value is shown."""
    from secscan.errors import TargetError
    from secscan.reports.present import counted
    from secscan.secrets.detect.detector import explain as explain_text
    from secscan.secrets.texts import decoded

    try:
        text, _ = decoded(file.read_bytes())
    except OSError as error:
        raise TargetError(f"cannot read {file}: {error.strerror}", hint="check the path") from error
    found, rejected = explain_text(text, str(file))

    def place(at: int) -> str:
        return f"{file}:{text.count(chr(10), 0, at) + 1}"

    for one in found:
        more = "".join(f"; {note}" for note in (one.form and f"written as {one.form}", one.why) if note)
        yield f"{place(one.start)} {one.rule}: a secret ({one.secret.preview()}), {one.confidence} confidence{more}"
    for other in rejected:
        yield f"{place(other.start)} {other.rule}: none, {other.reason}"
    yield f"{counted(len(found), 'secret')}, {len(rejected)} that only look like one"


def _decision(decision: Decision, policy: str) -> Iterator[str]:
    name = decision.policy or policy
    yield f"{_WORDS[decision.action].capitalize()} by the rule {decision.rule} of the policy {name}: {decision.reason}"
    if decision.waiver:
        yield f"The waiver {decision.waiver} overrules that rule."


def _places(seen: Scan, finding: Finding) -> Iterator[str]:
    """The further places of a secret, with the decision there."""
    if not finding.places:
        return
    decisions = {one.fingerprint: one for one in seen.judgement.decisions} if seen.judgement else {}
    yield "The same secret stands in these places, too; each is decided on, and the strictest decision holds:"
    for one in finding.places:
        decision = decisions.get(one.fingerprint)
        said = f"{decision.action} ({decision.waiver or decision.rule})" if decision else "nobody decided"
        yield f"  {said}: {one.place}, fingerprint {one.fingerprint[:12]}"


def _verdict(seen: Scan) -> Iterator[str]:
    from collections import Counter

    from secscan.findings.levels import Action
    from secscan.reports.present import Presentation, counted

    assert seen.judgement is not None  # noqa: S101 - the caller has looked
    view = Presentation(seen)
    yield f"{seen.judgement.verdict}: {view.sentence} (policy {seen.judgement.policy})"
    blocked = (one.decision for one in view.judged if one.decision.action is Action.BLOCK)
    by_rule = Counter((one.rule, one.reason) for one in blocked)
    for (rule, why), count in by_rule.most_common():
        yield f"- failed: {count} blocked by the rule {rule}: {why}"
    for reason in seen.judgement.reasons:
        if reason.about != "finding":
            yield f"- {reason.verdict}: {reason.text}"
    remedy = seen.judgement.remedy
    if remedy is None:
        return
    yield ""
    yield f"What turns the gate green ({counted(len(remedy.steps), 'step')}):"
    for at, step in enumerate(remedy.steps, start=1):
        count = view.cleared_by(step)
        several = f" (clears {count} findings)" if count > 1 else ""
        yield f"{at}. {step.text}{several}"
        if count == 1:
            everywhere = " --all-places" if len(step.clears) > 1 else ""
            among = (one.finding.fingerprint for one in view.with_action(Action.BLOCK))
            told = next((one for one in among if one in step.clears), step.clears[0])  # the id that reports show
            yield f"   to waive it: secscan waiver add {told[:12]}{everywhere} --reason ... --owner ..."
