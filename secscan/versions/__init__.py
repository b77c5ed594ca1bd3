"""Version order by each ecosystem's own rules.

Every rule turns a version into a key; keys of one rule compare like its versions do. What a rule does not know as a
version has no key: its reader must say so, not guess.
"""
