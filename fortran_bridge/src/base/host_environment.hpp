// What belongs to the host and is left as found: floating-point traps, OpenMP's
// setting.
#pragma once

#include <cfenv>

namespace gwparam {

// Traps off for the scope, the host's floating-point environment back at its end: a
// host built with -ffpe-trap=invalid would die in the vectorised code of libtorch.
class FloatEnvironmentGuard {
  public:
    FloatEnvironmentGuard() noexcept { std::feholdexcept(&environment_); }
    ~FloatEnvironmentGuard() { std::fesetenv(&environment_); }
    FloatEnvironmentGuard(const FloatEnvironmentGuard &) = delete;
    FloatEnvironmentGuard &operator=(const FloatEnvironmentGuard &) = delete;

  private:
    std::fenv_t environment_{};
};

// Beyond that, round to nearest and nothing flushed to zero: code whose bits must not
// depend on the host.
class StandardFloatEnvironment : FloatEnvironmentGuard {
  public:
    StandardFloatEnvironment() noexcept { std::fesetenv(FE_DFL_ENV); }
};

} // namespace gwparam
