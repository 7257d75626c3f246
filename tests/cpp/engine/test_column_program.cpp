// Programs as a backend: bits over targets, numbers of columns and threads; what is
// refused.
#include <fstream>
#include <random>

#include <cfenv>

#include "engine/column_program.hpp"
#include "engine/targets.hpp"
#include "random_programs.hpp"
#include "rows_and_errors.hpp"
#include "scalar_interpreter.hpp"
#include "tap.h"
#include "threads/thread_pool.hpp"
#include "zip_file.hpp"

namespace {

using gwparam::Backend;
using gwparam::BackendOptions;
using gwparam::Dtype;
using gwparam::Pass;
using gwparam::Target;
using gwparam::ThreadPool;

template <typename T>
constexpr Dtype dtype_of = sizeof(T) == 4 ? Dtype::float32 : Dtype::float64;

constexpr std::int64_t sizes_in[] = {7, 7, 1};

template <typename T> std::string bytes_of(const std::vector<T> &values) {
    return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)};
}

// Columns of fields, (columns, size) each.
template <typename T> struct Fields {
    std::vector<std::vector<T>> inputs;
    std::vector<std::vector<T>> outputs;

    Pass pass(std::int64_t first, std::int64_t columns) {
        Pass pass;
        for (std::size_t i = 0; i < 3; ++i) {
            const auto *data = reinterpret_cast<const std::byte *>(inputs[i].data() +
                                                                   first * sizes_in[i]);
            std::vector<std::int64_t> shape{columns};
            if (sizes_in[i] > 1) {
                shape.push_back(sizes_in[i]);
            }
            pass.inputs.push_back({data, dtype_of<T>, shape});
        }
        for (std::vector<T> &output : outputs) {
            const std::int64_t size =
                std::int64_t(output.size() * 7 / inputs[0].size());
            pass.outputs.push_back(
                {reinterpret_cast<std::byte *>(output.data() + first * size),
                 dtype_of<T>,
                 {columns, size}});
        }
        return pass;
    }
};

template <typename T> class Case {
  public:
    Case(unsigned seed, int instructions)
        : random_(seed), weights_(2000),
          program_(RandomProgram(seed).make(sizeof(T) == 4 ? "float32" : "float64",
                                            instructions, 2000)) {
        std::normal_distribution<double> normal;
        for (T &weight : weights_) {
            weight = T(normal(random_)) / 4;
        }
        weights_[3] = T(-0.0);
        for (const std::int64_t size : sizes_in) {
            fields_.inputs.emplace_back(std::size_t(columns * size));
            for (T &value : fields_.inputs.back()) {
                value = T(normal(random_));
            }
        }
        for (const auto &output : program_["outputs"]) {
            std::int64_t size = 0;
            for (const auto &run : output["from"]) {
                size += std::int64_t(run[run.size() - 2]);
            }
            sizes_out_.push_back(size);
        }
        ScalarInterpreter<T> interpreter(program_, weights_);
        expected_ = outputs();
        for (std::int64_t c = 0; c < columns; ++c) {
            std::vector<T> column;
            for (std::size_t i = 0; i < 3; ++i) {
                const auto from = fields_.inputs[i].begin() + c * sizes_in[i];
                column.insert(column.end(), from, from + sizes_in[i]);
            }
            const std::vector<T> results = interpreter.run(column);
            auto from = results.begin();
            for (std::size_t i = 0; i < sizes_out_.size(); ++i) {
                std::copy_n(from, sizes_out_[i],
                            expected_[i].begin() + c * sizes_out_[i]);
                from += sizes_out_[i];
            }
        }
    }

    std::unique_ptr<Backend> backend(ThreadPool &pool, const Target &target) const {
        return gwparam::column_program(program_.dump(), bytes_of(weights_), pool,
                                       target);
    }

    // Whether passes of so many columns, and a last one of the rest, give the bits.
    bool gives_bits(Backend &backend, std::int64_t chunk) {
        fields_.outputs = outputs();
        std::vector<Pass> passes;
        for (std::int64_t first = 0; first < columns; first += chunk) {
            passes.push_back(fields_.pass(first, std::min(chunk, columns - first)));
        }
        backend.forward(passes);
        return same();
    }

    bool same() const {
        for (std::size_t i = 0; i < expected_.size(); ++i) {
            for (std::size_t j = 0; j < expected_[i].size(); ++j) {
                if (!same_bits(expected_[i][j], fields_.outputs[i][j])) {
                    printf("# output %zu, number %zu: %.17g, expected %.17g\n%s\n", i,
                           j, double(fields_.outputs[i][j]), double(expected_[i][j]),
                           ("# " + program_.dump()).substr(0, 2000).c_str());
                    return false;
                }
            }
        }
        return true;
    }

    // The part of the results that is not NaN.
    double numbers() const {
        double count = 0.0;
        double all = 0.0;
        for (const std::vector<T> &output : expected_) {
            for (const T value : output) {
                count += std::isnan(value) ? 0.0 : 1.0;
                all += 1.0;
            }
        }
        return count / all;
    }

    Fields<T> &fields() { return fields_; }
    const std::string json() const { return program_.dump(); }
    std::string weights() const { return bytes_of(weights_); }

    static constexpr std::int64_t columns = 200;

  private:
    std::vector<std::vector<T>> outputs() const {
        std::vector<std::vector<T>> fields;
        for (const std::int64_t size : sizes_out_) {
            fields.emplace_back(std::size_t(columns * size));
        }
        return fields;
    }

    std::mt19937 random_;
    std::vector<T> weights_;
    nlohmann::json program_;
    Fields<T> fields_;
    std::vector<std::int64_t> sizes_out_;
    std::vector<std::vector<T>> expected_;
};

template <typename T> void test_bits(const std::string &type) {
    for (const Target &target : gwparam::usable_targets()) {
        bool same = true;
        double numbers = 0.0;
        for (unsigned seed = 0; same && seed < 60; ++seed) {
            Case<T> one(seed, 25);
            ThreadPool pool(1 + int(seed % 4));
            same = one.gives_bits(*one.backend(pool, target), 200);
            numbers += one.numbers();
        }
        ok(numbers > 60 * 0.3, (type + ": not too many of them are NaN").c_str());
        ok(same, (type + ": random programs, " + target.name).c_str());
        Case<T> one(7, 40);
        ThreadPool two(2);
        const auto backend = one.backend(two, target);
        for (std::int64_t columns = 1; same && columns <= 200;
             columns += columns < 70 ? 1 : 13) {
            same = one.gives_bits(*backend, columns);
        }
        ok(same, (type + ": passes of 1 to 200 columns, " + target.name).c_str());
        for (int threads = 1; same && threads <= 4; ++threads) {
            ThreadPool pool(threads);
            same = one.gives_bits(*one.backend(pool, target), 50);
        }
        ok(same, (type + ": 1 to 4 threads, " + target.name).c_str());
    }
}

void test_environment() {
    Case<float> one(11, 30);
    ThreadPool pool(2);
    const auto backend = one.backend(pool, gwparam::usable_targets().front());
    std::fesetround(FE_DOWNWARD);
    std::feclearexcept(FE_ALL_EXCEPT);
    const bool same = one.gives_bits(*backend, 60);
    const bool kept = std::fegetround() == FE_DOWNWARD;
    const bool silent = std::fetestexcept(FE_ALL_EXCEPT) == 0;
    std::fesetround(FE_TONEAREST);
    ok(same, "the same bits where the host rounds down");
    ok(kept && silent, "the host's rounding is put back, and no flag is raised");
}

void test_refused() {
    Case<float> one(3, 10);
    const Target target = gwparam::usable_targets().front();
    ThreadPool pool(1);
    const auto backend = one.backend(pool, target);
    ok(backend->has_defined_bits() && !backend->device().is_accelerator,
       "takes any number of rows, on the CPU");
    ok(backend->device().lacks_fma == target.lacks_fma &&
           one.backend(pool, gwparam::usable_targets().back())->device().lacks_fma ==
               gwparam::usable_targets().back().lacks_fma,
       "says what its processor lacks");
    one.gives_bits(*backend, 200);
    Pass pass = one.fields().pass(0, 20);
    pass.inputs[1].dtype = Dtype::float64;
    ok(throws(GWPARAM_ERR_INFERENCE, "v is (20, 7) float64, the column program has 7",
              [&] { backend->forward({pass}); }),
       "another type");
    pass = one.fields().pass(0, 20);
    pass.outputs[0].shape[1] += 1;
    ok(throws(GWPARAM_ERR_INFERENCE, "a is (20, 10)",
              [&] { backend->forward({pass}); }),
       "another size");
    pass.inputs.pop_back();
    ok(throws(GWPARAM_ERR_INFERENCE, "has 3 inputs and 2 outputs, asked for are 2",
              [&] { backend->forward({pass}); }),
       "another number of fields");
    ok(throws(GWPARAM_ERR_CONTRACT, "column_program.json: ",
              [&] {
                  gwparam::column_program(one.json(), one.weights() + "x", pool,
                                          target);
              }),
       "weights of another size");
}

void test_file() {
    Case<float> one(5, 20);
    const std::string path = "test_column_program.pt";
    {
        std::ofstream file(path, std::ios::binary);
        write_zip(file, {{"net/extra/column_program.json", one.json()},
                         {"net/extra/column_weights.bin", one.weights()}});
    }
    ThreadPool pool(2);
    const BackendOptions options{"auto", pool, 2, false, GWPARAM_PRECISION_EXPORTED,
                                 false};
    ok(one.gives_bits(*gwparam::load_column_program(path, options), 200),
       "from a file");
    BackendOptions elsewhere = options;
    elsewhere.device = "cuda";
    ok(throws(GWPARAM_ERR_ARGUMENT, "runs on the CPU",
              [&] { gwparam::load_column_program(path, elsewhere); }),
       "no accelerator");
    BackendOptions other = options;
    other.precision = GWPARAM_PRECISION_BFLOAT16;
    ok(throws(GWPARAM_ERR_ARGUMENT, "precision",
              [&] { gwparam::load_column_program(path, other); }),
       "no other precision");
    std::remove(path.c_str());
}

} // namespace

int main() {
    test_bits<float>("float32");
    test_bits<double>("float64");
    test_environment();
    test_refused();
    test_file();
    return done_testing();
}
