/**
 * @file
 * How the ranks of a host talk to each other, as libgwparam sees it.
 *
 * libgwparam itself knows no MPI. A host with several ranks gives it a table of these
 * functions; libgwparam_mpi (gwparam_mpi.h) makes one from an MPI communicator, and a
 * host with another way of passing messages can make its own.
 *
 * All functions are called from the host's thread only, by all ranks in the same order,
 * and return in bounded time: what a rank that is gone would have answered becomes
 * GWPARAM_ERR_RANK. After such a failure the ranks are out of step, and every later
 * call fails at once with the same message.
 */
#ifndef GWPARAM_TRANSPORT_H
#define GWPARAM_TRANSPORT_H

#include "gwparam.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of a text that explains a failure, the NUL included. */
enum { GWPARAM_TEXT_BYTES = 1000 };

/** How many numbers an agreement carries. */
enum { GWPARAM_AGREED_VALUES = 4 };

/** What all ranks say together. Each gives its own and receives that of all. */
typedef struct gwparam_agreement {
    /** The worst: any failure before success, among failures that of the lowest rank.
     */
    int32_t status;
    /** Given: this rank. Received: the rank that the status is of. */
    int32_t rank;
    /** The least of all ranks. */
    int64_t values[4];
    /** Why that rank failed, NUL-terminated. */
    char text[1000];
} gwparam_agreement;

/** A message to or from one other rank. */
typedef struct gwparam_message {
    void *data;
    int64_t bytes;
    int32_t rank;
    int32_t reserved;
} gwparam_message;

/** The functions; `text` receives GWPARAM_TEXT_BYTES bytes at most, on failure only. */
typedef struct gwparam_transport {
    uint32_t struct_size;
    int32_t rank;      /**< of this process, from 0 */
    int32_t size;      /**< number of ranks */
    int32_t node_size; /**< number of ranks on this node */
    /** Ranks on this node in the order of their node-local ranks. */
    const int32_t *node_ranks;
    void *context; /**< first argument of every function */

    /**
     * Come to an agreement. Never fails by itself: a rank that does not answer is a
     * status GWPARAM_ERR_RANK of that rank, on all the others.
     */
    void (*agree)(void *context, gwparam_agreement *agreement);

    /** Copy bytes at data from rank `root` to all. */
    gwparam_status (*broadcast)(void *context, int32_t root, void *data, int64_t bytes,
                                char *text);

    /**
     * Send send_bytes[r] bytes to every rank r and receive receive_bytes[r] from it,
     * one rank's after the other's in memory. Used where plans are built, not in steps.
     */
    gwparam_status (*all_to_all)(void *context, const void *send,
                                 const int64_t *send_bytes, void *receive,
                                 const int64_t *receive_bytes, char *text);

    /**
     * Begin to send and receive messages, at most one in each direction for a pair of
     * ranks, never one to itself. The memory is borrowed until finish().
     */
    gwparam_status (*start)(void *context, const gwparam_message *receives,
                            int64_t n_receives, const gwparam_message *sends,
                            int64_t n_sends, char *text);

    /** Wait for the messages of start(). */
    gwparam_status (*finish)(void *context, char *text);

    /**
     * Leave: ranks that still wait for this one, now or later, learn at once that it
     * left and why. Frees the context; also called where loading failed. The table
     * itself is copied by gwparam_scheme_load_distributed() and not used afterwards.
     */
    void (*leave)(void *context, const char *reason);
} gwparam_transport;

/**
 * Keep a message for gwparam_last_error(), for those who write a transport.
 * @param status Of the failure.
 * @param text   NUL-terminated; null: the message stays as it is.
 * @return status.
 */
GWPARAM_API gwparam_status gwparam_fail(gwparam_status status, const char *text);

/**
 * gwparam_scheme_load() for a host of several ranks; every rank calls it. A rank that
 * does not run the network itself does not read the file.
 *
 * All functions of gwparam.h work on the scheme. These are then collective, called by
 * all ranks in the same order, and end with the same status on all of them:
 * gwparam_scheme_set_columns(), _set_cells(), _flush(), _run(), _settle().
 * gwparam_scheme_set_levels(), _put(), _add_columns() and _restore() are of one rank: a
 * failure is returned there at once, and the next collective call fails everywhere with
 * that status and the number of the rank, so that nobody waits for it. A rank on which
 * something else fails, and which does not go on, frees its scheme: the others then
 * learn that it left.
 *
 * @param[out] out       The caller's until gwparam_scheme_free(); null on failure.
 * @param      path      NUL-terminated UTF-8.
 * @param      options   Null for the defaults; the same on all ranks.
 * @param      transport Copied; its context belongs to the library from now on, also
 *                       after a failure.
 * @return As gwparam_scheme_load(), and ERR_RANK.
 */
GWPARAM_API gwparam_status gwparam_scheme_load_distributed(
    gwparam_scheme **out, const char *path, const gwparam_options *options,
    const gwparam_transport *transport);

#ifdef __cplusplus
}
#endif

#endif
