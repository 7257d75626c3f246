// The file of an artefact: a TorchScript archive, which is a zip file.
#pragma once

#include <string>

#include <c10/util/Exception.h>

namespace gwparam {

constexpr const char *contract_file = "gwparam_contract.json";
constexpr const char *probe_file = "gwparam_probe.bin";

// Throws ERR_FILE for a file that cannot be opened or does not begin as an archive.
void check_is_archive(const std::string &path);

// What is thrown for an archive that libtorch does not read.
[[noreturn]] void reject_archive(const std::string &path, const c10::Error &e);

// What is thrown for an archive that lacks one of the extra files.
[[noreturn]] void reject_without(const std::string &path, const char *name);

} // namespace gwparam
