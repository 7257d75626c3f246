/* Loading on the ranks of a communicator: load CASE FOLDER [RANK]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gwparam_mpi.h"

static int checks = 0;
static int failures = 0;
static int rank = 0;
static char path[4096];

static void check(int passed, const char *what) {
    ++checks;
    failures += passed ? 0 : 1;
    if (!passed) {
        char text[1000] = "";
        printf("rank %d failed: %s\n", rank, what);
        if (gwparam_last_error(text, sizeof text) == GWPARAM_OK) {
            printf("last error: %s\n", text);
        }
    }
}

static void check_failure(gwparam_status status, gwparam_status expected,
                          const char *expected_text) {
    char text[1000] = "";
    check(status == expected, "the status");
    check(gwparam_last_error(text, sizeof text) == GWPARAM_OK, "gwparam_last_error");
    check(strstr(text, expected_text) != NULL, expected_text);
}

static gwparam_options options(void) {
    gwparam_options chosen;
    check(gwparam_options_init(&chosen, sizeof chosen) == GWPARAM_OK, "options");
    strcpy(chosen.device, "cpu");
    chosen.timeout_seconds = 1.0;
    return chosen;
}

static gwparam_status load(gwparam_scheme **scheme, const char *file, MPI_Comm comm) {
    const gwparam_options chosen = options();
    return gwparam_mpi_scheme_load(scheme, file, &chosen, comm);
}

static void outside_of_mpi(void) {
    gwparam_scheme *scheme = (gwparam_scheme *)&rank;
    const char *expected = "MPI is not initialised, or finalised already";
    check_failure(load(&scheme, path, MPI_COMM_WORLD), GWPARAM_ERR_ARGUMENT, expected);
    check(scheme == NULL, "the scheme is null");
    check_failure(gwparam_mpi_scheme_load_f(&scheme, path, NULL, 0),
                  GWPARAM_ERR_ARGUMENT, expected);
}

static void no_communicator(void) {
    gwparam_scheme *scheme = NULL;
    check_failure(load(&scheme, path, MPI_COMM_NULL), GWPARAM_ERR_ARGUMENT,
                  "the communicator is MPI_COMM_NULL");
}

static void intercommunicator(void) {
    MPI_Comm half;
    MPI_Comm between;
    gwparam_scheme *scheme = NULL;
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
    MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, (rank + 1) % 2, 1, &between);
    check_failure(load(&scheme, path, between), GWPARAM_ERR_ARGUMENT,
                  "the communicator is an intercommunicator");
    MPI_Comm_free(&between);
    MPI_Comm_free(&half);
}

static void again_and_again(void) {
    gwparam_statistics statistics;
    gwparam_scheme *scheme = NULL;
    for (int i = 0; i < 20; ++i) {
        check(load(&scheme, path, MPI_COMM_WORLD) == GWPARAM_OK, "load");
        check(gwparam_scheme_statistics(scheme, &statistics, sizeof statistics) ==
                  GWPARAM_OK,
              "statistics");
        check(statistics.owner == rank, "each rank has its own network");
        gwparam_scheme_free(scheme);
    }
    const gwparam_options chosen = options();
    check(gwparam_mpi_scheme_load_f(&scheme, path, &chosen,
                                    MPI_Comm_c2f(MPI_COMM_WORLD)) == GWPARAM_OK,
          "load_f");
    gwparam_scheme_free(scheme);
}

static void count_error(MPI_Comm *comm, int *code, ...) {
    (void)comm;
    (void)code;
    ++failures;
}

static void error_handler_stays(void) {
    gwparam_scheme *scheme = NULL;
    MPI_Errhandler mine;
    MPI_Errhandler found;
    MPI_Comm_create_errhandler(count_error, &mine);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, mine);
    check(load(&scheme, path, MPI_COMM_WORLD) == GWPARAM_OK, "load");
    MPI_Comm_get_errhandler(MPI_COMM_WORLD, &found);
    check(found == mine, "the host's error handler");
    gwparam_scheme_free(scheme);
}

static void absent_file(void) {
    gwparam_scheme *scheme = (gwparam_scheme *)&rank;
    check_failure(load(&scheme, "absent.pt", MPI_COMM_WORLD), GWPARAM_ERR_FILE,
                  "cannot open absent.pt");
    check(scheme == NULL, "the scheme is null");
    check(load(&scheme, path, MPI_COMM_WORLD) == GWPARAM_OK, "another one loads");
    gwparam_scheme_free(scheme);
}

/* A scheme that outlives MPI: several ranks need it, and one alone goes on. */
static gwparam_scheme *outlives;

static gwparam_status step(void) {
    static const char *const names[] = {"eastward_wind", "northward_wind",
                                        "surface_air_pressure", "latitude"};
    double values[5] = {1e5, 2.0, 3.0, 4.0, 5.0};
    const gwparam_array levels = {values, GWPARAM_FLOAT64, 2, {1, 5}, {5, 1}};
    const gwparam_array surface = {values, GWPARAM_FLOAT64, 1, {1}, {1}};
    gwparam_status status = GWPARAM_OK;
    for (int i = 0; i < 4 && status == GWPARAM_OK; ++i) {
        values[0] = i == 2 ? 1e5 : 1.0;
        status =
            gwparam_scheme_put(outlives, names[i], NULL, i < 2 ? &levels : &surface);
    }
    return status == GWPARAM_OK ? gwparam_scheme_run(outlives) : status;
}

static void before_the_end(void) {
    const double pressure[5] = {1e3, 1e4, 3e4, 6e4, 9e4};
    check(load(&outlives, path, MPI_COMM_WORLD) == GWPARAM_OK, "load");
    check(gwparam_scheme_set_levels(outlives, GWPARAM_TOP_DOWN, 5, pressure) ==
              GWPARAM_OK,
          "levels");
    check(step() == GWPARAM_OK, "a step");
}

static void after_the_end(int ranks) {
    const char *expected = "MPI was finalised before the scheme was freed";
    if (ranks == 1) {
        check(step() == GWPARAM_OK, "one rank alone needs no MPI");
    } else {
        check_failure(step(), GWPARAM_ERR_RANK, expected);
        check_failure(step(), GWPARAM_ERR_RANK, expected);
    }
    check(gwparam_scheme_free(outlives) == GWPARAM_OK, "free");
}

static void null_on_one_rank(int chosen) {
    gwparam_scheme *scheme = NULL;
    check_failure(load(&scheme, rank == chosen ? NULL : path, MPI_COMM_WORLD),
                  GWPARAM_ERR_ARGUMENT, "path is null");
}

static void absent_rank(int chosen) {
    gwparam_scheme *scheme = NULL;
    const double start = MPI_Wtime();
    if (rank != chosen) {
        check_failure(load(&scheme, path, MPI_COMM_WORLD), GWPARAM_ERR_RANK,
                      "not all ranks of the communicator answered within 1 s");
        check(MPI_Wtime() - start < 3.0, "in time");
    } else {
        sleep(3);
        check(load(&scheme, path, MPI_COMM_WORLD) == GWPARAM_ERR_RANK, "too late");
        check(MPI_Wtime() - start < 10.0, "it does not wait for ever");
    }
}

int main(int argc, char **argv) {
    const char *name = argc > 2 ? argv[1] : "";
    const int chosen = argc > 3 ? atoi(argv[3]) : 0;
    snprintf(path, sizeof path, "%s/linear.pt", argc > 2 ? argv[2] : ".");
    if (strcmp(name, "outside") == 0) {
        outside_of_mpi();
    }
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (strcmp(name, "null") == 0) {
        no_communicator();
    } else if (strcmp(name, "inter") == 0) {
        intercommunicator();
    } else if (strcmp(name, "again") == 0) {
        again_and_again();
    } else if (strcmp(name, "handler") == 0) {
        error_handler_stays();
    } else if (strcmp(name, "file") == 0) {
        absent_file();
    } else if (strcmp(name, "null_path") == 0) {
        null_on_one_rank(chosen);
    } else if (strcmp(name, "absent") == 0) {
        absent_rank(chosen);
    } else if (strcmp(name, "outlives") == 0) {
        before_the_end();
    }
    int ranks = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    MPI_Finalize();
    if (strcmp(name, "outside") == 0) {
        outside_of_mpi();
    } else if (strcmp(name, "outlives") == 0) {
        after_the_end(ranks);
    }
    printf("rank %d passed %d of %d checks\n", rank, checks - failures, checks);
    return failures == 0 && checks > 0 ? 0 : 1;
}
