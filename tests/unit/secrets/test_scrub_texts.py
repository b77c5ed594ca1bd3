"""What is masked in a text that nobody has said anything about, and what stays readable."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.secrets import assignments
from secscan.secrets.collect import Known
from secscan.secrets.scrub import Scrubber
from secscan.secrets.secret import Secret

V = "hunter-2x-NINE"
TOKEN = "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ"
PEM_LINE = "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF0qJQ2Tn0aB1cD2eF3gH4iJ5kL6m"

SECRETS = [
    (f'password = "{V}"', V),
    (f"PASSWORD: str = '{V}'", V),
    (f'"db_password": "{V}",', V),
    (f'{{\\"password\\": \\"{V}\\"}}', V),
    (f"password=&quot;{V}&quot;", V),
    (f'os.environ.get("DB_PASSWORD", "{V}")', V),
    (f"app.config['SECRET_KEY'] = b'{V}'", V),
    (f'if password == "{V}":', V),
    (f'password = ("hunter-2x" \\\n    "{V}")', V),
    (f'password = "{V} and the line was cut', V),
    (f'password = """{V}"""', V),
    ("DB_PASSWORD=hunter", "hunter"),
    ("export API_TOKEN=abcdefg", "abcdefg"),
    (f"login failed with password={V}", V),
    (f"mysql --password {V} -h db", V),
    (f"tool --db-password={V}", V),
    (f'run(["tool", "--password", "{V}"])', V),
    (f"postgres://shop:{V}@db/shop", V),
    (f"--extra-index-url https://ci:{V}@packages.example/simple", V),
    ("redis://:secretword@cache:6379/0", "secretword"),
    ("Authorization: Bearer abc123def456", "abc123def456"),
    ('headers={"Authorization": "Basic dXNlcjpwYXNzIQ=="}', "dXNlcjpwYXNzIQ=="),
    (f"curl -H 'X: Bearer {TOKEN}'", TOKEN),
    ("https://api.example/v1?api_key=abcdef&x=1", "abcdef"),
    ("Possible hardcoded password: 'a b'", "a b"),
    (f"curl -u admin:{V} https://x.example", V),
    ('key = "aGVsbG8gd29ybGQgMTIzNDU2Nzg5"', "aGVsbG8gd29ybGQgMTIzNDU2Nzg5"),
    ('clientSecret: "xyz"', "xyz"),
    ("passwd: hunter-2x-9", "hunter-2x-9"),
    ("AccountKey=abc+def/ghi123==;", "abc+def/ghi123=="),
    ("AKIA" + "ABCDEFGH12345678", "AKIA" + "ABCDEFGH12345678"),
    ("AKIA" + "ABCDEFGH12345678 " + TOKEN + "0", TOKEN),
    *(
        (f"found {prefix}{TOKEN} here", TOKEN)
        for prefix in ("ghp_", "github_pat_", "glpat-", "xoxb-", "sk_live_", "AIza", "npm_", "hvs.", "GOCSPX-")
    ),
    ("pypi-" + TOKEN * 2, TOKEN),
    ("s." + TOKEN[:24], TOKEN[:24]),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "eyJzdWIiOiIxIn0"),
    ("eyJhbGciOiJIUzI1NiJ9eyJzdW", "eyJhbGciOiJIUzI1NiJ9eyJzdW"),
    (f"-----BEGIN RSA PRIVATE KEY-----\n{PEM_LINE}\nabc\n-----END RSA PRIVATE KEY-----", PEM_LINE),
    ("-----BEGIN PRIVATE KEY-----\\nabcdefgh", "abcdefgh"),
    (f'    "{PEM_LINE}\\n"', PEM_LINE[:40]),
    (PEM_LINE, PEM_LINE[:40]),
]

ORDINARY = """\
password = request.form["password"]
token = get_token()
password=password, token=self.token
def f(password: str, token: Optional[str] = None):
token_url = "https://example.com/oauth/token"
flash("Wrong password", "error")
"SELECT * FROM u WHERE password='" + pw + "'"
"... password = '%s'" % pw
password='{}'".format(pw)
f"token={token}"
password = ""
import secrets
token = secrets.token_hex(16)
sorted(x, key="name")
key = "f47ac10b"
uuid = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
--hash=sha256:2fd4e1c67a2d28fced849ee1bb76e7391b93eb12aabbccddeeff001122334455
"integrity": "sha512-q6kfaNnb1uM2NQm0WoEBOWqUzNDWDb0BxQ=="
path = "/usr/local/share/application/config1.json"
tokenizer = "bert"
Possible hardcoded password: ''
password = os.environ["DB_PASSWORD"]
password=args.password1
raise ValueError("password must not be empty")
Read it from the environment or a secret store, and rotate the one that was published.
Verify the signature with a fixed list of algorithms and a key from a secret store.
api_key = config.get("api_key")
password: ${DB_PASSWORD}
Basic authentication is missing; Bearer tokens are not checked
primary_key=True
password_hasher = "argon2"
"password_reset.html", "next"
NAMES = ["access_token", "service_account_key", "other"]
cursor.execute("SELECT id FROM users WHERE token = ?", (token,))
http://localhost:8080/path@x
See https://bandit.readthedocs.io/en/latest/plugins/b105_hardcoded_password_string.html
"""


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_what_looks_like_a_secret_is_masked(text: str, secret: str) -> None:
    clean = Scrubber().scrub(text)
    assert secret not in clean
    assert "[masked " in clean
    assert Scrubber().scrub(clean) == clean


@pytest.mark.parametrize("line", ORDINARY.splitlines())
def test_ordinary_code_and_text_stay_readable(line: str) -> None:
    assert Scrubber().scrub(line) == line


def test_bare_values_are_secret_in_a_settings_file_only() -> None:
    line = "db_password: swordfish"
    assert Scrubber().scrub(line, path="deploy/values.yaml") == "db_password: [masked password, 9 characters]"
    assert Scrubber().scrub(line, path="shop/models.py") == line


def test_a_mask_is_not_masked_again() -> None:
    text = 'password = "[masked password, 7 characters]", token=[masked token, 12 characters]'
    assert Scrubber().scrub(text) == text


def test_other_words_do_not_pass_for_a_mask() -> None:
    assert "trout" not in Scrubber().scrub('password = "[masked trout, 5 characters]"')


FRAGMENTS = st.sampled_from(
    [
        *("password", "token", "_key", "secret", "=", ": ", " = ", "==", '"', "'", "`", "\\", '\\"', "&quot;", '"""'),
        *("://", ":", "@", "Bearer ", "Authorization", "-u ", "--", ", ", "(", ")", "[", "]", "{", "}", "\n", " ", "+"),
        *("eyJ", "AKIA", "ghp_", "s.", TOKEN, PEM_LINE, V, V[:10], V[3:], "hunter2", "abc", "12", "?", "&"),
        *("-----BEGIN PRIVATE KEY-----", "-----END", "[masked password, 3 characters]", "[masked", ", 12 characters]"),
    ]
)


@given(
    st.lists(st.one_of(FRAGMENTS, st.text(max_size=4)), max_size=30).map("".join),
    st.sampled_from(["", "a.py", "a.yaml"]),
)
def test_scrubbing_twice_is_scrubbing_once(text: str, path: str) -> None:
    scrubber = Scrubber(
        (Known(Secret(V, "password"), "a.py", everywhere=True), Known(Secret("abc"), "a.py", everywhere=False))
    )
    once = scrubber.scrub(text, path=path)
    assert Scrubber.scrub(scrubber, once, path=path) == once
    assert V not in once


HOSTILE = [
    "a",
    "password=",
    "password='",
    'password="%s',
    "password=\\\"'",
    "://:",
    "eyJ_.",
    "authorization=(",
    "-u a:",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-",
    "SG.aaaaaaaaaaaaaaaaa",
    'key="',
    "[masked password, 1",
    "token={",
    "&quot;",
    '"token", ',
    'password="a" "',
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_long_hostile_line_is_scrubbed(unit: str) -> None:
    """Every pattern is linear; one that is not would keep this test busy for hours, not seconds."""
    line = unit * (200_000 // len(unit))
    clean = Scrubber().scrub(line)
    assert len(clean) < 20 * len(line)


def test_a_text_made_to_match_thousands_of_secrets_half_way_is_masked_whole() -> None:
    generator = random.Random(1)
    tails = ["".join(generator.choices(string.ascii_letters, k=20)) for _ in range(2000)]
    scrubber = Scrubber(Known(Secret("A" * 20 + tail), "f", everywhere=True) for tail in tails)
    assert scrubber.scrub("A" * 100_000) == "[masked text, 100000 characters]"


@given(
    st.lists(
        st.sampled_from(["password", "KEY", "api-", "_", "=", ":", "'x'", "\n", "\r\n", " ", "a", "İ", "é"]),
        max_size=30,
    )
)
def test_reading_only_lines_with_a_needle_finds_the_same_names(words: list[str]) -> None:
    text = "".join(words)
    found = [one.span() for one in assignments._names(text, text.lower())]
    assert found == [one.span() for one in assignments._NAME.finditer(text)]
