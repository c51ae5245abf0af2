"""Show: the top floor, where results become pictures. Style, plots, precomputed frames, live widgets, reports."""
