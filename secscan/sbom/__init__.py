"""What is inside: software bills of materials, the vulnerabilities known of them, and what was decided on those."""
