/* Every function on a scheme, called while another call is under way. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "gwparam_transport.h"
#include "tap.h"

enum { NLEV = 5 };

static gwparam_scheme *scheme;
static double values[NLEV];
static const gwparam_array array = {
    values, GWPARAM_FLOAT64, 2, {1, NLEV, 0, 0}, {NLEV, 1, 0, 0}};
static const gwparam_array surface = {
    values, GWPARAM_FLOAT64, 1, {1, 0, 0, 0}, {1, 0, 0, 0}};

static int64_t number;
static uint64_t sum;
static int32_t word;
static char text[100];
static gwparam_statistics counters;
static gwparam_guard_report report;
static const double pressure[NLEV] = {1e3, 1e4, 3e4, 6e4, 9e4};

/* tests/abi compares them with the header. */
#define ENTRIES(X)                                                                     \
    X(gwparam_scheme_contract, (scheme, text, sizeof text, &number))                   \
    X(gwparam_scheme_description, (scheme, text, sizeof text, &number))                \
    X(gwparam_scheme_sha256, (scheme, text, sizeof text))                              \
    X(gwparam_scheme_geometry, (scheme, &word))                                        \
    X(gwparam_scheme_member, (scheme, 1, &number))                                     \
    X(gwparam_scheme_set_draw, (scheme, 1))                                            \
    X(gwparam_scheme_statistics, (scheme, &counters, sizeof counters))                 \
    X(gwparam_scheme_guard, (scheme, 1, &report, sizeof report, NULL, 0, &number))     \
    X(gwparam_scheme_trace, (scheme, 1, &sum, 1))                                      \
    X(gwparam_scheme_ranks, (scheme, &word, &word))                                    \
    X(gwparam_scheme_gather, (scheme, &number, 1, &number))                            \
    X(gwparam_scheme_set_native, (scheme, NULL, NULL))                                 \
    X(gwparam_scheme_put_place, (scheme, &surface, &surface, NULL, NULL))              \
    X(gwparam_scheme_set_levels, (scheme, GWPARAM_TOP_DOWN, NLEV, pressure))           \
    X(gwparam_scheme_set_columns, (scheme, &surface, &surface, NULL))                  \
    X(gwparam_scheme_set_cells, (scheme, pressure, 1, pressure, 1, NULL, &number, 1))  \
    X(gwparam_scheme_field,                                                            \
      (scheme, GWPARAM_INPUT, 1, text, sizeof text, text, sizeof text, &number))       \
    X(gwparam_scheme_put, (scheme, "eastward_wind", NULL, &array))                     \
    X(gwparam_scheme_add_columns, (scheme, &number))                                   \
    X(gwparam_scheme_flush, (scheme))                                                  \
    X(gwparam_scheme_run, (scheme))                                                    \
    X(gwparam_scheme_discard, (scheme))                                                \
    X(gwparam_scheme_get, (scheme, 1, "any", NULL, &array))                            \
    X(gwparam_scheme_synchronise, (scheme, &word))                                     \
    X(gwparam_scheme_settle, (scheme, &word))                                          \
    X(gwparam_scheme_save, (scheme, "any", &array))                                    \
    X(gwparam_scheme_restore, (scheme, "any", &array))                                 \
    X(gwparam_scheme_restore_statistics, (scheme, &counters, sizeof counters))         \
    X(gwparam_scheme_free, (scheme))

#define DEFINE(name, arguments)                                                        \
    static gwparam_status call_##name(void) { return name arguments; }
ENTRIES(DEFINE)

static const struct {
    const char *name;
    gwparam_status (*call)(void);
} entries[] = {
#define ROW(name, arguments) {#name, call_##name},
    ENTRIES(ROW)};
enum { N_ENTRIES = sizeof entries / sizeof *entries };

static gwparam_status found[N_ENTRIES];
static char said[N_ENTRIES][200];

static void *call_all(void *unused) {
    (void)unused;
    for (int i = 0; i < N_ENTRIES; ++i) {
        found[i] = entries[i].call();
        if (gwparam_last_error(said[i], sizeof said[i]) != GWPARAM_OK) {
            said[i][0] = 0;
        }
    }
    return NULL;
}

/* Two ranks, of which the other agrees and has no columns; the run stands still in the
 * first agreement. */
static int is_armed;

static void agree(void *context, gwparam_agreement *agreement) {
    (void)context;
    (void)agreement;
    if (is_armed) {
        pthread_t other;
        is_armed = 0;
        if (pthread_create(&other, NULL, call_all, NULL) != 0 ||
            pthread_join(other, NULL) != 0) {
            abort();
        }
    }
}
static gwparam_status broadcast(void *context, int32_t root, void *data, int64_t bytes,
                                char *why) {
    (void)context, (void)root, (void)data, (void)bytes, (void)why;
    return GWPARAM_OK;
}
static gwparam_status all_to_all(void *context, const void *send,
                                 const int64_t *send_bytes, void *receive,
                                 const int64_t *receive_bytes, char *why) {
    (void)context, (void)why;
    memcpy(receive, send, (size_t)send_bytes[0]);
    memset((char *)receive + receive_bytes[0], 0, (size_t)receive_bytes[1]);
    return GWPARAM_OK;
}
static gwparam_status start(void *context, const gwparam_message *receives,
                            int64_t n_receives, const gwparam_message *sends,
                            int64_t n_sends, char *why) {
    (void)context, (void)receives, (void)n_receives, (void)sends, (void)n_sends;
    (void)why;
    return GWPARAM_OK;
}
static gwparam_status finish(void *context, char *why) {
    (void)context, (void)why;
    return GWPARAM_OK;
}
static void leave(void *context, const char *reason) { (void)context, (void)reason; }

static gwparam_status put_all(void) {
    static const char *const names[] = {"eastward_wind", "northward_wind",
                                        "surface_air_pressure", "latitude"};
    gwparam_status status = GWPARAM_OK;
    for (int i = 0; i < 4 && status == GWPARAM_OK; ++i) {
        const int is_surface = i > 1;
        values[0] = i == 2 ? 1e5 : 7.0;
        status =
            gwparam_scheme_put(scheme, names[i], NULL, is_surface ? &surface : &array);
    }
    return status;
}

int main(int argc, char **argv) {
    char path[4096];
    static const int32_t node_ranks[2] = {0, 1};
    const gwparam_transport ranks = {sizeof ranks, 0,     2,      2,
                                     node_ranks,   NULL,  agree,  broadcast,
                                     all_to_all,   start, finish, leave};
    snprintf(path, sizeof path, "%s/linear.pt", argc > 1 ? argv[1] : ".");

    ok(gwparam_scheme_load_distributed(&scheme, path, NULL, &ranks) == GWPARAM_OK &&
           gwparam_scheme_set_levels(scheme, GWPARAM_TOP_DOWN, NLEV, pressure) ==
               GWPARAM_OK &&
           put_all() == GWPARAM_OK,
       "a scheme, and a window that is all put");
    is_armed = 1;
    const gwparam_status run = gwparam_scheme_run(scheme);
    ok(!is_armed && run == GWPARAM_OK, "the call under way goes on");
    for (int i = 0; i < N_ENTRIES; ++i) {
        ok(found[i] == GWPARAM_ERR_BUSY &&
               strstr(said[i], "in use by another thread") != NULL,
           entries[i].name);
    }
    ok(put_all() == GWPARAM_OK && gwparam_scheme_run(scheme) == GWPARAM_OK,
       "and none of them has changed anything");
    ok(gwparam_scheme_free(scheme) == GWPARAM_OK, "the scheme is freed");
    return done_testing();
}
