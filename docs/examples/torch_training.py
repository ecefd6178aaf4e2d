"""Train a small network on patches that are read from a file straight into tensors."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch.utils.data import DataLoader, Dataset

import zimg
from zimg.phantom import Phantom, neuron

EDGE = 50  # pixels of a patch along x and y
EPOCHS = 3


class Patches(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Patches of a volume of full depth: its first channel, and its last, the labels.

    It holds a name and numbers only, so a worker gets it by pickle and opens the file itself.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        info = zimg.ZImg.readImgInfo(zimg.ZImgSource(path))  # reads no pixels
        self.corners = [
            (x, y)
            for y in range(0, info.height - EDGE + 1, EDGE)
            for x in range(0, info.width - EDGE + 1, EDGE)
        ]

    def __len__(self) -> int:
        return len(self.corners)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        x, y = self.corners[index]
        # x, y, z, channel, time; -1 is to the end.
        region = zimg.ZImgRegion((x, y, 0, 0, 0), (x + EDGE, y + EDGE, -1, -1, -1))
        image = zimg.read(self.path, region=region, framework="torch")
        (patch,) = image.data  # per time the (C, Z, Y, X) tensor that the image holds
        signal, labels = patch[:1], patch[1:]
        assert signal.data_ptr() == patch.data_ptr()  # shared, and so are the labels behind it
        assert labels.data_ptr() == patch.data_ptr() + signal.numel() * signal.element_size()
        return signal, labels  # they keep the memory when the image is gone


def draw_labels(phantom: Phantom) -> np.ndarray:
    """Draw the known tree as a mask: voxels no farther from a node than its radius."""
    skeleton = np.zeros(phantom.volume.shape, dtype=bool)
    radius = np.zeros(phantom.volume.shape)
    x, y, z = np.rint(phantom.tree.xyz).astype(int).T
    skeleton[z, y, x], radius[z, y, x] = True, phantom.tree.radius
    spacing = (phantom.z_to_xy, 1.0, 1.0)
    distance, nearest = distance_transform_edt(~skeleton, spacing, return_indices=True)
    return (distance <= radius[tuple(nearest)]).astype(np.uint8)


def write_example(path: Path) -> None:
    """Write a phantom neuron and its labels as two channels of one file."""
    phantom = neuron()
    zimg.write(path, zimg.ZImg(np.stack((phantom.volume, draw_labels(phantom)))))


def network() -> torch.nn.Sequential:
    layers = torch.nn
    return layers.Sequential(
        layers.Conv3d(1, 6, 3, padding=1),
        layers.ReLU(),
        layers.Conv3d(6, 6, 3, padding=1),
        layers.ReLU(),
        layers.Conv3d(6, 1, 1),
    )


def train(model: torch.nn.Module, patches: Patches) -> list[float]:
    """Train for some epochs; gives the mean loss of each."""
    loader = DataLoader(patches, batch_size=2, shuffle=True, num_workers=2, persistent_workers=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    loss_of = torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0))  # most voxels are empty
    losses = []
    for epoch in range(EPOCHS):
        total = 0.0
        for signal, labels in loader:
            # Two copies that nothing can avoid: patches are stacked, and become float32.
            loss = loss_of(model(signal.float() / 255), labels.float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(signal)
        losses.append(total / len(patches))
        print(f"epoch {epoch + 1}: loss {losses[-1]:.3f}")
    return losses


def dice(found: torch.Tensor, known: torch.Tensor) -> float:
    """Overlap of two masks: 1 when they are equal."""
    return float(2 * (found & known).sum() / (found.sum() + known.sum()))


def main(folder: Path) -> None:
    torch.manual_seed(0)
    path = folder / "neuron.ome.tif"
    write_example(path)
    patches = Patches(path)
    signal, _ = patches[0]
    print(f"{len(patches)} patches of {tuple(signal.shape)} {signal.dtype}")
    model = network()
    losses = train(model, patches)
    assert losses[-1] < losses[0], "the loss did not go down"

    # The whole volume; and the answer as an image around the tensor that the network gave.
    only_signal = zimg.ZImgRegion((0, 0, 0, 0, 0), (-1, -1, -1, 1, -1))
    volume = zimg.read(path, region=only_signal, framework="torch")
    with torch.no_grad():
        mask = (model(volume.data[0].float() / 255) > 0).to(torch.uint8)
    answer = zimg.ZImg(mask, volume.info, copy_if_needed=False)  # ValueError if it had to copy
    assert answer.data[0].data_ptr() == mask.data_ptr()
    print("prediction:", answer)
    labels = zimg.read(path, framework="torch").data[0][1:]
    print(f"Dice with the known neuron: {dice(mask > 0, labels > 0):.2f}")
    zimg.write(folder / "prediction.ome.tif", answer)


if __name__ == "__main__":  # workers of the loader may import this file
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory() as scratch:
            main(Path(scratch))
