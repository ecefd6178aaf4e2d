"""Vaa3D stacks: raw ones round trip, packed ones are unpacked by every kind of code."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zimg
from zimg import Compression, FileFormat, ZException, ZImg, ZImgRegion
from zimg.image import write
from zimg.io.parameters import ZImgWriteParameters

RAW, PACKED = b"raw_image_stack_by_hpeng", b"v3d_volume_pkbitdf_encod"
TYPES = ("uint8", "uint16", "float32", "float64")


def stack(dtype: str = "uint16", shape: tuple[int, ...] = (2, 3, 5, 7)) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 250, shape).astype(dtype)


def packed_file(path: Path, codes: bytes, count: int, width: int, order: str = "<") -> Path:
    letter = b"L" if order == "<" else b"B"
    sizes = struct.pack(f"{order}H4I", width, count, 1, 1, 1)
    path.write_bytes(PACKED + letter + sizes + codes)
    return path


def unpacked(path: Path) -> list[int]:
    return zimg.read(path).data[0].reshape(-1).tolist()


@pytest.mark.parametrize("dtype", TYPES)
@given(
    shape=st.tuples(*[st.integers(1, 4)] * 2, st.integers(1, 9), st.integers(1, 9)),
    seed=st.integers(0, 99),
)
@settings(max_examples=20, deadline=None)
def test_a_stack_comes_back_as_it_was(dtype, shape, seed, tmp_path_factory):
    data = np.random.default_rng(seed).integers(0, 250, shape).astype(dtype)
    path = tmp_path_factory.mktemp("raw") / "stack.v3draw"
    write(path, ZImg(data))
    back = zimg.read(path)
    assert back.data[0].dtype == dtype
    np.testing.assert_array_equal(back.data[0], data)


def test_a_region_is_the_same_part_of_the_stack(tmp_path):
    write(tmp_path / "stack.raw", ZImg(stack()))
    part = zimg.read(tmp_path / "stack.raw", region=ZImgRegion((2, 1, 1, 1, 0), (6, 4, 3, 2, 1)))
    np.testing.assert_array_equal(part.data[0], stack()[1:2, 1:3, 1:4, 2:6])


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_old_header_with_short_sizes_is_read_in_both_byte_orders(order, tmp_path):
    data = stack()
    head = RAW + (b"L" if order == "<" else b"B") + struct.pack(f"{order}5H", 2, 7, 5, 3, 2)
    (tmp_path / "old.raw").write_bytes(head + data.astype(f"{order}u2").tobytes())
    np.testing.assert_array_equal(zimg.read(tmp_path / "old.raw").data[0], data)


def test_literals_steps_and_repeats_of_8_bits(tmp_path):
    literals = bytes([2, 10, 20, 30])
    steps = bytes([32 + 5, 0b11_10_01_00, 0b00_00_00_11])  # +0 +1 +2 -1, then -1
    repeats = bytes([127 + 4, 9])
    path = packed_file(tmp_path / "a.v3dpbd", literals + steps + repeats, 12, 1)
    assert unpacked(path) == [10, 20, 30, 30, 31, 33, 32, 31, 9, 9, 9, 9]


def test_steps_of_8_bits_run_over_the_ends_of_the_range(tmp_path):
    path = packed_file(tmp_path / "a.v3dpbd", bytes([0, 255, 33, 0b01, 33, 0b11]), 3, 1)
    assert unpacked(path) == [255, 0, 255]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("first", "bits"), [(32, 3), (80, 4), (183, 5)])
def test_steps_of_16_bits_are_packed_with_the_high_bits_first(first, bits, order, tmp_path):
    half = 1 << (bits - 1)
    values = [1, half, half + 1, 2 * half - 1]  # +1, +half, -1, -(half - 1)
    text = "".join(f"{value:0{bits}b}" for value in values)
    text += "0" * (-len(text) % 8)
    steps = int(text, 2).to_bytes(len(text) // 8)
    codes = b"\0" + struct.pack(f"{order}H", 1000) + bytes([first + 3]) + steps
    codes += b"\xe0" + struct.pack(f"{order}H", 7)  # 7 twice
    path = packed_file(tmp_path / "a.v3dpbd", codes, 7, 2, order)
    expected = [1000, 1001, 1001 + half, 1000 + half, 1000 + half - (half - 1)]
    assert unpacked(path) == [*expected, 7, 7]


@pytest.mark.parametrize("width", [1, 2])
@given(codes=st.binary(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_codes_give_voxels_or_an_error(width, codes, tmp_path_factory):
    path = packed_file(tmp_path_factory.mktemp("any") / "a.v3dpbd", codes, 50, width)
    told = ""
    try:
        assert len(unpacked(path)) == 50
    except ZException as error:
        told = str(error)
    assert not told or "truncated" in told


def test_truncated_and_foreign_stacks_are_refused(tmp_path):
    write(tmp_path / "a.v3draw", ZImg(stack()))
    data = (tmp_path / "a.v3draw").read_bytes()
    for length in (len(data) - 1, 43, 30, 24):
        (tmp_path / "cut.v3draw").write_bytes(data[:length])
        with pytest.raises(ZException, match="truncated"):
            zimg.read(tmp_path / "cut.v3draw")
    (tmp_path / "gene.v3dpbd").write_bytes(b"v3d_stack_pkbit_by_gene1" + data[24:])
    with pytest.raises(ZException, match="gene1 are not supported"):
        zimg.read(tmp_path / "gene.v3dpbd")


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint32", "int64", "uint64"])
def test_types_that_would_be_read_back_as_others_are_refused(dtype, tmp_path):
    with pytest.raises(ZException, match=f"not {dtype}"):
        write(tmp_path / "a.v3draw", ZImg(stack(dtype)))
    assert not list(tmp_path.iterdir())


def test_times_packing_and_the_packed_format_are_refused(tmp_path):
    with pytest.raises(ZException, match="a single time point"):
        write(tmp_path / "a.v3draw", ZImg([stack(), stack()]))
    options = ZImgWriteParameters(compression=Compression.LZW)
    with pytest.raises(ZException, match="got LZW"):
        write(tmp_path / "a.v3draw", ZImg(stack()), parameters=options)
    with pytest.raises(ZException, match="Vaa3DPBD cannot be written"):
        write(tmp_path / "a.v3dpbd", ZImg(stack()), format=FileFormat.Vaa3DPBD)


def one_by_one(codes: bytes, count: int, width: int) -> list[int]:
    """Voxels as the definition of the codes reads, one after the other."""
    found: list[int] = []
    place = 0
    groups = ((223, 0), (183, 5), (80, 4), (32, 3)) if width == 2 else ((128, 0), (33, 2))
    while len(found) < count:
        code, place = codes[place], place + 1
        first, bits = next((each for each in groups if code >= each[0]), (0, None))
        n = code - first + 1
        if bits is None:
            part = codes[place : place + n * width]
            found += [
                int.from_bytes(part[k : k + width], "little") for k in range(0, n * width, width)
            ]
            place += n * width
        elif bits == 0:
            found += [int.from_bytes(codes[place : place + width], "little")] * n
            place += width
        else:
            used = -(-n * bits // 8)
            part = codes[place : place + used]
            place += used
            for k in range(n):
                if width == 1:
                    step = (0, 1, 2, -1)[part[k // 4] >> (k % 4 * 2) & 3]
                else:
                    whole = int.from_bytes(part, "big")
                    value = whole >> (8 * used - bits * (k + 1)) & (2**bits - 1)
                    step = value if value <= 2 ** (bits - 1) else 2 ** (bits - 1) - value
                found.append(((found[-1] if found else 0) + step) % 256**width)
    return found[:count]


@pytest.mark.parametrize("width", [1, 2])
def test_many_codes_give_what_they_say_one_after_the_other(tmp_path, width):
    rng = np.random.default_rng(0)
    for size in (300, 70_000):  # within a window of codes, and over several
        codes = rng.integers(0, 256, size).astype(np.uint8)
        few = rng.random(size) < 0.5
        codes[few] %= 40
        data = codes.tobytes() + bytes([128]) * 600
        count = 2 * size // width
        path = packed_file(tmp_path / "a.v3dpbd", data, count, width)
        assert unpacked(path) == one_by_one(data, count, width)
