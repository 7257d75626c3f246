"""The commands of ``gwparam``, one a file, each with ``add_parser`` and ``run``."""
