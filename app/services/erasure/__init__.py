"""Erases accounts, rooms and messages, from the log and from every table.

Deleting an account takes effect at once, by one event: the account and its credentials are gone,
its sessions end, and its name is reserved. What it left in the log and in other tables may be a
million rows. That is erased in short steps afterwards, each a transaction of some milliseconds. The
row in the table `erasure` says what remains to be done. Whoever comes first takes the next step:
the program that began, a running server, or `chat-admin db purge`. So an erasure survives `kill -9`
at any moment.

The phases of an erasure:

    sessions   find the sessions that were ever logged in to the account
    events     remove or anonymise rows of the log, from the first to the last
    tables     remove or anonymise rows of other tables
    files      remove what the search index and the write-ahead log still contain

At the end, the audit log gets the number of rows in each table, and the row in `erasure` is
deleted.

    subject    what is erased, and how
    events     rows of the log: which, and what becomes of them
    tables     rows of other tables, declared
    audit      rows of the audit log
    steps      the phases
    preview    counts what would be erased (`--dry-run`)
    accounts   the deletion of an account
    beginning  what it changes at once
    rooms      begins the erasure of a room
    redaction  redacts many messages
    purge      runs all steps, and removes remains from the files
    receipt    describes what was erased
"""
