// Runs a fuzz target where there is no libFuzzer: the same two functions, the same
// words on the command line.
//
//     fuzz_NAME -runs=N -seed=N [-max_total_time=SECONDS]    inputs that are drawn and
//     mutated fuzz_NAME FILE...                         each of these inputs, once
//
// An input that ends the process, or takes longer than a limit, stays behind in the
// file that is named. Built with -Dfuzz=true, inputs that reach new code are mutated
// further.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <unistd.h>

#include "fuzz.hpp"

namespace {

constexpr std::size_t longest_input = 1 << 16; // bytes
constexpr unsigned longest_run = 20;           // seconds
constexpr std::size_t kept_inputs = 64;        // to splice with
constexpr std::size_t places = 1 << 16;        // of code, by their hashes

std::string running; // the input
std::vector<std::string> earlier;
std::mt19937_64 numbers;
bool was_reached[places];
bool reaches_new_code = false;

std::size_t below(std::size_t limit) { return limit == 0 ? 0 : numbers() % limit; }

// Called where nothing can be relied on any more.
void leave_behind(const char *why) {
    char name[64];
    std::snprintf(name, sizeof name, "finding-%zu.fuzz",
                  std::hash<std::string>()(running) % 1000000);
    if (FILE *file = std::fopen(name, "wb")) {
        std::fwrite(running.data(), 1, running.size(), file);
        std::fclose(file);
    }
    std::fprintf(stderr, "fuzz: %s with the input of %s (%zu bytes)\n", why, name,
                 running.size());
}

void on_death() { leave_behind("a sanitizer's finding"); }

void on_signal(int number) {
    leave_behind(number == SIGALRM ? "no end in time" : "a signal");
    _exit(1);
}

void run(const std::string &input) {
    running = input;
    alarm(longest_run);
    // Of its own, so that what is read beyond its end is found.
    std::vector<std::uint8_t> bytes(input.begin(), input.end());
    bytes.shrink_to_fit();
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    alarm(0);
}

std::string mutated(std::string input) {
    const std::size_t size = input.size();
    input.resize(longest_input);
    input.resize(LLVMFuzzerCustomMutator(reinterpret_cast<std::uint8_t *>(input.data()),
                                         size, longest_input,
                                         static_cast<unsigned>(numbers())));
    return input;
}

long option(const char *argument, const char *name, long otherwise) {
    const std::size_t length = std::strlen(name);
    return std::strncmp(argument, name, length) == 0 ? std::atol(argument + length)
                                                     : otherwise;
}

} // namespace

extern "C" {

void __sanitizer_set_death_callback(void (*)()) __attribute__((weak));

// Larger than any that a small input has a right to.
const char *__asan_default_options() { return "max_allocation_size_mb=1024"; }
const char *__ubsan_default_options() {
    return "halt_on_error=1:abort_on_error=1:print_stacktrace=1";
}

// Of the compiler, at each edge of the code. Not itself instrumented, and without
// calls.
__attribute__((no_sanitize_address, no_sanitize_undefined)) void
__sanitizer_cov_trace_pc() {
    const auto at = reinterpret_cast<std::size_t>(__builtin_return_address(0));
    bool &was = was_reached[(at ^ at >> 16) % places];
    reaches_new_code |= !was;
    was = true;
}

// As libFuzzer's: one change of the bytes.
std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size,
                             std::size_t max_size) {
    std::string bytes(reinterpret_cast<char *>(data), size);
    const std::size_t at = below(size + 1);
    const std::size_t length = 1 + below(below(8) == 0 ? 256 : 8);
    switch (below(8)) {
    case 0: // a bit
        if (at < size) {
            bytes[at] = static_cast<char>(bytes[at] ^ 1 << below(8));
        }
        break;
    case 1: // a byte
        if (at < size) {
            bytes[at] = static_cast<char>(below(256));
        }
        break;
    case 2: // some are left out
        bytes.erase(at, length);
        break;
    case 3: // some come in
        for (std::size_t i = 0; i < length; ++i) {
            bytes.insert(at, 1, static_cast<char>(below(256)));
        }
        break;
    case 4: // some are repeated
        bytes.insert(at, bytes.substr(below(size + 1), length));
        break;
    case 5: { // an extreme number
        constexpr std::uint64_t extremes[] = {
            0,          1,          0x7f,       0xff,        0x7fff, 0xffff,
            0x7fffffff, 0xffffffff, 1ULL << 32, ~0ULL >> 1U, ~0ULL,  ~0ULL << 63U};
        const std::uint64_t value = extremes[below(std::size(extremes))];
        const std::size_t width = std::size_t{1} << below(4);
        for (std::size_t i = 0; i < width && at + i < size; ++i) {
            bytes[at + i] = static_cast<char>(value >> 8 * i);
        }
        break;
    }
    case 6: // the rest of another input
        if (!earlier.empty()) {
            const std::string &other = earlier[below(earlier.size())];
            bytes = bytes.substr(0, at) + other.substr(below(other.size() + 1));
        }
        break;
    default: // the end is cut off
        bytes.resize(below(4) == 0 ? at : size);
        break;
    }
    bytes.resize(std::min(bytes.size(), max_size));
    std::memcpy(data, bytes.data(), bytes.size());
    return bytes.size();
}
}

int main(int argc, char **argv) {
    if (__sanitizer_set_death_callback != nullptr) {
        __sanitizer_set_death_callback(on_death);
    }
    for (const int number : {SIGALRM, SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) {
        std::signal(number, on_signal);
    }
    long runs = 1000;
    long seed = 1;
    long seconds = 1 << 30;
    bool has_files = false;
    for (int i = 1; i < argc; ++i) {
        runs = option(argv[i], "-runs=", runs);
        seed = option(argv[i], "-seed=", seed);
        seconds = option(argv[i], "-max_total_time=", seconds);
        if (argv[i][0] != '-') {
            std::ifstream file(argv[i], std::ios::binary);
            run({std::istreambuf_iterator<char>(file), {}});
            has_files = true;
        }
    }
    if (has_files) {
        return 0;
    }
    numbers.seed(static_cast<std::uint64_t>(seed));
    std::vector<std::string> reaching{""}; // the target makes a first input of nothing
    const std::time_t end = std::time(nullptr) + seconds;
    long done = 0;
    for (; done < runs && std::time(nullptr) < end; ++done) {
        std::string input =
            mutated(below(4) == 0 ? "" : reaching[below(reaching.size())]);
        for (std::size_t more = below(5); more-- > 0;) {
            input = mutated(input);
        }
        reaches_new_code = false;
        run(input);
        if (reaches_new_code) {
            reaching.push_back(input);
        }
        if (earlier.size() < kept_inputs) {
            earlier.push_back(input);
        } else {
            earlier[below(kept_inputs)] = input;
        }
    }
    std::printf("%ld executions, %zu inputs that reached new code\n", done,
                reaching.size() - 1);
    return done > 0 ? 0 : 1;
}
