"""How each dataset's records become Recordings: ``load(paths, about, settings) -> Recording``, one file per kind."""
