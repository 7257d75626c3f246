"""How well a network does: scores and figures."""
