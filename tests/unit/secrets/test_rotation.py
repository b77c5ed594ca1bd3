from __future__ import annotations

import pytest

from secscan.findings.levels import Confidence, Kind, SecretState, Severity
from secscan.findings.model import Finding, Location, Region, Source
from secscan.secrets.detect.providers import PROVIDERS
from secscan.secrets.rotation import Kept, kept_at, kind_of, rotation


def finding(rule: str = "generic-password", path: str = "app/settings.py", **more: object) -> Finding:
    fields: dict[str, object] = {
        "kind": Kind.SECRET,
        "defect": "hardcoded-credential",
        "title": "Hard-coded password",
        "message": "A secret stands in the file.",
        "severity": Severity.HIGH,
        "confidence": Confidence.HIGH,
        "location": Location(path=path, region=Region(start_line=3)),
        "sources": (Source(scanner="secrets", rule=f"secscan.secret.{rule}"),),
        "fingerprint": "1" * 32,
    }
    return Finding(**{**fields, **more})  # type: ignore[arg-type]


def steps(one: Finding) -> list[str]:
    return [step.what.partition(":")[0].partition(",")[0] for step in rotation(one).steps]


def commands(one: Finding) -> list[str]:
    return [step.command for step in rotation(one).steps if step.command]


def test_a_token_is_revoked_before_all_else() -> None:
    assert steps(finding("github-token"))[:3] == ["Revoke it", "Make it anew", "Write the new one to Vault."]
    assert "account's settings" in rotation(finding("github-token")).steps[0].what


def test_what_may_live_twice_is_ended_when_nobody_uses_it_any_more() -> None:
    order = steps(finding("generic-password"))
    assert order.index("Make it anew") < order.index("Revoke it")
    assert order.index("Put a reference in the place of the literal in `app/settings.py") < order.index("Revoke it")


@pytest.mark.parametrize("rule", [one.id for one in PROVIDERS])
def test_every_kind_has_all_its_steps(rule: str) -> None:
    text = " ".join(step.what for step in rotation(finding(rule)).steps)
    for word in (
        "Revoke it",
        "Make it anew",
        "Write the new one",
        "Put a reference",
        "Verify that the old one is dead",
    ):
        assert word in text


def test_where_vault_keeps_it_is_named_and_the_value_never() -> None:
    note = "Vault: live at vault:secret/app/db#password, version 3, since 2026-01-01"
    one = finding(notes=(note,), secret_state=SecretState.LIVE)
    assert kept_at(one) == (Kept("secret/app/db", "password"),)
    assert kept_at(finding(message="It is in use: vault:old/db#password.")) == (Kept("old/db", "password"),)
    assert "vault kv patch secret/app/db password=-" in commands(one)
    assert "secscan vault check" in commands(one)


def test_several_entries_with_the_same_value_are_all_written() -> None:
    notes = ("Vault: live at vault:secret/a#x", "Vault: rotated at vault:kv/b#y, version 1")
    assert commands(finding(notes=notes))[:2] == ["vault kv patch secret/a x=-", "vault kv patch kv/b y=-"]


def test_an_id_of_a_path_is_said_to_be_one() -> None:
    one = finding(notes=("Vault: live at vault:id-0123456789ab#password",))
    assert kept_at(one)[0].is_id
    assert "vault kv patch PATH password=-" in commands(one)


def test_where_nobody_knows_the_entry_a_new_one_is_made() -> None:
    assert commands(finding())[0] == "vault kv put secret/TEAM/APPLICATION password=-"


@pytest.mark.parametrize(
    "note", ["vault:secret/a;rm -rf /#x", "vault:secret/$(id)#x", "vault:secret/a#x`id`", "vault:secret/a#x\nrm -rf /"]
)
def test_a_note_of_others_is_no_command(note: str) -> None:
    for command in commands(finding(notes=(note,))):
        assert not set(command) & set(";$()`\n&|")


def test_a_place_of_others_is_no_markup() -> None:
    one = finding(path="a`<img src=x>`.py")
    (step,) = [step.what for step in rotation(one).steps if "Put a reference" in step.what]
    assert step.count("`") == 4
    assert "`a'<img src=x>'.py:3`" in step


def test_what_the_reference_looks_like_follows_the_file() -> None:
    def stead(path: str) -> str:
        return next(step.what for step in rotation(finding(path=path)).steps if "Put a reference" in step.what)

    assert "os.environ" in stead("a.py")
    assert "vault-action" in stead(".github/workflows/ci.yml")
    assert "a variable that Vault fills" in stead("Makefile")


def test_the_kind_is_that_of_our_detector() -> None:
    assert kind_of(finding("jwt")) == "jwt"
    assert kind_of(finding(sources=(Source(scanner="vault", rule="secscan.vault.live"),))) == ""
