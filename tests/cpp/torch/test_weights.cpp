// Weights that are in memory once, and those that must not be shared.
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "gwparam.h"
#include "tap.h"
#include "torch/weights.hpp"

namespace {

using namespace gwparam;
namespace fs = std::filesystem;

constexpr int exported = GWPARAM_PRECISION_EXPORTED;
const char *path = "test_weights.pt"; // in the folder that meson runs tests in

std::shared_ptr<Weights> load(int precision = exported) {
    return load_weights(path, c10::kCPU, precision);
}

void test_sharing() {
    std::shared_ptr<Weights> first = load();
    ok(load() == first, "the same file twice");
    ok(load_weights(fs::absolute(path), c10::kCPU, exported) == first,
       "and by another path");
    ok(load(GWPARAM_PRECISION_BFLOAT16) != first, "another precision has its own");
    std::weak_ptr<Weights> gone = first;
    first.reset();
    ok(gone.expired(), "nobody needs them any more");
    ok(load() != nullptr, "loaded anew");
}

void test_other_bytes(const std::string &folder) {
    const auto options = fs::copy_options::overwrite_existing;
    std::shared_ptr<Weights> before = load();
    fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(1));
    ok(load() != before, "a file that was written again");
    before = load();
    fs::copy_file(folder + "/raises.pt", "test_weights_new.pt", options);
    fs::last_write_time("test_weights_new.pt", fs::last_write_time(path));
    fs::rename("test_weights_new.pt", path);
    ok(load() != before, "a file that took its place");
}

void test_lost_device() {
    const std::shared_ptr<Weights> lost = load();
    lost->device_lost = true;
    const std::shared_ptr<Weights> next = load();
    ok(next != lost && load() == next, "those on a lost device are given to nobody");
}

void test_loading_side_by_side() {
    std::vector<std::shared_ptr<Weights>> found(8);
    std::vector<std::thread> threads;
    for (std::shared_ptr<Weights> &mine : found) {
        threads.emplace_back([&mine] { mine = load(); });
    }
    bool same = true;
    for (std::size_t i = 0; i < found.size(); ++i) {
        threads[i].join();
        same &= found[i] != nullptr && found[i] == found[0];
    }
    ok(same, "threads that load at the same time");
}

void test_failures() {
    const auto status_of = [](const char *name) {
        try {
            static_cast<void>(load_weights(name, c10::kCPU, exported));
        } catch (const Error &e) {
            printf("# %s\n", e.what());
            return e.status();
        }
        return gwparam_status{GWPARAM_OK};
    };
    ok(status_of("absent.pt") == GWPARAM_ERR_FILE, "no file");
    fs::resize_file(path, 2000);
    ok(status_of(path) == GWPARAM_ERR_FILE && status_of(path) == GWPARAM_ERR_FILE,
       "a truncated file, twice");
}

} // namespace

int main(int, char **arguments) {
    const std::string folder = arguments[1];
    fs::copy_file(folder + "/linear.pt", path, fs::copy_options::overwrite_existing);
    test_sharing();
    test_other_bytes(folder);
    test_lost_device();
    test_loading_side_by_side();
    test_failures();
    fs::remove(path);
    return done_testing();
}
