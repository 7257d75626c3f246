/* One scheme on many ranks, in bands of latitude: what a step costs, and where.
 *
 *     mpirun -n R ranks ARTEFACT LEVELS NLAT NLON STEPS LAG THREADS IDLE
 *
 * LEVELS is a text file: the number of full levels, sigma at the half levels, sigma at
 * the full levels, top first. IDLE is how long the host does something else after each
 * step [s]. Rank 0 prints one line of JSON. benchmarks/ranks.py builds, runs and
 * tabulates.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gwparam_mpi.h"

enum { WARM_UP = 3, MOST_FIELDS = 16, NAME = 96 };

static const double surface_pressure = 1.0e5;

typedef struct field {
    char name[NAME];
    int64_t levels;
    double *values;
    gwparam_array array;
} field;

static void check(gwparam_status status, const char *what) {
    if (status == GWPARAM_OK) {
        return;
    }
    char text[1024];
    if (gwparam_last_error(text, sizeof text) != GWPARAM_OK) {
        text[0] = '\0';
    }
    fprintf(stderr, "%s: status %d: %s\n", what, status, text);
    MPI_Abort(MPI_COMM_WORLD, 1);
}

static void *allocated(size_t bytes) {
    void *memory = malloc(bytes > 0 ? bytes : 1);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    return memory;
}

/* Sigma at half and full levels; the number of full levels. */
static int read_levels(const char *path, double **half, double **full) {
    int nlev = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%d", &nlev) != 1 || nlev < 1) {
        fprintf(stderr, "cannot read %s\n", path);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    *half = allocated(sizeof(double) * (size_t)(2 * nlev + 1));
    *full = *half + nlev + 1;
    for (int k = 0; k < 2 * nlev + 1; ++k) {
        if (fscanf(file, "%lf", &(*half)[k]) != 1) {
            fprintf(stderr, "%s is too short\n", path);
            MPI_Abort(MPI_COMM_WORLD, 1);
        }
    }
    fclose(file);
    return nlev;
}

/* A smooth, plausible value of a field. */
static double value_of(const char *name, double latitude, double longitude,
                       double sigma) {
    const double height = -7000.0 * log(sigma);
    const double wave = cos(latitude) * sin(3.0 * longitude + height / 3000.0);
    if (strstr(name, "wind") != NULL) {
        return 30.0 * pow(sin(2.0 * latitude), 2) * cos(height / 1e4) + 8.0 * wave;
    }
    if (strstr(name, "temperature") != NULL) {
        return 250.0 + 20.0 * cos(height / 2e4) + 2.0 * wave;
    }
    if (strstr(name, "pressure") != NULL) {
        return surface_pressure * sigma;
    }
    if (strcmp(name, "geopotential_height") == 0) {
        return height;
    }
    if (strcmp(name, "latitude") == 0) {
        return latitude * 180.0 / M_PI;
    }
    if (strcmp(name, "longitude") == 0) {
        return longitude * 180.0 / M_PI;
    }
    return 0.01 * wave;
}

static gwparam_array columns_of(double *values, int64_t columns, int64_t levels) {
    gwparam_array array = {
        values, GWPARAM_FLOAT64, levels > 0 ? 2 : 1, {columns, levels}, {1, columns}};
    return array;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double resident_megabytes(void) {
    double pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%*f %lf", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return pages * 4096 / 1e6;
}

static void pause_for(double seconds) {
    const struct timespec time = {(time_t)seconds, (long)(1e9 * fmod(seconds, 1.0))};
    nanosleep(&time, NULL);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    if (argc != 9) {
        fprintf(stderr, "usage: see the head of ranks.c\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    int rank, size;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    double *half, *full;
    const int nlev = read_levels(argv[2], &half, &full);
    const int nlat = atoi(argv[3]), nlon = atoi(argv[4]), steps = atoi(argv[5]);

    gwparam_options options;
    check(gwparam_options_init(&options, sizeof options), "options");
    options.lag = atoi(argv[6]);
    options.threads = atoi(argv[7]);
    const double idle = atof(argv[8]);
    options.on_limit = GWPARAM_GUARD_ZERO;
    gwparam_scheme *scheme;
    check(gwparam_mpi_scheme_load(&scheme, argv[1], &options, MPI_COMM_WORLD), "load");

    double *pressure = allocated(sizeof(double) * (size_t)nlev);
    for (int k = 0; k < nlev; ++k) {
        pressure[k] = surface_pressure * full[k];
    }
    check(gwparam_scheme_set_levels(scheme, GWPARAM_TOP_DOWN, nlev, pressure),
          "levels");

    const int first = rank * nlat / size, last = (rank + 1) * nlat / size;
    const int64_t columns = (int64_t)(last - first) * nlon;
    double *latitude = allocated(sizeof(double) * (size_t)columns);
    double *longitude = allocated(sizeof(double) * (size_t)columns);
    for (int64_t c = 0; c < columns; ++c) {
        latitude[c] = (-0.5 + (first + c / nlon + 0.5) / nlat) * M_PI;
        longitude[c] = 2.0 * M_PI * (double)(c % nlon) / nlon;
    }
    const gwparam_array coordinates[2] = {columns_of(latitude, columns, 0),
                                          columns_of(longitude, columns, 0)};
    check(
        gwparam_scheme_set_columns(scheme, &coordinates[0], &coordinates[1], "radians"),
        "columns");

    field inputs[MOST_FIELDS];
    int n_inputs = 0;
    for (; n_inputs < MOST_FIELDS; ++n_inputs) {
        field *f = &inputs[n_inputs];
        char units[32];
        check(gwparam_scheme_field(scheme, GWPARAM_INPUT, n_inputs + 1, f->name,
                                   sizeof f->name, units, sizeof units, &f->levels),
              "field");
        if (f->name[0] == '\0') {
            break;
        }
        const int64_t width = f->levels > 0 ? f->levels : 1;
        f->values = allocated(sizeof(double) * (size_t)(columns * width));
        for (int64_t k = 0; k < width; ++k) {
            const double sigma = f->levels == 0      ? 1.0
                                 : f->levels == nlev ? full[k]
                                                     : half[k];
            for (int64_t c = 0; c < columns; ++c) {
                f->values[c + columns * k] =
                    value_of(f->name, latitude[c], longitude[c], sigma);
            }
        }
        f->array = columns_of(f->values, columns, f->levels);
    }

    double *seconds = allocated(sizeof(double) * (size_t)steps);
    gwparam_statistics before, after;
    double resident[2] = {0, 0};
    for (int step = -WARM_UP; step < steps; ++step) {
        if (step == 0) {
            check(gwparam_scheme_statistics(scheme, &before, sizeof before),
                  "counters");
            resident[0] = resident_megabytes();
        }
        for (int i = 0; i < n_inputs; ++i) {
            check(gwparam_scheme_put(scheme, inputs[i].name, NULL, &inputs[i].array),
                  inputs[i].name);
        }
        MPI_Barrier(MPI_COMM_WORLD);
        const double start = MPI_Wtime();
        check(gwparam_scheme_run(scheme), "run");
        double mine = MPI_Wtime() - start, slowest;
        MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
        if (step >= 0) {
            seconds[step] = slowest;
        }
        pause_for(idle);
    }
    check(gwparam_scheme_statistics(scheme, &after, sizeof after), "counters");
    resident[1] = resident_megabytes();
    qsort(seconds, (size_t)steps, sizeof(double), compare);

    double mine[6] = {(after.inference_seconds - before.inference_seconds) / steps,
                      (after.exchange_seconds - before.exchange_seconds) / steps,
                      (after.wait_seconds - before.wait_seconds) / steps,
                      (double)after.staging_bytes,
                      resident[1] - resident[0],
                      resident[1]};
    double sums[2] = {(double)(after.messages - before.messages) / steps,
                      (double)(after.message_bytes - before.message_bytes) / steps};
    double largest[6], total[2];
    MPI_Reduce(mine, largest, 6, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
    MPI_Reduce(sums, total, 2, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    if (rank == 0) {
        printf("{\"ranks\": %d, \"columns\": %d, \"run\": %.9g, \"inference\": %.9g, "
               "\"exchange\": %.9g, \"wait\": %.9g, "
               "\"messages\": %.9g, \"bytes\": %.9g, \"staging\": %.9g, "
               "\"growth\": %.9g, \"resident\": %.9g}\n",
               size, nlat * nlon, seconds[steps / 2], largest[0], largest[1],
               largest[2], total[0], total[1], largest[3], largest[4], largest[5]);
    }
    gwparam_scheme_free(scheme);
    MPI_Finalize();
    return 0;
}
