/* A rank that fails while the others go on: failing CASE FOLDER RANK.
 *
 * Every rank prints what it was told, and how many of its checks passed. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gwparam_mpi.h"

enum { NLEV = 5, MOST_COLUMNS = 6 };

static const double pressure[NLEV] = {1e3, 1e4, 3e4, 6e4, 9e4};
static const double timeout = 2.0;

static int rank, checks, failures;
static int64_t columns; /* 3, 4, 5 or 6 */
static double u[MOST_COLUMNS * NLEV], v[MOST_COLUMNS * NLEV], ps[MOST_COLUMNS],
    lat[MOST_COLUMNS], dudt[MOST_COLUMNS * NLEV];

static const char *message(void) {
    static char text[1000];
    return gwparam_last_error(text, sizeof text) == GWPARAM_OK ? text : "";
}

static void check(int passed, const char *what) {
    ++checks;
    if (!passed) {
        ++failures;
        printf("rank %d failed: %s; %s\n", rank, what, message());
    }
}

/* The status of all ranks, and the text. */
static void check_told(gwparam_status status, gwparam_status expected,
                       const char *expected_text) {
    char what[300];
    snprintf(what, sizeof what, "status is %d, expected %d with \"%s\"", status,
             expected, expected_text);
    check(status == expected && strstr(message(), expected_text) != NULL, what);
}

static gwparam_scheme *loaded(const char *folder, const char *name) {
    char path[4096];
    gwparam_scheme *scheme = NULL;
    gwparam_options options;
    check(gwparam_options_init(&options, sizeof options) == GWPARAM_OK, "options");
    options.timeout_seconds = timeout;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check(gwparam_mpi_scheme_load(&scheme, path, &options, MPI_COMM_WORLD) ==
              GWPARAM_OK,
          "load");
    check(gwparam_scheme_set_levels(scheme, GWPARAM_TOP_DOWN, NLEV, pressure) ==
              GWPARAM_OK,
          "levels");
    return scheme;
}

static void fill(void) {
    columns = 3 + rank % 4;
    for (int64_t c = 0; c < columns; ++c) {
        ps[c] = 1e5 + 10 * rank + (double)c;
        lat[c] = -80.0 + 20 * rank + (double)c;
        for (int k = 0; k < NLEV; ++k) {
            u[c * NLEV + k] = 10.0 * rank + (double)c + 0.1 * k;
            v[c * NLEV + k] = -u[c * NLEV + k];
        }
    }
}

static gwparam_array on_levels(double *data) {
    const gwparam_array array = {
        data, GWPARAM_FLOAT64, 2, {columns, NLEV, 0, 0}, {NLEV, 1, 0, 0}};
    return array;
}

static gwparam_array at_surface(double *data) {
    const gwparam_array array = {
        data, GWPARAM_FLOAT64, 1, {columns, 0, 0, 0}, {1, 0, 0, 0}};
    return array;
}

/* The first failure of the four puts. */
static gwparam_status put_all(gwparam_scheme *scheme) {
    const gwparam_array arrays[4] = {on_levels(u), on_levels(v), at_surface(ps),
                                     at_surface(lat)};
    const char *names[4] = {"eastward_wind", "northward_wind", "surface_air_pressure",
                            "latitude"};
    gwparam_status status = GWPARAM_OK;
    for (int i = 0; i < 4 && status == GWPARAM_OK; ++i) {
        status = gwparam_scheme_put(scheme, names[i], NULL, &arrays[i]);
    }
    return status;
}

static void good_step(gwparam_scheme *scheme) {
    fill();
    const gwparam_array out = on_levels(dudt);
    check(put_all(scheme) == GWPARAM_OK, "put");
    check(gwparam_scheme_run(scheme) == GWPARAM_OK, "run");
    check(gwparam_scheme_get(scheme, 1,
                             "tendency_of_eastward_wind_due_to_gravity_wave_drag", NULL,
                             &out) == GWPARAM_OK,
          "get");
    const double expected = 1e-6 * u[NLEV + 2] + 1e-12 * 3 * ps[1];
    check(fabs(dudt[NLEV + 2] - expected) < 1e-18, "the drag");
}

static void bad_field(const char *folder, int chosen) {
    char expected[100];
    gwparam_scheme *scheme = loaded(folder, "linear.pt");
    good_step(scheme);
    fill();
    if (rank == chosen) {
        v[1 * NLEV + 3] = NAN;
        check_told(put_all(scheme), GWPARAM_ERR_NONFINITE,
                   "northward_wind is nan at (2, 4)");
    } else {
        check(put_all(scheme) == GWPARAM_OK, "put");
    }
    snprintf(expected, sizeof expected, "rank %d: northward_wind is nan at (2, 4)",
             chosen);
    check_told(gwparam_scheme_run(scheme), GWPARAM_ERR_NONFINITE, expected);
    good_step(scheme);
    gwparam_scheme_free(scheme);
}

static void inference(const char *folder, int chosen) {
    char expected[100];
    gwparam_scheme *scheme = loaded(folder, "raises.pt");
    fill();
    if (rank == chosen) {
        u[0] = 2000.0;
    }
    check(put_all(scheme) == GWPARAM_OK, "put");
    snprintf(expected, sizeof expected, "rank %d: the network raised: ", chosen);
    check_told(gwparam_scheme_run(scheme), GWPARAM_ERR_INFERENCE, expected);
    gwparam_scheme_free(scheme);
}

/* `path` and `device` on the chosen rank only. */
static void loading(const char *folder, int chosen, const char *name,
                    const char *device, gwparam_status status, const char *why) {
    char expected[200], path[4096];
    gwparam_scheme *scheme = (gwparam_scheme *)&rank;
    gwparam_options options;
    check(gwparam_options_init(&options, sizeof options) == GWPARAM_OK, "options");
    strcpy(options.device, rank == chosen ? device : "cpu");
    snprintf(path, sizeof path, "%s/%s", folder, rank == chosen ? name : "linear.pt");
    snprintf(expected, sizeof expected, "rank %d: %s", chosen, why);
    check_told(gwparam_mpi_scheme_load(&scheme, path, &options, MPI_COMM_WORLD), status,
               expected);
    check(scheme == NULL, "no scheme");
}

/* The chosen rank does no second step. */
static void goes_away(const char *folder, int chosen, const char *how) {
    char expected[100];
    gwparam_scheme *scheme = loaded(folder, "linear.pt");
    good_step(scheme);
    const double start = MPI_Wtime();
    const int frees = strcmp(how, "frees") == 0;
    if (rank == chosen) {
        if (strcmp(how, "exits") == 0) {
            _exit(0);
        }
        if (strcmp(how, "killed") == 0) {
            raise(SIGKILL);
        }
        if (strcmp(how, "stopped") == 0) { /* until the test lets it go on */
            printf("process %ld\n", (long)getpid());
            fflush(stdout);
            raise(SIGSTOP);
        } else if (!frees) {
            sleep(5);
        }
        gwparam_scheme_free(scheme);
        return;
    }
    fill();
    check(put_all(scheme) == GWPARAM_OK, "put");
    snprintf(expected, sizeof expected,
             frees ? "rank %d left: its scheme was freed"
                   : "rank %d did not answer within 2 s",
             chosen);
    check_told(gwparam_scheme_run(scheme), GWPARAM_ERR_RANK, expected);
    check(MPI_Wtime() - start < (frees ? 1.5 : timeout + 3.0), "in time");
    check(put_all(scheme) == GWPARAM_OK, "put again");
    check_told(gwparam_scheme_run(scheme), GWPARAM_ERR_RANK, expected);
    gwparam_scheme_free(scheme);
}

int main(int argc, char **argv) {
    const char *name = argc == 4 ? argv[1] : "";
    const char *folder = argc == 4 ? argv[2] : "";
    const int chosen = argc == 4 ? atoi(argv[3]) : 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (strcmp(name, "bad_field") == 0) {
        bad_field(folder, chosen);
    } else if (strcmp(name, "inference") == 0) {
        inference(folder, chosen);
    } else if (strcmp(name, "artefact") == 0) {
        loading(folder, chosen, "absent.pt", "cpu", GWPARAM_ERR_FILE, "cannot open ");
    } else if (strcmp(name, "device") == 0) {
        loading(folder, chosen, "linear.pt", "cuda:99", GWPARAM_ERR_DEVICE,
                "device is \"cuda:99\", expected one of ");
    } else {
        goes_away(folder, chosen, name);
    }
    printf("rank %d passed %d of %d checks\n", rank, checks - failures, checks);
    MPI_Finalize();
    return failures == 0 && checks > 0 ? 0 : 1;
}
