#!/usr/bin/env bash
# Package: CPython's email package, seen in 3.8.18, 3.9.18, 3.10.13, 3.11.7, 3.12.1 and 3.13.0 (no package to install)
#
# Behaviour: under email.policy.SMTP a Message-ID that is too long for one line of 78 characters is written as it is,
# but the same id in In-Reply-To and References is folded into RFC 2047 encoded words. Those headers hold message ids,
# which are no place for encoded words (RFC 2047, section 5), and a mail client that reads them literally finds no
# thread. An id of 32 characters with a domain of 58 is long enough for that.
#
# Seen: with example.com all three headers hold the id. With the long domain Message-ID does; In-Reply-To and References
# begin with =?utf-8?q? and go over two lines. Read back by the same package they are the id again.
set -euo pipefail
python3 - <<'PYTHON'
import email
import sys
from email import policy
from email.message import EmailMessage

HEADERS = ("Message-ID", "In-Reply-To", "References")
print("Python", sys.version.split()[0])


def written(domain):
    message = EmailMessage(policy=policy.SMTP)
    for name in HEADERS:
        message[name] = f"<0123456789abcdef0123456789abcdef@{domain}>"
    message.set_content("text")
    return message.as_bytes().decode("ascii")


folded = {}
for domain in ("example.com", "a-rather-long-name-of-a-mail-domain-for-alerts.example.com"):
    text = written(domain)
    lines = {line.partition(":")[0]: line for line in text.split("\r\n") if line.startswith(HEADERS)}
    folded[domain] = [name for name in HEADERS if "=?utf-8?q?" in lines[name]]
    print(f"{len(domain)} characters of domain:")
    print("\n".join(f"  {lines[name]}" for name in HEADERS))
    again = email.message_from_string(text, policy=policy.default)["In-Reply-To"]
    print("  read back the same:", again.strip() == f"<0123456789abcdef0123456789abcdef@{domain}>")

if list(folded.values()) != [[], ["In-Reply-To", "References"]]:
    sys.exit(f"changed: folded into encoded words are {folded}")
PYTHON
