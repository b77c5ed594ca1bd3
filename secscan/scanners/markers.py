"""Comments that ask a scanner to be silent: `# nosec`, `# nosemgrep`, `gitleaks:allow`, `# hadolint ignore=`.

They are read as their tools read them, and hide nothing: a finding carries its markers to the policy. A marker
with ids that do not name the finding's rule is none of its business. bandit takes ids it does not
know for no ids at all, so `# nosec: B9999` silences every rule; so it does here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from secscan.findings.levels import Kind
from secscan.findings.model import Finding, Marker
from secscan.targets.source import Comment

_NOSEC = re.compile(r"#\s*(?P<word>nosec):?\s*(?P<ids>(?:(?:B\d+|[a-z\d]+_\w+)\b[\s,]*)*+)(?P<reason>[^#]*)")
_NOSEMGREP = re.compile(
    r"[:#/*]\s*(?P<word>nosem(?:grep)?)\b(?:[:=]\s*(?P<ids>[\w.-]+(?:\s*,\s*[\w.-]+)*+))?(?P<reason>[^#]*)",
    re.IGNORECASE,
)
_HADOLINT = re.compile(
    r"#\s*(?P<word>hadolint\s+(?P<all>global\s+)?ignore)\s*=\s*(?P<ids>[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*+)\s*(?:\Z|#(?P<reason>.*))",
    re.DOTALL,
)
_GITLEAKS = re.compile(r"(?P<word>gitleaks:allow)\b(?P<reason>[^#]*)")

_WORD = re.compile(r"[\w.-]+")
_LONGEST = 240
_MOST_DIRECTIVES = 200
"""In one statement. One that is not read hides nothing, which is the safe side."""

_BANDIT_NAMES = {
    "any_other_function_with_shell_equals_true": "B604",
    "assert_used": "B101",
    "cipher_modes": "B305",
    "ciphers": "B304",
    "django_extra_used": "B610",
    "django_mark_safe": "B703",
    "django_rawsql_used": "B611",
    "eval": "B307",
    "exec_used": "B102",
    "flask_debug_true": "B201",
    "ftplib": "B321",
    "hardcoded_bind_all_interfaces": "B104",
    "hardcoded_password_default": "B107",
    "hardcoded_password_funcarg": "B106",
    "hardcoded_password_string": "B105",
    "hardcoded_sql_expressions": "B608",
    "hardcoded_tmp_directory": "B108",
    "hashlib_insecure_functions": "B324",
    "huggingface_unsafe_download": "B615",
    "import_ftplib": "B402",
    "import_httpoxy": "B412",
    "import_pickle": "B403",
    "import_pycrypto": "B413",
    "import_pyghmi": "B415",
    "import_subprocess": "B404",
    "import_telnetlib": "B401",
    "import_xml_etree": "B405",
    "import_xml_expat": "B407",
    "import_xml_minidom": "B408",
    "import_xml_pulldom": "B409",
    "import_xml_sax": "B406",
    "import_xmlrpclib": "B411",
    "jinja2_autoescape_false": "B701",
    "linux_commands_wildcard_injection": "B609",
    "logging_config_insecure_listen": "B612",
    "mark_safe": "B308",
    "markupsafe_markup_xss": "B704",
    "marshal": "B302",
    "md5": "B303",
    "mktemp_q": "B306",
    "paramiko_calls": "B601",
    "pickle": "B301",
    "pytorch_load": "B614",
    "random": "B311",
    "request_with_no_cert_validation": "B501",
    "request_without_timeout": "B113",
    "set_bad_file_permissions": "B103",
    "snmp_insecure_version": "B508",
    "snmp_weak_cryptography": "B509",
    "ssh_no_host_key_verification": "B507",
    "ssl_with_bad_defaults": "B503",
    "ssl_with_bad_version": "B502",
    "ssl_with_no_version": "B504",
    "start_process_with_a_shell": "B605",
    "start_process_with_no_shell": "B606",
    "start_process_with_partial_path": "B607",
    "subprocess_popen_with_shell_equals_true": "B602",
    "subprocess_without_shell_equals_true": "B603",
    "tarfile_unsafe_members": "B202",
    "telnetlib": "B312",
    "trojansource": "B613",
    "try_except_continue": "B112",
    "try_except_pass": "B110",
    "unverified_context": "B323",
    "urllib_urlopen": "B310",
    "use_of_mako_templates": "B702",
    "weak_cryptographic_key": "B505",
    "xml_bad_ElementTree": "B314",
    "xml_bad_cElementTree": "B313",
    "xml_bad_expatbuilder": "B316",
    "xml_bad_expatreader": "B315",
    "xml_bad_minidom": "B318",
    "xml_bad_pulldom": "B319",
    "xml_bad_sax": "B317",
    "yaml_load": "B506",
}
"""bandit's tests by name, which `# nosec` takes as well as ids (bandit 1.9)."""
_BANDIT_IDS = frozenset(_BANDIT_NAMES.values())


@dataclass(frozen=True, slots=True)
class Directive:
    """A marker, and what it speaks of."""

    marker: Marker
    rules: frozenset[str] | None
    """Rules of the tool it names; None for all of them."""

    def concerns(self, finding: Finding) -> bool:
        """Whether it speaks of a rule that reported the finding."""
        if self.marker.tool == "gitleaks":
            return finding.kind is Kind.SECRET
        return any(
            source.scanner == self.marker.tool
            and (self.rules is None or any(_named(source.rule, name) for name in self.rules))
            for source in finding.sources
        )


def read_directives(on_lines: Iterable[Comment], above: Iterable[Comment]) -> tuple[Directive, ...]:
    """Read the markers in the comments on a statement's lines, and in those that stand alone on the line above
    it (which only semgrep looks at)."""
    found: list[Directive] = []
    for comment in on_lines:
        for read in (_nosec, _nosemgrep, _gitleaks):
            directive = read(comment)
            if directive is not None:
                found.append(directive)
        if len(found) >= _MOST_DIRECTIVES:
            break
    alone = [comment for comment in above if comment.alone]
    found.extend(one for comment in alone if (one := _nosemgrep(comment)) is not None)
    found.extend(one for comment in alone if (one := _hadolint(comment, everywhere=False)) is not None)
    return tuple(found)


def read_directives_of_file(comments: Iterable[Comment]) -> tuple[Directive, ...]:
    """Read the markers that speak of a whole file, wherever they stand in it."""
    found = (_hadolint(comment, everywhere=True) for comment in comments if comment.alone)
    return tuple(islice((one for one in found if one is not None), _MOST_DIRECTIVES))


def _named(rule: str, name: str) -> bool:
    return rule == name or rule.endswith(f".{name}")


def _nosec(comment: Comment) -> Directive | None:
    found = _NOSEC.search(comment.text)
    if found is None:
        return None
    words = _WORD.findall(f"{found['ids']} {found['reason']}")
    named = frozenset(_BANDIT_NAMES.get(word, word.upper()) for word in words) & _BANDIT_IDS
    return _directive("bandit", comment, found, found["ids"].strip(" ,\t"), named)


def _nosemgrep(comment: Comment) -> Directive | None:
    found = _NOSEMGREP.search(comment.text)
    if found is None:
        return None
    ids = found["ids"] or ""
    # semgrep takes every word behind the first id for one more id
    named = frozenset(_WORD.findall(f"{ids} {found['reason']}")) if ids else frozenset[str]()
    return _directive("semgrep", comment, found, ids, named)


def _hadolint(comment: Comment, *, everywhere: bool) -> Directive | None:
    found = _HADOLINT.match(comment.text)
    if found is None or bool(found["all"]) is not everywhere:
        return None
    return _directive("hadolint", comment, found, found["ids"], frozenset(_WORD.findall(found["ids"])))


def _gitleaks(comment: Comment) -> Directive | None:
    found = _GITLEAKS.search(comment.text)
    return _directive("gitleaks", comment, found, "", frozenset()) if found else None


def _directive(tool: str, comment: Comment, found: re.Match[str], ids: str, named: frozenset[str]) -> Directive:
    marker = Marker(
        tool=tool,
        text=f"{found['word']} {ids}".strip()[:_LONGEST],
        line=comment.line,
        reason=(found["reason"] or "").strip(" \t-:,*/>\u2013\u2014")[:_LONGEST],
    )
    return Directive(marker, named or None)
