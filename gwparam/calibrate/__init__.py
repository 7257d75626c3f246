"""Repair what drives an oscillation, by its statistics: ensemble Kalman inversion."""
