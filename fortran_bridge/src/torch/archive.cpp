#include "torch/archive.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <caffe2/serialize/inline_container.h>

#include "artefact/backend.hpp"
#include "base/error.hpp"
#include "torch/errors.hpp"

namespace gwparam {

void check_is_archive(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw Error(GWPARAM_ERR_FILE,
                    "cannot open " + path + ": " + std::strerror(errno));
    }
    constexpr std::array<char, 4> zip_magic{'P', 'K', '\x03', '\x04'};
    std::array<char, 4> magic{};
    if (!file.read(magic.data(), magic.size()) || magic != zip_magic) {
        throw Error(GWPARAM_ERR_FILE,
                    path +
                        " is no TorchScript archive: it does not begin as a zip file");
    }
}

void reject_archive(const std::string &path, const c10::Error &e) {
    throw Error(GWPARAM_ERR_FILE,
                path + " is no complete TorchScript archive: " + first_line(e));
}

void reject_without(const std::string &path, const char *name) {
    throw Error(GWPARAM_ERR_CONTRACT, path + " holds no " + name);
}

std::string read_contract_json(const std::string &path) {
    check_is_archive(path);
    const std::string record = std::string("extra/") + contract_file;
    std::string json;
    try {
        caffe2::serialize::PyTorchStreamReader reader(path);
        if (reader.hasRecord(record)) {
            json.resize(reader.getRecordSize(record));
            reader.getRecord(record, json.data(), json.size());
        }
    } catch (const c10::Error &e) {
        reject_archive(path, e);
    }
    if (json.empty()) {
        reject_without(path, contract_file);
    }
    return json;
}

} // namespace gwparam
