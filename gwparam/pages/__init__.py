"""What all HTML pages share: one style, and figures that are parts of the file."""
