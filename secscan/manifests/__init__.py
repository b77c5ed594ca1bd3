"""What manifests of Kubernetes and Compose files ask for, and what of it is unsafe. Nothing is started or rendered."""
