"""Writes the reference: what is true of the program is read from the program.

A generator is a function from nothing to the text of a page. The pages are committed, so that they can be read where
the repository is read and a change of what users see stands in the diff; a test and `make docs` hold them against the
program.
"""
