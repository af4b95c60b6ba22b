"""Sends mail through an external program; the server itself does not implement SMTP.

The program, for example `/usr/sbin/sendmail -t -i`, reads the whole message from standard input. It
runs without a shell, without the server's own settings in its environment, and with a time limit,
at which the processes that it started are killed as well.
"""

import os
import shlex
import signal
import subprocess
from email.message import EmailMessage
from threading import BoundedSemaphore

from app.errors import ChatError
from app.settings import ServerSettings

SEND_TIMEOUT_SECONDS = 20
SECRET_PREFIXES = ("CHAT_", "PGPASS")  # of environment variables with passwords of the server
_sending_slots = BoundedSemaphore(2)


class MailError(ChatError):
    """The mail program failed, so the message was not sent."""


def send(settings: ServerSettings, to: str, subject: str, text: str) -> None:
    """Send a message with the program configured by the setting `mailer`.

    Raises: MailError.
    """
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, to, subject
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5
    message.set_content(text)
    try:
        with _sending_slots:
            _run(shlex.split(settings.mailer or ""), message.as_bytes())
    except subprocess.CalledProcessError as error:
        raise MailError(f"The mailer exited with status {error.returncode}.") from None
    except subprocess.TimeoutExpired:
        raise MailError(f"The mailer took longer than {SEND_TIMEOUT_SECONDS} seconds.") from None
    except (OSError, ValueError) as error:
        raise MailError(f"The mailer cannot be started: {error}.") from None


def _run(command: list[str], message: bytes) -> None:
    """Run the program in a session of its own, which ends with all its processes at the time limit.

    Raises: OSError, CalledProcessError, TimeoutExpired.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if not name.startswith(SECRET_PREFIXES)},
        start_new_session=True,
    ) as process:
        try:
            process.communicate(message, SEND_TIMEOUT_SECONDS)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command[:1])
