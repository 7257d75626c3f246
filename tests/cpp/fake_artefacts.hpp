// Artefacts for the backends of fake_backend.hpp.
#pragma once

#include <string>

namespace fake {

// Writes them into a folder of its own, in which the program works from then on, and
// takes it away in the end.
//
// For the backend "fake": "column", "stencil", "global" (on the grid of small_host.hpp)
// and "coarse" (global, on a smaller grid); "renamed", a column whose contract is
// another one; "bad_probe", one whose probe is not reproduced; "several", columns of
// host::members networks, and "several_global"; "bad_member", where the probe of the
// second is not reproduced. Columns for other
// backends: "negative", and "unknown" and "unnamed", whose backend there is not.
class Artefacts {
  public:
    Artefacts();
    ~Artefacts();
    Artefacts(const Artefacts &) = delete;
    Artefacts &operator=(const Artefacts &) = delete;

  private:
    std::string folder_;
};

} // namespace fake
