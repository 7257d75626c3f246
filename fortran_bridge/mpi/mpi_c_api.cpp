// Every extern "C" definition of libgwparam_mpi; exceptions stop here.
#include <cstddef>
#include <memory>
#include <sstream>

#include "api/boundary.hpp"
#include "deadline.hpp"
#include "gwparam_mpi.h"
#include "mpi_transport.hpp"

namespace gwparam {

// There is one message of a thread's last failure, that of libgwparam.
gwparam_status fail(gwparam_status status, const char *message) noexcept {
    return gwparam_fail(status, message);
}

namespace {

constexpr double default_timeout = 600.0;

// libgwparam checks the options; only this one is needed before.
double timeout_of(const gwparam_options *options) {
    const std::size_t end =
        offsetof(gwparam_options, timeout_seconds) + sizeof options->timeout_seconds;
    const bool given = options != nullptr && options->struct_size >= end &&
                       options->timeout_seconds > 0.0;
    return given ? options->timeout_seconds : default_timeout;
}

void check_communicator(MPI_Comm communicator) {
    if (!mpi_is_alive()) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "MPI is not initialised, or finalised already");
    }
    int between_groups = 0;
    if (communicator != MPI_COMM_NULL) {
        check_mpi(MPI_Comm_test_inter(communicator, &between_groups));
    }
    if (communicator == MPI_COMM_NULL || between_groups != 0) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    communicator == MPI_COMM_NULL
                        ? "the communicator is MPI_COMM_NULL"
                        : "the communicator is an intercommunicator, expected one of "
                          "a single group");
    }
}

MPI_Comm duplicate(MPI_Comm communicator, double timeout) {
    struct Duplication {
        MPI_Comm communicator = MPI_COMM_NULL;
        MPI_Request request = MPI_REQUEST_NULL;
    };
    auto duplication = std::make_unique<Duplication>();
    check_mpi(
        MPI_Comm_idup(communicator, &duplication->communicator, &duplication->request));
    const Deadline deadline(timeout);
    Pauses pauses;
    int done = 0;
    while (true) {
        check_mpi(MPI_Test(&duplication->request, &done, MPI_STATUS_IGNORE));
        if (done != 0) {
            break;
        }
        if (deadline.passed()) {
            // Cannot be taken back: MPI writes there if the last rank still comes.
            static_cast<void>(
                duplication.release()); // NOLINT(bugprone-unused-return-value)
            std::ostringstream text;
            text << "not all ranks of the communicator answered within " << timeout
                 << " s";
            throw Error(GWPARAM_ERR_RANK, text.str());
        }
        pauses.pause();
    }
    check_mpi(MPI_Comm_set_errhandler(duplication->communicator, MPI_ERRORS_RETURN));
    return duplication->communicator;
}

gwparam_transport transport_of(MPI_Comm communicator, double timeout) {
    auto *transport = new MpiTransport(duplicate(communicator, timeout), timeout);
    try {
        transport->find_node();
        return transport->table();
    } catch (...) {
        transport->leave("it could not load its scheme");
        throw;
    }
}

} // namespace

} // namespace gwparam

gwparam_status gwparam_mpi_scheme_load(gwparam_scheme **out, const char *path,
                                       const gwparam_options *options,
                                       MPI_Comm communicator) {
    if (out != nullptr) {
        *out = nullptr;
    }
    gwparam_transport transport{};
    const gwparam_status status = gwparam::guarded([&] {
        gwparam::check_communicator(communicator);
        try {
            transport =
                gwparam::transport_of(communicator, gwparam::timeout_of(options));
        } catch (const gwparam::MpiError &e) {
            throw gwparam::Error(GWPARAM_ERR_RANK, e.what());
        }
    });
    if (status != GWPARAM_OK) {
        return status;
    }
    return gwparam_scheme_load_distributed(out, path, options, &transport);
}

gwparam_status gwparam_mpi_scheme_load_f(gwparam_scheme **out, const char *path,
                                         const gwparam_options *options,
                                         MPI_Fint communicator) {
    // A handle can be turned over only while MPI is there.
    return gwparam_mpi_scheme_load(out, path, options,
                                   gwparam::mpi_is_alive() ? MPI_Comm_f2c(communicator)
                                                           : MPI_COMM_NULL);
}
