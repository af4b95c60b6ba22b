"""Commands for rooms and for how long their history is kept."""
