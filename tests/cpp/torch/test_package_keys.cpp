// Packages of gwparam compile that fit, and those that do not.
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "base/error.hpp"
#include "tap.h"
#include "torch/package_keys.hpp"
#include "zip_file.hpp"

namespace {

using namespace gwparam;

const std::string artefact = "test_package_keys.pt"; // in meson's folder

void write(const std::string &path, const std::vector<ZipEntry> &entries) {
    std::ofstream file(path, std::ios::binary);
    write_zip(file, entries);
}

std::string keys(const std::string &version, const std::string &libtorch,
                 const std::string &processor) {
    return R"({"version": )" + version + R"(, "torch": ")" + libtorch +
           R"(", "processor": ")" + processor +
           R"(", "artefact": "a/data.pkl 4 adf3f363\n", "inputs": [)" +
           R"({"dtype": "float32", "shape": [2, 3], "stride": [1, 2]}]})";
}

void write_package(const std::string &text) {
    write(package_path(artefact), {{"model/extra/gwparam_compiled.json", text}});
}

std::string failure() {
    try {
        static_cast<void>(fitting_inputs(artefact, "2.9.1", "made up"));
    } catch (const Error &e) {
        return e.what();
    }
    return "";
}

bool refuses(const std::string &text, const std::string &expected) {
    write_package(text);
    return failure().find(expected) != std::string::npos;
}

void test_processor() {
    const std::string text =
        "processor\t: 0\nmodel name\t: Made Up: 1\ncpu MHz\t\t: 7\n"
        "flags\t\t: fpu avx2\n\nprocessor\t: 1\nflags\t\t: fpu\n";
    ok(processor_features(text) == "model name: Made Up: 1\nflags: fpu avx2\n",
       "the first processor, without what changes from day to day");
    ok(processor_features("").empty(), "a system that does not say");
}

void test_fitting() {
    write_package(keys("1", "2.9.1", "made up"));
    const auto inputs = fitting_inputs(artefact, "2.9.1", "made up");
    ok(inputs.size() == 1 && inputs[0].dtype == "float32" &&
           inputs[0].shape == std::vector<std::int64_t>{2, 3} &&
           inputs[0].stride == std::vector<std::int64_t>{1, 2},
       "what it was compiled for");
}

void test_unfit() {
    ok(refuses(keys("2", "2.9.1", "made up"), "version is 2, expected 1"),
       "another version");
    ok(refuses(keys("1", "2.9.0", "made up"), "2.9.0"), "another libtorch");
    ok(refuses(keys("1", "2.9.1", "other"), "other"), "another processor");
    ok(refuses("{}", "version"), "no keys");
    ok(refuses("no JSON", ""), "no JSON");
    write(package_path(artefact), {{"model/other", "text"}});
    ok(failure().find("holds no gwparam_compiled.json") != std::string::npos,
       "a package of somebody else");
    write_package(keys("1", "2.9.1", "made up"));
    write(artefact, {{"a/data.pkl", "tens"}});
    ok(failure().find("adf3f363") != std::string::npos, "an artefact of other content");
    std::filesystem::remove(package_path(artefact));
    ok(failure().find("cannot open") != std::string::npos, "no package");
}

} // namespace

int main() {
    write(artefact, {{"a/data.pkl", "data"}});
    test_processor();
    test_fitting();
    test_unfit();
    std::filesystem::remove(artefact);
    return done_testing();
}
