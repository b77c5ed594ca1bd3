"""Labelled lines to try detectors of secrets on: made by rule, with correct checksums, none of them issued by anybody.

Positives are made from the published forms of tokens with a seeded generator, then written in the syntaxes in which they
are found. Negatives are what looks like a secret and is none, each for the reason beside it.
"""

from __future__ import annotations

import base64
import json
import random
import re
import string
import zlib
from binascii import crc_hqx
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from secscan.secrets.detect.checksums import base62
from tests.support.secret_forms import KEYS, PASSWORDS, SIMPLE_NEGATIVES, kubernetes

SEED = 20261124
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


@dataclass(frozen=True)
class Sample:
    """One labelled text, as a file of its own."""

    name: str
    path: str
    data: bytes
    secret: str
    """The value that must be found; empty where nothing must be."""

    @property
    def kind(self) -> str:
        """What kind of secret it is, or why it is none: the name without its number and what follows."""
        return self.name.partition("#")[0].strip()


class Maker:
    """Makes values that have the form of real ones."""

    def __init__(self, seed: int = SEED) -> None:
        self._random = random.Random(seed)

    def text(self, length: int, letters: str = string.ascii_letters + string.digits) -> str:
        """Random characters, with at least two digits where digits are among the letters."""
        while True:
            made = "".join(self._random.choice(letters) for _ in range(length))
            if length < 8 or not set(letters) & set(string.digits) or sum(map(str.isdigit, made)) > 1:
                return made

    def hex(self, length: int) -> str:
        return self.text(length, "0123456789abcdef")

    def checked(self, prefix: str) -> str:
        """A token of GitHub or npm."""
        body = self.text(30)
        return f"{prefix}{body}{base62(zlib.crc32(body.encode()), 6)}"

    def pypi(self) -> str:
        location = b"\x02\x01\x08pypi.org\x02\x24"
        return "pypi-" + base64.urlsafe_b64encode(location + self._random.randbytes(90)).decode().rstrip("=")

    def nkey(self) -> str:
        data = bytes([0x95, 0x00]) + self._random.randbytes(32)
        return base64.b32encode(data + crc_hqx(data, 0).to_bytes(2, "little")).decode().rstrip("=")

    def age(self) -> str:
        values = [self._random.randrange(32) for _ in range(52)]
        prefix = "age-secret-key-"
        expanded = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
        check = 1
        for one in [*expanded, *values, 0, 0, 0, 0, 0, 0]:
            top = check >> 25
            check = (check & 0x1FFFFFF) << 5 ^ one
            for bit, part in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                check ^= part if top >> bit & 1 else 0
        values += [(check ^ 1) >> 5 * (5 - at) & 31 for at in range(6)]
        return f"{prefix}1{''.join(_BECH32[one] for one in values)}".upper()

    def jwt(self) -> str:
        parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": self.text(9, string.digits), "iat": 1_790_000_000})
        head = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        return f"{head}.{self.text(43, string.ascii_letters + string.digits + '-_')}"

    def pem(self, label: str = "RSA PRIVATE KEY") -> str:
        body = base64.b64encode(b"\x30\x82\x04\xa4\x02\x01\x00" + self._random.randbytes(600)).decode()
        lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
        return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----"

    def password(self) -> str:
        """As a person or a password manager makes them."""
        words = ["copper", "Lantern", "River", "wolf", "Maple", "orbit", "Glacier", "velvet"]
        ways = (
            lambda: self.text(16, string.ascii_letters + string.digits + "!$%&*+-=?@^_"),
            lambda: (
                f"{self._random.choice(words).title()}{self._random.choice('!#$%&')}{self.text(4, string.digits)}{self._random.choice(words)}"
            ),
            lambda: self.text(20),
        )
        return self._random.choice(ways)()

    def tokens(self) -> Iterator[tuple[str, str]]:
        """One token of each provider, by the id of its rule."""
        word = string.ascii_letters + string.digits + "-_"
        lower, upper, digits = (
            string.ascii_lowercase + string.digits,
            string.ascii_uppercase + string.digits,
            string.digits,
        )
        for prefix in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"):
            yield "github-token", self.checked(prefix)
        yield "github-fine-grained-token", f"github_pat_{self.text(22)}_{self.text(59)}"
        for prefix in ("glpat-", "glrt-", "gldt-"):
            yield "gitlab-token", prefix + self.text(20, word)
        yield "npm-token", self.checked("npm_")
        yield "pypi-token", self.pypi()
        yield "rubygems-token", f"rubygems_{self.hex(48)}"
        yield "nuget-key", f"oy2{self.text(43, lower)}"
        yield "docker-token", f"dckr_pat_{self.text(27, word)}"
        yield "google-api-key", f"AIza{self.text(35, word)}"
        yield "google-oauth-secret", f"GOCSPX-{self.text(28, word)}"
        yield "azure-client-secret", f"{self.text(3)}8Q~{self.text(34, word)}"
        yield "slack-token", f"xoxb-{self.text(12, digits)}-{self.text(13, digits)}-{self.text(24)}"
        yield "slack-app-token", f"xapp-1-A{self.text(10, upper)}-{self.text(13, digits)}-{self.hex(64)}"
        yield "stripe-key", f"sk_live_{self.text(24)}"
        yield "stripe-key", f"rk_live_{self.text(99)}"
        yield "stripe-test-key", f"sk_test_{self.text(24)}"
        yield "stripe-webhook-secret", f"whsec_{self.text(32)}"
        yield "square-token", f"sq0atp-{self.text(22, word)}"
        yield "shopify-token", f"shpat_{self.hex(32)}"
        yield "sendgrid-key", f"SG.{self.text(22, word)}.{self.text(43, word)}"
        yield "mailgun-key", f"key-{self.hex(32)}"
        yield "mailchimp-key", f"{self.hex(32)}-us14"
        yield "twilio-key", f"SK{self.hex(32)}"
        yield "telegram-token", f"{self.text(10, '123456789')}:AA{self.text(33, word)}"
        yield "discord-token", f"M{self.text(23)}.{self.text(6)}.{self.text(38, word)}"
        yield "anthropic-key", f"sk-ant-api03-{self.text(93, word)}AA"
        yield "openai-key", f"sk-proj-{self.text(74, word)}T3BlbkFJ{self.text(74, word)}"
        yield "openai-key", f"sk-{self.text(20)}T3BlbkFJ{self.text(20)}"
        yield "huggingface-token", f"hf_{self.text(34, string.ascii_letters)}"
        yield "digitalocean-token", f"dop_v1_{self.hex(64)}"
        yield "databricks-token", f"dapi{self.hex(32)}"
        yield "atlassian-token", f"ATATT3{self.text(186, word)}"
        yield "netlify-token", f"nfp_{self.text(36)}"
        yield "supabase-token", f"sbp_{self.hex(40)}"
        yield "planetscale-token", f"pscale_tkn_{self.text(43, word)}"
        yield "grafana-token", f"glsa_{self.text(32)}_{self.hex(8)}"
        yield "newrelic-key", f"NRAK-{self.text(27, upper)}"
        yield "sentry-token", f"sntryu_{self.hex(64)}"
        yield "linear-key", f"lin_api_{self.text(40)}"
        yield "notion-token", f"ntn_{self.text(46)}"
        yield "postman-key", f"PMAK-{self.hex(24)}-{self.hex(34)}"
        yield "doppler-token", f"dp.pt.{self.text(43)}"
        yield "pulumi-token", f"pul-{self.hex(40)}"
        yield "terraform-token", f"{self.text(14)}.atlasv1.{self.text(67)}"
        yield "vault-token", f"hvs.{self.text(90, word)}"
        yield "artifactory-key", f"AKCp{self.text(69)}"
        yield "azure-devops-token", f"{self.text(76)}AZDO{self.text(4)}"
        yield "bitbucket-password", f"ATBB{self.text(32)}"
        yield "airtable-token", f"pat{self.text(14)}.{self.hex(64)}"
        yield "buildkite-token", f"bkua_{self.hex(40)}"
        yield "circleci-token", f"CCIPAT_{self.text(22)}_{self.hex(40)}"
        yield "clojars-token", f"CLOJARS_{self.text(60, lower)}"
        yield "contentful-token", f"CFPAT-{self.text(43, word)}"
        yield "dynatrace-token", f"dt0c01.{self.text(24, upper)}.{self.text(64, upper)}"
        yield "easypost-key", f"EZAK{self.text(54)}"
        yield "fly-token", f"fo1_{self.text(43, word)}"
        yield "figma-token", f"figd_{self.text(40, word)}"
        yield "groq-key", f"gsk_{self.text(52)}"
        yield "xai-key", f"xai-{self.text(80)}"
        yield "perplexity-key", f"pplx-{self.text(48)}"
        yield "replicate-token", f"r8_{self.text(37)}"
        yield "openrouter-key", f"sk-or-v1-{self.hex(64)}"
        yield "langsmith-key", f"lsv2_pt_{self.hex(32)}_{self.hex(10)}"
        yield "pinecone-key", f"pcsk_{self.text(6)}_{self.text(63)}"
        yield "nvidia-key", f"nvapi-{self.text(64, word)}"
        yield "jfrog-reference-token", f"cmVmdGtu{self.text(56)}"
        yield "infracost-key", f"ico-{self.text(32)}"
        yield "mapbox-token", f"sk.eyJ{self.text(80)}.{self.text(22, word)}"
        yield "openshift-token", f"sha256~{self.text(43, word)}"
        yield "plaid-token", f"access-production-{self.hex(8)}-{self.hex(4)}-{self.hex(4)}-{self.hex(4)}-{self.hex(12)}"
        yield "prefect-key", f"pnu_{self.text(36)}"
        yield "readme-key", f"rdme_{self.text(70, lower)}"
        yield "resend-key", f"re_{self.text(8)}_{self.text(24)}"
        yield "brevo-key", f"xkeysib-{self.hex(64)}-{self.text(16)}"
        yield "shippo-token", f"shippo_live_{self.hex(40)}"
        yield "sonarqube-token", f"squ_{self.hex(40)}"
        yield "sourcegraph-token", f"sgp_{self.hex(16)}_{self.hex(40)}"
        yield "tailscale-key", f"tskey-auth-{self.text(17)}-{self.text(32)}"
        yield "typeform-token", f"tfp_{self.text(59, word)}"
        yield "onepassword-token", f"ops_eyJ{self.text(300)}"
        yield "adafruit-key", f"aio_{self.text(28)}"
        yield "harness-token", f"pat.{self.text(22, word)}.{self.hex(24)}.{self.text(20)}"
        yield "launchdarkly-key", f"sdk-{self.hex(8)}-{self.hex(4)}-4{self.hex(3)}-a{self.hex(3)}-{self.hex(12)}"
        yield "octopus-key", f"API-{self.text(26, upper)}"
        yield "neon-key", f"napi_{self.text(64, lower)}"
        yield "cerebras-key", f"csk-{self.text(48, lower)}"
        yield "meta-token", f"EAA{self.text(160)}"
        yield "alibaba-key-id", f"LTAI{self.text(20)}"
        yield "yandex-key", f"AQVN{self.text(36, word)}"
        yield "slack-token", f"xoxe.xoxp-1-{self.text(160)}"
        yield "posthog-key", f"phx_{self.text(43)}"
        yield "render-key", f"rnd_{self.text(32)}"
        yield "crates-token", f"cio{self.text(32)}"
        yield "docker-swarm-token", f"SWMTKN-1-{self.text(50, lower)}-{self.text(25, lower)}"
        yield "hubspot-token", f"pat-eu1-{self.hex(8)}-{self.hex(4)}-{self.hex(4)}-{self.hex(4)}-{self.hex(12)}"
        yield "apify-token", f"apify_api_{self.text(36)}"
        yield "langfuse-key", f"sk-lf-{self.hex(8)}-{self.hex(4)}-{self.hex(4)}-{self.hex(4)}-{self.hex(12)}"
        yield "supabase-key", f"sb_secret_{self.text(31, word)}"
        yield "cockroach-key", f"CCDB1_{self.text(22)}_{self.text(40)}"
        yield "elevenlabs-key", f"sk_{self.hex(48)}"
        yield "tavily-key", f"tvly-dev-{self.text(32)}"
        yield "duffel-token", f"duffel_live_{self.text(43, word)}"
        yield "nats-seed", self.nkey()
        yield "age-key", self.age()
        yield "jwt", self.jwt()


def positives() -> Iterator[Sample]:
    """Secrets in the syntaxes in which they are found."""
    maker = Maker()
    for at, (rule, token) in enumerate(maker.tokens()):
        plain = _SYNTAXES[at % len(_SYNTAXES)]
        yield plain(f"token #{rule} {at}", token)
        yield _SYNTAXES[(at + 5) % len(_SYNTAXES)](f"token #{rule} {at} again", token)
        if at % 3 == 0:
            wrapped = base64.b64encode(f"token={token}".encode()).decode()
            yield Sample(f"token in base64 #{rule} {at}", "values.yaml", f"data: {wrapped}\n".encode(), token)
        if at % 6 == 1:
            yield Sample(f"token in UTF-16 #{rule} {at}", "notes.txt", f"key: {token}\r\n".encode("utf-16"), token)
    for at in range(60):
        password = maker.password()
        yield _PASSWORDS[at % len(_PASSWORDS)](f"password #{at}", password)
    for at, scheme in enumerate(
        ("postgres", "mysql", "mongodb+srv", "redis", "amqp", "https", "ftp", "postgresql+psycopg2")
    ):
        password = (
            maker.password().replace("@", "x").replace("%", "y").replace("/", "z").replace("#", "1").replace("?", "2")
        )
        address = f"{scheme}://app:{password}@{scheme[:3]}.corp.internal:6000/main"
        yield Sample(f"address #{at}", "settings.py", f'URL = "{address}"\n'.encode(), password)
        yield Sample(f"address #{at} in env", ".env", f"URL={address}\n".encode(), password)
        escaped = quote(password + "@!", safe="")
        yield Sample(
            f"address #{at} escaped",
            "a.toml",
            f'u = "{scheme}://app:{escaped}@h.corp.internal/"\n'.encode(),
            password + "@!",
        )
    for at, label in enumerate(
        (
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "DSA PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
        )
    ):
        pem = maker.pem(label)
        yield Sample(f"private key #{at}", "deploy.pem", f"{pem}\n".encode(), pem.split("\n")[1])
        one_line = pem.replace("\n", "\\n")
        yield Sample(
            f"private key #{at} in JSON",
            "account.json",
            f'{{"private_key": "{one_line}\\n"}}\n'.encode(),
            pem.split("\n")[1],
        )
        code = f'KEY = """{pem}"""\n'
        yield Sample(f"private key #{at} in code", "keys.py", code.encode(), pem.split("\n")[1])
        wrapped = base64.b64encode(pem.encode()).decode()
        yield Sample(
            f"private key #{at} in a kubeconfig",
            "config",
            f"    client-key-data: {wrapped}\n".encode(),
            pem.split("\n")[1],
        )
    for at in range(10):
        key_id, secret = (
            f"AKIA{maker.text(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}",
            maker.text(40, string.ascii_letters + string.digits + "+/"),
        )
        yield Sample(
            f"aws key #{at}",
            "credentials",
            f"[default]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n".encode(),
            secret,
        )
        yield Sample(
            f"aws key #{at} in code",
            "s3.py",
            f'boto3.client("s3", aws_access_key_id="{key_id}",\n    aws_secret_access_key="{secret}")\n'.encode(),
            secret,
        )
    for at in range(6):
        password = maker.password()
        header = base64.b64encode(f"deploy:{password}".encode()).decode()
        yield Sample(
            f"authorization header #{at}",
            "call.sh",
            f"curl -H 'Authorization: Basic {header}' https://api.corp.internal\n".encode(),
            password,
        )
        yield Sample(
            f"docker login #{at}",
            "config.json",
            f'{{"auths": {{"r.corp": {{"auth": "{header}"}}}}}}\n'.encode(),
            password,
        )
        yield Sample(
            f"credentials-file #{at}",
            ".netrc",
            f"machine git.corp.internal login ci password {password}\n".encode(),
            password,
        )
        yield Sample(
            f"credentials-file #{at}",
            ".pgpass",
            f"db.corp.internal:5432:main:app:{password.replace(':', 'x')}\n".encode(),
            password.replace(":", "x"),
        )
    yield from _in_forms(Maker(SEED + 2))


def _in_forms(maker: Maker) -> Iterator[Sample]:
    """Passwords and keys in the files of `secret_forms`."""
    for kind, forms in PASSWORDS.items():
        for at, (path, form) in enumerate(forms * 2):
            # Characters that mean something in addresses and quotes are tried elsewhere.
            password = re.sub(r"[^A-Za-z0-9!._-]", lambda _: maker.text(1), maker.password())
            yield Sample(f"{kind} #{at} in {path}", path, _filled(form, password), password)
    for at, (path, form) in enumerate(KEYS * 2):
        key = maker.text(40) if at < len(KEYS) else maker.text(40, "0123456789abcdef")
        yield Sample(f"key without a form #{at} in {path}", path, _filled(form, key), key)
    for at in range(4):
        password = maker.password()
        for path, text in kubernetes(password):
            yield Sample(f"kubernetes #{at} {path}", path, text.encode(), password)


def _filled(form: str, value: str) -> bytes:
    """The form with the value at its first `@`; a second one stands for itself."""
    return form.replace("@", value, 1).encode()


Syntax = Callable[[str, str], Sample]


def _in(path: str, form: str) -> Syntax:
    return lambda name, value: Sample(f"{name} in {path}", path, form.replace("@", value).encode(), value)


_SYNTAXES: tuple[Syntax, ...] = (
    _in("app.py", 'client = connect("@")\n'),
    _in("settings.py", 'API_TOKEN = "@"\n'),
    _in(".env", "SERVICE_KEY=@\n"),
    _in("config.yaml", "service:\n  token: @\n"),
    _in("config.json", '{"service": {"apiKey": "@"}}\n'),
    _in("deploy.sh", "export TOKEN='@'\n"),
    _in("main.tf", '  api_key = "@"\n'),
    _in("Main.java", 'private static final String KEY = "@";\n'),
    _in("index.js", "const client = new Client({ key: '@' })\n"),
    _in("notebook.ipynb", '{"cells": [{"source": ["login(\\"@\\")\\n"]}]}\n'),
    _in("README.md", "Log in with `@` and go on.\n"),
    _in("app.log", "2026-01-01 12:00:00 DEBUG sending header @ to upstream\n"),
    _in("Dockerfile", "ENV KEY=@\n"),
)

_PASSWORDS: tuple[Syntax, ...] = (
    _in("settings.py", 'DB_PASSWORD = "@"\n'),
    _in("app.py", "login(user='app', password='@')\n"),
    _in("config.yaml", 'database:\n  password: "@"\n'),
    _in("config.json", '{"db": {"password": "@"}}\n'),
    _in("app.properties", "spring.datasource.password=@\n"),
    _in("main.tf", '  master_password = "@"\n'),
    _in("Settings.cs", 'string Password = "@";\n'),
    _in("conf.go", 'cfg.Passwd = "@"\n'),
    _in("run.sh", "mysql -u root --password='@' main\n"),
    _in("web.xml", '<add key="DbPassword" value="@"/>\n'),
)


NEGATIVES: dict[str, tuple[tuple[str, str], ...]] = {
    "a placeholder": (
        ("settings.py", 'API_KEY = "your-api-key"'),
        ("settings.py", 'API_KEY = "<YOUR_API_KEY>"'),
        ("settings.py", 'PASSWORD = "changeme"'),
        ("settings.py", 'SECRET_KEY = "change-me-in-production"'),
        ("settings.py", 'SECRET_KEY = "replace_this_with_a_real_key"'),
        ("settings.py", 'TOKEN = "xxxxxxxxxxxxxxxxxxxxxxxx"'),
        ("settings.py", 'TOKEN = "****************"'),
        ("settings.py", 'TOKEN = "..."'),
        ("settings.py", 'TOKEN = "insert token here"'),
        ("settings.py", 'PASSWORD = "REDACTED"'),
        ("settings.py", 'TOKEN = "TODO"'),
        ("config.yaml", "password: <password>"),
        ("config.yaml", "password: {{ db_password }}"),
        ("config.yaml", "token: REPLACE_ME"),
        ("config.yaml", "apiKey: put-your-key-here"),
        (".env.example", "API_KEY=your_key_here"),
        (".env.example", "DB_PASSWORD=my-secret-password"),
        (".env", "TOKEN="),
        ("README.md", "Set `GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` first."),
        ("README.md", "export STRIPE_KEY=sk_live_xxxxxxxxxxxxxxxxxxxxxxxx"),
        ("README.md", "postgres://user:password@localhost/db"),
        ("README.md", "postgresql://username:password@host:5432/database"),
        ("README.md", "redis://:<password>@redis:6379"),
        ("docs/a.md", "https://user:pass@example.com/"),
        ("docs/a.md", "mongodb://<user>:<pass>@cluster0.mongodb.net"),
    ),
    "a reference to a value that is kept elsewhere": (
        ("settings.py", 'PASSWORD = os.environ["DB_PASSWORD"]'),
        ("settings.py", 'PASSWORD = os.getenv("DB_PASSWORD", "")'),
        ("settings.py", "token = config.get('token')"),
        ("settings.py", "password = getpass.getpass()"),
        ("settings.py", "api_key = settings.API_KEY"),
        ("settings.py", 'secret = vault.read("secret/data/app")["password"]'),
        ("index.js", "const token = process.env.TOKEN"),
        ("index.js", "password: process.env.DB_PASSWORD,"),
        ("config.yaml", "password: ${DB_PASSWORD}"),
        ("config.yaml", "password: $(DB_PASSWORD)"),
        ("config.yaml", "password: vault:secret/data/app#password"),
        ("config.yaml", "token: !vault |"),
        ("config.yaml", "password: ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]"),
        ("config.yaml", "secretName: database-credentials"),
        ("config.yaml", "passwordSecretRef: db-credentials"),
        ("ci.yml", "token: ${{ secrets.GITHUB_TOKEN }}"),
        ("ci.yml", "api_key: ${{ secrets.API_KEY }}"),
        ("main.tf", "password = var.db_password"),
        ("main.tf", "  secret = data.vault_generic_secret.db.data[\"password\"]"),
        ("main.tf", "password = random_password.db.result"),
        ("app.properties", "spring.datasource.password=${DB_PASSWORD}"),
        ("app.properties", "db.password=@db.password@"),
        ("run.sh", 'mysql --password="$DB_PASSWORD"'),
        ("run.sh", "TOKEN=$(cat /run/secrets/token)"),
        ("run.sh", 'curl -H "Authorization: Bearer $TOKEN"'),
        ("Main.java", 'String password = System.getenv("DB_PASSWORD");'),
        ("app.py", 'headers = {"Authorization": f"Bearer {token}"}'),
        ("app.py", 'url = f"postgres://{user}:{password}@{host}/db"'),
        ("app.py", 'url = "postgres://%s:%s@%s/db" % (user, password, host)'),
        ("template.yaml", "Password: !Ref DBPassword"),
        ("template.yaml", "Password: '{{resolve:secretsmanager:db:SecretString:password}}'"),
    ),
    "a name, a label or a word": (
        ("app.py", 'password_label = "Your password"'),
        ("app.py", 'PASSWORD_FIELD = "password"'),
        ("app.py", 'token_type = "bearer"'),
        ("app.py", 'TOKEN_FORM = r"[A-Z0-9]{30,40}"'),
        ("app.py", '"SECRET-KEY-1": r"[A-Z0-9]{30,}+",'),
        ("app.py", 'next_token = "{group}@{stream}-{last_event}"'),
        ("app.py", 'registry_key = "%s\\%0.1f\\Setup\\VC17Platform"'),
        (".env", "password = lexer.get_token2(x)"),
        ("postgresql.conf", "password_encryption = scram-sha-256"),
        ("app.py", 'signing_key_algorithm = "ecdsa-sha2-nistp256"'),
        ("app.py", 'SECRET_ALGORITHM = "aes-256-gcm"'),
        ("app.py", 'TOKEN_URL = "https://auth.corp.internal/token"'),
        ("app.py", 'SECRET_NAME = "projects/1/secrets/db"'),
        ("app.py", 'key = "first_name"'),
        ("app.py", 'api_key_header = "X-API-Key"'),
        ("app.py", 'raise ValueError("password: must have eight characters")'),
        ("app.py", 'parser.add_argument("--token", help="the token to use")'),
        ("app.py", 'PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]'),
        ("app.py", 'forgot_password_url = "/accounts/password/reset"'),
        ("app.py", 'csrf_token = "{% csrf_token %}"'),
        ("app.py", 'keyboard = "qwertyuiop"'),
        ("app.py", 'monkey = "banana"'),
        ("app.py", 'author = "Jane Doe"'),
        ("app.py", 'cache_key = "user:profile:avatar"'),
        ("app.py", 'primary_key = "customer_id"'),
        ("app.py", 'sort_key = "created_at"'),
        ("app.py", 'public_key = "-----BEGIN PUBLIC KEY-----"'),
        ("index.html", '<input type="password" name="password" placeholder="Password">'),
        ("index.html", '<label for="token">Token</label>'),
        ("messages.json", '{"password": "Passwort", "token": "Zugangsschlüssel"}'),
        ("messages.json", '{"forgot_password": "Forgot your password?"}'),
        ("schema.json", '{"password": {"type": "string", "description": "the password of the user"}}'),
        ("schema.json", '{"token": {"description": "An object that holds a security identity."}}'),
        ("app.go", "type Token struct { Value string }"),
        ("app.go", 'const tokenPrefix = "tok"'),
        ("app.js", 'const passwordInput = document.querySelector("#password")'),
        ("style.css", ".password { color: red }"),
        ("query.sql", "SELECT password, token FROM users WHERE secret = ?"),
    ),
    "a digest, an id or a version": (
        ("app.py", 'commit = "3f786850e387550fdab836ed7e6dc881de23001b"'),
        ("app.py", 'sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"'),
        ("app.py", 'md5 = "5d41402abc4b2a76b9719d911017c592"'),
        ("app.py", 'id = "123e4567-e89b-12d3-a456-426614174000"'),
        ("app.py", 'key = "550e8400-e29b-41d4-a716-446655440000"'),
        ("app.py", 'etag = "33a64df551425fcc55e4d42a148795d9f25f89d4"'),
        ("app.py", 'token_version = "1.2.3"'),
        ("app.py", 'INTEGRITY = "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"'),
        ("package-lock.json", '"integrity": "sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg=="'),
        ("poetry.lock", '{file = "a.whl", hash = "sha256:3f786850e387550fdab836ed7e6dc881de23001b9f86d081884c7d659a2feaa0"}'),
        ("go.sum", "github.com/a/b v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ("requirements.txt", "flask==2.2.5 --hash=sha256:58107ed83443e86067e41eff4631b058178191a355886f8e479e347fa1285fdf"),
        ("Dockerfile", "FROM python@sha256:3f786850e387550fdab836ed7e6dc881de23001b9f86d081884c7d659a2feaa0"),
        ("index.html", '<script src="a.js" integrity="sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC"></script>'),
        ("a.svg", '<path d="M12.5 3.4C7.8 3.4 4 7.2 4 11.9s3.8 8.5 8.5 8.5"/>'),
        ("a.md", "![i](data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==)"),
        ("a.pem", "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----"),
        ("id.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ana@host"),
        ("known_hosts", "git.corp ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCj7ndNxQowgcQnjshcLrqPEiiphnt+VTTvDP6mHBL9j1aNUkY4Ue1gvwnGLVlOhGeYrnZaMgRK6+PKCUXaDbC7qtbW8gIkhL7aGCsOr/C56SJMy/BCZfxd1nWzAOxSDPgVsmerOBYfNqltV9/hWCqBywINIR+5dIg6JTJ72pcEpEjcYgXkE2YEFXV1JHnsKgbLWNlhScqb2UmyRkQyytRLtL+38TGxkxCflmO+5Z8CSSNY7GidjMIZ7Q4zMjA2n1nGrlTDkzwDCsw+wqFPGQA179cnfGWOWRVruj16z6XyvxvjJwbz0wQZ75XK5tKSb7FNyeIEs4TT4jk+S4dhPeAUC5y+bDYirYgM4GC7uEnztnZyaVWQ7B381AK4Qdrwt51ZqExKbQpTUNn+EjqoTwvqNj4kqx5QUCI0ThS/YkOxJCXmPUWZbhjpCg56i+2aB6CmK2JGhn57K5mj0MNdBXA4/WnwH6XoPWJzK5Nyu2zB3nAZp+S5hpQs+p1vN1/wsjk="),
    ),
    "made up, by its provider or by a checksum that does not fit": (
        ("app.py", 'aws_access_key_id = "AKIAIOSFODNN7EXAMPLE"'),
        ("app.py", 'aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"'),
        ("app.py", 'token = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"'),
        ("app.py", 'token = "ghp_0000000000000000000000000000000000000"'),
        ("app.py", 'token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"'),
        ("app.py", 'token = "npm_0123456789abcdefghijklmnopqrstuvwxyz"'),
        ("app.py", 'jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"'),
        ("app.py", 'jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbmEifQ."'),
        ("app.py", 'key = "-----BEGIN RSA PRIVATE KEY-----\\n...\\n-----END RSA PRIVATE KEY-----"'),
        ("app.py", 'if text.startswith("-----BEGIN PRIVATE KEY-----"): pass'),
        ("README.md", "-----BEGIN RSA PRIVATE KEY-----\nMIIE... (your key)\n-----END RSA PRIVATE KEY-----"),
        ("app.py", 'seed = "SUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"'),
        ("app.py", 'slack = "xoxb-your-token-goes-here"'),
        ("app.py", 'url = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"'),
        ("app.py", 'fake_token = "fake-token-for-tests-1234"'),
        ("app.py", 'api_key = "dummy-api-key-1234567890"'),
        ("app.py", 'password = "example-password-1"'),
        ("app.py", 'secret = "not-a-real-secret-42"'),
        ("app.py", 'token = "abcdef1234567890abcdef1234567890"'),
        ("app.py", 'token = "0123456789abcdef0123456789abcdef"'),
        ("app.py", 'token = "deadbeefdeadbeefdeadbeefdeadbeef"'),
    ),
}  # fmt: skip
"""By reason: path and text."""


def negatives() -> Iterator[Sample]:
    """What looks like a secret and is none."""
    for reason, items in (NEGATIVES | SIMPLE_NEGATIVES).items():
        for at, (path, text) in enumerate(items):
            yield Sample(f"{reason} #{at}", path, f"{text}\n".encode(), "")
    maker = Maker(SEED + 1)
    for at in range(20):
        yield Sample(f"commit #{at}", "CHANGES.md", f"- fixed in {maker.hex(40)}\n".encode(), "")
        yield Sample(f"digest #{at}", "SHA256SUMS", f"{maker.hex(64)}  a-{at}.tar.gz\n".encode(), "")
        broken = maker.checked("ghp_")
        yield Sample(
            f"checksum #{at}", "a.py", f'token = "{broken[:-1]}{"A" if broken[-1] != "A" else "B"}"\n'.encode(), ""
        )
        yield Sample(
            f"lock #{at}",
            "uv.lock",
            f'sdist = {{ url = "https://files/{maker.hex(60)}/a.tar.gz", hash = "sha256:{maker.hex(64)}" }}\n'.encode(),
            "",
        )
        uuid = re.sub(r"(.{8})(.{4})(.{4})(.{4})(.{12})", r"\1-\2-\3-\4-\5", maker.hex(32))
        yield Sample(f"uuid #{at}", "a.yaml", f"client_key: {uuid}\n".encode(), "")
