"""The nightly job, which cron starts: counts orders and sends the number to the owner."""

import os
import smtplib
import sqlite3
import sys
from email.message import EmailMessage

SMTP_PASSWORD = "fake-Mail-pw-2024"


def count(path, day):
    """Number of orders of one day."""
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT COUNT(*) FROM orders WHERE day = ?", (day,)).fetchone()[0]


def send(number):
    """Send the number by mail."""
    message = EmailMessage()
    message["To"] = os.environ["OWNER_MAIL"]
    message["Subject"] = f"{number} orders"
    with smtplib.SMTP_SSL("mail.shop.example") as server:
        server.login("shop", SMTP_PASSWORD)
        server.send_message(message)


def main():
    """Count and send."""
    send(count(os.environ["SHOP_DATABASE"], sys.argv[1]))


if __name__ == "__main__":
    main()
