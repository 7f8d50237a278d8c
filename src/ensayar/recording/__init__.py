"""Plays an article on real terminals, as a reader would type it, and keeps how that looked."""
