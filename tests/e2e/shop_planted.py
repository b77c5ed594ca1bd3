"""What is planted in `examples/shop`, and what stands beside it that must not be reported.

Places are named by a text that occurs once in the file, not by a line number, so that an edit of the shop moves no
entry. For a defect that stands in the file twice there are two anchors.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop"


class Planted(NamedTuple):
    """A defect, or for a decoy the class of defect that must not be found there."""

    path: str
    anchor: str
    """Text that occurs in the file once. The place is the line on which it begins."""
    defect: str
    """Class of defect, see `secscan.findings.defects`."""
    after: int = 0
    """Lines from the anchor to the defect, where the line itself is not unique."""

    @property
    def line(self) -> int:
        """The line, counted from 1."""
        text = (SHOP / self.path).read_text(encoding="utf-8")
        if text.count(self.anchor) != 1:
            raise AssertionError(f"{self.anchor!r} occurs {text.count(self.anchor)} times in {self.path}")
        return text[: text.index(self.anchor)].count("\n") + 1 + self.after


PLANTED = (
    # Injection
    Planted("auth.py", "FROM users WHERE name = '%s'", "sql-injection"),
    Planted("catalog.py", "WHERE name LIKE '%", "sql-injection"),  # over several lines
    Planted("orders.py", 'subprocess.call("wkhtmltopdf', "command-injection"),
    Planted("admin.py", 'os.system("ping', "command-injection"),
    Planted("admin.py", "def trace():", "command-injection", after=1),  # twice the same in one file
    Planted("admin.py", "def trace_again():", "command-injection", after=1),
    Planted("admin.py", "# nosec B602", "command-injection"),
    Planted("orders.py", 'eval(request.form["formula"]', "code-injection"),
    Planted("admin.py", 'exec(request.form["program"]', "code-injection"),
    Planted("catalog.py", 'render_template_string("<h1>"', "template-injection"),
    Planted("catalog.py", "<span class='badge'>", "xss"),
    Planted("catalog.py", "Markup(text)", "xss"),
    Planted("auth.py", "ldap.SCOPE_SUBTREE, wanted)", "ldap-injection"),
    Planted("catalog.py", "//partner[city='", "xpath-injection"),
    # Files and addresses
    Planted("orders.py", 'send_file(os.path.join(current_app.config["INVOICES"]', "path-traversal"),
    Planted("storage.py", "# nosemgrep", "path-traversal"),
    Planted("storage.py", 'archive.extractall("/srv/data/photos")', "archive-extraction"),
    Planted("payments.py", 'requests.get(request.args["url"]', "ssrf"),  # two defects on one line
    Planted("payments.py", 'requests.get(request.args["url"]', "tls-verification"),
    Planted("auth.py", 'redirect(request.args.get("next", "/"))', "open-redirect"),
    Planted("storage.py", "tempfile.mktemp(", "insecure-temp-file"),
    Planted("storage.py", "os.chmod(path, 0o777)", "insecure-permissions"),
    # Data that runs code or reads files
    Planted("orders.py", "pickle.loads(", "deserialization"),
    Planted("admin.py", "yaml.load(", "deserialization"),
    Planted("admin.py", "etree.XMLParser(resolve_entities=True", "xxe"),
    # Cryptography and secrets
    Planted("auth.py", "hashlib.md5(text.encode())", "weak-hash"),
    Planted("payments.py", "hashlib.sha1(", "weak-hash"),
    Planted("payments.py", "modes.ECB()", "weak-cipher"),
    Planted("auth.py", "random.choice(", "weak-randomness"),
    Planted("config.py", 'SECRET_KEY = "', "hardcoded-credential"),
    Planted("config.py", 'WAREHOUSE_DSN = "', "hardcoded-credential"),
    Planted("payments.py", 'PROVIDER_API_KEY = "', "hardcoded-credential"),
    Planted("auth.py", "jwt.encode(", "hardcoded-credential"),
    Planted("tools/nightly.py", 'SMTP_PASSWORD = "', "hardcoded-credential"),
    Planted("auth.py", "verify=False)", "jwt-misuse"),
    # Transport and settings
    Planted("payments.py", "answer = requests.post(", "tls-verification"),
    Planted("payments.py", "ssl.PROTOCOL_TLSv1)", "weak-tls"),
    Planted("auth.py", 'response.set_cookie("remember"', "insecure-cookie"),
    Planted("orders.py", 'response.set_cookie("cart"', "insecure-cookie"),
    Planted("config.py", "SESSION_COOKIE_SECURE = False", "insecure-cookie"),
    Planted("app.py", "debug=True)", "debug-enabled"),
)
"""Every planted defect in the source. Each is found, once."""

DECOYS = (
    Planted("auth.py", "FROM users WHERE name = ?", "sql-injection"),
    Planted("catalog.py", "WHERE price >= ? ORDER BY", "sql-injection"),
    Planted("db.py", "connection().execute(statement, values).fetchone()", "sql-injection"),
    Planted("tools/nightly.py", "SELECT COUNT(*) FROM orders WHERE day = ?", "sql-injection"),
    Planted("admin.py", "shlex.quote(", "command-injection"),
    Planted("admin.py", 'subprocess.run(["/bin/ls"', "command-injection"),
    Planted("orders.py", 'subprocess.run(["/usr/bin/wkhtmltopdf"', "command-injection"),
    Planted("orders.py", "ast.literal_eval(", "code-injection"),
    Planted("catalog.py", "render_template_string(GREETING", "template-injection"),
    Planted("catalog.py", "+ escape(text) +", "xss"),
    Planted("catalog.py", "Environment(autoescape=select_autoescape", "autoescape-off"),
    Planted("auth.py", '"(mail=" + mail + ")"', "ldap-injection"),
    Planted("catalog.py", "//partner[country=$country]", "xpath-injection"),
    Planted("orders.py", 'open(os.path.join("/srv/data/receipts"', "path-traversal"),
    Planted("orders.py", "path.read_text()", "path-traversal"),
    Planted("storage.py", "path.read_bytes()", "path-traversal"),
    Planted("storage.py", 'filter="data"', "archive-extraction"),
    Planted("storage.py", "archive.extractall(target)", "archive-extraction"),
    Planted("storage.py", "def checked_photos():", "insecure-temp-file", after=2),
    Planted("payments.py", "requests.get(url, timeout=5)", "ssrf"),
    Planted("auth.py", "return redirect(target)", "open-redirect"),
    Planted("orders.py", "json.loads(", "deserialization"),
    Planted("admin.py", "yaml.safe_load(", "deserialization"),
    Planted("admin.py", "etree.XMLParser(resolve_entities=False", "xxe"),
    Planted("admin.py", "def import_brands():", "xxe", after=2),
    Planted("auth.py", "usedforsecurity=False", "weak-hash"),
    Planted("auth.py", "hashlib.scrypt(", "weak-hash"),
    Planted("payments.py", "AESGCM(key).encrypt(", "weak-cipher"),
    Planted("auth.py", "secrets.token_urlsafe(", "weak-randomness"),
    Planted("auth.py", "random.sample(", "weak-randomness"),
    Planted("config.py", 'PASSWORD_FIELD = "', "hardcoded-credential"),
    Planted("config.py", 'SMTP_PASSWORD = os.environ["SMTP_PASSWORD"]', "hardcoded-credential"),
    Planted("config.py", "REPORTING_DSN = ", "hardcoded-credential"),
    Planted("payments.py", 'os.environ["PROVIDER_TOKEN"]', "hardcoded-credential"),
    Planted("auth.py", 'algorithms=["HS256"]', "jwt-misuse"),
    Planted("payments.py", "verify=PROVIDER_CA)", "tls-verification"),
    Planted("payments.py", "ssl.TLSVersion.TLSv1_2", "weak-tls"),
    Planted("auth.py", 'response.set_cookie("language"', "insecure-cookie"),
    Planted("config.py", "SESSION_COOKIE_HTTPONLY = True", "insecure-cookie"),
    Planted("app.py", 'debug=os.environ.get("SHOP_DEBUG")', "debug-enabled"),
)
"""The safe way beside each defect. No rule of ours reports its class there."""

NOISY_DECOYS = (
    Planted("catalog.py", "WHERE price >= ? ORDER BY", "sql-injection"),
    Planted("admin.py", "shlex.quote(", "command-injection"),
    Planted("storage.py", "archive.extractall(target)", "archive-extraction"),
    Planted("auth.py", "random.sample(", "weak-randomness"),
    Planted("config.py", 'PASSWORD_FIELD = "', "hardcoded-credential"),
)
"""Decoys at which bandit, which follows no data and reads no names, reports the class all the same."""

PACKAGES = ("click", "flask", "jinja2", "lxml", "pyjwt", "pyyaml", "requests", "urllib3", "werkzeug")
"""Packages of `requirements.txt` with published vulnerabilities in the version that is pinned."""

CLEAN_PACKAGES = ("itsdangerous", "markupsafe", "sqlalchemy")
"""Packages of `requirements.txt` that are old, without one."""
