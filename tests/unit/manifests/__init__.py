"""Tests of `secscan.manifests`."""
