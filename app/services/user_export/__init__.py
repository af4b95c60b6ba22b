"""Exports everything that is stored of one account, as a ZIP archive.

profile    the account and what is filed under it in other tables
log        the account's rows of the log
page       the page to read, `index.html`
archive    the archive, written as it is read
"""
