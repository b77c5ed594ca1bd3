"""What a scan cost and found, as traces and metrics of OpenTelemetry; imported where the settings ask for it."""
