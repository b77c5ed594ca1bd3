"""A typed subset of CEL (Common Expression Language), for the conditions that matchers cannot say.

Language: https://github.com/google/cel-spec. The subset, and where it goes beyond CEL (`glob`, `date`, words that are
checked, the order of severities), is described in `policies/README.md`. Nothing is evaluated by Python's `eval`:
`parse` makes a tree, `check` gives every part a type, `build` makes closures of it.
"""
