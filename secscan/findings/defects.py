"""Classes of defect: our own small vocabulary, with the CWE ids of each.

A class answers "what must a developer change?", so that two tools that see the same defect name the
same class. Tools' own CWE ids do not: measured on eight applications, no key built on them merges
bandit's and semgrep's reports correctly.
"""

from __future__ import annotations

from secscan.findings.model import Value


class Defect(Value, frozen=True, kw_only=True):
    """One class of defect."""

    id: str
    title: str
    cwes: tuple[int, ...]
    """CWE ids, the primary one first."""
    remedy: str
    """What to do, in a sentence."""


def _table(*rows: tuple[str, str, tuple[int, ...], str]) -> dict[str, Defect]:
    return {row[0]: Defect(id=row[0], title=row[1], cwes=row[2], remedy=row[3]) for row in rows}


OTHER = "other"
"""Class of a finding whose rule we do not know and whose CWE belongs to no class."""

DEFECTS: dict[str, Defect] = _table(
    # Injection
    ("sql-injection", "SQL injection", (89, 564, 943), "Pass values as query parameters, never as part of the SQL text."),
    ("command-injection", "Command injection", (78, 77, 88, 155), "Call the program with an argument list and without a shell; check arguments against an allow-list."),
    ("code-injection", "Code injection", (94, 95, 96, 470), "Do not evaluate input as code; use a parser for the data you expect, such as ast.literal_eval or JSON."),
    ("template-injection", "Server-side template injection", (1336,), "Keep templates constant and pass input as template variables."),
    ("xss", "Cross-site scripting", (79, 80, 83, 116), "Let the template engine escape output; never mark input as safe HTML."),
    ("ldap-injection", "LDAP injection", (90,), "Escape input with the LDAP library's filter and DN escaping."),
    ("xpath-injection", "XPath injection", (643,), "Pass values as XPath variables instead of building the expression."),
    ("header-injection", "HTTP header injection", (113, 93), "Refuse line breaks in header values."),
    ("log-injection", "Log injection", (117,), "Remove line breaks from input before it is logged."),
    ("path-traversal", "Path traversal", (22, 23, 35, 36, 73), "Resolve the path and check that it stays below the folder it belongs in."),
    ("archive-extraction", "Unsafe archive extraction", (409,), "Extract with filter='data' or check every member's path, type and size first."),
    ("ssrf", "Server-side request forgery", (918,), "Allow only known hosts and schemes, and resolve the address before the check."),
    ("open-redirect", "Open redirect", (601,), "Redirect only to paths of your own site or to an allow-list."),
    ("deserialization", "Unsafe deserialization", (502,), "Use a data-only format such as JSON, or a loader that builds no objects."),
    ("xxe", "XML external entities", (611, 776, 827), "Parse XML with defusedxml, or with external entities and DTDs switched off."),
    ("mass-assignment", "Mass assignment", (915,), "Copy only the fields that the request may set."),
    ("regex-dos", "Regular expression denial of service", (1333, 400), "Use a pattern without nested repetition or a linear-time engine."),
    ("csrf", "Cross-site request forgery", (352,), "Keep CSRF protection on for state-changing requests."),
    # Cryptography and secrets
    ("weak-hash", "Weak hash", (328, 916), "Use SHA-256 or better, and a password hash (argon2, scrypt) for passwords."),
    ("weak-cipher", "Weak cipher or mode", (327,), "Use an authenticated cipher such as AES-GCM or ChaCha20-Poly1305."),
    ("weak-key", "Key too short", (326,), "Use RSA or DSA keys of 2048 bits or more, EC keys of 224 bits or more."),
    ("weak-randomness", "Predictable random numbers", (338, 330, 335), "Use the secrets module for anything an attacker must not guess."),
    ("deprecated-crypto-library", "Unmaintained cryptography library", (1104,), "Use the cryptography package."),
    ("hardcoded-credential", "Hard-coded credential", (798, 259, 321), "Read it from the environment or a secret store, and rotate the one that was published."),
    ("jwt-misuse", "JSON Web Token not verified", (347, 345), "Verify the signature with a fixed list of algorithms and a key from a secret store."),
    ("tls-verification", "TLS verification switched off", (295, 297), "Verify certificates; give the path of your own CA where you need one."),
    ("weak-tls", "Obsolete TLS version", (757,), "Use ssl.create_default_context(), which allows TLS 1.2 and newer."),
    ("ssh-host-key", "SSH host key not verified", (322,), "Load known hosts and refuse unknown keys."),
    ("cleartext-transport", "Cleartext transport", (319,), "Use the encrypted form of the protocol (TLS, SSH, SFTP)."),
    # Configuration of an application
    ("insecure-cookie", "Insecure cookie", (614, 1004, 1275), "Set Secure, HttpOnly and SameSite on cookies."),
    ("debug-enabled", "Debug mode on", (489, 215), "Switch debug off outside development; a debugger runs code for whoever reaches it."),
    ("bind-all-interfaces", "Listens on all interfaces", (1327, 605), "Bind to the address that is needed."),
    ("cors-misconfiguration", "Permissive cross-origin policy", (942,), "Name the origins that may call."),
    ("autoescape-off", "Template autoescaping off", (1188,), "Create the environment with autoescape=True or select_autoescape()."),
    ("insecure-permissions", "Permissive file permissions", (732, 276), "Give files the least permissions that work, such as 0o600."),
    ("insecure-temp-file", "Insecure temporary file", (377, 379), "Use tempfile.NamedTemporaryFile or mkstemp."),
    ("information-exposure", "Information exposure", (200, 209, 532), "Log the detail, answer with a general message."),
    ("missing-timeout", "Request without timeout", (1088,), "Give every network call a timeout."),
    ("untrusted-search-path", "Program found through the search path", (426, 427), "Start programs by absolute path."),
    ("process-start", "Process started", (), "Check that no argument comes from outside; nothing to do where all are constant."),
    ("risky-import", "Import of a module that needs care", (), "Check how the module is used; the use is what matters."),
    ("unpinned-download", "Download without a pinned revision", (494, 829), "Pin the revision and check a digest."),
    ("trojan-source", "Hidden text direction characters", (1007,), "Remove the bidirectional control characters."),
    ("assert-used", "Check by assert", (617,), "Raise an exception; assert is removed when Python runs with -O."),
    ("swallowed-error", "Error swallowed", (703, 390, 391), "Handle the error or log it."),
    # Secret stores
    ("excessive-permissions", "More rights than needed", (269, 250, 1220), "Give each holder the paths and capabilities that it needs, by name."),
    ("unbound-login", "Login open to more than is meant", (287, 863, 306, 307), "Bind who may log in by what others cannot claim, and from where."),
    ("long-lived-credential", "Credential that lives too long", (613, 324), "Give it an end, and let whoever needs it ask for a new one."),
    ("vault-misconfiguration", "Vault set up unsafely", (778,), "Change the server's or the mount's own settings."),
    # Packages, images, infrastructure
    ("vulnerable-dependency", "Vulnerable dependency", (1395, 937), "Upgrade to a version that is not affected."),
    ("malicious-package", "Malicious package", (506,), "Remove the package and treat every machine that installed it as compromised."),
    ("outdated-package", "Security update pending", (1104,), "Install the distribution's security updates: rebuild on a newer base image."),
    ("unmaintained-distribution", "Distribution without security updates", (1104,), "Move to a release that still gets security updates."),
    ("container-root-user", "Container runs as root", (250,), "Create a user and name it: USER 10001 in the image, runAsNonRoot in the manifest."),
    ("host-access", "Container with access to its host", (653, 668), "Drop it: no privileged mode, no namespaces or folders of the host, no socket of the engine, only the capabilities that are needed."),
    ("container-hardening", "Container without hardening", (1188,), "Forbid more rights (allowPrivilegeEscalation: false), drop all capabilities, read-only root file system, default seccomp profile."),
    ("missing-resource-limits", "No limit on resources", (770,), "Give memory and CPU limits, so that one container cannot starve its host."),
    ("network-exposure", "Network open wider than needed", (923,), "Let a NetworkPolicy select the workload, and publish only the ports that are needed."),
    ("default-service-account", "Token of a service account without need", (250, 522), "Set automountServiceAccountToken: false, or give the workload an account of its own with the rights it needs."),
    ("default-namespace", "Workload in the default namespace", (), "Give each application a namespace of its own."),
    ("unpinned-image", "Image that can change without notice", (829, 494), "Name the image by tag and digest (image:1.2@sha256:...)."),
    ("unverified-download", "Download that nothing verifies", (494, 829), "Pin the version, check a digest or a signature before use, and do not pipe a download into a shell."),
    ("setuid-file", "Program that runs with its owner's rights", (250, 269), "Remove it, or its setuid bit, where the container does not need it."),
    ("attack-surface", "More in the image than it needs", (1125,), "Build in one stage and ship another: no package manager, no shell, no compiler."),
    ("missing-healthcheck", "No health check", (778,), "Add a HEALTHCHECK, or probes in the manifest."),
    ("broken-secret-reference", "Reference to a secret that is not there", (), "Correct the reference, or write the secret to the store before it is used."),
    ("licence-violation", "Licence not allowed", (), "Replace the package or have the licence approved."),
    ("gate-weakening", "Attempt to weaken the gate", (693,), "Remove the change, or have it approved where the policy lives."),
    (OTHER, "Other weakness", (), "Read the scanner's own description."),
)  # fmt: skip

_BY_CWE = {cwe: defect.id for defect in reversed(DEFECTS.values()) for cwe in reversed(defect.cwes)}


def defect(defect_id: str) -> Defect:
    """Return the class with this id; `OTHER`'s entry for one that this version does not know."""
    return DEFECTS.get(defect_id, DEFECTS[OTHER])


def class_of_cwe(*cwes: int) -> str:
    """Return the class id that the first known of these CWE ids belongs to, else `OTHER`.

    For rules that have no entry in a scanner's own rule-to-class table.
    """
    return next((_BY_CWE[cwe] for cwe in cwes if cwe in _BY_CWE), OTHER)
