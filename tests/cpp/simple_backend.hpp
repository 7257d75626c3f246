// A backend whose forward pass is a function of the test.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "artefact/backend.hpp"

class SimpleBackend : public gwparam::Backend {
  public:
    using Body = std::function<void(const gwparam::Pass &)>;
    explicit SimpleBackend(Body body, std::string probe = "",
                           bool has_defined_bits = false)
        : body_(std::move(body)), probe_(std::move(probe)),
          has_defined_bits_(has_defined_bits) {}

    gwparam::DeviceInfo device() const override { return {}; }
    bool has_defined_bits() const override { return has_defined_bits_; }
    void forward(const std::vector<gwparam::Pass> &passes) override {
        for (const gwparam::Pass &pass : passes) {
            ++passes_;
            body_(pass);
        }
    }

    int passes() const { return passes_; }
    const std::string &probe() const { return probe_; }

  private:
    Body body_;
    std::string probe_;
    bool has_defined_bits_;
    int passes_ = 0;
};

// The values of a tensor whose type is known.
template <typename Value> const Value *values_in(const gwparam::BatchInput &field) {
    return reinterpret_cast<const Value *>(field.data);
}
template <typename Value> Value *values_in(const gwparam::BatchOutput &field) {
    return reinterpret_cast<Value *>(field.data);
}
