"""What the screen knows besides the timelines: pure state, without Textual."""
