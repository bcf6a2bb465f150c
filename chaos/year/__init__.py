"""A simulated year on the real state: `python -m chaos year`."""

from chaos.year.simulation import trial

__all__ = ["trial"]
