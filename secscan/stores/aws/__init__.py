"""AWS Secrets Manager, and the SecureString parameters of Systems Manager's Parameter Store."""
