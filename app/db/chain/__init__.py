"""The hash chain, which proves that the log was not altered. How it works:

Each event has a *row digest* R, each batch a *rows digest* B over the row digests of its events in
order, and each batch a *chain digest* D over the previous chain digest and B. The chain digest of
a position therefore determines every event up to it. The table `hash_chain` has one row, a *link*,
for each batch. Whoever noted a position and its digest can later check that the log up to there is
still the same.

What may have to be erased enters the row digest only as a *commitment*: a digest of a random salt
and the values. There are two for each event: `people` (who: session, nick, user, host, account,
target) and `content` (what: text and data). To erase a part, its commitment is stored in
`event_commitment`, and salt and values are removed; the values cannot be guessed from the
commitment, and the chain still verifies. To remove an event, its row digest is stored in
`event_tombstone`. Once a batch has no events left, its rows digest is kept in its link instead, and
its tombstones are removed. Links are never removed.

Two commitments and not one for each column, because erasure needs no more, and each costs about
0.6 microseconds and 16 bytes of salt for each event.

`Log.append` adds a link for each batch if the chain reaches the end of the log. After an upgrade
from a version without the chain it does not: then new events have no salts yet, and the engine
extends the chain over older events in small steps (`build`) until it catches up.

    digests   the digests, without a database
    links     reads and adds links
    head      chains the batches that `Log` appends
    build     extends the chain over events that are not in it yet
    salts     stores the salts of those events
    erasure   erases parts of events
    removal   removes events
"""
