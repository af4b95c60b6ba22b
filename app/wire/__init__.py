"""The IRC wire format as pure functions and values, without sockets, clocks or state."""
