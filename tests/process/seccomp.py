"""Seccomp filters (seccomp(2)) for the child processes of tests."""

import ctypes
import os
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
KILL_PROCESS, ERRNO, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF opcodes
ARGUMENTS_OFFSET = 16  # of struct seccomp_data


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens at a system call, or only if an argument (lower 32 bits) has a value."""

    call: int
    action: int
    argument: int | None = None
    value: int = 0

    def instructions(self) -> list[tuple[int, int, int, int]]:
        """Return BPF instructions that return the action, or continue with the next rule."""
        test = []
        if self.argument is not None:
            offset = ARGUMENTS_OFFSET + 8 * self.argument  # little-endian machines only
            test = [(LOAD_WORD, 0, 0, offset), (JUMP_IF_EQUAL, 0, 1, self.value)]
        return [
            (LOAD_WORD, 0, 0, 0),
            (JUMP_IF_EQUAL, 0, len(test) + 1, self.call),
            *test,
            (RETURN, 0, 0, self.action),
        ]


def installer(rules: Iterable[Rule]) -> Callable[[], None]:
    """Return a function for `preexec_fn` that filters the system calls of the child."""
    steps = [step for rule in rules for step in rule.instructions()]
    instructions = b"".join(struct.pack("HBBI", *step) for step in [*steps, (RETURN, 0, 0, ALLOW)])
    program = _Program(len(instructions) // 8, instructions)
    prctl = ctypes.CDLL(None).prctl

    def install() -> None:
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
            os._exit(99)

    return install
