/**
 * @file
 * Schemes of a host that runs on several MPI ranks: libgwparam_mpi.
 *
 * Loading is all that differs from gwparam.h. What is loaded here is run, and freed,
 * with its functions; gwparam_transport.h says which of them are then collective.
 * gwparam_last_error() has the message of a failure here too.
 */
#ifndef GWPARAM_MPI_H
#define GWPARAM_MPI_H

#include <mpi.h>

#include "gwparam.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * gwparam_scheme_load() on all ranks of a communicator, which is duplicated: neither it
 * nor its error handler is touched. MPI must be initialised, by the host.
 *
 * MPI is called in the thread of the caller only, so MPI_THREAD_SINGLE does with
 * lag = 0, and MPI_THREAD_FUNNELED with lag = 1, where a second thread computes.
 * @param[out] out          Null on failure. To be freed before MPI_Finalize.
 * @param      path         NUL-terminated UTF-8. Read by ranks that run the network.
 * @param      options      Null for the defaults; timeout_seconds bounds every wait.
 * @param      communicator All of its ranks call this.
 * @return As gwparam_scheme_load(), ERR_ARGUMENT (MPI is not initialised, no or an
 *         intercommunicator), and ERR_RANK (a rank did not answer).
 */
GWPARAM_API gwparam_status gwparam_mpi_scheme_load(gwparam_scheme **out,
                                                   const char *path,
                                                   const gwparam_options *options,
                                                   MPI_Comm communicator);

/** gwparam_mpi_scheme_load() with the communicator's Fortran handle. */
GWPARAM_API gwparam_status gwparam_mpi_scheme_load_f(gwparam_scheme **out,
                                                     const char *path,
                                                     const gwparam_options *options,
                                                     MPI_Fint communicator);

#ifdef __cplusplus
}
#endif

#endif
