"""A site looked at for the first time: what its listings are, and what its articles look like.

What decides here is pure: pages in, a proposal out. `survey.py` asks for the pages, one after another.
"""
