"""Write the digits that train in the page, live_collapse_digits.txt: `python tools/write_digits.py`.

The first 80 images of each class in scikit-learn's copy of the UCI set, 8 x 8 pixels of 0 to 16. A line holds one pixel
of all images, "A" for 0 to "Q" for 16, class after class. In a class each image is followed by the one that is most
like it of those left, which makes the text that a page carries smaller; the page draws its split at random.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).resolve().parents[1] / "ncbook" / "explorables" / "live_collapse_digits.txt"
PER_CLASS = 80


def text() -> str:
    """The 64 lines of the file."""
    images, labels = load_digits(return_X_y=True)
    kept = np.concatenate([chained(images[labels == c][:PER_CLASS].astype(int)) for c in range(10)])
    return "".join("".join(chr(ord("A") + value) for value in pixel) + "\n" for pixel in kept.T)


def chained(images: np.ndarray) -> np.ndarray:
    """The images [n, 64] in an order in which each is followed by its nearest among those left."""
    left = list(range(1, len(images)))
    order = [0]
    while left:
        distances = np.abs(images[left] - images[order[-1]]).sum(axis=1)
        order.append(left.pop(int(distances.argmin())))
    return images[order]


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")
