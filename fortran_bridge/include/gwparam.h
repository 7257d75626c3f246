/**
 * @file
 * The C ABI of libgwparam: run an exported gravity-wave network on the columns of a
 * host model.
 *
 * One step of a host:
 *
 *     gwparam_scheme_put(scheme, "eastward_wind", "m s-1", &u);    every input once
 *     gwparam_scheme_put(scheme, ...);
 *     gwparam_scheme_run(scheme);
 *     gwparam_scheme_get(scheme, 1, "tendency_of_eastward_wind...", NULL, &dudt);
 *
 * A host that hands over windows of columns calls gwparam_scheme_add_columns() after
 * the inputs of each window, gwparam_scheme_flush() after the last window, and
 * gwparam_scheme_get() for each window.
 *
 * Every function returns a status and never ends the process, prints, or lets an
 * exception pass. After a failure the arrays of the caller are as they were, and what
 * was put since the last flush is dropped, so that the host can begin its next step
 * afresh.
 *
 * A scheme serves one thread at a time, and refuses the others with GWPARAM_ERR_BUSY,
 * which drops nothing and leaves what they passed as it was: any call while another is
 * under way, all that goes on with a window that another thread has begun by a put, and
 * gets of what another thread has run by gwparam_scheme_run(). Threads that work side
 * by side load the artefact once each: schemes are independent, and those of one file
 * share its weights. Where a step has to move to another thread halfway,
 * gwparam_scheme_discard() gives it up; windows that were closed are everybody's, as is
 * their result after gwparam_scheme_flush().
 *
 * After a fork() every call on a scheme of the parent is GWPARAM_ERR_FORKED in the
 * child, which loads its own; freeing it there does nothing.
 */
#ifndef GWPARAM_H
#define GWPARAM_H

/* GWPARAM_CDEF leaves plain declarations, for tools that read C without a compiler. */
#if defined(GWPARAM_CDEF)
#define GWPARAM_EXPORT
#define GWPARAM_API
#else
#include <stdint.h>
#define GWPARAM_EXPORT __attribute__((visibility("default")))
#define GWPARAM_API GWPARAM_EXPORT __attribute__((warn_unused_result))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Version of this header. Minor versions of 0.x may change the ABI; a host compares it
 * with gwparam_version(), as both bindings do. */
#define GWPARAM_VERSION_MAJOR 0
#define GWPARAM_VERSION_MINOR 1
#define GWPARAM_VERSION_PATCH 0

/** 0 is success, negatives are failures; a number is never reused. */
typedef int32_t gwparam_status;

/** name, number, meaning */
#define GWPARAM_STATUS_LIST(X)                                                         \
    X(GWPARAM_OK, 0, "success")                                                        \
    X(GWPARAM_ERR_ARGUMENT, -1, "null, out of range, or calls in the wrong order")     \
    X(GWPARAM_ERR_FILE, -2, "cannot open or read a file")                              \
    X(GWPARAM_ERR_CONTRACT, -3, "contract absent, or it asks what the host lacks")     \
    X(GWPARAM_ERR_SHAPE, -4, "shape, dtype or layout differs from the contract")       \
    X(GWPARAM_ERR_DEVICE, -5, "device absent, lost or out of its memory")              \
    X(GWPARAM_ERR_INFERENCE, -6, "the network raised an error")                        \
    X(GWPARAM_ERR_NONFINITE, -7, "NaN or Inf in an input or output")                   \
    X(GWPARAM_ERR_RANGE, -8, "far outside the training range, or beyond the limits")   \
    X(GWPARAM_ERR_RANK, -9, "another rank did not answer or left")                     \
    X(GWPARAM_ERR_MEMORY, -10, "the host is out of memory")                            \
    X(GWPARAM_ERR_BUSY, -11, "in use by another thread")                               \
    X(GWPARAM_ERR_FORKED, -12, "the process was forked after the load")                \
    X(GWPARAM_ERR_INTERNAL, -99, "a bug in gwparam")

#define GWPARAM_STATUS_ENUMERATOR(name, number, meaning)                               \
    name = number, // NOLINT(bugprone-macro-parentheses)
enum { GWPARAM_STATUS_LIST(GWPARAM_STATUS_ENUMERATOR) };

/** Largest rank of an array that crosses the boundary. */
enum { GWPARAM_MAX_RANK = 4 };

/** Kind of an array's elements. */
enum { GWPARAM_FLOAT32 = 1, GWPARAM_FLOAT64 = 2 };

/** Vertical order of the host's arrays: which end index 0 is. */
enum { GWPARAM_TOP_DOWN = 1, GWPARAM_BOTTOM_UP = 2 };

/** What a guard does with a column that it catches. That of on_unphysical looks first,
 * as inputs are put, then that of on_range, then the one of outputs that are not
 * finite, then those of on_limit and on_momentum: a column that one has set to zero,
 * kept or left to the native scheme is no matter of the next.
 */
enum {
    GWPARAM_GUARD_ERROR = 0,  /**< the call fails with GWPARAM_ERR_RANGE */
    GWPARAM_GUARD_ZERO = 1,   /**< the outputs of the column are zero */
    GWPARAM_GUARD_KEEP = 2,   /**< gwparam_scheme_get() leaves the column as it was */
    GWPARAM_GUARD_IGNORE = 3, /**< nothing */
    GWPARAM_GUARD_COUNT = 4,  /**< as ignore, but what it would catch is counted */
    /** Values become the nearest ones that pass, and the column is counted; of on_range
     * and on_limit alone. */
    GWPARAM_GUARD_CLIP = 5,
    GWPARAM_GUARD_NATIVE = 6, /**< gwparam_scheme_set_native() gives the column */
};

/** What becomes of a device that fails: absent, lost or out of memory. */
enum {
    GWPARAM_DEVICE_ERROR = 0,    /**< the call fails with GWPARAM_ERR_DEVICE */
    GWPARAM_DEVICE_FALLBACK = 1, /**< the network goes on on the CPU, and is counted */
};

/** Arithmetic of the network's matrix products. */
enum {
    GWPARAM_PRECISION_EXPORTED = 0, /**< of the artefact's own type */
    GWPARAM_PRECISION_TF32 = 1,     /**< float32 products in TF32, on a CUDA device */
    GWPARAM_PRECISION_BFLOAT16 = 2, /**< float32 products in bfloat16 */
};

/** How the forward passes reach a CUDA device. */
enum {
    GWPARAM_GRAPHS_AUTO = 0, /**< recorded once and repeated, where that works */
    GWPARAM_GRAPHS_OFF = 1,  /**< operation by operation */
};

/** Whether a package of `gwparam compile` runs in place of an artefact's graph. */
enum {
    GWPARAM_COMPILED_NONE = 0,  /**< none lies beside the artefact, or it has no use */
    GWPARAM_COMPILED_RUNS = 1,  /**< it runs */
    GWPARAM_COMPILED_UNFIT = 2, /**< it does not fit, and TorchScript runs */
};

/** Which of several networks of an artefact run, its members. */
enum {
    GWPARAM_MEMBERS_MEAN = 0,  /**< all: results are the mean of theirs */
    GWPARAM_MEMBERS_ONE = 1,   /**< one, at every run */
    GWPARAM_MEMBERS_DRAWN = 2, /**< one a run, the same for all columns and ranks */
};

/** What a network sees at once. */
enum {
    GWPARAM_COLUMN = 1,  /**< a column */
    GWPARAM_STENCIL = 2, /**< a column and its neighbours */
    GWPARAM_GLOBAL = 3,  /**< the whole globe */
};

/** Fields of a scheme: what the host puts, what it can get, what a restart carries. */
enum { GWPARAM_INPUT = 1, GWPARAM_OUTPUT = 2, GWPARAM_PENDING = 3 };
/** The name of GWPARAM_PENDING until 0.1; gone with 0.3. */
enum { GWPARAM_CARRIED = GWPARAM_PENDING };

/** An exported network, ready to run; opaque. */
typedef struct gwparam_scheme gwparam_scheme;

/**
 * An array of the host, borrowed for one call.
 *
 * The last dimension of a field on levels is the level; all others, in any number, are
 * horizontal. Strides are in elements, of any sign, so that every layout can be
 * described: a Fortran array (lon, lat, lev) has shape {nlon, nlat, nlev} and strides
 * {1, nlon, nlon * nlat}. An array of rank 1 of a field on levels is the profile of one
 * column, whose surface fields have one element.
 */
typedef struct gwparam_array {
    void *data;
    int32_t dtype; /**< GWPARAM_FLOAT32 or GWPARAM_FLOAT64 */
    int32_t rank;  /**< 1 to GWPARAM_MAX_RANK */
    int64_t shape[4];
    int64_t stride[4];
} gwparam_array;

/** Settings of a scheme. Initialise with gwparam_options_init(), then change. */
typedef struct gwparam_options {
    uint32_t struct_size;
    /** Threads on a CPU: each runs chunks by itself, so that results have the same bits
     * with any number; those of a global network share its pass, and its last bits
     * change with their number. 0: this rank's share of the cores where there are
     * several ranks (all cores it may use, for the one rank that runs a global
     * network), else 1. At most 1024. */
    int32_t threads;
    /** Columns of one forward pass, a multiple of 16; 0: 256. */
    int32_t chunk_columns;
    /** What happens to columns whose output exceeds the contract's limits. One that is
     * not finite is replaced where this replaces columns (zero, keep, native), else it
     * fails the call. */
    int32_t on_limit;
    /** What happens to columns with an input further than range_sigmas standard
     * deviations from its training mean, and outside of what training saw at all where
     * the contract knows that. GWPARAM_GUARD_COUNT unless set. */
    int32_t on_range;
    /** What happens to columns with an input that no atmosphere has: a latitude beyond
     * 90.001 degrees, a surface pressure below 1000 Pa, a temperature below 50 K; other
     * fields on levels: -999, -9999, or 1e15 and more, as models write below ground.
     * Where it is an error, the put fails. */
    int32_t on_unphysical;
    double range_sigmas; /**< 10 unless set, positive where on_range does not ignore. */
    /** "auto", "cpu", "cuda" or "cuda:N", NUL-terminated. A column program runs on the
     * CPU unless another one is named. */
    char device[16];
    /** Ranks of a node that share one copy of the network, which runs their columns
     * together; 0: on CUDA, as many as there are for each device; on the CPU, 1. A
     * global network has one copy in all. Where a launcher shows each rank a device of
     * its own, 1 is right. */
    int32_t ranks_per_device;
    /** 0: a flush gives its own result. 1: it gives that of the flush before, while a
     * second thread computes its own. The first flush waits for its own. */
    int32_t lag;
    /** GWPARAM_DEVICE_ERROR or GWPARAM_DEVICE_FALLBACK. */
    int32_t on_device_failure;
    /** GWPARAM_PRECISION_EXPORTED, _TF32 or _BFLOAT16; the probe must still be
     * reproduced: within the contract's reduced_tolerance where it has one. */
    int32_t precision;
    /** How long a rank waits for another one [s]; 0: 600. */
    double timeout_seconds;
    int32_t graphs; /**< GWPARAM_GRAPHS_AUTO or GWPARAM_GRAPHS_OFF */
    /** 1: every run makes sums of its columns at each of its stages, for
     * gwparam_scheme_trace(); 0: none. */
    int32_t trace;
    /** The one file that may be loaded: SHA-256, as 64 hexadecimal digits and a NUL, in
     * small letters, as sha256sum prints them. Empty: any. */
    char artefact_sha256[72];
    /** Tendencies of the network fade: from nothing at and above the first pressure to
     * all at and below the second, linearly in its logarithm [Pa]. 0 and 0: they do
     * not. Pressures are those of gwparam_scheme_set_levels(). Fluxes stay. */
    double taper_top[2];
    /** The same towards the surface: all at and above the first, nothing at and below
     * the second [Pa]. */
    double taper_surface[2];
    double
        momentum_limit; /**< See on_momentum [Pa]; positive where it does not ignore. */
    /** What happens to columns that gain more momentum than momentum_limit: the sum of
     * a wind's tendency times the mass of its layer, with the reference pressures of
     * gwparam_scheme_set_levels(). GWPARAM_GUARD_IGNORE unless set. */
    int32_t on_momentum;
    /** Of an artefact with several members: GWPARAM_MEMBERS_MEAN, _ONE or _DRAWN. One
     * with one network takes the first two alone, and does the same. */
    int32_t members;
    /** With GWPARAM_MEMBERS_DRAWN: from 0. A member is drawn by it and the number of
     * the run alone, so that the draws of a run do not depend on ranks, threads or lag,
     * and go on after gwparam_scheme_restore_statistics(). Else 0. */
    int64_t member_seed;
    int32_t member;    /**< With GWPARAM_MEMBERS_ONE: which, from 1; else 0. */
    int32_t reserved3; /**< 0. */
} gwparam_options;

/** What a scheme has done since it was loaded. */
typedef struct gwparam_statistics {
    uint32_t struct_size;
    /** 1 if the network runs on a CUDA device, 0 if on the CPU. */
    int32_t on_cuda;
    int64_t runs;
    int64_t columns;
    /** Columns that a guard set to zero, kept or left to the native scheme. */
    int64_t guarded_columns;
    /** The same in the last run. */
    int64_t guarded_columns_last_run;
    /** Memory of the staging buffers [bytes]. */
    int64_t staging_bytes;
    /** The rank that runs the network for this one, from 0. */
    int32_t owner;
    /** 1 if the device failed and the network went on on the CPU. */
    int32_t fell_back;
    /** Messages that this rank sent, and their bytes. */
    int64_t messages;
    int64_t message_bytes;
    /** Copied to and from the device [bytes]. */
    int64_t host_to_device_bytes;
    int64_t device_to_host_bytes;
    /** Time in the network on this rank, waiting for it, and exchanging columns [s].
     * With lag = 1, what was hidden is the part of inference_seconds not in
     * wait_seconds. */
    double inference_seconds;
    double wait_seconds;
    double exchange_seconds;
    /** 1 if the forward passes are repeated CUDA graphs. */
    int32_t on_graphs;
    /** 1 if a column program runs on a processor without fused multiply-adds that the
     * engine knows: with the same bits, but tens of times slower. Known at load. */
    int32_t lacks_fma;
    /** Of a network that gives fluxes, in the last run: what a column gained less what
     * crossed its ends, over the largest flux, in the worst of this rank's columns and
     * fluxes [1]; 0 without fluxes. Columns that a guard caught do not count. */
    double momentum_imbalance;
    int32_t compiled; /**< GWPARAM_COMPILED_NONE, _RUNS or _UNFIT; known at load. */
    int32_t threads;  /**< Of the network on this rank; known at load. */
    /** Time to load, to copy the host's fields in and out, and between its levels and
     * those of the network [s]. */
    double load_seconds;
    double put_seconds;
    double get_seconds;
    double levels_seconds;
    /** As guarded_columns_last_run, on the rank with most of them. */
    int64_t guarded_columns_of_worst_rank;
    /** The member of the last of these runs, from 1; 0: none, or the mean of several.
     */
    int32_t member;
    int32_t reserved1; /**< 0. */
} gwparam_statistics;

/** One value that a guard caught, or another of a report: where and when it was. */
typedef struct gwparam_place {
    /** How far beyond what passes: 1 is the bound; infinite where that has no measure;
     * 0: there is no such value. */
    double excess;
    double value;
    double latitude;  /**< [degrees]; NaN: the host did not say, as the next. */
    double longitude; /**< [degrees] */
    /** Of its level [Pa]: what the host said of its levels, or that of the network's
     * where the surface has 1000 hPa; NaN: it has none. */
    double pressure;
    int64_t run;   /**< The run since the load, from 1. */
    int32_t level; /**< From 1 at the top; 0: the field has no levels. */
    int32_t rank;
    char field[96];
    char units[24];
    char date[40]; /**< As the host gave it, cut to fit. */
} gwparam_place;

/** What one guard caught on this rank since the load. */
typedef struct gwparam_guard_report {
    uint32_t struct_size;
    int32_t policy; /**< GWPARAM_GUARD_* */
    /** Of the option that has its policy, such as on_range; or finite, of on_limit for
     * what is not. */
    char name[32];
    int64_t columns;
    int64_t columns_last_run;
    gwparam_place
        worst; /**< The value with the largest excess; the first of equal ones. */
} gwparam_guard_report;

/**
 * Copy the library's version, "MAJOR.MINOR.PATCH".
 * @param[out] text     Receives the NUL-terminated text.
 * @param      capacity Bytes at text.
 * @return GWPARAM_OK, or ERR_ARGUMENT if the text does not fit.
 */
GWPARAM_API gwparam_status gwparam_version(char *text, int64_t capacity);

/**
 * Copy the message of this thread's last failure.
 * @param[out] text     Receives the NUL-terminated text, cut to fit.
 * @param      capacity Bytes at text.
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_last_error(char *text, int64_t capacity);

/**
 * How units convert: value_in_wanted = scale * value_in_given + offset.
 * @param      given  A product such as "m s-1", "hPa" or "degrees_north".
 * @param      wanted Another.
 * @param[out] scale  Receives the factor.
 * @param[out] offset Receives what is added.
 * @return GWPARAM_OK, ERR_ARGUMENT, or ERR_CONTRACT (unknown, or of another dimension).
 */
GWPARAM_API gwparam_status gwparam_units_conversion(const char *given,
                                                    const char *wanted, double *scale,
                                                    double *offset);

/**
 * Do nothing but fused multiply-adds in the caller's thread, as fast as the processor
 * can: the measure of what a network's products take.
 * @param      dtype  GWPARAM_FLOAT32 or GWPARAM_FLOAT64.
 * @param      count  How many, at least.
 * @param[out] done   How many there were.
 * @param[out] result What came of them: 2 to rounding.
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_multiply_add(int32_t dtype, int64_t count,
                                                int64_t *done, double *result);

/**
 * Fill in the default settings.
 * @param[out] options     Receives the defaults.
 * @param      struct_size sizeof(gwparam_options) as the caller was compiled.
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_options_init(gwparam_options *options,
                                                uint32_t struct_size);

/**
 * Load an exported network as a scheme, check it against its own probe and warm it up.
 * @param[out] out  The caller's until gwparam_scheme_free(); null on failure.
 * @param path      NUL-terminated UTF-8.
 * @param options   Null for the defaults.
 * @return GWPARAM_OK, or ERR_ARGUMENT, ERR_FILE (absent, truncated, not an archive),
 *         ERR_CONTRACT (contract absent, newer or inconsistent), ERR_DEVICE,
 *         ERR_INFERENCE (the probe is not reproduced), ERR_MEMORY.
 */
GWPARAM_API gwparam_status gwparam_scheme_load(gwparam_scheme **out, const char *path,
                                               const gwparam_options *options);

/**
 * Free a scheme.
 * @param scheme Null is fine.
 * @return GWPARAM_OK, or ERR_BUSY: it was not freed, a call on it is under way.
 */
GWPARAM_EXPORT gwparam_status gwparam_scheme_free(gwparam_scheme *scheme);

/**
 * Copy the contract, as JSON.
 * @param      scheme   The scheme.
 * @param[out] text     Receives the NUL-terminated text; may be null if capacity is 0.
 * @param      capacity Bytes at text.
 * @param[out] size     Bytes that the text needs, the NUL included.
 * @return GWPARAM_OK, or ERR_ARGUMENT if the text does not fit (size is set all the
 * same).
 */
GWPARAM_API gwparam_status gwparam_scheme_contract(const gwparam_scheme *scheme,
                                                   char *text, int64_t capacity,
                                                   int64_t *size);

/**
 * Copy what the artefact is, in lines: its name, what it sees, its levels; then each
 * tendency and its limit.
 * @param      scheme   The scheme.
 * @param[out] text     Receives the NUL-terminated text, lines parted by newlines; may
 * be null if capacity is 0.
 * @param      capacity Bytes at text.
 * @param[out] size     Bytes that the text needs, the NUL included.
 * @return As gwparam_scheme_contract().
 */
GWPARAM_API gwparam_status gwparam_scheme_description(const gwparam_scheme *scheme,
                                                      char *text, int64_t capacity,
                                                      int64_t *size);

/** Bytes of a SHA-256 in hexadecimal digits, the NUL included. */
enum { GWPARAM_SHA256_BYTES = 65 };

/**
 * Copy the SHA-256 of the artefact's file, as rank 0 read it when it was loaded: what
 * sha256sum prints.
 * @param      scheme   The scheme.
 * @param[out] text     Receives 64 hexadecimal digits and a NUL.
 * @param      capacity Bytes at text, at least GWPARAM_SHA256_BYTES.
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_scheme_sha256(const gwparam_scheme *scheme,
                                                 char *text, int64_t capacity);

/**
 * What the network sees at once: what is more than a column needs
 * gwparam_scheme_set_columns() and all columns in one flush.
 * @param      scheme   The scheme.
 * @param[out] geometry Receives GWPARAM_COLUMN, _STENCIL or _GLOBAL.
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_scheme_geometry(const gwparam_scheme *scheme,
                                                   int32_t *geometry);

/**
 * Copy the counters of a scheme.
 * @param      scheme      The scheme.
 * @param[out] statistics  Receives the counters.
 * @param      struct_size sizeof(gwparam_statistics) as the caller was compiled.
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_scheme_statistics(const gwparam_scheme *scheme,
                                                     gwparam_statistics *statistics,
                                                     uint32_t struct_size);

/**
 * Copy what one guard caught on this rank since the load.
 * @param      scheme      The scheme.
 * @param      number      From 1, in the order in which they look at a column; past the
 *                         last guard, the name is empty.
 * @param[out] report      Receives it.
 * @param      struct_size sizeof(gwparam_guard_report) as the caller was compiled.
 * @param[out] levels      Receives how many values were beyond, on each level from the
 *                         top: those of the network for a guard of its inputs, else
 * those of the host; 0 past the last level. May be null if capacity is 0.
 * @param      capacity    Numbers at levels.
 * @param[out] n_levels    Receives how many numbers there are.
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_scheme_guard(const gwparam_scheme *scheme,
                                                int64_t number,
                                                gwparam_guard_report *report,
                                                uint32_t struct_size, int64_t *levels,
                                                int64_t capacity, int64_t *n_levels);

/** Stages of a run, of which gwparam_scheme_trace() tells the sums, in their order. */
enum {
    GWPARAM_TRACE_PUT = 1,         /**< Inputs, as the host put them. */
    GWPARAM_TRACE_NETWORK_INPUTS,  /**< Inputs on the network's levels. */
    GWPARAM_TRACE_NETWORK_OUTPUTS, /**< What the network gave. */
    GWPARAM_TRACE_OUTPUTS,         /**< The same on the host's levels. */
    GWPARAM_TRACE_GUARDED          /**< Past the guards. */
};

/**
 * One number for each column of the run whose result there is, made of all of its
 * values at a stage: two runs in which it differs differ in that column, there or
 * before. Any one value that changes by a bit changes it; the bits of a NaN do not
 * count.
 * @param      scheme   Loaded with the option trace.
 * @param      stage    GWPARAM_TRACE_*
 * @param[out] sums     Receives them, in the order of the windows and of their columns
 *                      (column).
 * @param      capacity Numbers at sums, at least as many as columns.
 * @return GWPARAM_OK, ERR_ARGUMENT (no trace, no result, no such stage), or ERR_SHAPE
 * (room for fewer).
 */
GWPARAM_API gwparam_status gwparam_scheme_trace(const gwparam_scheme *scheme,
                                                int32_t stage, uint64_t *sums,
                                                int64_t capacity);

/**
 * Which of the host's ranks this is.
 * @param      scheme The scheme.
 * @param[out] rank   Receives its number, from 0.
 * @param[out] ranks  Receives how many there are; 1 after gwparam_scheme_load().
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_scheme_ranks(const gwparam_scheme *scheme,
                                                int32_t *rank, int32_t *ranks);

/**
 * Give rank 0 the numbers of all ranks, for a report; collective, between two steps.
 * @param      scheme The scheme.
 * @param      mine   Numbers of this rank.
 * @param      count  How many, the same on all ranks.
 * @param[out] all    Receives count numbers of each rank, in their order, on rank 0;
 *                    elsewhere it is left alone and may be null.
 * @return GWPARAM_OK, ERR_ARGUMENT, ERR_SHAPE (other counts), ERR_RANK, or the failure
 * of a rank since the last collective call.
 */
GWPARAM_API gwparam_status gwparam_scheme_gather(gwparam_scheme *scheme,
                                                 const int64_t *mine, int64_t count,
                                                 int64_t *all);

/**
 * State the host's levels; needed once, before the first put. What was put, or is
 * pending, is dropped.
 * @param scheme   The scheme.
 * @param order    GWPARAM_TOP_DOWN or GWPARAM_BOTTOM_UP: which end index 0 is.
 * @param nlev     Number of full levels.
 * @param pressure Reference pressure of the full levels [Pa], in the host's order.
 * @return GWPARAM_OK, or ERR_ARGUMENT (pressure is not monotonic in that order),
 *         ERR_SHAPE (another number of levels), ERR_CONTRACT (other pressures than the
 *         network's).
 */
GWPARAM_API gwparam_status gwparam_scheme_set_levels(gwparam_scheme *scheme,
                                                     int32_t order, int64_t nlev,
                                                     const double *pressure);

/**
 * State where the columns are; needed once by a network that sees a column's neighbours
 * or the whole globe. They must be all cells of one global latitude-longitude grid, in
 * any order.
 * @param scheme    The scheme.
 * @param latitude  One value a column, in the order in which the columns are put.
 * @param longitude The same.
 * @param units     Units of both; null: degrees.
 * @return GWPARAM_OK, or ERR_ARGUMENT (a cell is missing or there twice), ERR_CONTRACT
 *         (units), ERR_SHAPE, ERR_NONFINITE.
 */
GWPARAM_API gwparam_status gwparam_scheme_set_columns(gwparam_scheme *scheme,
                                                      const gwparam_array *latitude,
                                                      const gwparam_array *longitude,
                                                      const char *units);

/**
 * gwparam_scheme_set_columns() for a host that numbers the cells of its grid.
 * @param scheme      The scheme.
 * @param latitude    Of the rows of the whole grid.
 * @param n_latitude  Their number.
 * @param longitude   Of the places in a row.
 * @param n_longitude Their number.
 * @param units       Units of both; null: degrees.
 * @param cell        One value a column: row * n_longitude + place, both from 0.
 * @param columns     Number of columns, 0 allowed.
 * @return As gwparam_scheme_set_columns().
 */
GWPARAM_API gwparam_status gwparam_scheme_set_cells(
    gwparam_scheme *scheme, const double *latitude, int64_t n_latitude,
    const double *longitude, int64_t n_longitude, const char *units,
    const int64_t *cell, int64_t columns);

/**
 * Name one field of a scheme; levels must be set.
 * @param      scheme         The scheme.
 * @param      kind           GWPARAM_INPUT, GWPARAM_OUTPUT or GWPARAM_PENDING.
 * @param      number         From 1; past the last field, the name is empty.
 * @param[out] name           Receives the NUL-terminated name.
 * @param      name_capacity  Bytes at name.
 * @param[out] units          Receives the NUL-terminated units.
 * @param      units_capacity Bytes at units.
 * @param[out] levels         Receives the number of levels; 0: (horizontal...) only.
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_scheme_field(const gwparam_scheme *scheme,
                                                int32_t kind, int64_t number,
                                                char *name, int64_t name_capacity,
                                                char *units, int64_t units_capacity,
                                                int64_t *levels);

/**
 * Hand over one input of the current window of columns; it is copied. A network on
 * levels of its own, or one that gives fluxes, also takes `air_pressure` and
 * `air_pressure_at_half_levels` (one level more), whichever inputs its contract names.
 * @param scheme The scheme.
 * @param name   The contract's name of the field.
 * @param units  Units of the array; null: those of the contract. Empty text is the unit
 *               1, and refused for a field of another dimension.
 * @param array  (horizontal..., level), or (horizontal...) for a surface field.
 * @return GWPARAM_OK, or ERR_ARGUMENT (levels not set, given twice, a guard's policy is
 * native without gwparam_scheme_set_native()), ERR_CONTRACT (no such input, units of
 * another dimension), ERR_SHAPE, ERR_NONFINITE, ERR_RANGE (as options.on_unphysical
 * says).
 */
GWPARAM_API gwparam_status gwparam_scheme_put(gwparam_scheme *scheme, const char *name,
                                              const char *units,
                                              const gwparam_array *array);

/** Columns that guards leave to the host's native scheme, and room for its drag. */
typedef struct gwparam_native_columns {
    int64_t columns; /**< How many, at least 1. */
    /** Their numbers, from 0 and increasing, in the order in which columns were put
     * since the last flush. */
    const int64_t *column;
    int64_t levels;          /**< Of the host. */
    int64_t tendencies;      /**< How many are wanted. */
    const char *const *name; /**< Of each, as of gwparam_scheme_field(). */
    /** Of each: "m s-2" for accelerations, else that of the contract. */
    const char *const *units;
    /** To be filled, all of it: (tendency, column, level), the level fastest and in the
     * host's order, with the sign of a tendency: an eastward wind is slowed down by
     * negative numbers. */
    double *drag;
} gwparam_native_columns;

/**
 * A host's native scheme, for some columns alone. It is called in a flush, in the
 * thread of the flush, between no two others; where there is no such column it is not
 * called. The state is the host's own, that of the step of this flush, also with lag
 * = 1. The scheme that calls it is in use. Nothing may be thrown or jumped through.
 * @param      context  Of gwparam_scheme_set_native().
 * @param      columns  What is wanted.
 * @param[out] message  May receive the reason of a failure, NUL-terminated.
 * @param      capacity Bytes at message.
 * @return GWPARAM_OK, or a GWPARAM_ERR_* with which the flush fails, on all ranks; for
 * any other number it is ERR_ARGUMENT.
 */
typedef gwparam_status (*gwparam_native_procedure)(
    void *context, const gwparam_native_columns *columns, char *message,
    int64_t capacity);

/**
 * State the native scheme of GWPARAM_GUARD_NATIVE, before the first put; another one,
 * or another context, takes its place between two steps.
 * @param scheme    The scheme.
 * @param procedure Null: none.
 * @param context   Handed to it; must live as long as it may be called.
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_scheme_set_native(gwparam_scheme *scheme,
                                                     gwparam_native_procedure procedure,
                                                     void *context);

/**
 * Say where and when the columns of the current window are, before its inputs: messages
 * and reports then name them. No network needs it.
 * @param scheme    The scheme.
 * @param latitude  (horizontal...), as the inputs; null: not known.
 * @param longitude The same.
 * @param units     Units of both; null: degrees.
 * @param date      NUL-terminated, as it shall be shown; it stays until the next one.
 *                  Null: as it was.
 * @return As gwparam_scheme_put().
 */
GWPARAM_API gwparam_status gwparam_scheme_put_place(gwparam_scheme *scheme,
                                                    const gwparam_array *latitude,
                                                    const gwparam_array *longitude,
                                                    const char *units,
                                                    const char *date);

/**
 * Close the current window of columns: all inputs are there.
 * @param      scheme The scheme.
 * @param[out] window Its number, from 1; may be null.
 * @return GWPARAM_OK, or ERR_ARGUMENT (an input is missing).
 */
GWPARAM_API gwparam_status gwparam_scheme_add_columns(gwparam_scheme *scheme,
                                                      int64_t *window);

/**
 * Run the network on all windows closed since the last flush.
 * @param scheme The scheme.
 * @return GWPARAM_OK, or ERR_ARGUMENT (no window, or one is open), ERR_DEVICE,
 *         ERR_INFERENCE, ERR_NONFINITE (an output), ERR_RANGE, ERR_MEMORY, or what the
 *         native scheme reports. The windows are gone after a failure.
 */
GWPARAM_API gwparam_status gwparam_scheme_flush(gwparam_scheme *scheme);

/**
 * gwparam_scheme_add_columns() and gwparam_scheme_flush() in one call: window 1.
 * @param scheme The scheme.
 * @return As those.
 */
GWPARAM_API gwparam_status gwparam_scheme_run(gwparam_scheme *scheme);

/**
 * Drop every window and input handed over since the last flush.
 * @param scheme The scheme.
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_scheme_discard(gwparam_scheme *scheme);

/**
 * Copy one output of a window of the last flush. It stays available until the next put.
 * Tendencies are on the host's full levels. A flux is there twice: on the network's own
 * levels by its name, and on the host's half levels by its name and `_at_half_levels`.
 * @param      scheme The scheme.
 * @param      window From 1.
 * @param      name   The contract's name of the field.
 * @param      units  Units wanted in the array; null: those of the contract.
 * @param[out] array  (horizontal..., level): as many columns as the window has.
 * @return GWPARAM_OK, or ERR_ARGUMENT (nothing was run, no such window), ERR_CONTRACT
 * (no such output, units of another dimension), ERR_SHAPE.
 */
GWPARAM_API gwparam_status gwparam_scheme_get(const gwparam_scheme *scheme,
                                              int64_t window, const char *name,
                                              const char *units,
                                              const gwparam_array *array);

/**
 * Complete what the scheme carries to its next flush, so that it can be saved: with
 * lag = 1, the result of the last one, which the counters then hold. Without lag there
 * is nothing. What gwparam_scheme_get() had is gone.
 * @param      scheme  The scheme.
 * @param[out] carries 1 if there is a result to save, else 0; may be null.
 * @return As gwparam_scheme_flush().
 */
GWPARAM_API gwparam_status gwparam_scheme_synchronise(gwparam_scheme *scheme,
                                                      int32_t *carries);

/** The name of gwparam_scheme_synchronise() until 0.1; gone with 0.3. */
GWPARAM_API gwparam_status gwparam_scheme_settle(gwparam_scheme *scheme,
                                                 int32_t *carries);

/**
 * Copy one pending field, for a restart file, after gwparam_scheme_synchronise().
 * @param      scheme The scheme.
 * @param      name   Of gwparam_scheme_field() with GWPARAM_PENDING.
 * @param[out] array  float64, (horizontal..., level), all columns of this rank in the
 *                    order in which they were put; in the host's vertical order.
 * @return GWPARAM_OK, or ERR_ARGUMENT (nothing is pending), ERR_CONTRACT (no such
 *         field), ERR_SHAPE.
 */
GWPARAM_API gwparam_status gwparam_scheme_save(const gwparam_scheme *scheme,
                                               const char *name,
                                               const gwparam_array *array);

/**
 * Give one pending field back, after set_levels and before the first put. The scheme
 * goes on from there once all were given.
 * @param scheme The scheme.
 * @param name   Of gwparam_scheme_field() with GWPARAM_PENDING.
 * @param array  As in gwparam_scheme_save().
 * @return As gwparam_scheme_save(), and ERR_NONFINITE.
 */
GWPARAM_API gwparam_status gwparam_scheme_restore(gwparam_scheme *scheme,
                                                  const char *name,
                                                  const gwparam_array *array);

/**
 * State by which number the next run draws its member, where it is not the number of
 * runs: a host that runs its columns in several flushes a step gives the number of the
 * step before each. Later runs count on from it. The same on all ranks.
 * @param scheme The scheme.
 * @param number From 1, at most 2^53.
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_scheme_set_draw(gwparam_scheme *scheme,
                                                   int64_t number);

/**
 * Tell which member a run has, before it or after.
 * @param      scheme The scheme.
 * @param      run    Its number, from 1: of the statistics, or as
 *                    gwparam_scheme_set_draw() was told.
 * @param[out] member From 1; 0: results are the mean of several.
 * @return GWPARAM_OK, or ERR_ARGUMENT.
 */
GWPARAM_API gwparam_status gwparam_scheme_member(const gwparam_scheme *scheme,
                                                 int64_t run, int64_t *member);

/**
 * Go on counting from counters that were saved: runs, columns, guarded_columns,
 * guarded_columns_last_run and member.
 * @param scheme      The scheme.
 * @param statistics  From gwparam_scheme_statistics().
 * @param struct_size sizeof(gwparam_statistics) as the caller was compiled.
 * @return GWPARAM_OK, or ERR_ARGUMENT (a counter is negative).
 */
GWPARAM_API gwparam_status gwparam_scheme_restore_statistics(
    gwparam_scheme *scheme, const gwparam_statistics *statistics, uint32_t struct_size);

#ifdef __cplusplus
}
#endif

#endif
