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
_LONGEST_ROW = 100
"""Characters of a value that are held against rows of the alphabet and of keyboards."""
_PASSWORD_HASH = re.compile(
    r"\$(?:2[abxy]|1|5|6|7|y|gy|apr1|argon2(?:id?|d)|scrypt|pbkdf2[\w-]*|[PHS])\$.{8,}"
    r"|(?:pbkdf2_\w{3,12}|bcrypt(?:_sha256)?|argon2|scrypt|sha1|md5|crypt|scram-sha-\d{1,3})[:$].{0,40}\$.{8,}"
    r"|\{(?:S?SHA\d*|S?MD5|CRYPT|BCRYPT|PBKDF2[\w-]*)\}.{8,}|md5[0-9a-f]{32}",
    re.IGNORECASE,
)
_ENCRYPTED = re.compile(
    r"ENC\(.*\)|\{cipher\}.*|\$ANSIBLE_VAULT.*|U2FsdGVkX1.{8,}|Ag[A-D][A-Za-z0-9+/]{60,}={0,2}|gAAAAA[\w-]{70,}={0,2}"
    r"|age-encryption\.org.*|[\w-]{8,}\.[\w-]*\.[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}",
    re.DOTALL,
)
_IN_PROGRAM = re.compile(
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){2,}"
    r"|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[-?\d{0,3}\])*\[-?\d{0,3}\](?:\.\w+)*|[A-Z][a-z]+[A-Za-z]*\.[A-Z][a-z]+[A-Za-z]*"
    r"|[a-z]+(?:[A-Z][a-z]+)*(?:Password|Token|Secret|Key)"
)
_NAMES = re.compile(
    r"(?:[A-Za-z]{2,20}[-_.:/ ]){1,8}\d{1,6}|[a-z]{0,20}(?:[A-Z]{1,4}[a-z]{2,20}){2,8}(?:[A-Z][a-z])?|(?:[A-Z]{2,12}_){1,4}[A-Z]\d{1,4}"
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
_SENTENCE = re.compile(
    r"[“\"'(]?[^\W\d_][\w'’-]*[”\"')]?[,:;]?(?: [“\"'(]?[^\W\d_][\w'’-]*[”\"')]?[,:;]?){1,40}[.!?…:]{0,3}"
)
_PUBLIC_KEY = re.compile(
    r"(?:MFkwEwYHKoZIzj0C|MI(?:IB|IC|Gf)[IM]\w?[A-Za-z0-9]{0,4}(?:NBgkqhkiG9w0B|GCSqGSIb3DQEB)|MCowBQYDK2V|AAAA[BCE]3NzaC1)[A-Za-z0-9+/=\s]*"
)
_KEYBOARD = ("abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "01234567890123456789", "98765432109876543210",
             "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6y7u8i9o0p")  # fmt: skip
_BEGINNINGS = frozenset(row[at : at + 4] for row in _KEYBOARD for at in range(len(row) - 3))
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
    if _REFERENCE.fullmatch(bare) or bare.startswith("${"):
        return "it refers to a value that is kept elsewhere"
    if re.fullmatch(r"<[^<>\s]{1,60}>", bare):
        return "its words say that it is to be filled in, or an example"
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
    if _PASSWORD_HASH.fullmatch(bare):
        return "it is the hash of a password"
    if _ENCRYPTED.fullmatch(bare):
        return "it is encrypted"
    if _PUBLIC_KEY.fullmatch(bare):
        return "it is a public key"
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
    if _IN_PROGRAM.fullmatch(bare) and sum(map(str.isdigit, bare)) < 2:
        return "it is a name in a program"
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


def is_name(value: str) -> bool:
    """Whether a value is words, with a number or as programs write them: `navigation-item-0012`, `StartShardId`."""
    return _NAMES.fullmatch(value.strip()) is not None


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
    bare = re.sub(r"[^a-z0-9]", "", value[:_LONGEST_ROW].lower())
    if len(bare) < 6:
        return False
    covered, at = 0, 0
    while at < len(bare):
        begun = bare[at : at + 4] in _BEGINNINGS
        best = max(_common_run(bare, at, row) for row in _KEYBOARD) if begun else 0
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
