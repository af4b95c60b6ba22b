"""The frame of an HTML page, which allows neither scripts nor external resources."""

from html import escape

from app.clock import to_datetime
from app.services.export.about import ExportInfo
from app.text.sanitise import clean

END = "</body>\n</html>\n"
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
"""


def begin_page(title: str, style: str) -> str:
    """Return the markup up to the start of the body."""
    return _HEAD.format(title=escape(clean(title)), style=style)


def format_instant(about: ExportInfo) -> str:
    """Return the instant of the export, in UTC."""
    return f"{to_datetime(about.made):%d %B %Y, %H:%M}"
