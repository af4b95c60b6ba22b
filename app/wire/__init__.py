"""IRC as pure text: no sockets, no clock, no state."""
