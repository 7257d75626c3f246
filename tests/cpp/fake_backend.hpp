// Backends whose networks are a few exact sums, and which fail where they are told to:
// "fake", and "negative", whose tendencies have the other sign and which knows no
// device but the CPU. fake_artefacts.hpp has artefacts for them.
#pragma once

namespace fake {

enum class Fault {
    none,
    lost_device,          // ERR_DEVICE on a CUDA device
    lost_device_and_file, // and from then on the artefact is missing
    no_memory,            // std::bad_alloc
    raises,               // ERR_INFERENCE
    not_finite,           // NaN in an output
    slow,                 // a forward pass of a tenth of a second
};

// What goes wrong, where, and from which forward pass on, counted from 0 after the
// probe's. Of loading, if `call` is negative.
struct Trouble {
    Fault fault = Fault::none;
    int rank = 0;
    int call = -1;
    int calls = 1; // how many of them
};

// Set while no rank runs.
void set_trouble(const Trouble &trouble);
void set_cuda_devices(int count);

// A package beside each artefact, which computes as the artefact does, or else the
// negative of it.
enum class Package { none, right, wrong };
void set_package(Package package);

// The values of the networks; a member of several gives as many times that as its
// number, from 1. `north` and `east` are the wind's components, `pressure`
// that at the surface; `level` counts from 0.
double column_tendency(double wind, double pressure, int level);
double stencil_tendency(double sum_of_winds, double pressure, int level);

// Forward passes since the process began, of all ranks.
long forward_passes();

} // namespace fake
