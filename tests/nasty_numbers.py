"""Words that stand where a number is expected, and that no number option accepts."""

NASTY_NUMBERS = {
    "twenty digits": "99999999999999999999",
    "more digits than int() converts": "9" * 5000,
    "negative": "-1",
    "hexadecimal": "0x10",
    "infinity": "inf",
    "not a number": "nan",
    "a float's overflow": "1e400",
    "empty": "",
    "a superscript": "²",
    "a fraction": "½",
    "another script": "٣²",
    "a letter": "ten",
}
NASTY_TIMES = {
    **{name: text for name, text in NASTY_NUMBERS.items() if name != "a letter"},
    "a huge duration": "99999999999d",
    "a duration beyond the calendar": "999999999w",
    "many digits of days": f"{'1' * 5000}d",
    "no time": "0d",
    "a unit that only folds to s": "5ſ",
    "digits of another script": "٣d",
    "a five-digit year": "10000-01-01",
    "the last day": "9999-12-31",
    "the year 0": "0000-01-01",
    "no such day": "2026-02-30",
    "no such month": "2026-13",
    "no such week": "2026-W60",
    "no such zone": "2026-01-01T00:00:00+99:99",
    "an exponent": "1e3",
}
