#include "artefact/contract.hpp"

#include "base/error.hpp"

namespace gwparam {

const Flux *Contract::flux_of(std::size_t output) const {
    for (const Flux &flux : fluxes) {
        if (flux.output == output) {
            return &flux;
        }
    }
    return nullptr;
}

std::size_t find_field(const std::vector<FieldContract> &fields,
                       const std::string &name, const char *kind) {
    std::string known;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name == name) {
            return i;
        }
        known += (i == 0 ? "" : ", ") + fields[i].name;
    }
    throw Error(GWPARAM_ERR_CONTRACT, name + " is no " + kind +
                                          " of the network, expected one of " +
                                          (known.empty() ? "none" : known));
}

} // namespace gwparam
