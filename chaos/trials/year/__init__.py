"""A simulated year on the real state: `python -m chaos year`."""

from chaos.trials.year.simulation import trial

__all__ = ["trial"]
