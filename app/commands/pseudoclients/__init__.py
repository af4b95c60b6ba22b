"""NickServ, HistServ and *playback: nicks that the server itself uses."""
