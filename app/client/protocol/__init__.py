"""The client's side of the protocol as a pure state machine: no input or output."""
