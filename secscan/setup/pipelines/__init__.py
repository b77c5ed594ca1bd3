"""Pipelines for CI systems, made of what was found in a repository."""

from secscan.setup.pipelines.make import pipeline_files

__all__ = ["pipeline_files"]
