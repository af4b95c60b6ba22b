"""What a full-screen view shows of each room: pure state, updated by the events of the protocol."""
