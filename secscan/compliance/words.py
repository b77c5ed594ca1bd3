"""What an assessment means, and what it does not, in words that every report repeats."""

from __future__ import annotations

from secscan.compliance.model import Status

DISCLAIMER = (
    "This report says what scanners looked at and what they found. It is evidence for an auditor: no audit, no "
    "certificate, and no statement that any requirement is met. A scanner finds patterns it has rules for: if nothing "
    "was found, something may be there all the same. Titles of controls are our own words, not the framework's."
)

MEANINGS: dict[Status, str] = {
    Status.FINDINGS_OPEN: "At least one finding is there that the policy does not accept.",
    Status.NOT_EVALUATED: "Nobody knows: no scanner that covers it ran to its end, or something was not looked at.",
    Status.WAIVED: "The scanners that cover it ran to their end; what they found is accepted by waiver or rule.",
    Status.EVIDENCE: "The scanners that cover it ran to their end, and found nothing that they have rules for.",
    Status.MANUAL: "A scanner cannot test it: a person has to.",
}
