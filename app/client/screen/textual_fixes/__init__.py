"""Changes what Textual does in terminals: keys, widths, signals, and a terminal that is gone."""
