"""``./dev bench``: how fast the author's loop is, as ratios measured in one run, on whatever machine this is.

What comes in is the project itself; what goes out are the figures in ``docs/bench/``, which ``docs/bench.rst`` shows.
Nothing here is part of the program.
"""
