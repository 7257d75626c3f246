// The host's own scheme, for the columns that guards leave to it.
#pragma once

#include <cstdint>
#include <vector>

#include "gwparam.h"
#include "scheme/windows.hpp"

namespace gwparam {

class NativeFallback {
  public:
    // Calls this from now on; null: nothing.
    void set(gwparam_native_procedure procedure, void *context) {
        procedure_ = procedure;
        context_ = context;
    }

    // Throws ERR_ARGUMENT where a guard may leave columns to a scheme that is not set.
    void check(const gwparam_options &options) const;

    // Asks for the drag of the marked columns: the tendencies on the host's levels.
    // `flip` if the host's vertical order is not that of the
    // rows. Throws what the procedure reports, ERR_NONFINITE for what it leaves out.
    void apply(Result &result, std::int64_t host_levels, bool flip,
               const Places &places) const;

  private:
    gwparam_native_procedure procedure_ = nullptr;
    void *context_ = nullptr;
};

} // namespace gwparam
