/* The C ABI: what a step gives, every layout, and every status. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "gwparam.h"
#include "tap.h"

enum { NLON = 3, NLAT = 4, NLEV = 5, NCOL = NLON * NLAT };

static const double top_down_pressure[NLEV] = {1e3, 1e4, 3e4, 6e4, 9e4};
static const double bottom_up_pressure[NLEV] = {9e4, 6e4, 3e4, 1e4, 1e3};

static const char *const U = "eastward_wind";
static const char *const V = "northward_wind";
static const char *const PS = "surface_air_pressure";
static const char *const LAT = "latitude";
static const char *const DUDT = "tendency_of_eastward_wind_due_to_gravity_wave_drag";
static const char *const DVDT = "tendency_of_northward_wind_due_to_gravity_wave_drag";

static const char *folder;

/* Distinct values for every cell; level k counts from the top, from 0. */
static double u_at(int i, int j, int k) { return 1 + i + 10 * j + 100 * k; }
static double v_at(int i, int j, int k) { return -3 + 7 * i - 5 * j + 2 * k; }
static double ps_at(int i, int j) { return 9e4 + 100 * i + 1000 * j; }
static double lat_at(int i, int j) { return -50 + i + 20 * j; }

static double dudt_at(int i, int j, int k) {
    return 1e-6 * u_at(i, j, k) + 1e-12 * (k + 1) * ps_at(i, j);
}
static double dvdt_at(int i, int j, int k) {
    return -2e-6 * v_at(i, j, k) + 1e-7 * lat_at(i, j);
}

/* Layouts of (lon, lat, lev): strides of the three dimensions in elements. */
typedef struct {
    const char *name;
    int64_t lon, lat, lev;
    int bottom_up;
} layout;

static const layout fortran_layout = {"lon fastest", 1, NLON, NCOL, 0};
static const layout layouts[] = {
    {"lon fastest", 1, NLON, NCOL, 0},
    {"level fastest", NLEV, NLEV * NLON, 1, 0},
    {"lat fastest", NLAT * NLEV, 1, NLAT, 0},
    {"every second element", 2, 2 * NLON, 2 * NCOL, 0},
    {"bottom up", 1, NLON, NCOL, 1},
};

typedef struct {
    double u[2 * NCOL * NLEV], v[2 * NCOL * NLEV];
    double ps[NCOL], lat[NCOL];
    double dudt[2 * NCOL * NLEV], dvdt[2 * NCOL * NLEV];
} state;

static int64_t cell(const layout *l, int i, int j, int k) {
    return i * l->lon + j * l->lat + (l->bottom_up ? NLEV - 1 - k : k) * l->lev;
}

static void fill(state *s, const layout *l) {
    memset(s, 0, sizeof *s);
    for (int j = 0; j < NLAT; ++j) {
        for (int i = 0; i < NLON; ++i) {
            s->ps[i + NLON * j] = ps_at(i, j);
            s->lat[i + NLON * j] = lat_at(i, j);
            for (int k = 0; k < NLEV; ++k) {
                s->u[cell(l, i, j, k)] = u_at(i, j, k);
                s->v[cell(l, i, j, k)] = v_at(i, j, k);
            }
        }
    }
}

static gwparam_array on_levels(double *data, const layout *l) {
    const gwparam_array array = {
        data, GWPARAM_FLOAT64, 3, {NLON, NLAT, NLEV, 0}, {l->lon, l->lat, l->lev, 0}};
    return array;
}

static gwparam_array at_surface(double *data) {
    const gwparam_array array = {
        data, GWPARAM_FLOAT64, 2, {NLON, NLAT, 0, 0}, {1, NLON, 0, 0}};
    return array;
}

static gwparam_status put_all(gwparam_scheme *scheme, state *s, const layout *l) {
    const gwparam_array u = on_levels(s->u, l), v = on_levels(s->v, l);
    const gwparam_array ps = at_surface(s->ps), lat = at_surface(s->lat);
    gwparam_status status = gwparam_scheme_put(scheme, U, "m s-1", &u);
    status = status ? status : gwparam_scheme_put(scheme, V, NULL, &v);
    status = status ? status : gwparam_scheme_put(scheme, PS, "Pa", &ps);
    return status ? status : gwparam_scheme_put(scheme, LAT, "degrees_north", &lat);
}

static gwparam_status get_both(gwparam_scheme *scheme, state *s, const layout *l,
                               int64_t window) {
    const gwparam_array dudt = on_levels(s->dudt, l), dvdt = on_levels(s->dvdt, l);
    const gwparam_status status = gwparam_scheme_get(scheme, window, DUDT, NULL, &dudt);
    return status ? status : gwparam_scheme_get(scheme, window, DVDT, "m s-2", &dvdt);
}

static double largest_error(const state *s, const layout *l) {
    double largest = 0;
    for (int k = 0; k < NLEV; ++k) {
        for (int j = 0; j < NLAT; ++j) {
            for (int i = 0; i < NLON; ++i) {
                const double eu = fabs(s->dudt[cell(l, i, j, k)] - dudt_at(i, j, k));
                const double ev = fabs(s->dvdt[cell(l, i, j, k)] - dvdt_at(i, j, k));
                largest = fmax(largest, fmax(eu, ev));
            }
        }
    }
    return largest;
}

/* The largest output is 5e-4; what is left is rounding in double precision. */
static const double rounding = 1e-17;

static char message[1024];

static int fails_with(gwparam_status status, gwparam_status expected,
                      const char *text) {
    if (gwparam_last_error(message, sizeof message) != GWPARAM_OK) {
        return 0;
    }
    const int as_expected = status == expected && strstr(message, text) != NULL;
    if (!as_expected) {
        printf("# status %d, message: %s\n", status, message);
    }
    return as_expected;
}

static gwparam_status load_with(const char *file, const gwparam_options *options,
                                gwparam_scheme **scheme) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return gwparam_scheme_load(scheme, path, options);
}

static gwparam_scheme *load(const char *file, const gwparam_options *options) {
    gwparam_scheme *scheme = NULL;
    if (load_with(file, options, &scheme) != GWPARAM_OK ||
        gwparam_scheme_set_levels(scheme, GWPARAM_TOP_DOWN, NLEV, top_down_pressure) !=
            GWPARAM_OK) {
        printf("Bail out! cannot load %s\n", file);
        exit(1);
    }
    return scheme;
}

static gwparam_options defaults(void) {
    gwparam_options options;
    if (gwparam_options_init(&options, sizeof options) != GWPARAM_OK) {
        printf("Bail out! no options\n");
        exit(1);
    }
    return options;
}

static void test_layouts(void) {
    static state s;
    for (size_t n = 0; n < sizeof layouts / sizeof *layouts; ++n) {
        const layout *l = &layouts[n];
        gwparam_scheme *scheme = load("linear.pt", NULL);
        gwparam_status status = GWPARAM_OK;
        if (l->bottom_up) {
            status = gwparam_scheme_set_levels(scheme, GWPARAM_BOTTOM_UP, NLEV,
                                               bottom_up_pressure);
        }
        fill(&s, l);
        status = status ? status : put_all(scheme, &s, l);
        status = status ? status : gwparam_scheme_run(scheme);
        status = status ? status : get_both(scheme, &s, l, 1);
        ok(status == GWPARAM_OK && largest_error(&s, l) <= rounding, l->name);
        gwparam_scheme_free(scheme);
    }
}

static void test_network_that_counts_from_below(void) {
    static state s;
    gwparam_scheme *scheme = load("bottom_up.pt", NULL);
    fill(&s, &fortran_layout);
    gwparam_status status = put_all(scheme, &s, &fortran_layout);
    status = status ? status : gwparam_scheme_run(scheme);
    status = status ? status : get_both(scheme, &s, &fortran_layout, 1);
    /* Its k counts from below, so only the wind's part of dudt is known here. */
    const double lowest = 1e-6 * u_at(2, 1, 4) + 1e-12 * ps_at(2, 1);
    const double found = s.dudt[cell(&fortran_layout, 2, 1, 4)];
    ok(status == GWPARAM_OK && fabs(found - lowest) <= rounding,
       "a bottom-up network gets a top-down host's columns turned over");
    gwparam_scheme_free(scheme);
}

static void test_single_precision(void) {
    static state s;
    static float u[NCOL * NLEV], dudt[NCOL * NLEV];
    const layout *l = &fortran_layout;
    gwparam_scheme *scheme = load("linear_float32.pt", NULL);
    fill(&s, l);
    for (int n = 0; n < NCOL * NLEV; ++n) {
        u[n] = (float)s.u[n];
    }
    gwparam_array single = on_levels(s.u, l), v = on_levels(s.v, l);
    const gwparam_array ps = at_surface(s.ps), lat = at_surface(s.lat);
    single.data = u;
    single.dtype = GWPARAM_FLOAT32;
    gwparam_status status = gwparam_scheme_put(scheme, U, NULL, &single);
    status = status ? status : gwparam_scheme_put(scheme, V, NULL, &v);
    status = status ? status : gwparam_scheme_put(scheme, PS, NULL, &ps);
    status = status ? status : gwparam_scheme_put(scheme, LAT, NULL, &lat);
    status = status ? status : gwparam_scheme_run(scheme);
    single.data = dudt;
    status = status ? status : gwparam_scheme_get(scheme, 1, DUDT, NULL, &single);
    double largest = 0;
    for (int k = 0; k < NLEV; ++k) {
        for (int j = 0; j < NLAT; ++j) {
            for (int i = 0; i < NLON; ++i) {
                largest =
                    fmax(largest, fabs(dudt[cell(l, i, j, k)] - dudt_at(i, j, k)));
            }
        }
    }
    /* Two roundings in single precision of values up to 5e-4. */
    ok(status == GWPARAM_OK && largest < 1e-10, "single-precision fields and network");
    gwparam_scheme_free(scheme);
}

static void test_units_are_converted(void) {
    static state s;
    const layout *l = &fortran_layout;
    gwparam_scheme *scheme = load("linear.pt", NULL);
    fill(&s, l);
    for (int n = 0; n < NCOL; ++n) {
        s.lat[n] *= 3.14159265358979323846 / 180;
        s.ps[n] /= 100;
    }
    const gwparam_array u = on_levels(s.u, l), v = on_levels(s.v, l);
    const gwparam_array ps = at_surface(s.ps), lat = at_surface(s.lat);
    gwparam_array dudt = on_levels(s.dudt, l);
    gwparam_status status = gwparam_scheme_put(scheme, LAT, "radians", &lat);
    status = status ? status : gwparam_scheme_put(scheme, PS, "hPa", &ps);
    status = status ? status : gwparam_scheme_put(scheme, V, "m/s", &v);
    status = status ? status : gwparam_scheme_put(scheme, U, "m s**-1", &u);
    status = status ? status : gwparam_scheme_run(scheme);
    status = status ? status : get_both(scheme, &s, l, 1);
    /* Degrees and hPa come back with a rounding error of a few units in the last place.
     */
    ok(status == GWPARAM_OK && largest_error(&s, l) <= 1e-15, "units of inputs");
    status = gwparam_scheme_get(scheme, 1, DUDT, "m s-1 day-1", &dudt);
    ok(status == GWPARAM_OK &&
           fabs(s.dudt[0] - 86400 * dudt_at(0, 0, 0)) <= 86400 * 1e-15,
       "units of outputs");
    gwparam_scheme_free(scheme);
}

/* Windows of one latitude row each, handed over one after the other, then run at once.
 */
static void test_windows(void) {
    static state whole, parts;
    const layout *l = &fortran_layout;
    gwparam_scheme *scheme = load("linear.pt", NULL);
    fill(&whole, l);
    gwparam_status status = put_all(scheme, &whole, l);
    status = status ? status : gwparam_scheme_run(scheme);
    status = status ? status : get_both(scheme, &whole, l, 1);

    fill(&parts, l);
    for (int j = 0; j < NLAT && status == GWPARAM_OK; ++j) {
        gwparam_array u = on_levels(parts.u + j * NLON, l);
        gwparam_array v = on_levels(parts.v + j * NLON, l);
        gwparam_array ps = at_surface(parts.ps + j * NLON);
        gwparam_array lat = at_surface(parts.lat + j * NLON);
        u.shape[1] = v.shape[1] = ps.shape[1] = lat.shape[1] = 1;
        int64_t window = 0;
        status = gwparam_scheme_put(scheme, U, NULL, &u);
        status = status ? status : gwparam_scheme_put(scheme, V, NULL, &v);
        status = status ? status : gwparam_scheme_put(scheme, PS, NULL, &ps);
        status = status ? status : gwparam_scheme_put(scheme, LAT, NULL, &lat);
        status = status ? status : gwparam_scheme_add_columns(scheme, &window);
        status = window == j + 1 ? status : GWPARAM_ERR_INTERNAL;
    }
    status = status ? status : gwparam_scheme_flush(scheme);
    for (int j = NLAT - 1; j >= 0 && status == GWPARAM_OK; --j) {
        gwparam_array dudt = on_levels(parts.dudt + j * NLON, l);
        gwparam_array dvdt = on_levels(parts.dvdt + j * NLON, l);
        dudt.shape[1] = dvdt.shape[1] = 1;
        status = gwparam_scheme_get(scheme, j + 1, DUDT, NULL, &dudt);
        status = status ? status : gwparam_scheme_get(scheme, j + 1, DVDT, NULL, &dvdt);
    }
    ok(status == GWPARAM_OK && memcmp(whole.dudt, parts.dudt, sizeof whole.dudt) == 0 &&
           memcmp(whole.dvdt, parts.dvdt, sizeof whole.dvdt) == 0,
       "windows give the bits of one call");

    gwparam_statistics statistics;
    status = gwparam_scheme_statistics(scheme, &statistics, sizeof statistics);
    ok(status == GWPARAM_OK && statistics.runs == 2 && statistics.columns == 2 * NCOL &&
           statistics.guarded_columns == 0,
       "runs and columns are counted");
    gwparam_scheme_free(scheme);
}

static void test_no_columns(void) {
    static state s;
    gwparam_array u = on_levels(s.u, &fortran_layout), ps = at_surface(s.ps);
    u.shape[1] = ps.shape[1] = 0;
    u.data = ps.data = NULL;
    gwparam_scheme *scheme = load("linear.pt", NULL);
    gwparam_status status = gwparam_scheme_put(scheme, U, NULL, &u);
    status = status ? status : gwparam_scheme_put(scheme, V, NULL, &u);
    status = status ? status : gwparam_scheme_put(scheme, PS, NULL, &ps);
    status = status ? status : gwparam_scheme_put(scheme, LAT, NULL, &ps);
    status = status ? status : gwparam_scheme_run(scheme);
    status = status ? status : gwparam_scheme_get(scheme, 1, DUDT, NULL, &u);
    ok(status == GWPARAM_OK, "a rank without columns runs");
    gwparam_scheme_free(scheme);
}

static void test_load_failures(void) {
    static const struct {
        const char *file;
        gwparam_status status;
        const char *text;
    } cases[] = {
        {"absent.pt", GWPARAM_ERR_FILE, "No such file"},
        {"empty.pt", GWPARAM_ERR_FILE, "no TorchScript archive"},
        {"wrong_magic.pt", GWPARAM_ERR_FILE, "does not begin as a zip file"},
        {"truncated.pt", GWPARAM_ERR_FILE, "no complete TorchScript archive"},
        {"no_contract.pt", GWPARAM_ERR_CONTRACT, "holds no gwparam_contract.json"},
        {"newer.pt", GWPARAM_ERR_CONTRACT, "contract_version is 3, expected at most 2"},
        {"torus.pt", GWPARAM_ERR_CONTRACT,
         "geometry.kind is \"torus\", expected column"},
        {"onnx.pt", GWPARAM_ERR_CONTRACT,
         "backend is \"onnx\", expected one of torchscript, "
         "column_program"},
        {"no_limits.pt", GWPARAM_ERR_CONTRACT,
         "limits has no entry for tendency_of_eastward"},
        {"bad_dtype.pt", GWPARAM_ERR_CONTRACT,
         "inputs[0].units is 7, expected a string"},
        {"probe_short.pt", GWPARAM_ERR_CONTRACT, "528 bytes, expected 704"},
        {"probe_mismatch.pt", GWPARAM_ERR_INFERENCE, "the probe is off by"},
        {"wrong_count.pt", GWPARAM_ERR_INFERENCE, "expected a tuple of 2 tensors"},
        {"wrong_shape.pt", GWPARAM_ERR_INFERENCE, "has shape (1, 5)"},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; ++n) {
        gwparam_scheme *scheme = (gwparam_scheme *)&folder;
        const gwparam_status status = load_with(cases[n].file, NULL, &scheme);
        ok(fails_with(status, cases[n].status, cases[n].text) && scheme == NULL,
           cases[n].file);
    }
}

static void test_option_failures(void) {
    gwparam_scheme *scheme = NULL;
    gwparam_options options = defaults();
    options.threads = -1;
    ok(fails_with(load_with("linear.pt", &options, &scheme), GWPARAM_ERR_ARGUMENT,
                  "threads is -1"),
       "negative threads");
    options = defaults();
    options.on_limit = 7;
    ok(fails_with(load_with("linear.pt", &options, &scheme), GWPARAM_ERR_ARGUMENT,
                  "on_limit is 7"),
       "unknown guard");
    options = defaults();
    strcpy(options.device, "gpu");
    ok(fails_with(load_with("linear.pt", &options, &scheme), GWPARAM_ERR_ARGUMENT,
                  "device is \"gpu\", expected auto, cpu, cuda or cuda:N"),
       "unknown device");
    options = defaults();
    strcpy(options.device, "cuda:99");
    ok(fails_with(load_with("linear.pt", &options, &scheme), GWPARAM_ERR_DEVICE,
                  "device is \"cuda:99\""),
       "absent device");
    options = defaults();
    options.on_unphysical = 7;
    ok(fails_with(load_with("linear.pt", &options, &scheme), GWPARAM_ERR_ARGUMENT,
                  "on_unphysical is 7, expected 0 to 6"),
       "unknown guard of unphysical inputs");
    options = defaults();
    options.trace = 2;
    ok(fails_with(load_with("linear.pt", &options, &scheme), GWPARAM_ERR_ARGUMENT,
                  "trace is 2, expected 0 to 1"),
       "an unknown kind of trace");
    struct {
        gwparam_options options;
        int64_t later;
    } newer = {defaults(), 1};
    newer.options.struct_size = sizeof newer;
    ok(fails_with(load_with("linear.pt", &newer.options, &scheme), GWPARAM_ERR_ARGUMENT,
                  "does not know"),
       "a setting of a newer header");
    newer.later = 0;
    ok(load_with("linear.pt", &newer.options, &scheme) == GWPARAM_OK,
       "a newer header with its new setting unused");
    gwparam_scheme_free(scheme);
    ok(fails_with(gwparam_scheme_load(NULL, "x", NULL), GWPARAM_ERR_ARGUMENT, "out is"),
       "null handle");
    ok(fails_with(gwparam_scheme_load(&scheme, NULL, NULL), GWPARAM_ERR_ARGUMENT,
                  "path is null"),
       "null path");
}

static void test_level_failures(void) {
    gwparam_scheme *scheme = load("linear.pt", NULL);
    double other[NLEV] = {1e3, 1e4, 3e4, 6e4, 1.2e5};
    ok(fails_with(gwparam_scheme_set_levels(scheme, GWPARAM_TOP_DOWN, NLEV,
                                            bottom_up_pressure),
                  GWPARAM_ERR_ARGUMENT, "expected positive values that increase"),
       "pressures against the stated order");
    ok(fails_with(gwparam_scheme_set_levels(scheme, 3, NLEV, top_down_pressure),
                  GWPARAM_ERR_ARGUMENT, "order is 3"),
       "unknown order");
    ok(fails_with(gwparam_scheme_set_levels(scheme, GWPARAM_TOP_DOWN, 4, other),
                  GWPARAM_ERR_SHAPE, "the host has 4 levels, expected 5"),
       "another number of levels");
    ok(fails_with(gwparam_scheme_set_levels(scheme, GWPARAM_TOP_DOWN, NLEV, other),
                  GWPARAM_ERR_CONTRACT, "expected 90000 Pa within 10 %"),
       "other levels than the network's");
    ok(fails_with(gwparam_scheme_set_levels(scheme, GWPARAM_TOP_DOWN, NLEV, NULL),
                  GWPARAM_ERR_ARGUMENT, "pressure is null"),
       "null pressures");
    gwparam_scheme_free(scheme);
}

static void test_put_failures(void) {
    static state s;
    const layout *l = &fortran_layout;
    gwparam_scheme *scheme = NULL;
    fill(&s, l);
    const gwparam_array good = on_levels(s.u, l), surface = at_surface(s.ps);
    if (load_with("linear.pt", NULL, &scheme) != GWPARAM_OK) {
        ok(0, "load");
        return;
    }
    ok(fails_with(gwparam_scheme_put(scheme, U, NULL, &good), GWPARAM_ERR_ARGUMENT,
                  "levels are not set"),
       "put before set_levels");
    gwparam_scheme_free(scheme);
    scheme = load("linear.pt", NULL);

    ok(fails_with(gwparam_scheme_put(scheme, "air_temperature", NULL, &good),
                  GWPARAM_ERR_CONTRACT, "air_temperature is no input"),
       "unknown input");
    ok(fails_with(gwparam_scheme_put(scheme, U, "K", &good), GWPARAM_ERR_CONTRACT,
                  "eastward_wind has units \"K\", expected \"m s-1\""),
       "wrong units");
    ok(fails_with(gwparam_scheme_put(scheme, U, "", &good), GWPARAM_ERR_CONTRACT,
                  "eastward_wind has units \"\", expected \"m s-1\""),
       "empty units");
    ok(fails_with(gwparam_scheme_put(scheme, U, NULL, NULL), GWPARAM_ERR_ARGUMENT,
                  "null array"),
       "null array");
    gwparam_array bad = good;
    bad.data = NULL;
    ok(fails_with(gwparam_scheme_put(scheme, U, NULL, &bad), GWPARAM_ERR_ARGUMENT,
                  "null data"),
       "null data");
    bad = good;
    bad.dtype = 9;
    ok(fails_with(gwparam_scheme_put(scheme, U, NULL, &bad), GWPARAM_ERR_SHAPE,
                  "dtype code 9"),
       "unknown dtype");
    bad = good;
    bad.shape[2] = 4;
    ok(fails_with(gwparam_scheme_put(scheme, U, NULL, &bad), GWPARAM_ERR_SHAPE,
                  "eastward_wind has shape (3, 4, 4), expected (3, 4, 5)"),
       "wrong level count");
    bad = good;
    bad.rank = 0;
    ok(fails_with(gwparam_scheme_put(scheme, U, NULL, &bad), GWPARAM_ERR_SHAPE,
                  "rank 0, expected 1 to 4"),
       "wrong rank");
    bad = good;
    bad.shape[0] = -1;
    ok(fails_with(gwparam_scheme_put(scheme, U, NULL, &bad), GWPARAM_ERR_SHAPE,
                  "negative extent"),
       "negative extent");

    bad = surface;
    bad.shape[0] = NLAT;
    bad.shape[1] = NLON;
    gwparam_status status = gwparam_scheme_put(scheme, U, NULL, &good);
    ok(status == GWPARAM_OK &&
           fails_with(gwparam_scheme_put(scheme, PS, NULL, &bad), GWPARAM_ERR_SHAPE,
                      "horizontal shape (4, 3), expected (3, 4)"),
       "transposed surface field");
    status = gwparam_scheme_put(scheme, U, NULL, &good);
    ok(status == GWPARAM_OK && fails_with(gwparam_scheme_put(scheme, U, NULL, &good),
                                          GWPARAM_ERR_ARGUMENT, "put twice"),
       "an input put twice");

    s.v[cell(l, 2, 1, 3)] = NAN;
    status = put_all(scheme, &s, l);
    ok(fails_with(status, GWPARAM_ERR_NONFINITE,
                  "northward_wind is nan at (3, 2, 4), counted from 1"),
       "NaN in an input");
    s.v[cell(l, 2, 1, 3)] = INFINITY;
    ok(fails_with(put_all(scheme, &s, l), GWPARAM_ERR_NONFINITE, "is inf at (3, 2, 4)"),
       "Inf in an input");
    fill(&s, l);
    ok(put_all(scheme, &s, l) == GWPARAM_OK && gwparam_scheme_run(scheme) == GWPARAM_OK,
       "the next step begins afresh after a failure");
    gwparam_scheme_free(scheme);
}

/* Stride 0 makes a column of as many as one likes. */
static void test_out_of_memory(void) {
    double wind[NLEV] = {0};
    const gwparam_array huge = {
        wind, GWPARAM_FLOAT64, 2, {INT64_C(1) << 46, NLEV, 0, 0}, {0, 1, 0, 0}};
    gwparam_array beyond = huge;
    beyond.rank = 3;
    beyond.shape[1] = INT64_C(1) << 50;
    beyond.shape[2] = NLEV;
    gwparam_scheme *scheme = load("linear.pt", NULL);
    ok(fails_with(gwparam_scheme_put(scheme, U, NULL, &huge), GWPARAM_ERR_MEMORY,
                  "out of memory"),
       "out of memory");
    ok(fails_with(gwparam_scheme_put(scheme, U, NULL, &beyond), GWPARAM_ERR_SHAPE,
                  "expected fewer columns"),
       "more columns than can be counted");
    gwparam_scheme_free(scheme);
}

static void test_order_of_calls(void) {
    static state s, before;
    const layout *l = &fortran_layout;
    gwparam_scheme *scheme = load("linear.pt", NULL);
    fill(&s, l);
    before = s;
    gwparam_array dudt = on_levels(s.dudt, l);
    ok(fails_with(gwparam_scheme_get(scheme, 1, DUDT, NULL, &dudt),
                  GWPARAM_ERR_ARGUMENT, "nothing was run"),
       "get before run");
    ok(fails_with(gwparam_scheme_flush(scheme), GWPARAM_ERR_ARGUMENT,
                  "no closed window"),
       "flush before put");
    const gwparam_array u = on_levels(s.u, l);
    gwparam_status status = gwparam_scheme_put(scheme, U, NULL, &u);
    ok(status == GWPARAM_OK &&
           fails_with(gwparam_scheme_run(scheme), GWPARAM_ERR_ARGUMENT,
                      "northward_wind was not put"),
       "run with an input missing");
    status = put_all(scheme, &s, l);
    ok(status == GWPARAM_OK && fails_with(gwparam_scheme_flush(scheme),
                                          GWPARAM_ERR_ARGUMENT, "or one is open"),
       "flush with an open window");
    status = put_all(scheme, &s, l);
    status = status ? status : gwparam_scheme_run(scheme);
    ok(status == GWPARAM_OK &&
           fails_with(gwparam_scheme_get(scheme, 2, DUDT, NULL, &dudt),
                      GWPARAM_ERR_ARGUMENT, "window is 2, expected 1"),
       "no such window");
    ok(fails_with(gwparam_scheme_get(scheme, 1, U, NULL, &dudt), GWPARAM_ERR_CONTRACT,
                  "eastward_wind is no output"),
       "no such output");
    ok(fails_with(gwparam_scheme_get(scheme, 1, DUDT, "m s-1", &dudt),
                  GWPARAM_ERR_CONTRACT, "expected \"m s-1\""),
       "output in units of another dimension");
    dudt.shape[0] = 2;
    ok(fails_with(gwparam_scheme_get(scheme, 1, DUDT, NULL, &dudt), GWPARAM_ERR_SHAPE,
                  "horizontal shape (2, 4), expected (3, 4)"),
       "output of another shape");
    ok(memcmp(&s, &before, sizeof s) == 0, "arrays are as they were after failures");
    ok(gwparam_scheme_discard(scheme) == GWPARAM_OK, "discard");
    dudt.shape[0] = NLON;
    ok(fails_with(gwparam_scheme_get(scheme, 1, DUDT, NULL, &dudt),
                  GWPARAM_ERR_ARGUMENT, "nothing was run"),
       "nothing is left after discard");
    gwparam_scheme_free(scheme);
}

static void test_network_raises(void) {
    static state s;
    gwparam_scheme *scheme = load("raises.pt", NULL);
    fill(&s, &fortran_layout);
    s.u[7] = 2000;
    gwparam_status status = put_all(scheme, &s, &fortran_layout);
    ok(status == GWPARAM_OK &&
           fails_with(gwparam_scheme_run(scheme), GWPARAM_ERR_INFERENCE, "too windy"),
       "a network that raises");
    gwparam_scheme_free(scheme);
}

/* Column (1, 2) of a state in which its wind is too much for a network. */
static gwparam_status run_guarded(const char *file, int32_t on_limit, double v,
                                  state *s, int64_t *caught) {
    gwparam_options options = defaults();
    options.on_limit = on_limit;
    gwparam_scheme *scheme = load(file, &options);
    const layout *l = &fortran_layout;
    fill(s, l);
    s->v[cell(l, 1, 2, 3)] = v;
    for (int n = 0; n < NCOL * NLEV; ++n) {
        s->dudt[n] = s->dvdt[n] = 77;
    }
    gwparam_status status = put_all(scheme, s, l);
    status = status ? status : gwparam_scheme_run(scheme);
    status = status ? status : get_both(scheme, s, l, 1);
    gwparam_statistics statistics = {0};
    if (status == GWPARAM_OK) {
        status = gwparam_scheme_statistics(scheme, &statistics, sizeof statistics);
    }
    *caught = statistics.guarded_columns_last_run;
    gwparam_scheme_free(scheme);
    return status;
}

static void test_guards(void) {
    static state s;
    const layout *l = &fortran_layout;
    const int64_t caught_cell = cell(l, 1, 2, 0), other_cell = cell(l, 2, 2, 0);
    int64_t caught = 0;
    const double too_fast = 6000; /* gives 0.012 m s-2, the limit is 0.01 */

    gwparam_status status =
        run_guarded("linear.pt", GWPARAM_GUARD_ERROR, too_fast, &s, &caught);
    ok(fails_with(status, GWPARAM_ERR_RANGE,
                  "in column 8 at level 4 from the top, counted from 1, expected at "
                  "most 0.01 in magnitude") &&
           s.dudt[0] == 77,
       "limit: error");
    status = run_guarded("linear.pt", GWPARAM_GUARD_ZERO, too_fast, &s, &caught);
    ok(status == GWPARAM_OK && caught == 1 && s.dudt[caught_cell] == 0 &&
           s.dvdt[caught_cell] == 0 && s.dudt[other_cell] == dudt_at(2, 2, 0),
       "limit: zero");
    status = run_guarded("linear.pt", GWPARAM_GUARD_KEEP, too_fast, &s, &caught);
    ok(status == GWPARAM_OK && caught == 1 && s.dudt[caught_cell] == 77 &&
           s.dvdt[caught_cell] == 77 && s.dudt[other_cell] == dudt_at(2, 2, 0),
       "limit: keep");
    status = run_guarded("linear.pt", GWPARAM_GUARD_IGNORE, too_fast, &s, &caught);
    ok(status == GWPARAM_OK && caught == 0 && s.dudt[caught_cell] == dudt_at(1, 2, 0),
       "limit: ignore");

    status = run_guarded("not_finite.pt", GWPARAM_GUARD_ERROR, -2000, &s, &caught);
    ok(fails_with(status, GWPARAM_ERR_NONFINITE, "nan") && s.dudt[0] == 77,
       "output that is not finite: error");
    status = run_guarded("not_finite.pt", GWPARAM_GUARD_IGNORE, -2000, &s, &caught);
    ok(fails_with(status, GWPARAM_ERR_NONFINITE, "nan") && s.dudt[0] == 77,
       "output that is not finite: never ignored");
    status = run_guarded("not_finite.pt", GWPARAM_GUARD_KEEP, -2000, &s, &caught);
    ok(status == GWPARAM_OK && caught == 1 && s.dvdt[caught_cell] == 77 &&
           s.dvdt[other_cell] != 77,
       "output that is not finite: keep");

    gwparam_options options = defaults();
    options.on_range = GWPARAM_GUARD_ERROR;
    options.range_sigmas = 10;
    gwparam_scheme *scheme = load("linear.pt", &options);
    fill(&s, l); /* winds up to 433 m s-1, the deviation is 30 m s-1 */
    status = put_all(scheme, &s, l);
    ok(status == GWPARAM_OK &&
           fails_with(gwparam_scheme_run(scheme), GWPARAM_ERR_RANGE,
                      "eastward_wind is 301 m s-1 in column 1 at level 4 from the top"),
       "range: error");
    gwparam_scheme_free(scheme);
}

static void test_geometry(void) {
    int32_t geometry = 77;
    gwparam_scheme *scheme = load("linear.pt", NULL);
    ok(gwparam_scheme_geometry(scheme, &geometry) == GWPARAM_OK &&
           geometry == GWPARAM_COLUMN,
       "a network of single columns");
    ok(fails_with(gwparam_scheme_geometry(scheme, NULL), GWPARAM_ERR_ARGUMENT,
                  "geometry is null"),
       "no place for the geometry");
    geometry = 77;
    ok(fails_with(gwparam_scheme_geometry(NULL, &geometry), GWPARAM_ERR_ARGUMENT,
                  "scheme is null") &&
           geometry == 77,
       "no scheme to ask");
    gwparam_scheme_free(scheme);
}

static void test_statistics_of_an_older_host(void) {
    gwparam_statistics statistics;
    memset(&statistics, 77, sizeof statistics);
    const uint32_t older = offsetof(gwparam_statistics, momentum_imbalance);
    gwparam_scheme *scheme = load("linear.pt", NULL);
    const double before = statistics.momentum_imbalance;
    gwparam_status status = gwparam_scheme_statistics(scheme, &statistics, older);
    ok(status == GWPARAM_OK && statistics.struct_size == older &&
           statistics.runs == 0 && statistics.momentum_imbalance == before,
       "counters end where the host's struct does");
    status = gwparam_scheme_statistics(scheme, &statistics, sizeof statistics);
    ok(status == GWPARAM_OK && statistics.momentum_imbalance == 0,
       "without fluxes nothing is out of balance");
    gwparam_scheme_free(scheme);
}

static void test_strings(void) {
    char text[64];
    int64_t size = 0;
    gwparam_scheme *scheme = load("linear.pt", NULL);
    ok(gwparam_version(text, sizeof text) == GWPARAM_OK && strchr(text, '.') != NULL,
       "version");
    int64_t done = 0;
    double result = 0.0;
    ok(gwparam_multiply_add(GWPARAM_FLOAT32, 1000, &done, &result) == GWPARAM_OK &&
           done >= 1000 && fabs(result - 2.0) < 1e-6,
       "multiply-adds of float32 give what they should");
    ok(gwparam_multiply_add(GWPARAM_FLOAT64, 1000, &done, &result) == GWPARAM_OK &&
           done >= 1000 && fabs(result - 2.0) < 1e-15,
       "and of float64");
    ok(fails_with(gwparam_multiply_add(3, 1000, &done, &result), GWPARAM_ERR_ARGUMENT,
                  "dtype is"),
       "no multiply-adds of another type");
    ok(fails_with(gwparam_version(text, 2), GWPARAM_ERR_ARGUMENT, "capacity is 2"),
       "version without room");
    ok(gwparam_scheme_contract(scheme, NULL, 0, &size) == GWPARAM_OK && size > 100,
       "size of the contract");
    ok(fails_with(gwparam_scheme_contract(scheme, text, sizeof text, &size),
                  GWPARAM_ERR_ARGUMENT, "capacity is 64"),
       "contract without room");
    char *json = malloc((size_t)size);
    ok(gwparam_scheme_contract(scheme, json, size, &size) == GWPARAM_OK &&
           strstr(json, "\"name\": \"linear\"") != NULL,
       "contract");
    free(json);
    char words[400] = "";
    ok(gwparam_scheme_description(scheme, NULL, 0, &size) == GWPARAM_OK && size > 20 &&
           gwparam_scheme_description(scheme, words, sizeof words, &size) ==
               GWPARAM_OK &&
           strncmp(words, "linear (torchscript) sees a column on 5 levels", 46) == 0,
       "description");
    ok(fails_with(gwparam_scheme_description(scheme, words, 10, &size),
                  GWPARAM_ERR_ARGUMENT, "capacity is 10, expected at least "),
       "description without room");
    int32_t rank = -1, ranks = -1;
    int64_t one[2] = {3, 5}, all[2] = {0, 0}, n_levels = 0, counts[6];
    gwparam_guard_report report;
    ok(gwparam_scheme_ranks(scheme, &rank, &ranks) == GWPARAM_OK && rank == 0 &&
           ranks == 1 && gwparam_scheme_gather(scheme, one, 2, all) == GWPARAM_OK &&
           all[0] == 3 && all[1] == 5,
       "the one rank");
    ok(fails_with(gwparam_scheme_gather(scheme, one, -1, all), GWPARAM_ERR_ARGUMENT,
                  "count is -1"),
       "no negative count");
    ok(fails_with(gwparam_scheme_gather(scheme, one, 1, NULL), GWPARAM_ERR_ARGUMENT,
                  "all is null"),
       "no gathering into nothing");
    ok(gwparam_scheme_guard(scheme, 5, &report, sizeof report, counts, 6, &n_levels) ==
               GWPARAM_OK &&
           strcmp(report.name, "on_momentum") == 0 && report.columns == 0 &&
           report.worst.excess == 0 && report.policy == GWPARAM_GUARD_IGNORE,
       "a guard that caught nothing");
    ok(gwparam_scheme_guard(scheme, 99, &report, sizeof report, NULL, 0, &n_levels) ==
               GWPARAM_OK &&
           report.name[0] == 0,
       "past the last guard there is no name");
    ok(fails_with(
           gwparam_scheme_guard(scheme, 0, &report, sizeof report, NULL, 0, &n_levels),
           GWPARAM_ERR_ARGUMENT, "number is 0"),
       "guards are counted from 1");
    char digest[GWPARAM_SHA256_BYTES] = "";
    ok(gwparam_scheme_sha256(scheme, digest, sizeof digest) == GWPARAM_OK &&
           strlen(digest) == 64 && strspn(digest, "0123456789abcdef") == 64,
       "checksum of the artefact");
    ok(fails_with(gwparam_scheme_sha256(scheme, digest, sizeof digest - 1),
                  GWPARAM_ERR_ARGUMENT, "capacity is 64, expected at least 65"),
       "checksum without room");
    double scale = 0, offset = 0;
    ok(gwparam_units_conversion("degC", "K", &scale, &offset) == GWPARAM_OK &&
           scale == 1 && offset == 273.15,
       "conversion of units");
    ok(fails_with(gwparam_units_conversion("degC", "Pa", &scale, &offset),
                  GWPARAM_ERR_CONTRACT, "has units \"degC\", expected \"Pa\"") &&
           offset == 273.15,
       "no conversion to another dimension");
    ok(fails_with(gwparam_scheme_run(NULL), GWPARAM_ERR_ARGUMENT, "scheme is null"),
       "null scheme");
    gwparam_scheme_free(scheme);
    gwparam_scheme_free(NULL);
}

int main(int argc, char **argv) {
    folder = argc > 1 ? argv[1] : ".";
    test_layouts();
    test_network_that_counts_from_below();
    test_single_precision();
    test_units_are_converted();
    test_windows();
    test_no_columns();
    test_load_failures();
    test_option_failures();
    test_level_failures();
    test_put_failures();
    test_out_of_memory();
    test_order_of_calls();
    test_network_raises();
    test_guards();
    test_geometry();
    test_statistics_of_an_older_host();
    test_strings();
    return done_testing();
}
