"""The policy of those who begin with a backlog: what is known warns, what is new blocks."""

from __future__ import annotations


def policy_for_backlog(policy: str) -> bytes:
    """Return a policy that lies over the named one and blocks only what is new, and what may not wait in any case."""
    return _TEXT.format(policy=policy).encode()


_TEXT = """\
# Over the policy `{policy}`: what was there when secscan came warns, what is new is judged as ever. After a change of
# this file: `secscan policy test .secscan/policy.yaml`.
format: secscan.policy/1
name: only-what-is-new
extends: {policy}
rules:
  - id: malicious-though-known
    match: {{class: [malicious-package]}}
    action: block
    reason: the package is known to attack those who install it, however long it has been here
  - id: exploited-though-known
    match: {{known_exploited: true}}
    undecided: next
    action: block
    reason: attackers use this vulnerability today, however long it has been here
  - id: live-though-known
    match: {{secret_state: [live]}}
    undecided: next
    action: block
    reason: the secret store says that it is in use, however long it has been here
  - id: was-there
    match: {{new: false}}
    action: warn
    reason: it was there before secscan came; it is known, and waits for its turn

tests:
  - {{name: a backlog, finding: {{severity: critical, new: false}}, expect: {{action: warn, rule: was-there}}}}
  - {{name: new, finding: {{severity: critical, new: true}}, expect: {{action: block, stops: true}}}}
  - {{name: without a baseline, finding: {{severity: critical}}, expect: {{action: block}}}}
  - name: a known attack
    finding: {{package: a, class: malicious-package, new: false}}
    expect: {{action: block, rule: malicious-though-known}}
  - name: a known vulnerability that is exploited
    finding: {{package: a, severity: low, known_exploited: true, new: false}}
    expect: {{action: block, rule: exploited-though-known}}
  - name: the catalogue was not asked
    finding: {{package: a, severity: critical, new: false}}
    expect: {{action: warn, rule: was-there}}
  - name: a known secret that is in use
    finding: {{kind: secret, secret_state: live, new: false}}
    expect: {{action: block, rule: live-though-known}}
"""
