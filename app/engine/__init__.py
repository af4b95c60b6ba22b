"""Who is here now, what happens, and who hears of it."""
