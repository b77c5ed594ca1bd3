"""Where secrets should live: Vault, AWS Secrets Manager, behind one small contract."""
