// A file that is another one, or was written again, is in another state.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "artefact/file_state.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

namespace fs = std::filesystem;
using gwparam::state_of;

const char *path = "test_file_state"; // in the folder that meson runs tests in

void write(const char *name, const char *bytes) {
    std::remove(name);
    std::ofstream(name) << bytes;
}

} // namespace

int main() {
    write(path, "one");
    const gwparam::FileState first = state_of(path);
    ok(state_of(path) == first, "the same file");
    ok(state_of(fs::absolute(path)) == first, "by another path");
    fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(1));
    ok(state_of(path) != first, "a file that was written again");
    write("test_file_state_new", "two");
    fs::last_write_time("test_file_state_new", fs::last_write_time(path));
    const gwparam::FileState second = state_of(path);
    fs::rename("test_file_state_new", path);
    ok(state_of(path) != second, "a file that took its place");
    std::remove(path);
    ok(throws(GWPARAM_ERR_FILE, "cannot open test_file_state: No such file",
              [] { state_of(path); }),
       "no file");
    return done_testing();
}
