"""The slash commands: one function each, one module per topic; `table` lists them."""
