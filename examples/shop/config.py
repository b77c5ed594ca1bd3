"""Settings of the shop."""

import os
from pathlib import Path

DATA = Path(os.environ.get("SHOP_DATA", "/srv/data"))
INVOICES = DATA / "invoices"
UPLOADS = DATA / "uploads"
PARTNERS = DATA / "partners.xml"

DATABASE = str(DATA / "shop.db")

# Sessions
SECRET_KEY = "fake-Sh0p-session-4711"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = False

# Mail: the password comes from the environment
SMTP_HOST = os.environ.get("SMTP_HOST", "localhost")
SMTP_USER = os.environ.get("SMTP_USER", "shop")
SMTP_PASSWORD = os.environ["SMTP_PASSWORD"]
PASSWORD_FIELD = "password"

# Warehouse
WAREHOUSE_DSN = "postgresql://shop:fake-Wareh0use-99@warehouse.internal/stock"
REPORTING_DSN = "postgresql://reports@warehouse.internal/stock"

ALLOWED_IMAGE_HOSTS = {"images.shop.example", "cdn.shop.example"}
CURRENCIES = {"EUR": 1.0, "USD": 1.08, "GBP": 0.85}
