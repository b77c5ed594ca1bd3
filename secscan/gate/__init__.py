"""May the build go on: the verdict and its reasons."""
