"""The parts of a SARIF log, which the formats `sarif` and `github` are made of."""
