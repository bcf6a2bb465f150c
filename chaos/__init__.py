"""The ten promises of `docs/reliability.md`, each tried on the real service: `python -m chaos`."""
