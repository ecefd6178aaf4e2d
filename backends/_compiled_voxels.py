"""Compiled loops over the voxels of a mask: bit rows, depths, objects and cheapest paths.

A mask is kept as bits, with a margin of one voxel and every row in words of its own, beside the
number of voxels before each word. So a voxel and its neighbours are found by their positions in
0.2 bytes per voxel of the box, and what a row of a ball reaches is a range of numbers.
"""

import numpy as np

from ._compiled import jit

ONE = np.uint64(1)
TWO = np.uint64(2)
FOUR = np.uint64(4)
LAST = np.uint64(63)
TOP = np.uint64(56)
PAIRS = np.uint64(0x5555555555555555)
FOURS = np.uint64(0x3333333333333333)
BYTES = np.uint64(0x0F0F0F0F0F0F0F0F)
SUM = np.uint64(0x0101010101010101)
SEVEN = np.uint64(7)

NOT_QUEUED = -2


@jit
def ones(word):
    """Count the bits of a word."""
    word = word - ((word >> ONE) & PAIRS)
    word = (word & FOURS) + ((word >> TWO) & FOURS)
    word = (word + (word >> FOUR)) & BYTES
    return np.int64((word * SUM) >> TOP)


@jit
def three(word, following, shift):
    """Three consecutive bits, which may extend into the next word."""
    return np.int64(((word >> shift) | ((following << ONE) << (LAST - shift))) & SEVEN)


@jit
def below(word, shift):
    """Count the bits of a word before a shift."""
    return ones(word & ((ONE << shift) - ONE))


@jit
def bit_rows(flat, planes, rows, columns):
    """Bits of a mask, voxels before each word, and the position of each voxel."""
    words = (columns + 2 + 63) // 64
    bits = np.zeros((planes + 2) * (rows + 2) * words + 1, np.uint64)
    at = np.empty(flat.size, np.int64)
    begin, end, base = np.int64(0), np.int64(-1), np.int64(0)
    for i in range(flat.size):
        place = np.int64(flat[i])
        if place >= end:
            row = place // columns
            begin = row * columns
            end = begin + columns
            z = row // rows
            base = ((z + 1) * (rows + 2) + row - z * rows + 1) * words * 64 + 1
        at[i] = base + place - begin
        bits[at[i] >> 6] |= ONE << np.uint64(at[i] & 63)
    numbers = np.empty(bits.size, np.int32)
    total = np.int64(0)
    for word in range(bits.size):
        numbers[word] = total
        total += ones(bits[word])
    return bits, numbers, at


@jit
def object_numbers(bits, numbers, at, plane, row):
    """Number of the 26-connected object of each voxel, in the order of first voxels.

    Each run along x is joined with those that it touches in the four rows before it.
    """
    leader = np.arange(at.size).astype(np.int32)
    first = 0
    while first < at.size:
        last = first + 1
        while last < at.size and at[last] == at[last - 1] + 1:
            leader[last] = first
            last += 1
        for line in range(4):
            step = (-row, -plane - row, -plane, -plane + row)[line]
            place, end = at[first] + step - 1, at[last - 1] + step + 1
            while place <= end:
                word = place >> 6
                shift = np.uint64(place & 63)
                there = bits[word] >> shift
                if there == 0:
                    place = (word + 1) << 6
                    continue
                if not there & ONE:
                    place += 1
                    continue
                other = np.int64(numbers[word]) + below(bits[word], shift)
                one = np.int64(first)
                begin = other
                while leader[one] != one:
                    leader[one] = leader[leader[one]]
                    one = np.int64(leader[one])
                while leader[other] != other:
                    leader[other] = leader[leader[other]]
                    other = np.int64(leader[other])
                leader[max(one, other)] = min(one, other)
                while begin + 1 < at.size and at[begin + 1] == at[begin] + 1:
                    begin += 1
                place = at[begin] + 2
        first = last
    count = 0
    for voxel in range(at.size):
        if leader[voxel] == voxel:
            leader[voxel] = count
            count += 1
        else:
            leader[voxel] = leader[leader[voxel]]
    return leader


@jit
def planar_depth(at, rows, width, plane, row):
    """Squared distance of each voxel to the background of its plane.

    `width` counts the columns of the box.
    """
    squared = np.empty(at.size, np.int32)
    sheet = np.zeros(((rows + 2) * (width + 2)), np.int32)
    first = np.int64(0)
    while first < at.size:
        z = at[first] // plane
        last = first
        while last < at.size and at[last] < (z + 1) * plane:
            last += 1
        _along_rows(at, first, last, sheet, z * plane, row, width + 2)
        for i in range(first, last):
            place = at[i] - z * plane
            cell = place // row * (width + 2) + place % row
            best, reach = sheet[cell], 1
            while reach * reach < best:
                step = reach * (width + 2)
                near = min(sheet[cell - step], sheet[cell + step]) + reach * reach
                best = min(best, near)
                reach += 1
            squared[i] = best
        for i in range(first, last):
            place = at[i] - z * plane
            sheet[place // row * (width + 2) + place % row] = 0
        first = last
    return squared


@jit
def _along_rows(at, first, last, sheet, base, row, width):
    """Write squared distances along x of the voxels of a plane."""
    begin = first
    while begin < last:
        end = begin + 1
        while end < last and at[end] == at[end - 1] + 1:
            end += 1
        place = at[begin] - base
        cell = place // row * width + place % row
        for i in range(end - begin):
            near = min(i + 1, end - begin - i)
            sheet[cell + i] = near * near
        begin = end


@jit
def spatial_depth(bits, numbers, at, squared, plane, height):
    """Squared distance to the background of the volume, from that in the plane."""
    deep = np.empty(at.size, np.float64)
    for i in range(at.size):
        best, reach, step = float(squared[i]), height, plane
        while reach * reach < best:
            near = np.inf
            for place in (at[i] - step, at[i] + step):
                shift = np.uint64(place & 63)
                word = bits[place >> 6]
                depth = 0.0
                if word >> shift & ONE:
                    depth = float(squared[numbers[place >> 6] + below(word, shift)])
                near = min(near, depth)
            best = min(best, near + reach * reach)
            if near == 0.0:
                break
            reach, step = reach + height, step + plane
        deep[i] = best
    return deep


@jit
def on_surface(bits, at, plane, row):
    """Whether a face of a voxel borders on background."""
    found = np.empty(at.size, np.bool_)
    for i in range(at.size):
        inside = ONE
        for step in (-plane, -row, -1, 1, row, plane):
            other = at[i] + step
            inside &= bits[other >> 6] >> np.uint64(other & 63)
        found[i] = not (inside & ONE)
    return found


@jit
def cheapest_paths(bits, numbers, at, codes, quotients, kinds, sources, plane, row, width, buckets):
    """Costs, voxels before and rows of the steps, by buckets of costs.

    Costs only fall, and the fixpoint is unique. Among predecessors of equal total the one of
    smallest own cost, then the first in raster order stays.

    Parameters
    ----------
    codes
        ``(n,)`` row of `quotients` of each voxel.
    quotients
        ``(m, k)`` length of each kind of step over 1 + squared distance.
    kinds
        ``(27,)`` kind of each step, z slowest, the middle one unused.
    width, buckets
        Range of costs in a bucket, and how many there are: a power of two.
    """
    count = at.size
    cost = np.full(count, np.inf)
    before = np.full(count, count, np.int32)
    steps = np.full(count, -1, np.int32)
    head = np.full(buckets, -1, np.int32)
    after = np.empty(count, np.int32)  # the next in a bucket, and the one ahead
    ahead = np.full(count, NOT_QUEUED, np.int32)
    lines = np.empty(9, np.int64)
    for line in range(9):
        lines[line] = (line // 3 - 1) * plane + (line % 3 - 1) * row - 1
    own_quotients = np.empty(27)
    scale, queued, bucket, mask = 1.0 / width, 0, 0, buckets - 1
    for source in sources:
        if cost[source] != 0.0:
            cost[source] = 0.0
            after[source], ahead[source] = head[0], -1
            if head[0] >= 0:
                ahead[head[0]] = source
            head[0] = source
            queued += 1
    while queued:
        own = np.int64(head[bucket])
        if own < 0:
            bucket = (bucket + 1) & mask
            continue
        head[bucket] = after[own]
        if after[own] >= 0:
            ahead[after[own]] = -1
        ahead[own] = NOT_QUEUED
        queued -= 1
        price, here = cost[own], at[own]
        for way in range(27):
            own_quotients[way] = quotients[codes[own], kinds[way]]
        for line in range(9):
            place = here + lines[line]
            shift, word = np.uint64(place & 63), place >> 6
            found = three(bits[word], bits[word + 1], shift)
            if line == 4:
                found &= 5
            if not found:
                continue
            number = np.int64(numbers[word]) + below(bits[word], shift)
            for side in range(3):
                if not (found >> side) & 1:
                    if line == 4 and side == 1:
                        number += 1
                    continue
                known = cost[number]
                if known <= price:  # no step is free
                    number += 1
                    continue
                way = 3 * line + side
                total = price + (own_quotients[way] + quotients[codes[number], kinds[way]])
                if total < known:
                    old = ahead[number]
                    if old != NOT_QUEUED:
                        if old >= 0:
                            after[old] = after[number]
                        else:
                            head[np.int64(known * scale) & mask] = after[number]
                        if after[number] >= 0:
                            ahead[after[number]] = old
                        queued -= 1
                    cost[number] = total
                    before[number] = own
                    steps[number] = way
                    new = np.int64(total * scale) & mask
                    after[number], ahead[number] = head[new], -1
                    if head[new] >= 0:
                        ahead[head[new]] = number
                    head[new] = number
                    queued += 1
                elif total == known:
                    rival = before[number]
                    if rival < count and (
                        price < cost[rival] or (price == cost[rival] and own < rival)
                    ):
                        before[number] = own
                        steps[number] = way
                number += 1
    for i in range(count):  # the step from a voxel to the one before is the opposite one
        if steps[i] >= 0:
            way = 26 - steps[i]
            steps[i] = way - 1 if way > 13 else way
    return cost, before, steps
