"""How we say it: one file per format, each a pure function of the saved scan."""
