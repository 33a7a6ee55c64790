"""The command ``minigrad``: one module a subcommand, imported when it is asked for."""

from minigrad.cli.main import main

__all__ = ["main"]
