"""Run logs: what runs say of themselves (docs/run-log.md), read while they go on."""
