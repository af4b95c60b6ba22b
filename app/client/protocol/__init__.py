"""The client side of the protocol as a pure state machine, without input or output."""
