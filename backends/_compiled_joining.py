"""Compiled joining of node chains to the trees of their objects at the nearest edge.

Trees are linked nodes, as in `zimg.swc.links`: the ground, whose children are the roots, is the
last node. Edges are looked through in blocks of neighbours, by the boxes of the blocks.
"""

import math

import numpy as np

from ._compiled import jit

NONE, ERASED = np.int64(-1), np.int64(-2)  # typed: literals would be compiled apart
TOUCHING, NEAR_END, FLAT = 0.05, 0.05, 1e-9
SHORT, STEP = 0.1, 0.5
NODE_TYPE, BREAK_TYPE = np.int64(0), np.int64(2)
BLOCK = 32

# Columns of the links.
PARENT, FIRST, LAST, NEXT, PREVIOUS = 0, 1, 2, 3, 4


@jit
def _row(links, node):
    return len(links) - 1 if node == NONE else node


@jit
def link(links, node, parent, before):
    """Insert an unlinked node among the children of `parent`, as the last if `before` is NONE."""
    home = _row(links, parent)
    after = links[home, LAST] if before == NONE else links[before, PREVIOUS]
    links[node, PARENT], links[node, PREVIOUS], links[node, NEXT] = parent, after, before
    _join(links, home, after, node)
    _join(links, home, node, before)


@jit
def unlink(links, node):
    """Remove a node and its subtree from the children of its parent."""
    home = _row(links, links[node, PARENT])
    _join(links, home, links[node, PREVIOUS], links[node, NEXT])


@jit
def _join(links, home, after, before):
    if after == NONE:
        links[home, FIRST] = before
    else:
        links[after, NEXT] = before
    if before == NONE:
        links[home, LAST] = after
    else:
        links[before, PREVIOUS] = after


@jit
def erase(links, node):
    """Remove a node and put its children in its place, in order."""
    child = links[node, FIRST]
    while child != NONE:
        following = links[child, NEXT]
        unlink(links, child)
        link(links, child, links[node, PARENT], node)
        child = following
    unlink(links, node)
    links[node, PARENT] = ERASED


@jit
def set_root(links, node):
    """Make `node` the root of its tree, which keeps its position among the roots."""
    top = node
    while links[top, PARENT] != NONE:
        top = links[top, PARENT]
    if top == node:
        return
    child, parent = node, links[node, PARENT]
    unlink(links, node)
    link(links, node, NONE, top)
    while parent != NONE:
        above = links[parent, PARENT]
        unlink(links, parent)
        link(links, parent, child, NONE)
        child, parent = parent, above


@jit
def _comes_first(links, one, other, stamps, via, stamp):
    """Whether a node precedes another in depth-first order."""
    if one == other:
        return True
    ground = len(links) - 1
    a, b = one, other
    stamps[a], stamps[b] = stamp, stamp + 1
    via[a], via[b] = NONE, NONE
    while True:
        if a != ground:
            up = _row(links, links[a, PARENT])
            if stamps[up] == stamp + 1:
                return via[up] != NONE and _sibling_first(links, a, via[up])
            stamps[up], via[up] = stamp, a
            a = up
        if b != ground:
            up = _row(links, links[b, PARENT])
            if stamps[up] == stamp:
                return via[up] == NONE or _sibling_first(links, via[up], b)
            stamps[up], via[up] = stamp + 1, b
            b = up


@jit
def _sibling_first(links, one, other):
    """Whether a child precedes another child of the same parent."""
    ahead = behind = one
    while True:
        if ahead != NONE:
            ahead = links[ahead, NEXT]
            if ahead == other:
                return True
        if behind != NONE:
            behind = links[behind, PREVIOUS]
            if behind == other:
                return False


@jit
def frustum(px, py, pz, bottom, top, bottom_radius, top_radius):
    """Distance of a point to the frustum of an edge, and the nearest point of it."""
    ax, ay, az = top[0] - bottom[0], top[1] - bottom[1], top[2] - bottom[2]
    height = math.sqrt(ax * ax + ay * ay + az * az)
    ox, oy, oz = px - bottom[0], py - bottom[1], pz - bottom[2]
    if height < SHORT:
        away = math.sqrt(ox * ox + oy * oy + oz * oz)
        return max(0.0, away - bottom_radius), bottom[0], bottom[1], bottom[2]
    ux, uy, uz = ax / height, ay / height, az / height
    along = ox * ux + oy * uy + oz * uz
    rx, ry, rz = ox - along * ux, oy - along * uy, oz - along * uz
    away = math.sqrt(rx * rx + ry * ry + rz * rz)
    scale = away if away > 0 else 1.0
    rx, ry, rz = rx / scale, ry / scale, rz / scale
    slope = (top_radius - bottom_radius) / height
    if 0 <= along <= height and away <= bottom_radius + slope * along:
        return 0.0, px, py, pz
    if along <= 0 or along >= height:
        rim, beyond = bottom_radius, -along
        ex, ey, ez = bottom[0], bottom[1], bottom[2]
        if along > 0:
            rim, beyond = bottom_radius + slope * height, along - height
            ex, ey, ez = top[0], top[1], top[2]
        if away <= rim:
            return beyond, ex, ey, ez
        side = away - rim
        distance = math.sqrt(beyond * beyond + side * side)
        return distance, ex + rim * rx, ey + rim * ry, ez + rim * rz
    here = bottom_radius + slope * along
    distance, where, radius = abs(away - here), along, here
    if slope != 0:
        place, reach = STEP, bottom_radius
        while place < height:
            reach += slope * STEP
            side, off = away - reach, along - place
            tried = math.sqrt(off * off + side * side)
            if tried < distance:
                distance, where, radius = tried, place, reach
            place += STEP
    x = bottom[0] + where * ux + radius * rx
    y = bottom[1] + where * uy + radius * ry
    return distance, x, y, bottom[2] + where * uz + radius * rz


@jit
def _widen(boxes, node, parent, points, radius):
    """Extend the box of a block by the edge of a node."""
    block = node // BLOCK
    for axis in range(3):
        own, other = points[node, axis], points[parent, axis]
        low = min(own - radius[node], other - radius[parent])
        high = max(own + radius[node], other + radius[parent])
        boxes[block, axis] = min(boxes[block, axis], low)
        boxes[block, 3 + axis] = max(boxes[block, 3 + axis], high)


@jit
def _nearest(links, points, radius, boxes, begin, end, node, limit, ties):
    """The nearest edges of the nodes from `begin` to `end`: how many, distance; `ties` names them.

    Edges farther than `limit` are not looked for.
    """
    px, py, pz = points[node, 0], points[node, 1], points[node, 2]
    best, count = limit, 0
    for block in range(begin // BLOCK, (end + BLOCK - 1) // BLOCK):
        dx = max(boxes[block, 0] - px, px - boxes[block, 3], 0.0)
        dy = max(boxes[block, 1] - py, py - boxes[block, 4], 0.0)
        dz = max(boxes[block, 2] - pz, pz - boxes[block, 5], 0.0)
        if (dx * dx + dy * dy + dz * dz) * (1 - 1e-9) > best * best:
            continue
        for edge in range(max(begin, block * BLOCK), min(end, (block + 1) * BLOCK)):
            parent = links[edge, PARENT]
            if parent < 0:
                continue
            distance, _, _, _ = frustum(
                px, py, pz, points[parent], points[edge], radius[parent], radius[edge]
            )
            if distance < best or (distance == best and count == 0):
                best, count = distance, 0
            if distance == best:
                ties[count] = edge
                count += 1
    return count, best


@jit
def joined(points, radius, starts, owners):
    """Join the chains of each object; return positions, radii, types, parents and objects of nodes.

    Parameters
    ----------
    points, radius
        Of the nodes of all chains, one after the other, the first of each its root.
    starts
        Where each chain begins.
    owners
        ``(chains,)`` number of the object, ascending.
    """
    chains = len(owners)
    room = len(points) + chains
    place, size = np.empty((room, 3)), np.empty(room)
    kind = np.full(room, NODE_TYPE, np.int64)
    links = np.full((room + 1, 5), NONE, np.int64)
    boxes = np.empty((room // BLOCK + 1, 6))
    boxes[:, :3], boxes[:, 3:] = np.inf, -np.inf
    stamps, via = np.zeros(room + 1, np.int64), np.empty(room + 1, np.int64)
    ties = np.empty(room, np.int64)
    firsts = np.empty(chains, np.int64)
    stamp, count, begin = np.int64(1), np.int64(0), np.int64(0)
    for chain in range(chains):
        if chain and owners[chain] != owners[chain - 1]:
            begin = count
        before = count
        firsts[chain] = count
        for i in range(starts[chain], starts[chain + 1]):
            place[count], size[count] = points[i], radius[i]
            parent = NONE if count == before else count - 1
            link(links, count, parent, NONE)
            count += 1
        head, tail = before, count - 1
        # The end at the trunk is looked at first: the tip is chosen where it is not farther.
        found, near = _nearest(links, place, size, boxes, begin, before, tail, np.inf, ties)
        end = tail
        if found and head != tail:
            other, off = _nearest(links, place, size, boxes, begin, before, head, near, ties)
            if other:
                end, found, near = head, other, off
            else:
                found, near = _nearest(links, place, size, boxes, begin, before, tail, near, ties)
        if found:
            edge = ties[0]
            for i in range(1, found):
                if not _comes_first(links, edge, ties[i], stamps, via, stamp):
                    edge = ties[i]
                stamp += 2
            stamp += 2
            if end == tail:
                set_root(links, end)
            count = _attach(links, place, size, kind, boxes, edge, end, near, count)
        for node in range(before, count):
            if links[node, PARENT] >= 0:
                _widen(boxes, node, links[node, PARENT], place, size)
    owner = np.empty(count, np.int64)
    for chain in range(chains):
        last = firsts[chain + 1] if chain + 1 < chains else count
        owner[firsts[chain] : last] = owners[chain]
    order, parent = depth_first(links, count)
    return place[order], size[order], kind[order], parent, owner[order]


@jit
def _attach(links, place, size, kind, boxes, edge, end, near, count):
    """Attach the tree of `end` to an edge; return the new number of nodes."""
    parent = links[edge, PARENT]
    x, y, z = place[end, 0], place[end, 1], place[end, 2]
    if near > TOUCHING:
        _, x, y, z = frustum(x, y, z, place[parent], place[edge], size[parent], size[edge])
    ax, ay, az = (
        place[edge, 0] - place[parent, 0],
        place[edge, 1] - place[parent, 1],
        place[edge, 2] - place[parent, 2],
    )
    squared = ax * ax + ay * ay + az * az
    along = 0.0
    if squared > FLAT:
        dx, dy, dz = x - place[parent, 0], y - place[parent, 1], z - place[parent, 2]
        along = (dx * ax + dy * ay + dz * az) / squared
    share = min(max(along, 0.0), 1.0)
    joint = edge
    if share < NEAR_END:
        joint = parent
    elif not share > 1.0 - NEAR_END:
        joint, rest = count, 1.0 - share
        for axis in range(3):
            place[joint, axis] = share * place[edge, axis] + rest * place[parent, axis]
        size[joint] = share * size[edge] + rest * size[parent]
        kind[joint] = BREAK_TYPE
        link(links, joint, parent, edge)
        unlink(links, edge)
        link(links, edge, joint, NONE)
        _widen(boxes, edge, joint, place, size)
        count += 1
    unlink(links, end)
    link(links, end, joint, NONE)
    dx, dy, dz = (
        place[end, 0] - place[joint, 0],
        place[end, 1] - place[joint, 1],
        place[end, 2] - place[joint, 2],
    )
    if math.sqrt(dx * dx + dy * dy + dz * dz) < size[end] + size[joint]:
        child = links[end, FIRST]
        while child != NONE:
            _widen(boxes, child, joint, place, size)
            child = links[child, NEXT]
        erase(links, end)
    return count


@jit
def depth_first(links, count):
    """Remaining nodes in depth-first order, and the position of each parent in it."""
    ground = len(links) - 1
    order, parent = np.empty(count, np.int64), np.empty(count, np.int64)
    row = np.full(ground + 1, NONE, np.int64)
    size, node = np.int64(0), links[ground, FIRST]
    while node != NONE:
        order[size] = node
        row[node] = size
        above = links[node, PARENT]
        parent[size] = row[above] if above != NONE else NONE
        size += 1
        if links[node, FIRST] != NONE:
            node = links[node, FIRST]
            continue
        while node != NONE and links[node, NEXT] == NONE:
            node = links[node, PARENT]
        if node != NONE:
            node = links[node, NEXT]
    return order[:size], parent[:size]
