"""Judge how support agents treat their callers, with quotes and reasons."""

__version__ = "0.1.0"
