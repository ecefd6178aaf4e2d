"""Train a small filter network on drawn neurons, trace what it gives, and score both traces."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch.utils.data import DataLoader

import zimg
from zimg.arbour import Arbour
from zimg.learning import Patches

SHAPE = (24, 96, 96)
EPOCHS, PATCHES = 4, 48


def drawn(seed: int) -> tuple[np.ndarray, zimg.ZSwc]:
    """A volume of two dim trees in strong noise and among bright specks, and the trees."""
    arbour = Arbour.grown(SHAPE, seed=seed, trees=2, length=220.0, radius=2.0, noise=0.0)
    rng = np.random.default_rng(seed)
    volume = arbour.volume().astype(np.float32) * 0.35
    z, y, x = (rng.integers(0, n, 150) for n in SHAPE)
    for dz, dy, dx in np.ndindex(2, 2, 2):  # specks of eight voxels, brighter than the neurites
        volume[(z + dz) % SHAPE[0], (y + dy) % SHAPE[1], (x + dx) % SHAPE[2]] += 120.0
    volume += rng.normal(60.0, 30.0, SHAPE)
    return np.clip(volume, 0, 255).astype(np.uint8), arbour.tree


def network() -> torch.nn.Sequential:
    """Three layers, which see 9 voxels along each axis; its input has a mean near 0."""
    nn = torch.nn
    return nn.Sequential(
        nn.Conv3d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.Conv3d(6, 6, 3, padding=1),
        nn.ReLU(),
        nn.Conv3d(6, 1, 3, padding=1),
    )


def scaled(image: torch.Tensor) -> torch.Tensor:
    """Values around 0 and about as wide as 1, with which networks learn fastest."""
    return (image.float() - 65) / 35


def train(model: torch.nn.Module, data: Patches) -> None:
    """Train on patches; the sampler draws other places in each epoch."""
    loader = DataLoader(data, batch_size=4, sampler=data.sampler())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    loss_of = torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(4.0))  # most voxels are empty
    for epoch in range(EPOCHS):
        losses = []
        for image, target in loader:
            loss = loss_of(model(scaled(image))[:, 0], target.float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}")


def filtered(model: torch.nn.Module, volume: np.ndarray) -> np.ndarray:
    """What the network takes each voxel for, from 0 to 255."""
    with torch.no_grad():
        found = torch.sigmoid(model(scaled(torch.from_numpy(volume)[None, None])))
    return (255 * found[0, 0]).to(torch.uint8).numpy()


def score(volume: np.ndarray, tree: zimg.ZSwc) -> float:
    """F1 of the trace of a volume: 1 when it is the tree, within two voxels."""
    return zimg.compare(zimg.trace(volume), tree).f1


def main(folder: Path) -> None:
    torch.manual_seed(0)
    paths, trees = [], []
    for seed in range(4):
        volume, tree = drawn(seed)
        paths.append(folder / f"drawn{seed}.ome.tif")
        zimg.ZImg(volume, layout="ZYX").save(paths[-1])
        trees.append(tree)
    data = zimg.patches(
        paths, trees, shape=(16, 32, 32), count=PATCHES, flip=True, framework="torch"
    )
    print(f"{len(data)} patches of {tuple(data[0].image.shape)} in each epoch")
    model = network()
    train(model, data)
    before, after = [], []
    for seed in range(100, 103):  # drawn for the test alone
        volume, tree = drawn(seed)
        before.append(score(volume, tree))
        after.append(score(filtered(model, volume), tree))
    print(
        f"F1 of traces of the volumes: {np.mean(before):.2f}, of what the network gives: "
        f"{np.mean(after):.2f}"
    )
    assert np.mean(after) > np.mean(before) + 0.05, "the network did not help"


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        start = time.perf_counter()
        main(Path(sys.argv[1] if len(sys.argv) > 1 else name))
        print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
