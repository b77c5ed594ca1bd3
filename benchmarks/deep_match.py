"""Deep match: how many values of a store are found in code, how many texts are taken for one wrongly, at what speed.

    python benchmarks/deep_match.py [--values 20000] [--tree FOLDER]

Values of eleven kinds are made, stored in five forms, and every twentieth is planted in one of 32 syntaxes in copies of
files of a tree (by default Python's own library); as many others, which the store does not hold, are planted beside
them.
"""

from __future__ import annotations

import argparse
import random
import sysconfig
import time
from pathlib import Path

import psutil

from secscan.secrets.secret import Secret
from secscan.stores.contract import Held, Place
from secscan.stores.matching import ValueIndex, worth_asking
from secscan.stores.tokens import tokens
from tests.support.planted import MAKERS, OTHER_SYNTAXES, STORED, SYNTAXES, fits, stored


def resident() -> float:
    """Memory of this process, in MB."""
    return psutil.Process().memory_info().rss / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--values", type=int, default=20_000)
    parser.add_argument("--tree", type=Path, default=Path(sysconfig.get_path("stdlib")))
    parser.add_argument(
        "--show", type=int, default=0, metavar="N", help="print the first N that are missed; all are made up"
    )
    wanted = parser.parse_args()
    rng = random.Random(7)
    files = [path for path in sorted(wanted.tree.rglob("*.py")) if "site-packages" not in path.parts][:1500]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in files]
    clean = sum(map(len, texts))
    asked = sum(1 for text, path in zip(texts, files, strict=True) for _ in worth_asking(text, path.name))
    kinds = [rng.choice(list(MAKERS)) for _ in range(wanted.values)]
    values = [MAKERS[kind](rng) for kind in kinds]
    held = set(values)

    index = ValueIndex()
    before = resident()
    started = time.process_time()
    for number, (kind, value) in enumerate(zip(kinds, values, strict=True)):
        form = "plain" if kind in ("pem", "words", "quoting") else rng.choice(STORED)
        index.add(Held(Place(path=f"secret/{number}", field="password"), Secret(stored(form, value))))
    built = time.process_time() - started
    grown = resident() - before

    planted: dict[str, list[tuple[int, str]]] = {"in sample": [], "held out": []}
    decoys = 0
    for number in range(0, wanted.values, 20):
        for name, syntaxes in (("in sample", SYNTAXES), ("held out", OTHER_SYNTAXES)):
            syntax = rng.choice([one for one in syntaxes if fits(kinds[number], one)])
            planted[name].append((number, syntaxes[syntax](values[number])))
            decoy = MAKERS[kinds[number]](rng)
            if decoy in held:
                continue
            at = rng.randrange(len(texts))
            texts[at] += "\n" + syntaxes[syntax](decoy)
            decoys += 1

    started = time.process_time()
    false = sum(1 for text in texts for _ in index.matches(text))
    seconds = time.process_time() - started
    size = sum(map(len, texts))
    started = time.process_time()
    count = sum(1 for text in texts for _ in tokens(text))
    cut = time.process_time() - started

    for name, cases in planted.items():
        missed = [
            (kinds[number], text)
            for number, text in cases
            if not any(place.path == f"secret/{number}" for one in index.matches(text) for place in one.places)
        ]
        found = len(cases) - len(missed)
        asked_for = sum(
            any(index.places(one.secret.reveal()) for one in worth_asking(text, "app.conf")) for _, text in cases
        )
        print(
            f"{name}: {found} of {len(cases)} planted values found ({found / len(cases):.3f});"
            f" where each question counts: {asked_for / len(cases):.3f}"
        )
        for kind, text in missed[: wanted.show]:
            print(f"   missed, {kind}: {text!r}")
    print(f"decoys and ordinary code: {false} false matches ({decoys} decoys, {size / 1e6:.1f} MB of code)")
    print(f"index: {wanted.values} values, {index.values} parts compared, built in {built:.2f} s")
    print(
        f"matching: {count} candidate tokens in {seconds:.2f} s, of which {cut:.2f} s to cut them out of the text;"
        f" a million is compared in {(seconds - cut) * 1e6 / count:.2f} s; {size / 1e6 / seconds:.1f} MB/s in all"
    )
    print(f"questions, where each one counts: {asked / (clean / 1e6):.1f} per MB")
    print(f"memory: the index {grown:.1f} MB")


if __name__ == "__main__":
    main()
