"""Images made to bring a reader down, to lead it out of the image, or to show it something else than what runs.

`CASES` has them by name: each is a function that makes one in a folder and returns how to name it to `secscan scan`,
with what must come of it.
"""

from tests.support.hostile_images import archives, manifests, packages, texts, trees
from tests.support.hostile_images.case import CASES, Hostile

__all__ = ["CASES", "Hostile", "archives", "manifests", "packages", "texts", "trees"]
