"""Deep match: how many values of a store are found in code, how many texts are taken for one wrongly, at what speed.

    python benchmarks/deep_match.py [--values 20000] [--tree FOLDER]

Values of nine kinds are made, stored in five forms, and every twentieth is planted in one of 32 syntaxes in copies of
files of a tree (by default Python's own library); as many others, which the store does not hold, are planted beside
them.
"""

from __future__ import annotations

import argparse
import random
import resource
import sysconfig
import time
from pathlib import Path

from secscan.secrets.secret import Secret
from secscan.stores.contract import Held, Place
from secscan.stores.matching import ValueIndex, worth_asking
from secscan.stores.tokens import tokens
from tests.support.planted import MAKERS, OTHER_SYNTAXES, STORED, SYNTAXES, stored

ONE_LINE = ("comment", "option", "netrc", "pgpass", "shell", "address", "query", "percent", "plus")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--values", type=int, default=20_000)
    parser.add_argument("--tree", type=Path, default=Path(sysconfig.get_path("stdlib")))
    wanted = parser.parse_args()
    rng = random.Random(7)
    files = [path for path in sorted(wanted.tree.rglob("*.py")) if "site-packages" not in path.parts][:1500]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in files]
    kinds = [rng.choice(list(MAKERS)) for _ in range(wanted.values)]
    values = [MAKERS[kind](rng) for kind in kinds]

    index = ValueIndex()
    started = time.perf_counter()
    for number, (kind, value) in enumerate(zip(kinds, values, strict=True)):
        form = "plain" if kind in ("pem", "words") else rng.choice(STORED)
        index.add(Held(Place(path=f"secret/{number}", field="password"), Secret(stored(form, value))))
    built = time.perf_counter() - started

    planted: dict[str, list[tuple[int, str]]] = {"in sample": [], "held out": []}
    decoys = 0
    for number in range(0, wanted.values, 20):
        for name, syntaxes in (("in sample", SYNTAXES), ("held out", OTHER_SYNTAXES)):
            syntax = rng.choice(
                [one for one in syntaxes if not (kinds[number] in ("pem", "words") and one in ONE_LINE)]
            )
            planted[name].append((number, syntaxes[syntax](values[number])))
            decoy = MAKERS[kinds[number]](rng)
            at = rng.randrange(len(texts))
            texts[at] += "\n" + syntaxes[syntax](decoy)
            decoys += 1

    started = time.perf_counter()
    false = sum(1 for text in texts for _ in index.matches(text))
    seconds = time.perf_counter() - started
    size = sum(map(len, texts))
    started = time.perf_counter()
    count = sum(1 for text in texts for _ in tokens(text))
    cut = time.perf_counter() - started
    asked = sum(1 for text, path in zip(texts, files, strict=True) for _ in worth_asking(text, path.name))

    for name, cases in planted.items():
        found = sum(
            any(place.path == f"secret/{number}" for one in index.matches(text) for place in one.places)
            for number, text in cases
        )
        print(f"{name}: {found} of {len(cases)} planted values found ({found / len(cases):.3f})")
    print(f"decoys and ordinary code: {false} false matches ({decoys} decoys, {size / 1e6:.1f} MB of code)")
    print(f"index: {wanted.values} values, {index.values} parts compared, built in {built:.2f} s")
    print(
        f"matching: {count} candidate tokens in {seconds:.2f} s, of which {cut:.2f} s to cut them out of the text;"
        f" a million is compared in {(seconds - cut) * 1e6 / count:.2f} s; {size / 1e6 / seconds:.1f} MB/s in all"
    )
    print(f"questions, where each one counts: {asked / (size / 1e6):.1f} per MB")
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most, the texts included")


if __name__ == "__main__":
    main()
