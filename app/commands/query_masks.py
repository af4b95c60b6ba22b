"""Masks in the parameters of queries: compiled once per query, and only if that is cheap."""

import re

from app.commands.errors import NumericError
from app.wire import masks, numerics

COMPARISONS_PER_LINE = 10  # matching this many masks is charged like one line of the reply


def compile_query_mask(mask: str) -> re.Pattern[str]:
    """Compile a mask to a regular expression for text returned by `caseless` or `fold`.

    Raises: NumericError as `check_query_mask` does.
    """
    check_query_mask(mask)
    return masks.compile_mask(mask)


def check_query_mask(mask: str) -> None:
    """Check that a mask is cheap to compile.

    Raises: NumericError with ERR_BADMASK when it has too many asterisks.
    """
    try:
        masks.check_asterisks(mask)
    except ValueError as error:
        raise NumericError(numerics.ERR_BADMASK, mask, text=str(error)) from error
