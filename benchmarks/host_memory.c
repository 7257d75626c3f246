/* A host of benchmarks/host_memory.py: loads an artefact, runs steps of WaveNet, and
 * says what that took. Its inputs are in a file: pressures of the levels in float64,
 * then winds (column, level), surface pressure and latitude in float32. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gwparam.h"

/* Resident memory [kB], of which memory of this process alone. */
static void say_memory(const char *when) {
    char line[200];
    long resident = 0, anonymous = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        sscanf(line, "VmRSS: %ld", &resident);
        sscanf(line, "RssAnon: %ld", &anonymous);
    }
    fclose(status);
    printf("%s %ld %ld\n", when, resident, anonymous);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void check(gwparam_status status) {
    char text[500];
    if (status != GWPARAM_OK) {
        if (gwparam_last_error(text, sizeof text) == GWPARAM_OK) {
            fprintf(stderr, "%s\n", text);
        }
        exit(1);
    }
}

static gwparam_array array(float *data, int64_t columns, int64_t nlev) {
    const gwparam_array a = {data,
                             GWPARAM_FLOAT32,
                             nlev > 0 ? 2 : 1,
                             {columns, nlev},
                             {nlev > 0 ? nlev : 1, 1}};
    return a;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        return 2;
    }
    const int64_t n = atol(argv[3]), nlev = atol(argv[4]);
    const size_t full = (size_t)(n * nlev), count = 2 * full + 2 * (size_t)n;
    double *pressure = malloc((size_t)nlev * sizeof *pressure);
    float *in = malloc(count * sizeof *in), *out = malloc(2 * full * sizeof *out);
    FILE *file = fopen(argv[2], "rb");
    if (file == NULL || fread(pressure, sizeof *pressure, (size_t)nlev, file) == 0 ||
        fread(in, sizeof *in, count, file) != count) {
        return 2;
    }
    fclose(file);
    memset(out, 0, 2 * full * sizeof *out);
    const gwparam_array u = array(in, n, nlev), v = array(in + full, n, nlev);
    const gwparam_array ps = array(in + 2 * full, n, 0);
    const gwparam_array lat = array(in + 2 * full + n, n, 0);
    gwparam_array x = array(out, n, nlev), y = array(out + full, n, nlev);

    gwparam_options options;
    gwparam_scheme *scheme;
    check(gwparam_options_init(&options, sizeof options));
    options.threads = 1;
    say_memory("bare");
    const double start = now();
    check(gwparam_scheme_load(&scheme, argv[1], &options));
    printf("seconds %g\n", now() - start);
    say_memory("loaded");
    check(gwparam_scheme_set_levels(scheme, GWPARAM_TOP_DOWN, nlev, pressure));
    for (int step = 0; step < 10; ++step) {
        check(gwparam_scheme_put(scheme, "eastward_wind", "m s-1", &u));
        check(gwparam_scheme_put(scheme, "northward_wind", "m s-1", &v));
        check(gwparam_scheme_put(scheme, "surface_air_pressure", "Pa", &ps));
        check(gwparam_scheme_put(scheme, "latitude", "degrees_north", &lat));
        check(gwparam_scheme_run(scheme));
        check(gwparam_scheme_get(
            scheme, 1, "tendency_of_eastward_wind_due_to_gravity_wave_drag", NULL, &x));
        check(gwparam_scheme_get(scheme, 1,
                                 "tendency_of_northward_wind_due_to_gravity_wave_drag",
                                 NULL, &y));
        if (step == 0) {
            say_memory("stepped");
        }
    }
    say_memory("after10");
    check(gwparam_scheme_free(scheme));
    return 0;
}
