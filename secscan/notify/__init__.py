"""Tells services of a verdict: what (`news`), to whom (`settings`), whether at all (`state`), and how (`send`)."""
