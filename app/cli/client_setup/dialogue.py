"""Questions in the terminal, one after the other; each is repeated until its answer is valid."""

from collections.abc import Callable, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.history import DummyHistory
from prompt_toolkit.input import Input
from prompt_toolkit.output import Output

from app.cli import terminal
from app.settings import ClientSettings
from app.settings.sources import find_fault
from app.text.encoding import is_text

YES, NO = ("y", "yes"), ("n", "no")
Check = Callable[[str], str | None]  # returns a sentence that says what is wrong with an answer


class Dialogue:
    """A sequence of questions; Ctrl-C and Ctrl-D raise KeyboardInterrupt and EOFError."""

    def __init__(
        self,
        write: Callable[[str], None] = terminal.echo,
        source: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self.say = write
        # Without a history: the arrow keys must not bring back a password.
        self._session: PromptSession[str] = PromptSession(history=DummyHistory(), input=source, output=output)

    def ask(self, label: str, default: str = "", check: Check = lambda answer: None) -> str:
        """Return the answer to a question, by default the one in brackets."""
        prompt = f"{label} [{default}]: " if default else f"{label}: "
        while True:
            answer = self._read(prompt).strip() or default
            reason = check(answer)
            if reason is None:
                return answer
            self.say(reason)

    def ask_setting(self, key: str, label: str, default: object) -> str:
        """Return a valid value of a setting of the client, as text."""
        return self.ask(label, str(default), lambda answer: explain_invalid(key, answer))

    def ask_secret(self, label: str) -> str:
        """Return an answer that is not shown, without removing spaces; it may be empty."""
        return self._read(f"{label}: ", is_secret=True)

    def confirm(self, question: str, default: bool) -> bool:
        """Return whether the answer is yes."""
        hint = "Y/n" if default else "y/N"
        while True:
            answer = self._read(f"{question} [{hint}] ").strip().lower()
            if not answer:
                return default
            if answer in YES + NO:
                return answer in YES
            self.say("Answer y or n.")

    def choose(self, question: str, options: Sequence[str], default: str) -> str:
        """Return one of the options; the answer may be shortened."""

        def explain(answer: str) -> str | None:
            return None if _match(answer, options) else f"Answer with one of: {', '.join(options)}."

        return _match(self.ask(f"{question} ({', '.join(options)})", default, explain), options)

    def _read(self, prompt: str, is_secret: bool = False) -> str:
        """Return one line of valid text."""
        while True:
            line = self._session.prompt(prompt, is_password=is_secret)
            if "\n" not in line and is_text(line):
                return line
            self.say("The answer must be one line of text in the encoding of your terminal.")


def explain_invalid(key: str, value: str) -> str | None:
    """Return why a text is not a valid value of a setting, as a sentence, or None."""
    reason = find_fault(ClientSettings, key, value)
    return f"It {reason.rstrip('.')}." if reason else None


def _match(answer: str, options: Sequence[str]) -> str:
    """Return the only option that begins with an answer, or ""."""
    found = [option for option in options if answer and option.startswith(answer.lower())]
    return found[0] if len(found) == 1 else ""
