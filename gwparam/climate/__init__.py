"""What long output of a model says of its climate."""
