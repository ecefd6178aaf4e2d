"""Sizes of the smaller copies of an image."""

from dataclasses import dataclass

from zimg.values import VoxelSizeUnit, ZImgInfo

SMALLEST = 256  # planes up to this size are not halved


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A level: size along z, y, x, and reduction factors."""

    size: tuple[int, int, int]
    factor: tuple[int, int, int] = (1, 1, 1)


def levels_of(info: ZImgInfo) -> list[Shrunk]:
    """The levels to write, full resolution first.

    Planes are halved until both sides are at most 256; z is halved along where its voxels would be
    finer than those in the plane. Odd sizes are rounded up.
    """
    levels = [Shrunk((info.depth, info.height, info.width))]
    while max(levels[-1].size[1:]) > SMALLEST:
        (z, y, x), (fz, fy, fx) = levels[-1].size, levels[-1].factor
        in_plane = min(info.voxelSizeX, info.voxelSizeY) * 2 * fx
        known = info.voxelSizeUnit != VoxelSizeUnit.none
        step = 2 if known and z > 1 and info.voxelSizeZ * fz < in_plane else 1
        levels.append(Shrunk((-(-z // step), -(-y // 2), -(-x // 2)), (fz * step, fy * 2, fx * 2)))
    return levels
