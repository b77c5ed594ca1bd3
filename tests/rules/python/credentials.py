import os

import jwt
from django.core import validators


# ruleid: secscan.py.hardcoded-credential.literal
SECRET_KEY = "s8Jk2-invented-9xQ"
# ruleid: secscan.py.hardcoded-credential.literal
db_password = "Tr0ub4dor&3"
# ruleid: secscan.py.hardcoded-credential.literal
PASSWORD: str = "Tr0ub4dor&3"
# ruleid: secscan.py.hardcoded-credential.literal
app.config["SECRET_KEY"] = "s8Jk2-invented-9xQ"
# ruleid: secscan.py.hardcoded-credential.literal
app.secret_key = "s8Jk2-invented-9xQ"
# ruleid: secscan.py.hardcoded-credential.literal
connect(user="app", password="Tr0ub4dor&3")
DATABASES = {
    "default": {
        "USER": "app",
        # ruleid: secscan.py.hardcoded-credential.literal
        "PASSWORD": "Tr0ub4dor&3",
    }
}
# ok: secscan.py.hardcoded-credential.literal
SECRET_KEY = os.environ["SECRET_KEY"]
# ok: secscan.py.hardcoded-credential.literal
password = ""
# ok: secscan.py.hardcoded-credential.literal
password = "<your password>"
# ok: secscan.py.hardcoded-credential.literal
password = "${DB_PASSWORD}"
# ok: secscan.py.hardcoded-credential.literal
PASSWORD = "password"
# ok: secscan.py.hardcoded-credential.literal
secret = "client_secret"
# ok: secscan.py.hardcoded-credential.literal
password = "Please enter your password"
# ok: secscan.py.hardcoded-credential.literal
password_field = "Tr0ub4dor&3"
# ok: secscan.py.hardcoded-credential.literal
secret = "/run/secrets/database"
# ok: secscan.py.hardcoded-credential.literal
password = "DATABASE_PASSWORD"
# ok: secscan.py.hardcoded-credential.literal
password = get_password("Tr0ub4dor&3")


def login(password):
    # ruleid: secscan.py.hardcoded-credential.literal
    if password == "Tr0ub4dor&3":
        return True
    # ok: secscan.py.hardcoded-credential.literal
    return password == "none"


# ruleid: secscan.py.hardcoded-credential.literal
def connect_to(host, password="Tr0ub4dor&3"):
    pass


# ruleid: secscan.py.hardcoded-credential.token
api_key = "a81f0invented77c2e4b9d6"
# ruleid: secscan.py.hardcoded-credential.token
client = Client(access_token="zz9-invented-00plural-zalpha")
# ok: secscan.py.hardcoded-credential.token
token = "identifier"
# ok: secscan.py.hardcoded-credential.token
api_key = os.getenv("API_KEY")
# ok: secscan.py.hardcoded-credential.token
token = "https://login.example.org/oauth2/token"
# ok: secscan.py.hardcoded-credential.token
api_key = "your-api-key-000000000000"

# ruleid: secscan.py.hardcoded-credential.default-value
SECRET_KEY = "changeme"
# ruleid: secscan.py.hardcoded-credential.default-value
SECRET_KEY = "test-secret-change-me"
# ruleid: secscan.py.hardcoded-credential.default-value
password = os.environ.get("DB_PASSWORD", "admin123")
# ruleid: secscan.py.hardcoded-credential.default-value
connect(password="test")
# ok: secscan.py.hardcoded-credential.default-value
mode = "test"
# ok: secscan.py.hardcoded-credential.default-value
password = os.environ.get("DB_PASSWORD", "")

# ruleid: secscan.py.hardcoded-credential.url
DATABASE_URL = "postgresql://app:Tr0ub4dor3@db.internal/app"
# ok: secscan.py.hardcoded-credential.url
DATABASE_URL = "postgresql://db.internal/app"
# ok: secscan.py.hardcoded-credential.url
DATABASE_URL = "postgresql://user:password@localhost/app"
# ok: secscan.py.hardcoded-credential.url
DATABASE_URL = "postgresql://app:{password}@db.internal/app"


def tokens(payload, token, key):
    # ruleid: secscan.py.hardcoded-credential.jwt-key
    jwt.encode(payload, "invented-key", algorithm="HS256")
    # ruleid: secscan.py.hardcoded-credential.jwt-key
    jwt.decode(token, "invented-key", algorithms=["HS256"])
    # ok: secscan.py.hardcoded-credential.jwt-key
    jwt.encode(payload, key, algorithm="HS256")
    # ok: secscan.py.hardcoded-credential.jwt-key
    jwt.decode(token, os.environ["JWT_KEY"], algorithms=["HS256"])
