// Scores and fits of tube segments, one thread block per segment.
//
// This file compiles as CUDA C++ and, with the macros below, as C++ for a single thread, where each
// loop over LANES visits all points. Sums are binary trees of fixed shape, so the result of a
// segment is independent of the number of threads and of the other segments.
//
// Positions and the state of a fit are double; samples are REAL. The compiler must define REAL
// (float or double), KIND (voxels per word: 0 for four, 1 for two, 2 for one) and INDEX (int or
// long long). The algorithms are those of zimg/kernels/tube.py, scores.py and line_search.py.

#if defined(__CUDACC__) || defined(__HIPCC__)
#define KERNEL extern "C" __global__ void __launch_bounds__(128)
#define DEVICE static __device__ __forceinline__
#define SHARED __shared__
#define SYNC __syncthreads()
#define LANES(p, n) for (int p = threadIdx.x; p < (n); p += blockDim.x)
#define ONE if (threadIdx.x == 0)
#define SEGMENT blockIdx.x
#else
#include <cmath>
#define KERNEL static void
#define DEVICE static inline
#define SHARED static
#define SYNC
#define LANES(p, n) for (int p = 0; p < (n); ++p)
#define ONE
#define SEGMENT segment
static int segment;
using std::floor;
using std::sqrt;
#endif

#if KIND == 2
typedef REAL Word;
#else
typedef unsigned int Word;
#endif

constexpr int SLICES = 11, COLUMNS = 8, VARIABLES = 4;
constexpr int WIDTH = 256;  // leaves of a sum's tree; at least the number of points
enum { RADIUS, THETA, PSI, SCALE, LENGTH, X, Y, Z };
enum { DOT, FULL, PER_SLICE, CENTROID };

struct Volume {
    const Word* words;
    int depth, height, width;
    double z_to_xy;
};

struct Section {  // a template of n points
    const REAL *wall_x, *wall_y, *inner, *outer, *surplus, *inner_sum, *outer_sum;
    int n;
};

#define GIVEN                                                                         \
    const Word *words, int depth, int height, int width, double z_to_xy, const REAL *wall_x, \
        const REAL *wall_y, const REAL *inner, const REAL *outer, const REAL *surplus,      \
        const REAL *inner_sum, const REAL *outer_sum, int n
#define PASSED                                                                          \
    words, depth, height, width, z_to_xy, wall_x, wall_y, inner, outer, surplus, inner_sum, \
        outer_sum, n
#define VOLUME {words, depth, height, width, z_to_xy}
#define SECTION {wall_x, wall_y, inner, outer, surplus, inner_sum, outer_sum, n}

struct Frame {  // a segment, in voxels relative to the voxel of its bottom
    REAL wide, high, ux, uy, vx, vy, vz, x, y, z, inside, outside;
    REAL step[3], low[3], top[3];
    INDEX base, row, plane;
};

struct Point {
    REAL x, y, z, weight;
};

DEVICE void aim(Frame& to, const Volume& volume, const Section& section, const double* row) {
    const double ct = cos(row[THETA]), st = sin(row[THETA]);
    const double cp = cos(row[PSI]), sp = sin(row[PSI]);
    const double gain = sqrt(row[RADIUS]) * sqrt(sqrt(row[SCALE]));
    const double unit = 1.0 / (gain * *section.inner_sum + *section.outer_sum);
    const double step = (row[LENGTH] - 1.0) / (SLICES - 1);
    const double i = floor(row[X]), j = floor(row[Y]), k = floor(row[Z] / volume.z_to_xy);
    to.inside = gain * unit, to.outside = unit;
    to.wide = row[RADIUS] * row[SCALE], to.high = row[RADIUS];
    to.ux = cp, to.uy = sp;
    to.vx = -ct * sp, to.vy = ct * cp, to.vz = st / volume.z_to_xy;
    to.x = row[X] - i, to.y = row[Y] - j;
    to.z = (row[Z] - k * volume.z_to_xy) / volume.z_to_xy;
    to.step[0] = step * st * sp, to.step[1] = -step * st * cp;
    to.step[2] = step * ct / volume.z_to_xy;
    to.low[0] = -i, to.low[1] = -j, to.low[2] = -k;
    to.top[0] = volume.width - 1.0 - i, to.top[1] = volume.height - 1.0 - j;
    to.top[2] = volume.depth - 1.0 - k;
    to.row = volume.width + 1, to.plane = to.row * (volume.height + 1);
    to.base = (INDEX)k * to.plane + (INDEX)j * to.row + (INDEX)i;
}

DEVICE Point point(const Frame& at, const Section& section, int p) {
    REAL across = section.wall_x[p] * at.wide, along = section.wall_y[p] * at.high;
    REAL wall = sqrt(across * across + along * along);
    wall = wall > (REAL)1e-6 ? wall : (REAL)1e-6;
    const REAL unit = wall < (REAL)1 ? (REAL)1 : wall > (REAL)2 ? (REAL)2 : wall;
    const REAL stretch = 1 + section.surplus[p] * (unit / wall);
    across *= stretch, along *= stretch;
    Point found;
    found.x = across * at.ux + along * at.vx + at.x;
    found.y = across * at.uy + along * at.vy + at.y;
    found.z = along * at.vz + at.z;
    found.weight = section.inner[p] * at.inside + section.outer[p] * at.outside;
    return found;
}

DEVICE REAL between(REAL low, REAL high, REAL fraction) { return low + fraction * (high - low); }

DEVICE REAL in_plane(const Word* word, INDEX row, REAL x, REAL y) {
#if KIND == 0
    (void)row;
    const Word a = word[0];
    const REAL c0 = (int)(a & 255), c1 = (int)(a >> 8 & 255);
    const REAL c2 = (int)(a >> 16 & 255), c3 = (int)(a >> 24);
#elif KIND == 1
    const Word a = word[0], b = word[row];
    const REAL c0 = (int)(a & 65535), c1 = (int)(a >> 16);
    const REAL c2 = (int)(b & 65535), c3 = (int)(b >> 16);
#else
    const REAL c0 = word[0], c1 = word[1], c2 = word[row], c3 = word[row + 1];
#endif
    return between(between(c0, c1, x), between(c2, c3, x), y);
}

DEVICE bool within(REAL at, REAL low, REAL top) { return at > low && at < top; }  // false for NaN

DEVICE REAL sample(const Volume& volume, const Frame& at, const Point& from, int s, bool& valid) {
    REAL x = from.x + at.step[0] * s, y = from.y + at.step[1] * s, z = from.z + at.step[2] * s;
    valid = within(x, at.low[0], at.top[0]) && within(y, at.low[1], at.top[1]) &&
            within(z, at.low[2], at.top[2]);
    if (!valid) return 0;
    const REAL i = floor(x), j = floor(y), k = floor(z);
    const Word* word = volume.words + at.base + (INDEX)k * at.plane + (INDEX)j * at.row + (INDEX)i;
    x -= i, y -= j, z -= k;
    return between(in_plane(word, at.row, x, y), in_plane(word + at.plane, at.row, x, y), z);
}

DEVICE REAL over_slices(const Volume& volume, const Frame& at, const Point& from) {
    REAL found = 0;
    bool valid;
    for (int s = 0; s < SLICES; ++s) found += sample(volume, at, from, s, valid);
    return found;
}

DEVICE void add_up(double* part) {
    for (int half = WIDTH / 2; half; half /= 2) {
        LANES(p, half) part[p] += part[p + half];
        SYNC;
    }
}

#define TOTAL(name, expression)                                           \
    LANES(p, WIDTH) part[p] = p < section.n ? (double)(expression) : 0.0; \
    SYNC;                                                                 \
    add_up(part);                                                         \
    const double name = part[0];                                          \
    SYNC;

// ---------------------------------------------------------------------------------------- scores

struct Samples {
    REAL value[SLICES][WIDTH], weight[WIDTH], over[WIDTH];
    unsigned short valid[WIDTH];  // one bit per slice
};

// Sum over the valid slices of a point: (value - mean)^of_value (weight - level)^of_weight.
DEVICE REAL moment(
    const Samples& samples, int p, int first, int last, int of_value, int of_weight, REAL mean,
    REAL level) {
    const REAL weight = samples.weight[p] - level;
    REAL sum = 0;
    for (int s = first; s < last; ++s) {
        const REAL value = samples.value[s][p] - mean;
        REAL product = samples.valid[p] >> s & 1;
        for (int i = 0; i < of_value; ++i) product *= value;
        for (int i = 0; i < of_weight; ++i) product *= weight;
        sum += product;
    }
    return sum;
}

DEVICE double correlation(
    const Samples& samples, const Section& section, double* part, int first, int last) {
    const int count = (last - first) * section.n;
    TOTAL(weights, samples.weight[p]);
    TOTAL(values, moment(samples, p, first, last, 1, 0, 0, 0));
    const REAL mean = values / count, level = weights / section.n;
    TOTAL(product, moment(samples, p, first, last, 1, 1, mean, level));
    TOTAL(squares, moment(samples, p, first, last, 2, 0, mean, level));
    TOTAL(spread, moment(samples, p, first, last, 0, 2, mean, level));
    return spread * squares > 0.0 ? product / sqrt(spread * squares) : 0.0;
}

DEVICE int bits(unsigned int value) {
    int count = 0;
    for (; value; value &= value - 1) ++count;
    return count;
}

KERNEL score_segments(
    GIVEN, const bool* inside, int what, int columns, const double* rows, double* scores) {
    SHARED Frame at;
    SHARED Samples samples;
    SHARED double part[WIDTH];
    const Volume volume = VOLUME;
    const Section section = SECTION;
    const double* row = rows + SEGMENT * COLUMNS;
    double* out = scores + SEGMENT * columns;
    ONE aim(at, volume, section, row);
    SYNC;
    LANES(p, n) {
        const Point from = point(at, section, p);
        samples.weight[p] = from.weight, samples.over[p] = 0, samples.valid[p] = 0;
        for (int s = 0; s < SLICES; ++s) {
            bool valid;
            samples.value[s][p] = sample(volume, at, from, s, valid);
            samples.over[p] += samples.value[s][p];
            samples.valid[p] |= valid << s;
        }
    }
    SYNC;
    if (what == PER_SLICE) {
        for (int s = 0; s < SLICES; ++s) {
            const double found = correlation(samples, section, part, s, s + 1);
            ONE out[s] = found;
        }
        return;
    }
    if (what == CENTROID) {
        TOTAL(signal, samples.over[p]);
        const bool empty = signal == 0.0;  // without signal: the unweighted mean
        TOTAL(mass, empty ? SLICES : samples.over[p]);
        TOTAL(x, (empty ? SLICES : samples.over[p]) * point(at, section, p).x);
        TOTAL(y, (empty ? SLICES : samples.over[p]) * point(at, section, p).y);
        TOTAL(z, (empty ? SLICES : samples.over[p]) * point(at, section, p).z);
        double along = 0.0;
        for (int s = 1; s < SLICES; ++s) {
            TOTAL(amount, empty ? 1 : samples.value[s][p]);
            along += s * amount;
        }
        ONE {
            out[0] = (x + along * at.step[0]) / mass, out[1] = (y + along * at.step[1]) / mass;
            out[2] = (z + along * at.step[2]) / mass;
        }
        return;
    }
    TOTAL(dot, samples.over[p] * samples.weight[p]);
    ONE out[0] = dot;
    if (what == DOT) return;
    const double found = correlation(samples, section, part, 0, SLICES);
    TOTAL(signal, inside[p] ? samples.over[p] : 0);
    TOTAL(count, inside[p] ? bits(samples.valid[p]) : 0);
    TOTAL(around, inside[p] ? 0 : samples.over[p]);
    TOTAL(beyond, inside[p] ? 0 : bits(samples.valid[p]));
    ONE {
        out[1] = found;
        out[2] = signal / count, out[3] = around / beyond;  // NaN if there are no samples
    }
}

// ------------------------------------------------------------------------------------------ fits

struct Search {
    double row[COLUMNS], trial[COLUMNS], probed[2 * VARIABLES];
    double gradient[VARIABLES], direction[VARIABLES], weighted[VARIABLES];
    double score, slope, size;
    int stage, accepted;  // stage -1 evaluates the row, 0-7 the probes, 8-10 the steps
    bool restarted, done;
};

DEVICE double delta(int i) { return i == 0 ? 0.1 : i == 3 ? 0.05 : 0.015; }
DEVICE double lower(int i) { return i == 0 ? 0.5 : i == 3 ? 0.2 : -1e300; }
DEVICE double upper(int i) { return i == 0 ? 50.0 : i == 3 ? 20.0 : 1e300; }
DEVICE double tried(int stage) { return stage == 8 ? 0.2 : stage == 9 ? 0.16 : 0.128; }
// NORM is the length of the vector of the four deltas.
constexpr double ARMIJO = 0.01, SMALLEST = 1e-3, NORM = 0.11379806676741043;
constexpr int MOST = 500;

DEVICE double norm(const double* v) {
    return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2] + v[3] * v[3]);
}

DEVICE void try_next(Search& search) {
    for (int i = 0; i < COLUMNS; ++i) search.trial[i] = search.row[i];
    const int stage = search.stage;
    if (stage >= 8) {
        for (int i = 0; i < VARIABLES; ++i) {
            const double moved = search.row[i] + tried(stage) / search.size * search.weighted[i];
            search.trial[i] = moved < lower(i) ? lower(i) : moved > upper(i) ? upper(i) : moved;
        }
    } else if (stage >= 0) {
        search.trial[stage / 2] += stage % 2 ? -delta(stage / 2) : delta(stage / 2);
        if (search.trial[0] < lower(0)) search.trial[0] = lower(0);
    }
}

DEVICE double slope_of(double base, double right, double left, double width) {
    const double rise = (right - base) / width, fall = (base - left) / width;
    if (rise < 0.0) return left < base ? 0.0 : fall;
    return rise > 0.0 && left <= base ? rise : fall;
}

DEVICE void weigh(Search& search) {
    double slope = 0.0;
    for (int i = 0; i < VARIABLES; ++i) {
        search.weighted[i] = search.direction[i] * (delta(i) / NORM);
        slope += search.gradient[i] * search.weighted[i];
    }
    search.size = norm(search.weighted);
    search.slope = slope / search.size;
}

DEVICE void along_gradient(Search& search) {
    for (int i = 0; i < VARIABLES; ++i) search.direction[i] = search.gradient[i];
    weigh(search);
    search.restarted = true;
}

DEVICE bool leads_on(const Search& search) {
    return norm(search.direction) >= SMALLEST && search.size > SMALLEST;
}

DEVICE void set_out(Search& search) {
    double old = 0.0, change = 0.0;
    for (int i = 0; i < VARIABLES; ++i) {
        const double now =
            slope_of(search.score, search.probed[2 * i], search.probed[2 * i + 1], delta(i));
        old += search.gradient[i] * search.gradient[i];
        change += now * (now - search.gradient[i]);
        search.gradient[i] = now;
    }
    const double beta = old > 0.0 && change > 0.0 ? change / old : 0.0;
    search.restarted = true;
    for (int i = 0; i < VARIABLES; ++i) {
        search.direction[i] = beta * search.weighted[i] + search.gradient[i];
        search.restarted = search.restarted && search.direction[i] == search.gradient[i];
    }
    weigh(search);
    if (!leads_on(search) && !search.restarted && norm(search.gradient) > SMALLEST)
        along_gradient(search);
    search.done = !leads_on(search);
}

DEVICE void decide(Search& search, double found) {
    const int stage = search.stage;
    if (stage < 0) {
        search.score = found, search.stage = 0;
    } else if (stage < 8) {
        search.probed[stage] = found;
        if (++search.stage == 8) set_out(search);
    } else {
        const double least = ARMIJO * tried(stage) * search.slope;
        if (found >= search.score + (least > 0.0 ? least : 0.0)) {
            for (int i = 0; i < VARIABLES; ++i) search.row[i] = search.trial[i];
            search.score = found, search.stage = 0;
            search.done = ++search.accepted >= MOST;
        } else if (stage < 10) {
            ++search.stage;
        } else if (!search.restarted && norm(search.gradient) > SMALLEST) {
            along_gradient(search);
            search.stage = 8;
        } else {
            search.done = true;
        }
    }
}

KERNEL fit_segments(GIVEN, double* rows, int* steps) {
    SHARED Frame at;
    SHARED Search search;
    SHARED double part[WIDTH];
    const Volume volume = VOLUME;
    const Section section = SECTION;
    double* row = rows + SEGMENT * COLUMNS;
    ONE {
        for (int i = 0; i < COLUMNS; ++i) search.row[i] = row[i];
        for (int i = 0; i < VARIABLES; ++i) search.gradient[i] = search.weighted[i] = 0.0;
        search.stage = -1, search.accepted = 0, search.restarted = search.done = false;
    }
    SYNC;
    while (!search.done) {
        ONE {
            try_next(search);
            aim(at, volume, section, search.trial);
        }
        SYNC;
        LANES(p, WIDTH) {
            part[p] = 0.0;
            if (p < n) {
                const Point from = point(at, section, p);
                part[p] = (double)over_slices(volume, at, from) * from.weight;
            }
        }
        SYNC;
        add_up(part);
        ONE decide(search, part[0]);
        SYNC;
    }
    ONE {
        for (int i = 0; i < VARIABLES; ++i) row[i] = search.row[i];
        steps[SEGMENT] = search.accepted;
    }
}

#if !defined(__CUDACC__) && !defined(__HIPCC__)
extern "C" void score_all(
    int count, GIVEN, const bool* inside, int what, int columns, const double* rows,
    double* scores) {
    for (segment = 0; segment < count; ++segment)
        score_segments(PASSED, inside, what, columns, rows, scores);
}

extern "C" void fit_all(int count, GIVEN, double* rows, int* steps) {
    for (segment = 0; segment < count; ++segment) fit_segments(PASSED, rows, steps);
}
#endif
