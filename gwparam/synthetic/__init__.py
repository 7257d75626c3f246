"""Train a network to give the drag of a native scheme on columns made from formulas."""
