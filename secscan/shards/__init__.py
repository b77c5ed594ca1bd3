"""A target cut into parts that several machines look at, and what each of them says; see docs/shards.md."""
