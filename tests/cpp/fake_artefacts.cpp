#include "fake_artefacts.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include <unistd.h>

#include "artefact/archive.hpp"
#include "artefact/backend_registry.hpp"
#include "artefact/contract.hpp"
#include "columns/batch.hpp"
#include "fake_backend.hpp"
#include "small_host.hpp"
#include "threads/thread_pool.hpp"
#include "zip_file.hpp"

namespace fake {

namespace {

using gwparam::Batch;
using gwparam::Contract;
using gwparam::Rows;

std::string list_of(const std::vector<double> &values) {
    std::string text;
    for (const double value : values) {
        text += (text.empty() ? "[" : ", ") + std::to_string(value);
    }
    return text + "]";
}

std::string geometry_of(const std::string &name) {
    if (name == "column") {
        return R"({"kind": "column"})";
    }
    if (name == "stencil") {
        return R"({"kind": "stencil", "radius": 1, "poles": "edge"})";
    }
    const bool is_coarse = name == "coarse";
    return R"({"kind": "global", "latitude": )" +
           list_of(is_coarse ? std::vector<double>{60.0, 0.0, -60.0}
                             : host::latitudes()) +
           R"(, "longitude": )" +
           list_of(is_coarse ? std::vector<double>{0.0, 90.0, 180.0, 270.0}
                             : host::longitudes()) +
           "}";
}

std::string field(const char *name, const char *units, const char *levels,
                  const char *dtype, const char *kind = "") {
    return std::string(R"({"name": ")") + name + R"(", "units": ")" + units +
           R"(", "levels": ")" + levels + R"(", "dtype": ")" + dtype + "\"" + kind +
           "}";
}

// Rows as a probe has them: of the image of a field with levels, level by level.
std::string bytes_of(const Rows &rows, std::int64_t levels, bool is_image) {
    std::string bytes;
    const std::int64_t size = rows.row_bytes() / rows.width();
    const std::int64_t slow = is_image && levels > 0 ? levels : 1;
    const std::int64_t fast = rows.width() / slow;
    for (std::int64_t row = 0; row < rows.count(); ++row) {
        for (std::int64_t i = 0; i < rows.width(); ++i) {
            const std::int64_t at = i % fast * slow + i / fast;
            bytes.append(reinterpret_cast<const char *>(rows.row(row)) + at * size,
                         static_cast<std::size_t>(size));
        }
    }
    return bytes;
}

// Inputs of small numbers, and what the network makes of them.
std::string probe_of(const Contract &contract, const std::string &backend,
                     std::int64_t member) {
    const Batch batch(contract, contract.probe_columns);
    std::vector<Rows> inputs = batch.input_rows();
    std::vector<Rows> outputs = batch.output_rows();
    const std::int64_t rows = batch.probe_rows();
    const bool is_image = contract.geometry.kind == gwparam::GeometryKind::global;
    std::string bytes;
    int number = 0;
    for (std::size_t f = 0; f < inputs.size(); ++f) {
        Rows &input = inputs[f];
        input.resize(rows);
        visit(input, [&](auto *values) {
            for (std::int64_t i = 0; i < rows * input.width(); ++i) {
                values[i] = ++number % 17;
            }
        });
        bytes += bytes_of(input, contract.inputs[f].levels, is_image);
    }
    gwparam::ThreadPool caller(1);
    batch.run(*gwparam::backend_named(backend).load(
                  "", {"cpu", caller, 1, false, 0, false, false, member}),
              inputs, outputs);
    for (std::size_t f = 0; f < outputs.size(); ++f) {
        bytes += bytes_of(outputs[f], contract.outputs[f].levels, is_image);
    }
    return bytes;
}

struct Artefact {
    const char *name;
    const char *geometry = "column";
    const char *backend = "fake"; // none if empty
    bool is_renamed = false;
    bool has_bad_probe = false; // of its second member, where there are several
    int members = 1;
};

// What a contract says of several.
std::string members_of(const Artefact &its) {
    return its.members == 1 ? ""
                            : R"("members": )" + std::to_string(its.members) + ", ";
}

std::string further_of(const Artefact &its) {
    std::string list;
    for (int member = 2; member <= its.members; ++member) {
        list += std::string(list.empty() ? "" : ", ") +
                R"({"checkpoint": "none", "sha256": "none"})";
    }
    return list.empty() ? "" : R"(, "further": [)" + list + "]";
}

std::string contract_of(const Artefact &its) {
    const std::string geometry = its.geometry;
    const std::string backend = its.backend;
    const char *tendency = R"(, "kind": "tendency")";
    return R"({"contract_version": 2, "name": ")" + geometry +
           (its.is_renamed ? " 2" : "") +
           (backend.empty() ? "" : R"(", "backend": ")" + backend) +
           R"(", "gwparam_version": "0", "torch_version": "none", "created": "now",
           )" +
           members_of(its) +
           R"("source": {"architecture": "sums", "checkpoint": "none",
                         "sha256": "none")" +
           further_of(its) + R"(},
           "citation": "none", "geometry": )" +
           geometry_of(geometry) + R"(, "inputs": [)" +
           field(host::u, "m s-1", "full", "float64") + ", " +
           field(host::v, "m s-1", "full", "float32") + ", " +
           field(host::ps, "Pa", "surface", "float64") + R"(], "outputs": [)" +
           field(host::dudt, "m s-2", "full", "float64", tendency) + ", " +
           field(host::dvdt, "m s-2", "full", "float32", tendency) +
           R"(], "vertical": {"kind": "host", "order": "top_down", "nlev": )" +
           std::to_string(host::nlev) + R"(, "nominal_tolerance": 0.1},
           "training_range": [{"name": ")" +
           host::u + R"(", "mean": [0, 0, 0], "standard_deviation": [100, 100, 100]}],
           "limits": [{"name": ")" +
           host::dudt + R"(", "maximum_magnitude": 1.0}, {"name": ")" + host::dvdt +
           R"(", "maximum_magnitude": 1.0}], "probe": {"columns": )" +
           std::to_string(geometry == "coarse"   ? 12
                          : geometry == "global" ? host::cells
                                                 : 3) +
           R"(, "tolerance": 1e-12}})";
}

void write(const Artefact &its) {
    const std::string json = contract_of(its);
    const bool is_negative = its.backend == std::string("negative");
    const Contract contract = gwparam::parse_contract(json);
    const std::string extra = std::string(its.name) + "/extra/";
    std::vector<ZipEntry> files{{extra + gwparam::contract_file, json}};
    for (int n = 1; n <= its.members; ++n) {
        const int member = its.members == 1 ? 0 : n;
        std::string probe =
            probe_of(contract, is_negative ? "negative" : "fake", member);
        if (its.has_bad_probe && member != 1 && member != 3) {
            probe.back() = static_cast<char>(probe.back() ^ 1); // twice as large, or
        } // half
        files.push_back(
            {extra + gwparam::file_of_member(member, gwparam::probe_file), probe});
    }
    std::ofstream file(its.name, std::ios::binary);
    write_zip(file, files);
}

} // namespace

Artefacts::Artefacts()
    : folder_((std::filesystem::temp_directory_path() / "gwparam-XXXXXX").string()) {
    if (mkdtemp(folder_.data()) == nullptr) {
        std::abort();
    }
    std::filesystem::current_path(folder_);
    const Artefact all[] = {
        {"column"},
        {"stencil", "stencil"},
        {"global", "global"},
        {"coarse", "coarse"},
        {"renamed", "column", "fake", true},
        {"bad_probe", "column", "fake", false, true},
        {"negative", "column", "negative"},
        {"unknown", "column", "unknown"},
        {"unnamed", "column", ""},
        {"several", "column", "fake", false, false, host::members},
        {"several_global", "global", "fake", false, false, host::members},
        {"bad_member", "column", "fake", false, true, host::members}};
    for (const Artefact &artefact : all) {
        write(artefact);
    }
}

Artefacts::~Artefacts() {
    std::filesystem::current_path(std::filesystem::temp_directory_path());
    std::filesystem::remove_all(folder_);
}

} // namespace fake
