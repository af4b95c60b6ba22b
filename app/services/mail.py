"""Mail, by a program that takes it: the server itself speaks no SMTP.

The program gets the whole message on its standard input (`/usr/sbin/sendmail -t -i` is one). It is run without a
shell, without the server's own settings in its environment, and not for long.
"""

import os
import shlex
import subprocess
from email.message import EmailMessage
from threading import BoundedSemaphore

from app.errors import ChatError
from app.settings import ServerSettings

SEND_TIMEOUT_SECONDS = 20  # that the program may take
_sending_slots = BoundedSemaphore(2)


class MailError(ChatError):
    """The mail was not taken by the program that sends it."""


def send(settings: ServerSettings, to: str, subject: str, text: str) -> None:
    """Hand a mail to the program that the settings name.

    Raises: NotSent.
    """
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, to, subject
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5
    message.set_content(text)
    try:
        with _sending_slots:
            subprocess.run(
                shlex.split(settings.mailer or ""),
                input=message.as_bytes(),
                stdout=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if not name.startswith("CHAT_")},
                timeout=SEND_TIMEOUT_SECONDS,
                check=True,
            )
    except subprocess.CalledProcessError as error:
        raise MailError(f"The mailer ended with {error.returncode}.") from None
    except subprocess.TimeoutExpired:
        raise MailError(f"The mailer took longer than {SEND_TIMEOUT_SECONDS} seconds.") from None
    except (OSError, ValueError) as error:
        raise MailError(f"The mailer cannot be run: {error}.") from None
