// The contract of an artefact, of any version: refused by name, or one that all that
// reads it can use.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "artefact/contract.hpp"
#include "artefact/description.hpp"
#include "columns/batch.hpp"
#include "fuzz.hpp"
#include "gwparam.h"

namespace {

// Those of every version that tests have at hand.
std::vector<std::string> seeds() {
    std::vector<std::string> texts;
    for (const char *folder : {"bases", "version_1"}) {
        for (const auto &path : std::filesystem::directory_iterator(
                 std::filesystem::path(GWPARAM_CONTRACTS) / folder)) {
            std::ifstream file(path.path());
            texts.emplace_back(std::istreambuf_iterator<char>(file),
                               std::istreambuf_iterator<char>());
        }
    }
    std::sort(texts.begin(), texts.end()); // folders have no order
    return texts;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string text(data, data + size);
    gwparam::Contract contract;
    if (!accepts({GWPARAM_ERR_CONTRACT},
                 [&] { contract = gwparam::parse_contract(text); })) {
        return 0;
    }
    accepts({}, [&] {
        if (gwparam::description(contract).empty()) {
            std::abort();
        }
        const gwparam::Batch batch(contract, 16);
        for (const auto &group : {batch.input_rows(), batch.output_rows()}) {
            for (const gwparam::Rows &rows : group) {
                if (rows.width() < 1 || rows.row_bytes() < rows.width()) {
                    std::abort();
                }
            }
        }
    });
    return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size,
                                    std::size_t max_size, unsigned seed) {
    std::mt19937 random(seed);
    if (size == 0) {
        static const std::vector<std::string> all = seeds();
        return place_input(all[random() % all.size()], data, max_size);
    }
    return mutate_json(data, size, max_size, random);
}
