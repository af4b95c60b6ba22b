"""The commands of accounts."""

from app.commands.accounts import login, register, sasl, verify
from app.commands.registry import CommandEntry

COMMANDS: tuple[CommandEntry, ...] = (
    login.logout,
    register.register,
    sasl.authenticate,
    verify.verify,
)
