// The file of an artefact, from the first byte to a step: refused with the status of a
// file or a contract, or a scheme that runs.
//
// The first byte of an input says which checksums are put right before it is read, so
// that what is behind them is reached: 1, the CRC-32 of each entry; 2, the list of
// SHA-256, before that.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include <sys/mman.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "artefact/archive.hpp"
#include "artefact/backend_registry.hpp"
#include "artefact/integrity.hpp"
#include "base/sha256.hpp"
#include "engine/column_program.hpp"
#include "engine/targets.hpp"
#include "fuzz.hpp"
#include "gwparam.h"
#include "threads/thread_pool.hpp"
#include "zip_file.hpp"

namespace gwparam {

// One alone, and no library of another's.
const std::vector<BackendFactory> &backends() {
    static const std::vector<BackendFactory> all{
        {"column_program", load_column_program,
         [](const std::string &, int) { return 0; }}};
    return all;
}

} // namespace gwparam

namespace {

using nlohmann::json;

constexpr int nlev = 3;
constexpr int probe_columns = 2;
const std::vector<std::string> fields{"eastward_wind", "northward_wind",
                                      "surface_air_pressure", "latitude"};

// A file in memory, under a name, until it goes out of scope.
class MemoryFile {
  public:
    explicit MemoryFile(const std::string &bytes) : file_(memfd_create("fuzz", 0)) {
        if (file_ < 0 || write(file_, bytes.data(), bytes.size()) !=
                             static_cast<ssize_t>(bytes.size())) {
            std::abort();
        }
    }
    ~MemoryFile() { close(file_); }
    MemoryFile(const MemoryFile &) = delete;
    MemoryFile &operator=(const MemoryFile &) = delete;

    std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

  private:
    int file_;
};

// The drag is 1e-6 times minus the wind, or its square.
json program() {
    const auto all = [](int first) { return json::array({{first, nlev, 1}}); };
    const json factor = json::array({{"w", 0, nlev, 0}});
    return {{"version", 1},
            {"dtype", "float64"},
            {"weights", 4},
            {"inputs",
             {{{"name", fields[0]}, {"size", nlev}},
              {{"name", fields[1]}, {"size", nlev}},
              {{"name", fields[2]}, {"size", 1}},
              {{"name", fields[3]}, {"size", 1}}}},
            {"instructions",
             {{{"op", "mul"}, {"args", {all(0), factor}}, {"size", nlev}},
              {{"op", "mul"}, {"args", {all(3), all(3)}}, {"size", nlev}},
              {{"op", "mul"}, {"args", {all(11), factor}}, {"size", nlev}}}},
            {"outputs",
             {{{"name", "tendency_of_eastward_wind_due_to_gravity_wave_drag"},
               {"from", all(8)}},
              {{"name", "tendency_of_northward_wind_due_to_gravity_wave_drag"},
               {"from", all(14)}}}}};
}

std::string text_of(const std::vector<double> &values) {
    return {reinterpret_cast<const char *>(values.data()),
            values.size() * sizeof(double)};
}

std::string probe() {
    std::string bytes;
    std::vector<double> u{10.0, -5.0, 3.0, 0.0, 8.0, -20.0};
    std::vector<double> v{1.0, 2.0, -3.0, 4.0, 5.0, -6.0};
    bytes += text_of(u) + text_of(v) + text_of({1e5, 9e4}) + text_of({45.0, -10.0});
    for (double &value : u) {
        value *= -1e-6;
    }
    for (double &value : v) {
        value = value * value * -1e-6;
    }
    return bytes + text_of(u) + text_of(v);
}

std::string hash_of(const std::string &bytes) {
    gwparam::Sha256 sum;
    sum.update(bytes.data(), bytes.size());
    return sum.digest();
}

std::string seed_of(bool wide, bool has_list) {
    std::ifstream file(GWPARAM_CONTRACTS "/bases/column.json");
    json contract = json::parse(file);
    contract["backend"] = "column_program";
    contract["probe"]["columns"] = probe_columns;
    std::vector<ZipEntry> entries{
        {"extra/gwparam_contract.json", contract.dump()},
        {"extra/gwparam_probe.bin", probe()},
        {"extra/column_program.json", program().dump()},
        {"extra/column_weights.bin", text_of({-1e-6, 0.0, 0.0, 0.0})},
        {"data.pkl", "nothing"}};
    std::string list;
    for (ZipEntry &entry : entries) {
        list += hash_of(entry.bytes) + "  " + entry.name + "\n";
        entry.name = "net/" + entry.name;
    }
    if (has_list) {
        entries.push_back({"net/extra/gwparam_checksums.txt", list});
    }
    std::ostringstream out;
    write_zip(out, entries, wide);
    return out.str();
}

// Where an entry's bytes are, if they are all there.
bool find(const std::string &file, const gwparam::Archive::Entry &entry,
          std::size_t &begin) {
    const auto two = [&](std::size_t at) {
        return std::size_t(std::uint8_t(file[at])) + 256 * std::uint8_t(file[at + 1]);
    };
    begin = std::size_t(entry.offset) + 30;
    if (begin > file.size()) {
        return false;
    }
    begin += two(begin - 4) + two(begin - 2);
    return begin <= file.size() && entry.bytes <= file.size() - begin;
}

void renew_list(std::string &file,
                const std::vector<gwparam::Archive::Entry> &entries) {
    for (const gwparam::Archive::Entry &list : entries) {
        std::size_t at = 0;
        if (list.inner_name() != std::string("extra/") + gwparam::checksums_file ||
            !find(file, list, at)) {
            continue;
        }
        for (const gwparam::Archive::Entry &entry : entries) {
            std::size_t begin = 0;
            const std::size_t name = file.find("  " + entry.inner_name() + "\n", at);
            if (find(file, entry, begin) && name != std::string::npos &&
                name >= 64 + at && name <= at + list.bytes) {
                file.replace(name - 64, 64,
                             hash_of(file.substr(begin, std::size_t(entry.bytes))));
            }
        }
    }
}

void renew_crc(std::string &file, const std::vector<gwparam::Archive::Entry> &entries) {
    for (const gwparam::Archive::Entry &entry : entries) {
        std::size_t begin = 0;
        if (!find(file, entry, begin)) {
            continue;
        }
        const std::uint32_t crc =
            gwparam::crc32(file.substr(begin, std::size_t(entry.bytes)));
        // In the list of entries, before its name.
        const std::size_t name = file.rfind(entry.name);
        if (name != std::string::npos && name >= 46) {
            std::memcpy(file.data() + name - 46 + 16, &crc, sizeof crc);
        }
    }
}

void renew(std::string &file, unsigned what) {
    try {
        const auto entries = gwparam::Archive(MemoryFile(file).path()).entries();
        if ((what & 2U) != 0) {
            renew_list(file, entries);
        }
        if ((what & 1U) != 0) {
            renew_crc(file, entries);
        }
    } catch (const std::exception &) { // no archive
    }
}

bool is_one_of(gwparam_status status, std::initializer_list<int> expected) {
    return std::count(expected.begin(), expected.end(), status) != 0;
}

void expect(bool holds, const char *what) {
    if (!holds) {
        char message[512] = {};
        if (gwparam_last_error(message, sizeof message) == GWPARAM_OK) {
            std::fprintf(stderr, "fuzz: %s: %s\n", what, message);
        }
        std::abort();
    }
}

void step(gwparam_scheme *scheme) {
    constexpr double pressure[nlev] = {1e3, 3e4, 9e4};
    constexpr int columns = 5;
    const gwparam_status levels =
        gwparam_scheme_set_levels(scheme, GWPARAM_TOP_DOWN, nlev, pressure);
    expect(is_one_of(levels, {GWPARAM_OK, GWPARAM_ERR_SHAPE, GWPARAM_ERR_CONTRACT}),
           "levels");
    std::vector<double> values(columns * nlev, 10.0);
    std::vector<double> surface(columns, 5e4);
    std::vector<double> latitude(columns, 10.0);
    gwparam_array array{values.data(), GWPARAM_FLOAT64, 2, {columns, nlev}, {nlev, 1}};
    bool all = levels == GWPARAM_OK;
    for (const std::string &name : fields) {
        const bool is_wind = &name < &fields[2];
        gwparam_array its = array;
        if (!is_wind) {
            its = {&name == &fields[2] ? surface.data() : latitude.data(),
                   GWPARAM_FLOAT64,
                   1,
                   {columns},
                   {1}};
        }
        const gwparam_status put =
            gwparam_scheme_put(scheme, name.c_str(), nullptr, &its);
        expect(is_one_of(put, {GWPARAM_OK, GWPARAM_ERR_ARGUMENT, GWPARAM_ERR_SHAPE,
                               GWPARAM_ERR_RANGE, GWPARAM_ERR_NONFINITE,
                               GWPARAM_ERR_CONTRACT}),
               "put");
        all = all && put == GWPARAM_OK;
    }
    const gwparam_status run = gwparam_scheme_run(scheme);
    expect(is_one_of(run, {GWPARAM_OK, GWPARAM_ERR_ARGUMENT, GWPARAM_ERR_RANGE,
                           GWPARAM_ERR_NONFINITE}),
           "run");
    if (run != GWPARAM_OK) {
        return;
    }
    expect(all, "a run without all fields");
    for (const char *name : {"tendency_of_eastward_wind_due_to_gravity_wave_drag",
                             "tendency_of_northward_wind_due_to_gravity_wave_drag"}) {
        if (gwparam_scheme_get(scheme, 0, name, "m s-2", &array) == GWPARAM_OK) {
            expect(std::all_of(values.begin(), values.end(),
                               [](double value) { return std::isfinite(value); }),
                   "a result that is no number");
        }
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    std::string bytes(data + 1, data + size);
    renew(bytes, data[0]);
    const MemoryFile file(bytes);
    gwparam_scheme *scheme = nullptr;
    const gwparam_status status =
        gwparam_scheme_load(&scheme, file.path().c_str(), nullptr);
    expect(is_one_of(status, {GWPARAM_OK, GWPARAM_ERR_FILE, GWPARAM_ERR_CONTRACT,
                              GWPARAM_ERR_INFERENCE}),
           "load");
    expect((status == GWPARAM_OK) == (scheme != nullptr), "a scheme, or a failure");
    if (scheme != nullptr) {
        step(scheme);
        gwparam_scheme_free(scheme);
    }
    return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size,
                                    std::size_t max_size, unsigned seed) {
    std::mt19937 random(seed);
    if (size == 0) {
        static const std::string seeds[] = {seed_of(false, false), seed_of(false, true),
                                            seed_of(true, false), seed_of(true, true)};
        const std::string renewed(1, char(random() % 4));
        return place_input(renewed + seeds[random() % std::size(seeds)], data,
                           max_size);
    }
    const std::size_t text = std::string(data, data + size).find("{\"");
    if (text == std::string::npos || random() % 2 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    // Digits and letters of the texts, whose lengths stay.
    for (unsigned times = 1 + random() % 3; times-- > 0;) {
        const std::size_t at = text + random() % (size - text);
        if (data[at] >= '0' && data[at] <= '9') {
            data[at] = std::uint8_t('0' + random() % 10);
        } else {
            data[at] = std::uint8_t(32 + random() % 95);
        }
    }
    return size;
}
