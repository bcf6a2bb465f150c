"""Documents found by words, source, day and outcome: an index beside them, which can always be made anew."""
