"""Which files of a tree count although they lie in it: those that the user trusts, with the content that he trusted."""
