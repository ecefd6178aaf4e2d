"""Compiled path forests, and the selection of branches from them.

Keys only fall, so a heap of the keys that were true once is enough: what comes off its top is
measured again, and goes back if it fell. Covering a voxel changes what lies below it, up to what is
covered already.
"""

import math

import numpy as np

from ._compiled import jit
from ._compiled_voxels import below

COVERED_MARGIN, SKELETON_MARGIN, LARGEST_SKELETON, TOLERANCE = 2.0, 1.0, 3.0, 2.0


@jit
def preorder(parent):
    """Voxels in preorder, the position of each, and the end of the subtree of each."""
    count = parent.size
    start = np.zeros(count + 2, np.int32)
    for i in range(count):
        if parent[i] != i:
            start[parent[i] + 2] += 1
    for i in range(1, count + 2):
        start[i] += start[i - 1]
    children = np.empty(count, np.int32)
    for i in range(count):
        if parent[i] != i:
            children[start[parent[i] + 1]] = i
            start[parent[i] + 1] += 1
    order = np.empty(count, np.int32)
    waiting = np.empty(count, np.int32)
    done = 0
    for root in range(count):
        if parent[root] != root:
            continue
        waiting[0], size = root, 1
        while size:
            size -= 1
            voxel = waiting[size]
            order[done] = voxel
            done += 1
            for child in range(start[voxel + 1] - 1, start[voxel] - 1, -1):
                waiting[size] = children[child]
                size += 1
    place = np.empty(count, np.int32)
    end = np.ones(count, np.int32)
    for i in range(count - 1, -1, -1):
        voxel = order[i]
        place[voxel] = i
        if parent[voxel] != voxel:
            end[parent[voxel]] += end[voxel]
    for i in range(count):
        end[i] += place[i]
    return order, place, end


@jit
def path_lengths(parent, order, kinds, length_of):
    """Length of the path to each voxel, from counts of the kinds of its steps, smallest kind first.

    `kinds` are those of the steps that lead to the voxels.
    """
    length = np.empty(parent.size, np.float64)
    depth = np.zeros(parent.size, np.int32)
    counts = np.zeros((64, length_of.size), np.int32)
    for voxel in order:
        own = 0
        if parent[voxel] != voxel:
            own = depth[parent[voxel]] + 1
        depth[voxel] = own
        if own == len(counts):
            more = np.zeros((2 * own, length_of.size), np.int32)
            more[:own] = counts
            counts = more
        if own:
            for kind in range(length_of.size):
                counts[own, kind] = counts[own - 1, kind]
            counts[own, kinds[voxel]] += 1
        total = 0.0
        for kind in range(1, length_of.size):  # there are no steps of kind 0
            total += counts[own, kind] * length_of[kind]
        length[voxel] = total
    return length


@jit
def _before(key, voxel, other_key, other):
    return key > other_key or (key == other_key and voxel < other)


@jit
def _sink(keys, voxels, size, at):
    """Move an entry of a heap down to its place: largest key first, then the first voxel."""
    key, voxel = keys[at], voxels[at]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _before(
            keys[child + 1], voxels[child + 1], keys[child], voxels[child]
        ):
            child += 1
        if not _before(keys[child], voxels[child], key, voxel):
            break
        keys[at], voxels[at] = keys[child], voxels[child]
        at = child
    keys[at], voxels[at] = key, voxel


@jit
def _root(value):
    return math.sqrt(value) if value > 0 else 0.0


@jit
def _measure(reaches, radius):
    """Write the half length of each row of a ball, -1 for empty rows; return its height."""
    height, middle = int(radius + 0.5), len(reaches) // 2
    for dz in range(-height, height + 1):
        disc = _root(radius * radius - dz * dz)
        width = int(disc + 0.5)
        for dy in range(-height, height + 1):
            reach = -1
            if abs(dy) <= width:
                reach = int(_root(disc * disc - dy * dy) + 0.5)
            reaches[middle + dz, middle + dy] = reach
    return height


@jit
def _painted(bits, numbers, at, sizes, path, radii, owner, mark, reached):
    """Mark the voxels of one object inside the balls along a path; write and count new ones.

    Of a ball only what the one before does not reach is looked at.
    """
    plane, row, planes, rows, columns = sizes
    middle = int(radii.max() + 0.5)
    table = np.empty((2, 2 * middle + 1, 2 * middle + 1), np.int32)
    found, own = 0, owner[path[0]]
    used, height, old, old_height, radius = 0, -1, 0, -1, -1.0
    old_z, old_y, old_x = np.int64(0), np.int64(0), np.int64(0)
    for i in range(path.size):
        here = at[path[i]]
        z, y, x = here // plane, here % plane // row, here % row
        old, old_height = used, height
        if radii[i] != radius:
            radius = radii[i]
            used = 1 - used
            height = _measure(table[used], radius)
        for dz in range(max(-height, 1 - z), min(height, planes - z) + 1):
            shift = z + dz - old_z
            for dy in range(max(-height, 1 - y), min(height, rows - y) + 1):
                reach = table[used, middle + dz, middle + dy]
                if reach < 0:
                    continue
                first, last = max(x - reach, 1), min(x + reach, columns)
                # the row without what the ball before reaches: a part before it and one behind it
                left, right = last, last + 1
                across = y + dy - old_y
                if abs(shift) <= old_height and abs(across) <= old_height:
                    known = table[old, middle + shift, middle + across]
                    if known >= 0:
                        left = min(last, old_x - known - 1)
                        right = max(first, old_x + known + 1)
                base = (z + dz) * plane + (y + dy) * row
                for part in range(2):
                    begin, end = (first, left) if part == 0 else (right, last)
                    if begin > end:
                        continue
                    begin, end = base + begin, base + end + 1
                    voxel = numbers[begin >> 6] + below(bits[begin >> 6], np.uint64(begin & 63))
                    stop = numbers[end >> 6] + below(bits[end >> 6], np.uint64(end & 63))
                    while voxel < stop:
                        if not mark[voxel] and owner[voxel] == own:
                            mark[voxel] = True
                            reached[found] = voxel
                            found += 1
                        voxel += 1
        old_z, old_y, old_x = z, y, x
    return found


@jit
def _covered_from(new, count, covered, up, parent, order, place, end):
    """Update the nearest covered ancestor of voxels below newly covered voxels."""
    for i in range(count):
        up[new[i]] = new[i]
    for i in range(count):
        step, last = place[new[i]] + 1, end[new[i]]
        while step < last:
            voxel = order[step]
            if covered[voxel]:
                step = end[voxel]
                continue
            up[voxel] = up[parent[voxel]]
            step += 1


@jit
def branches(
    bits, numbers, at, sizes, depth, owner, surface, starts, forest, shortest, keeping, singles
):
    """Branches of all objects: voxels from tip to trunk, and start and object of each branch.

    `surface` lists voxels of the surface by object, those of object i from ``starts[i]`` on.
    `depth` is the distance of each voxel to the background.
    """
    parent, length, order, place, end = forest
    count = parent.size
    covered, skeleton = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    up = np.empty(count, np.int32)
    new = np.empty(count, np.int32)
    keys, heap = np.empty(surface.size, np.float64), np.empty(surface.size, np.int32)
    path = np.empty(count, np.int32)
    found, begins, whose = [np.empty(0, np.int32)], [np.int64(0)], [np.int32(0)]
    begins.pop()
    whose.pop()
    total = np.int64(0)
    limit = shortest - TOLERANCE
    for own in range(starts.size - 1):
        first, last = starts[own], starts[own + 1]
        if first == last:
            continue
        tip = surface[first]
        for i in range(first, last):
            if length[surface[i]] > length[tip]:
                tip = surface[i]
        root = tip
        while parent[root] != root:
            root = parent[root]
        size = np.int64(-1)
        if end[root] - place[root] == 1:
            if not singles:
                continue
            size = np.int64(0)
        elif not (length[tip] + 1.0 >= limit and length[tip] + 1.0 > 0):
            if not keeping:
                continue
            size = np.int64(0)
        while True:
            steps = 0
            path[0] = tip
            while not skeleton[path[steps]] and parent[path[steps]] != path[steps]:
                path[steps + 1] = parent[path[steps]]
                steps += 1
            branch = path[: steps + 1].copy()
            found.append(branch)
            begins.append(total)
            whose.append(np.int32(own))
            total += branch.size
            if size == 0:
                break
            roots = depth[branch]
            radii = np.minimum(roots + SKELETON_MARGIN, LARGEST_SKELETON)
            _painted(bits, numbers, at, sizes, branch, radii, owner, skeleton, new)
            reached = _painted(
                bits, numbers, at, sizes, branch, roots + COVERED_MARGIN, owner, covered, new
            )
            _covered_from(new, reached, covered, up, parent, order, place, end)
            if size < 0:
                size = np.int64(0)
                for i in range(first, last):
                    key = length[surface[i]] - length[up[surface[i]]]
                    if key >= limit and key > 0:
                        keys[size], heap[size] = key, surface[i]
                        size += 1
                for i in range(size // 2 - 1, -1, -1):
                    _sink(keys, heap, size, i)
            while size:
                key = length[heap[0]] - length[up[heap[0]]]
                if key == keys[0]:
                    break
                if key >= limit and key > 0:
                    keys[0] = key
                else:
                    size -= 1
                    keys[0], heap[0] = keys[size], heap[size]
                _sink(keys, heap, size, np.int64(0))
            if size == 0:
                break
            tip = heap[0]
    voxels = np.empty(total, np.int32)
    offsets = np.empty(len(begins) + 1, np.int64)
    owners = np.empty(len(begins), np.int32)
    for i in range(len(begins)):
        offsets[i], owners[i] = begins[i], whose[i]
        voxels[begins[i] : begins[i] + found[i + 1].size] = found[i + 1]
    offsets[len(begins)] = total
    return voxels, offsets, owners
