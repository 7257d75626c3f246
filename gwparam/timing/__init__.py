"""What a call costs: measured in turns, so that a busy machine slows all alike."""
