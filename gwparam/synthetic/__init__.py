"""States of the atmosphere from formulas, with the drag of a native scheme."""
