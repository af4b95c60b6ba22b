"""Events become text: wording, styles and output formats."""
