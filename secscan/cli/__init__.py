"""Words in, words out: the command line. One file per command; no decisions."""
