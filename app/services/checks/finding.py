"""The result of a check: what was found, and what is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, and what to do about it. Both are sentences."""

    problem: str
    advice: str

    @property
    def sentence(self) -> str:
        """Problem and advice as one text."""
        return f"{self.problem} {self.advice}".rstrip()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check by name, with a summary of what it looked at."""

    name: str
    summary: str
    findings: Sequence[Finding] = ()


def split_advice(sentence: str, default: str) -> Finding:
    """Return an error message of the form `problem; advice.` as a finding."""
    problem, separator, advice = sentence.partition("; ")
    if not separator:
        return Finding(sentence, default)
    return Finding(f"{problem}.", advice[:1].upper() + advice[1:])
