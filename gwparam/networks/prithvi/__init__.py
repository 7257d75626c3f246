"""The Prithvi WxC gravity-wave network, declared in ``flux.py``."""
