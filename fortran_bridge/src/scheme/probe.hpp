// The artefact's own check: known inputs, and what they must give on this machine.
#pragma once

#include <string>

#include "artefact/backend.hpp"
#include "artefact/contract.hpp"
#include "columns/batch.hpp"

namespace gwparam {

// Runs the probe, whose bytes are those of the artefact, as a step runs its columns,
// often enough to warm the network up. Throws ERR_CONTRACT if it has another size than
// the contract says or holds what is not finite, ERR_INFERENCE if it is not reproduced:
// bit for bit by a backend of defined bits, else within the tolerance, relative to the
// largest value of an output.
void check_probe(const Contract &contract, const std::string &bytes, Backend &backend,
                 std::int64_t chunk_columns, double tolerance);

} // namespace gwparam
