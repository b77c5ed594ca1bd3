"""Why something that looks like a secret is none: each for a reason that a person can check.

Everything here errs on the side of keeping a candidate where a person would hesitate.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import PurePosixPath

from secscan.secrets.strength import entropy, is_placeholder, is_plain

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"(?:0x)?[0-9a-f]+", re.IGNORECASE)
_DIGEST_LENGTHS = frozenset({32, 40, 56, 64, 96, 128})
_REFERENCE = re.compile(
    r"\$\{?[A-Za-z_][\w.:/-]*\}?|\$\(.*|%[A-Z_]{2,40}%|\{\{.*|\{%.*|<%.*|#\{.*|\[\[.*"
    r"|(?:os\.)?(?:getenv|environ)\b.*|process\.env\b.*|(?:vault|secret|ssm|arn|op|keyring|file|env|ref|sops|awssm|gcpsm)[:+].{2,}"
    r"|!(?:vault|secret|Sub|Ref|ImportValue)\b.*|ENC\[.*|@[\w.]+@|@(?:Microsoft\.KeyVault|env)\b.*|AQICA.*",
    re.DOTALL | re.IGNORECASE,
)
_FILLER = re.compile(
    r"(?:x{3,}|\*{3,}|\.{3,}|-{3,}|_{3,}|0{6,}|1{6,})|(?:your|my|some|the|any|insert|enter|put|add|paste|replace|change|fill|use)"
    r"[ _.-]?(?:own|real|actual|secret|password|passwd|pass|token|key|api|app|access|client|private|user|value|me|this|it|with|here|in)"
    r"|(?:place|change|replace|fix)[ _-]?(?:holder|me|this|it)|to[ _-]?be[ _-]?(?:set|filled|replaced|defined|changed)|redacted|removed|masked"
    r"|\bexample\b|_example|example_|^example|example$|\bsample|\bdummy|\bfake|\bmock|\bnot[ _-]?(?:a[ _-]?)?(?:real|secret|used|set)|\bsecret[ _-]?goes|goes[ _-]?here"
    r"|\btodo\b|\btbd\b|\bfixme\b|\bnone\b|\bnull\b|\bundefined\b|\bdeadbeef|\bcafebabe|lorem|foo[ _-]?bar|foobar|\bxyz",
    re.IGNORECASE,
)
_ALGORITHM = re.compile(
    r"(?i)(?:(?:scram|hmac|pbkdf2|rsa|ecdsa|dsa|aes|des|sha|md|hs|rs|es|ps|gcm|cbc|ctr|oaep|pkcs|bcrypt|argon2id?|scrypt|blake2[bs]?"
    r"|chacha20|poly1305|ed25519|x25519|curve25519|secp|prime|sha3|ripemd|fernet|v|p|r|k|with|and|plus|\d{1,4})[\d._:+/-]*+){1,6}"
)
_PUT_TOGETHER = re.compile(
    r"\{[A-Za-z_][^{}]{0,80}\}|%[\d.]*[sdfrx](?!\w)|(?:\\x[0-9a-fA-F]{2}){2}|\{\d*\}|\[[^\]\s]{1,40}\][{*+]|\\[wdsWDS][{*+]"
)
_CALL = re.compile(r"[A-Za-z_][\w.]*\(.*\)")
_CALLED = re.compile(r"[A-Za-z]\(")
_TOKEN_FILLER = re.compile(
    r"[xX]{6,}|\*{3,}|\.{3,}|0{8,}|1{8,}|(?<![A-Za-z])(?:your|my)[_-]|example|redacted|placeholder|dummy|changeme|goes-?here"
)
_SENTENCE = re.compile(r"[^\W\d_][\w'’-]*[,:;]?(?: [^\W\d_][\w'’-]*[,:;]?){1,40}[.!?…:]{0,3}")
_KEYBOARD = ("abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "01234567890123456789", "98765432109876543210",
             "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6y7u8i9o0p")  # fmt: skip
_COMMON = frozenset(
    (
        "password", "passwd", "pass", "passw0rd", "p@ssw0rd", "p@ssword", "secret", "s3cr3t", "token", "admin", "administrator", "root",
        "toor", "test", "tester", "testing", "guest", "user", "username", "default", "changeme", "letmein", "welcome", "monkey", "dragon",
        "master", "login", "postgres", "mysql", "redis", "rabbitmq", "minio", "minioadmin", "mongo", "elastic", "vagrant", "docker", "ubuntu",
        "hunter2", "correct horse battery staple", "123456", "12345678", "123456789", "1234567890", "qwerty", "abc123", "iloveyou", "passw",
    )
)  # fmt: skip
"""Passwords that everybody has: found they are a habit, not a leak, so that they count little (see `confidence`)."""

_LOCK_FILES = frozenset(
    (
        "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "poetry.lock", "pipfile.lock", "uv.lock", "pdm.lock",
        "pylock.toml", "cargo.lock", "composer.lock", "gemfile.lock", "go.sum", "mix.lock", "pubspec.lock", "packages.lock.json", "flake.lock",
        "podfile.lock", "package.resolved", ".terraform.lock.hcl", "gradle.lockfile", "conda-lock.yml",
    )
)  # fmt: skip


def reason_against(value: str) -> str:
    """Return why a value can be no secret, whatever it is assigned to; empty where nothing speaks against it."""
    bare = value.strip()
    if len(bare) < 4:
        return "it is too short to be one"
    if is_placeholder(bare):
        return "it stands for a value that comes from elsewhere"
    if _REFERENCE.fullmatch(bare):
        return "it refers to a value that is kept elsewhere"
    if "EXAMPLE" in bare:
        return "its words say that it is to be filled in, or an example"
    if len(set(bare.lower())) < 4:
        return "it repeats a few characters"
    if _FILLER.search(bare):
        return "its words say that it is to be filled in, or an example"
    if _is_sequence(bare):
        return "it is a row of the alphabet, of digits, or of a keyboard"
    return ""


def reason_against_token(value: str) -> str:
    """Return why a value that has the form of a provider's token was never issued; empty where nothing says so.

    Among random letters short words occur by chance, so only longer signs count than for what people write.
    """
    if "EXAMPLE" in value or _TOKEN_FILLER.search(value):
        return "its words say that it is to be filled in, or an example"
    if len(set(value[-20:].lower())) < 4 or len(set(value.lower())) < 7:
        return "it repeats a few characters"
    if _is_sequence(value.partition("_")[2] or value):
        return "it is a row of the alphabet, of digits, or of a keyboard"
    return ""


def reason_against_generic(value: str) -> str:
    """Return why a value without a structure of its own is none, though it is assigned to a secret's name."""
    found = reason_against(value)
    if found:
        return found
    bare = value.strip()
    if _UUID.fullmatch(bare):
        return "it is a UUID"
    if (
        "://" in bare
        or bare.startswith(("/", "./", "~/", "www."))
        or re.fullmatch(r"[\w.-]+\.(?:com|org|net|io|dev|py|js|json|ya?ml|pem|crt|key|txt)", bare)
    ):
        return "it is an address, a path or a file name"
    if re.fullmatch(r"[\w.+-]+@[\w-]+\.[\w.-]+", bare):
        return "it is a mail address"
    if _ALGORITHM.fullmatch(bare):
        return "it is the name of an algorithm"
    if bare.isalpha() and len(bare) < 24 and (bare.islower() or bare.istitle() or bare.isupper()):
        return "it is a word"
    if _SENTENCE.fullmatch(bare):
        return "it is a sentence"
    if _PUT_TOGETHER.search(bare):
        return "it is put together from other values"
    if bare[0] in ",;)]}>" or _CALL.fullmatch(bare) or (bare.count("(") != bare.count(")") and _CALLED.search(bare)):
        return "it is a piece of code"
    if re.fullmatch(r"\d{1,4}[-/.:]\d{1,2}[-/.:]\d{1,4}.*|v?\d+(?:\.\d+){1,3}", bare):
        return "it is a date or a version"
    return ""


def is_weak(value: str) -> bool:
    """Whether a value is a word or a password that everybody has: then only its place can make it a secret."""
    return value.strip().lower() in _COMMON or is_plain(value) or entropy(value) < 2.2


def is_digest(value: str) -> bool:
    """Whether a value has the form of a digest: hexadecimal, of the length of one."""
    bare = value.strip().lower().removeprefix("0x").rpartition(":")[2]
    return len(bare) in _DIGEST_LENGTHS and _HEX.fullmatch(bare) is not None


@cache
def is_lock_file(path: str) -> bool:
    """Whether a file pins dependencies by digests, which look like secrets and are none."""
    return PurePosixPath(path).name.lower() in _LOCK_FILES


def _is_sequence(value: str) -> bool:
    """Whether most of the text is a row as everybody types it."""
    bare = re.sub(r"[^a-z0-9]", "", value.lower())
    if len(bare) < 6:
        return False
    covered, at = 0, 0
    while at < len(bare):
        best = max((_common_run(bare, at, row) for row in _KEYBOARD), default=0)
        if best >= 4:
            covered += best
        at += max(best, 1) if best >= 4 else 1
    return covered >= 0.7 * len(bare)


def _common_run(text: str, at: int, row: str) -> int:
    """How many characters from `at` on stand in the row one after the other."""
    length = 0
    start = row.find(text[at : at + 4])
    if start < 0:
        return 0
    while at + length < len(text) and start + length < len(row) and text[at + length] == row[start + length]:
        length += 1
    return length
