// The boundary to C: statuses leave, exceptions stay.
#pragma once

#include <exception>
#include <new>

#include "base/error.hpp"
#include "base/host_environment.hpp"

namespace gwparam {

template <typename Body> gwparam_status guarded(Body &&body) noexcept {
    // Hosts that trap would die in libtorch, and numbers are rounded here as anywhere.
    const StandardFloatEnvironment environment;
    try {
        body();
        return GWPARAM_OK;
    } catch (const Error &e) {
        return fail(e.status(), e.what());
    } catch (const std::bad_alloc &) {
        return fail(GWPARAM_ERR_MEMORY, "out of memory");
    } catch (const std::exception &e) {
        return fail(GWPARAM_ERR_INTERNAL, e.what());
    } catch (...) {
        return fail(GWPARAM_ERR_INTERNAL, "unknown exception");
    }
}

} // namespace gwparam
